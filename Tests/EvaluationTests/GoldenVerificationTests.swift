import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// Fold accuracies, validation rates, EER and AUC under the peers' conventions against their own code, for every set and peer
/// that the file holds.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenVerificationTests {
  /// Outputs of insightface's unstable sort, which are arbitrary; the `_stable` ones are compared.
  static let omitted: Set = [
    "val_at_far1e-3_mean", "val_folds", "val_std_population", "val_threshold_folds", "far_folds", "far_mean",
  ]

  /// A set of pairs with the scores that the file stores, or with those computed from its features.
  struct PairSet {
    let group: GoldenGroup
    let isGenuine: [Bool]
    let fold: [Int]
    let features: Matrix<Float>

    init(_ group: GoldenGroup) throws {
      self.group = group
      isGenuine = try group.integers("issame").map { $0 == 1 }
      fold = try group.integers("kfold")
      let (first, second) = (try group.matrix("features1"), try group.matrix("features2"))
      features = Matrix(
        rows: 2 * first.rows, columns: first.columns, elements: first.elements + second.elements
      )
      .converted(to: Float.self)
    }

    var count: Int { isGenuine.count }

    func scores(_ similarity: Similarity) -> [Double] {
      (0..<count).map { similarity.score(features, $0, count + $0) }
    }

    func folds(_ scores: [Double]) -> [LabelledScores] {
      (0...(fold.max() ?? 0)).map { wanted in
        let members = (0..<count).filter { fold[$0] == wanted }
        return LabelledScores(scores: members.map { scores[$0] }, isGenuine: members.map { isGenuine[$0] })
      }
    }

    func counts(_ scores: [Double]) -> ScoreCounts { ScoreCounts(scores: scores, isGenuine: isGenuine) }
  }

  static func sets() throws -> [PairSet] { try GoldenFile("verification").root.groups().map(PairSet.init) }

  @Test func `Every peer of every set is reproduced from the stored scores`() throws {
    let sets = try Self.sets()
    #expect(!sets.isEmpty)
    for set in sets {
      let known: Set = ["features1", "features2", "issame", "score", "distance", "kfold"]
      for name in try set.group.datasetNames() where !known.contains(name) {
        Issue.record("the unknown dataset \(set.group.path)/\(name)")
      }
      let scores = try set.group.vector("score")
      let distances = try set.group.vector("distance").map { -$0 }
      for peer in try set.group.groups() {
        switch peer.name {
        case "insightface": try compareInsightface(peer, set, distances)
        case "facexzoo":
          try compareFolds(peer, ThresholdConvention.facexzoo.crossValidatedAccuracy(set.folds(scores)))
        case "magface_no_mean":
          let angles = set.folds(set.scores(.negativeAngle))
          try compareFolds(peer, ThresholdConvention.insightface.crossValidatedAccuracy(angles), sign: -1)
        case "magface_subtract_mean": try compareCentred(peer, set)
        case "pfe_all": try comparePFE(peer, set, scores)
        case "pfe_folds": try comparePFEFolds(peer, set, scores)
        case "opensphere": try compareOpenSphere(peer, set.counts(scores))
        case "bob": try compareBob(peer, set.counts(scores))
        case "sklearn":
          #expect(try peer.datasetNames() == ["auc"])
          try expect([ROCCurve(set.counts(scores)).auc ?? .nan], peer, "auc")
        default: Issue.record("verification.h5 holds the unknown peer \(peer.path)")
        }
      }
    }
  }

  @Test func `Scores from the features equal the stored ones, and so do the decisions`() throws {
    for set in try Self.sets() {
      for (dataset, similarity, sign, peer, convention) in [
        ("score", Similarity.innerProduct, 1.0, "facexzoo", ThresholdConvention.facexzoo),
        ("distance", .negativeSquaredL2, -1.0, "insightface", .insightface),
      ] {
        let stored = try set.group.vector(dataset).map { sign * $0 }
        let scores = set.scores(similarity)
        #expect(zip(scores, stored).allSatisfy { agree($0, $1, 1e-12) }, "\(set.group.path)")
        guard let golden = try set.group.groupIfPresent(peer) else { continue }
        let thresholds = try golden.vector("best_threshold_folds").map { sign * $0 }
        let accuracies = try golden.vector("accuracy_folds")
        for (fold, test) in set.folds(scores).enumerated() {
          let right = convention.correct(at: thresholds[fold], on: test)
          let close = test.scores.count { abs($0 - thresholds[fold]) < 1e-6 }
          let expected = Int((accuracies[fold] * Double(test.count)).rounded())
          #expect(abs(right - expected) <= close, "\(golden.path), fold \(fold)")
        }
      }
    }
  }

  private func compareFolds(
    _ group: GoldenGroup, _ result: FoldAccuracy?, sign: Double = 1, also known: Set<String> = []
  ) throws {
    let result = try #require(result)
    for name in try group.datasetNames() where !known.contains(name) {
      switch name {
      case "accuracy_folds": try expect(result.perFold, group, name)
      case "accuracy_mean": try expect([result.mean], group, name)
      case "accuracy_std_population": try expect([result.populationSD], group, name)
      case "std_reported_sem": try expect([result.sem ?? .nan], group, name)
      case "best_threshold_folds": try expect(result.thresholds.map { sign * $0 }, group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
  }

  private func compareInsightface(_ group: GoldenGroup, _ set: PairSet, _ distances: [Double]) throws {
    let folds = set.folds(distances)
    let names = try group.datasetNames()
    let rates = names.filter { $0.hasSuffix("_stable") || $0.hasSuffix("_over_folds") }
    try compareFolds(
      group, ThresholdConvention.insightface.crossValidatedAccuracy(folds), sign: -1,
      also: Self.omitted.union(rates))
    let validation = try #require(ValidationRate(folds, targetFAR: 1e-3))
    let tar = try #require(Spread(validation.perFold))
    let far = try #require(Spread(validation.farPerFold))
    for name in rates {
      switch name {
      case "val_folds_stable": try expect(validation.perFold, group, name)
      case "val_at_far1e-3_mean_stable": try expect([tar.mean], group, name)
      case "val_std_population_stable": try expect([tar.populationSD], group, name)
      case "val_threshold_folds_stable": try expect(validation.distances, group, name)
      case "far_folds_stable": try expect(validation.farPerFold, group, name)
      case "far_mean_stable": try expect([far.mean], group, name)
      case "tpr_mean_over_folds": try expect(meanRates(folds) { roc, point in roc.tar(point) }, group, name)
      case "fpr_mean_over_folds": try expect(meanRates(folds) { roc, point in roc.far(point) }, group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
  }

  /// The mean over folds of a rate at each distance of the grid, accept ⇔ distance < threshold.
  private func meanRates(_ folds: [LabelledScores], _ rate: (ROCCurve, ROCCurve.Point) -> Double?) -> [Double]
  {
    let curves = folds.map(\.roc)
    return (0..<400).map { index in
      let threshold = (-(Double(index) * 0.01)).nextUp
      return curves.reduce(0) { $0 + (rate($1, $1.accepted(at: threshold)) ?? .nan) } / Double(curves.count)
    }
  }

  /// Each fold with the mean of the other folds' features subtracted.
  private func compareCentred(_ group: GoldenGroup, _ set: PairSet) throws {
    let models = (0...(set.fold.max() ?? 0)).map {
      fold -> (test: LabelledScores, selection: LabelledScores) in
      let others = (0..<set.count).filter { set.fold[$0] != fold }
      let centred = MeanSubtraction.subtracting(
        meanOf: others + others.map { $0 + set.count }, from: set.features)
      func scores(_ members: [Int]) -> LabelledScores {
        LabelledScores(
          scores: members.map { Similarity.negativeAngle.score(centred, $0, set.count + $0) },
          isGenuine: members.map { set.isGenuine[$0] })
      }
      return (scores((0..<set.count).filter { set.fold[$0] == fold }), scores(others))
    }
    let result = ThresholdConvention.insightface.accuracy(
      models.map { $0.test }, choosingOn: models.map { $0.selection })
    try compareFolds(group, result, sign: -1)
  }

  private func comparePFE(_ group: GoldenGroup, _ set: PairSet, _ scores: [Double]) throws {
    let all = LabelledScores(scores: scores, isGenuine: set.isGenuine)
    let choice = try #require(ThresholdConvention.pfe.bestThreshold(on: all))
    for name in try group.datasetNames() {
      switch name {
      // PFE's figure is the best over candidates, not that at their mean.
      case "accuracy": try expect([bestAccuracy(all.roc)], group, name)
      case "threshold": try expect([choice.threshold], group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
  }

  /// The best share of right decisions by one threshold, counted at every distinct score.
  private func bestAccuracy(_ roc: ROCCurve) -> Double {
    let right = roc.points.map { $0.acceptedGenuine + roc.impostorCount - $0.acceptedImpostor }
    return Double(right.max() ?? 0) / Double(roc.genuineCount + roc.impostorCount)
  }

  private func comparePFEFolds(_ group: GoldenGroup, _ set: PairSet, _ scores: [Double]) throws {
    let folds = set.folds(scores)
    let result = try #require(ThresholdConvention.pfeFolds.crossValidatedAccuracy(folds))
    let training = folds.indices.map { fold in
      var training = LabelledScores()
      for (other, scores) in folds.enumerated() where other != fold { training.append(contentsOf: scores) }
      return bestAccuracy(training.roc)
    }
    for name in try group.datasetNames() {
      switch name {
      // PFE rounds to single precision what it stores; the file has the thresholds as they were before.
      case "accuracy_folds": try expect(result.perFold, group, name, tolerance: 1e-7)
      case "accuracy_mean": try expect([result.mean], group, name, tolerance: 1e-6)
      case "threshold_folds": try expect(result.thresholds, group, name, tolerance: 1e-7)
      case "train_accuracy_folds": try expect(training, group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
  }

  private func compareOpenSphere(_ group: GoldenGroup, _ counts: ScoreCounts) throws {
    let roc = ROCCurve(counts)
    for name in try group.datasetNames() {
      switch name {
      case "ACC": try expect([100 * bestAccuracy(roc)], group, name)
      case "AUC": try expect([100 * (roc.auc ?? .nan)], group, name)
      // In percent: Brent's method stops within 2e-12 of the crossing.
      case "EER": try expect([100 * (roc.equalErrorRate()?.value ?? .nan)], group, name, tolerance: 5e-10)
      default:
        guard name.hasPrefix("TPR@FPR="), let target = Double(name.dropFirst(8)) else {
          Issue.record("the unknown dataset \(group.path)/\(name)")
          continue
        }
        try expect([100 * (roc.reading(at: target, rule: .linear)?.tar ?? .nan)], group, name)
      }
    }
  }

  private func compareBob(_ group: GoldenGroup, _ counts: ScoreCounts) throws {
    let roc = ROCCurve(counts)
    func errors(_ criterion: BalancedThreshold) throws -> (threshold: Double, far: Double, frr: Double) {
      let threshold = try #require(criterion.threshold(counts))
      let point = roc.accepted(at: threshold)
      return (threshold, try #require(roc.far(point)), 1 - (try #require(roc.tar(point))))
    }
    let equal = try errors(.equalErrors)
    let least = try errors(.leastHalfTotalError)
    for name in try group.datasetNames() {
      switch name {
      case "eer": try expect([(equal.far + equal.frr) / 2], group, name)
      case "eer_threshold": try expect([equal.threshold], group, name)
      case "far_at_eer_threshold": try expect([equal.far], group, name)
      case "frr_at_eer_threshold": try expect([equal.frr], group, name)
      case "min_hter": try expect([(least.far + least.frr) / 2], group, name)
      case "min_hter_threshold": try expect([least.threshold], group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
  }

  private func expect(
    _ found: [Double], _ group: GoldenGroup, _ name: String, tolerance: Double = 1e-12,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try group.array(name).elements
    #expect(found.count == expected.count, "\(group.path)/\(name)", sourceLocation: sourceLocation)
    for (index, (found, expected)) in zip(found, expected).enumerated() where !expected.isNaN {
      #expect(
        agree(found, expected, tolerance), "\(group.path)/\(name)[\(index)]: \(found) for \(expected)",
        sourceLocation: sourceLocation)
    }
  }
}
