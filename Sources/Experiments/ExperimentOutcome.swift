import Evaluation
import Metrics

extension ExperimentResults.Outcome {
  /// The numbers of one model on a whole protocol.
  public init(seed: UInt64?, _ result: VerificationResult) {
    self.init(
      seed: seed, accuracy: result.accuracy?.mean, auc: result.auc, eer: result.eer?.value,
      tar: result.operatingPoints.map {
        Target(
          targetFAR: $0.targetFAR, tar: $0.tar, minimumAttainableFAR: $0.minimumAttainableFAR, points: [$0])
      }, resultCurves: result.curves, intervals: result.intervals.subjects)
  }

  /// The numbers of one model a fold, averaged.
  public init(seed: UInt64?, _ result: FoldwiseResult) {
    self.init(
      seed: seed, accuracy: result.accuracy?.mean, auc: result.auc?.mean, eer: result.eer?.mean,
      tar: result.tar.map {
        Target(
          targetFAR: $0.targetFAR, tar: $0.spread?.mean, minimumAttainableFAR: $0.minimumAttainableFAR,
          points: $0.perFold)
      }, resultCurves: result.curves, intervals: result.intervals.subjects,
      perFold: [
        FoldNumbers(
          name: NumberName.accuracy,
          values: result.accuracy?.perFold ?? result.aucPerFold.map { _ in nil }),
        FoldNumbers(name: NumberName.auc, values: result.aucPerFold),
        FoldNumbers(name: NumberName.eer, values: result.eerPerFold.map { $0?.value }),
      ]
        + result.tar.map {
          FoldNumbers(name: NumberName.tar($0.targetFAR), values: $0.perFold.map(\.tar))
        })
  }
}

extension ExperimentResults.Outcome {
  /// The numbers of one model on templates; over splits their means.
  public init(seed: UInt64?, _ result: TemplateVerificationResult) {
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap(\.self)
      return known.count == values.count ? Spread(known)?.mean : nil
    }
    let splits = result.splits
    self.init(
      seed: seed, accuracy: nil, auc: mean(splits.map(\.auc)), eer: mean(splits.map { $0.eer?.value }),
      tar: (splits.first?.operatingPoints ?? []).indices.map { index in
        let points = splits.map { $0.operatingPoints[index] }
        return Target(
          targetFAR: points[0].targetFAR, tar: mean(points.map(\.tar)),
          minimumAttainableFAR: points.compactMap(\.minimumAttainableFAR).max(), points: points)
      }, resultCurves: result.curves, intervals: result.intervals.subjects)
  }

  /// The rates of one model's searches of galleries: their means over galleries, in the order of `searchRateNames`.
  public init(seed: UInt64?, _ result: IdentificationResult) {
    let only = result.galleries.count == 1 ? result.galleries[0] : nil
    var rates = result.mean.identification.enumerated().map { place, value in
      Rate(value: value, interval: only.flatMap { $0.intervals[place] })
    }
    for (rank, values) in result.mean.tpir.enumerated() {
      rates += values.enumerated().map { place, value in
        Rate(value: value, interval: only.flatMap { $0.openSet[rank].points[place].interval })
      }
    }
    rates += (result.closedSet ?? []).map { Rate(value: $0.rate, interval: nil) }
    self.init(
      seed: seed, accuracy: nil, auc: nil, eer: nil, tar: [], resultCurves: result.curves, rates: rates,
      intervals: result.intervals.subjects)
  }

  /// The rates of one model's searches among distractors, in the order of `searchRateNames`.
  public init(seed: UInt64?, _ result: DistractorResult) {
    let rates = result.sizes.flatMap { size -> [Rate] in
      let closed = zip(result.ranks, size.intervals).map { rank, interval in
        Rate(value: size.match.rate(rank: rank), interval: interval)
      }
      return closed + size.operatingPoints.map { Rate(value: $0.tar, interval: $0.interval) }
    }
    self.init(
      seed: seed, accuracy: nil, auc: nil, eer: nil, tar: [],
      resultCurves: result.curves.filter { $0.of.isEmpty || $0.of == result.largestSizeName }, rates: rates,
      intervals: result.intervals.subjects)
  }
}

extension ExperimentResults.Outcome {
  /// The numbers of a record of a whole protocol; nil for the scores of a fold.
  public init?(seed: UInt64?, _ record: EvaluationRecord) {
    if let result = record.result {
      self.init(seed: seed, result)
    } else if let result = record.templates {
      self.init(seed: seed, result)
    } else if let result = record.identification {
      self.init(seed: seed, result)
    } else if let result = record.distractors {
      self.init(seed: seed, result)
    } else {
      return nil
    }
  }
}

extension BoundTest {
  /// What the rates of an outcome are, for protocols of searches, in the order of `Outcome.rates`; empty for comparisons.
  public var searchRateNames: [String] {
    (task as? IdentificationTask)?.settings.rateNames ?? (task as? DistractorTask)?.settings.rateNames ?? []
  }
}
