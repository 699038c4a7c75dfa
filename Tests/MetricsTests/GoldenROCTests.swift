import Foundation
import Metrics
import TestSupport
import Testing

/// TAR at FAR under every rule, AUC and EER against the peers' own code, for every set and rule that the file holds.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenROCTests {
  /// The rule that each golden group was made with.
  static let rules: [String: FARRule] = [
    "atMost_bob": .atMostImpostorScore, "atMost_largest_set": .atMost, "nearest": .nearestThinned,
    "nearest_unthinned": .nearest, "linear_opensphere": .linear, "linear_walkoncross": .linear,
    "linear_openbr": .linearOpenBR, "logLinear": .logLinear, "next": .next, "rounded": .rounded,
  ]

  /// Deliberate omissions: a threshold for a target false *reject* rate is no operating point of any protocol here.
  static let omitted: Set = ["frr_threshold_at_frr0.01"]

  @Test func `Every rule of every set is reproduced`() throws {
    let root = try GoldenFile("roc").root
    let targets = try root.vector("target_far")
    #expect(try root.datasetNames() == ["target_far"])
    let sets = try root.groups()
    #expect(!sets.isEmpty)
    for set in sets {
      let counts = ScoreCounts(
        genuine: try set.vector("genuine"), impostor: try set.vector("impostor"))
      for name in try set.datasetNames() {
        switch name {
        case "genuine", "impostor": break
        case "auc": try expect([ROCCurve(counts).auc ?? .nan], set, name)
        default: Issue.record("the unknown dataset \(set.path)/\(name)")
        }
      }
      for group in try set.groups() {
        guard let rule = Self.rules[group.name] else {
          Issue.record("roc.h5 holds the unknown rule \(group.path)")
          continue
        }
        try compare(group, rule, counts, targets)
      }
    }
  }

  private func compare(
    _ group: GoldenGroup, _ rule: FARRule, _ counts: ScoreCounts, _ targets: [Double]
  ) throws {
    let roc = ROCCurve(counts)
    let readings = try targets.map { try #require(roc.reading(at: $0, rule: rule)) }
    let thinned = rule == .nearestThinned ? roc.thinned(.collinear) : roc
    func eer(_ value: (EqualErrorRate) -> Double) throws -> [Double] {
      [value(try #require(roc.equalErrorRate()))]
    }
    // OpenBR's single-precision results were written with nine digits.
    let tolerance = rule == .linearOpenBR ? 5e-9 : 1e-12
    for name in try group.datasetNames() where !Self.omitted.contains(name) {
      switch name {
      case "tar": try expect(readings.map(\.tar), group, name, tolerance: tolerance)
      case "far": try expect(readings.map { $0.point.flatMap(roc.far) ?? .nan }, group, name)
      case "threshold": try expect(readings.map { $0.threshold ?? .nan }, group, name, tolerance: tolerance)
      case "false_accepts":
        #expect(
          try group.integers(name) == readings.map { $0.point?.acceptedImpostor ?? -1 }, "\(group.path)")
      case "true_accepts":
        #expect(try group.integers(name) == readings.map { $0.point?.acceptedGenuine ?? -1 }, "\(group.path)")
      case "allowed_false_accepts":
        let allowed = targets.map { allowedFalseAccepts(targetFAR: $0, impostors: roc.impostorCount) }
        #expect(try group.integers(name) == allowed, "\(group.path)")
      case "attainable":
        let points = targets.map { roc.operatingPoint(at: $0, rule: rule) }
        #expect(try group.integers(name) == points.map { $0.attainable ? 1 : 0 }, "\(group.path)")
        #expect(points.allSatisfy { $0.attainable == ($0.tar != nil) })
      case "roc_for_far_frr": try expect(readings.map { 1 - $0.tar }, group, name)
      case "eer": try expect([try meanError(.equalErrors, counts)], group, name)
      case "eer_threshold": try expect([BalancedThreshold.equalErrors.threshold(counts) ?? .nan], group, name)
      case "min_hter_threshold":
        try expect([BalancedThreshold.leastHalfTotalError.threshold(counts) ?? .nan], group, name)
      case "roc_fpr": try expect(thinned.points.map { roc.far($0) ?? .nan }, group, name)
      case "roc_tpr": try expect(thinned.points.map { roc.tar($0) ?? .nan }, group, name)
      case "roc_threshold": try expect(thinned.points.map(\.threshold), group, name)
      case "auc_percent": try expect([100 * (roc.auc ?? .nan)], group, name)
      // In percent: Brent’s method stops within 2e-12 of the crossing.
      case "eer_percent": try expect(try eer { 100 * $0.value }, group, name, tolerance: 5e-10)
      case "acc_percent": try expect([100 * bestAccuracy(counts)], group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
    if let points = try group.number(attribute: "roc_points") {
      #expect(thinned.points.count == Int(points), "\(group.path)")
    }
  }

  private func meanError(_ criterion: BalancedThreshold, _ counts: ScoreCounts) throws -> Double {
    let roc = ROCCurve(counts)
    let point = roc.accepted(at: try #require(criterion.threshold(counts)))
    return (try #require(roc.far(point)) + 1 - (try #require(roc.tar(point)))) / 2
  }

  /// The best share of right decisions by one threshold over all scores, counted at every distinct one.
  private func bestAccuracy(_ counts: ScoreCounts) -> Double {
    let roc = ROCCurve(counts)
    let right = roc.points.map { $0.acceptedGenuine + roc.impostorCount - $0.acceptedImpostor }
    return Double(right.max() ?? 0) / Double(roc.genuineCount + roc.impostorCount)
  }
}
