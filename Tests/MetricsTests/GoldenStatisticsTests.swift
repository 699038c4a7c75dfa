import Foundation
import Metrics
import TestSupport
import Testing

/// Intervals, paired tests and spreads against SciPy and bob.measure, for every group and dataset that the file holds.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenStatisticsTests {
  @Test func `Every group of statistics.h5 is reproduced`() throws {
    let groups = try GoldenFile("statistics").root.groups()
    #expect(!groups.isEmpty)
    for group in groups {
      switch group.name {
      case "clopper_pearson": try compareIntervals(group)
      case "mcnemar": try compareMcNemar(group)
      case "fold_spread": try compareSpreads(group)
      default: Issue.record("statistics.h5 holds the unknown group \(group.path)")
      }
    }
  }

  private func compareIntervals(_ group: GoldenGroup) throws {
    let successes = try group.integers("k")
    let trials = try group.integers("n")
    let confidence = try group.vector("confidence")
    func intervals(_ method: BinomialInterval.Method) throws -> [BinomialInterval] {
      try successes.indices.map { index in
        try #require(
          BinomialInterval(
            successes: successes[index], trials: trials[index], confidence: confidence[index],
            method: method))
      }
    }
    let (exact, wilson) = try (intervals(.clopperPearson), intervals(.wilson))
    for name in try group.datasetNames() {
      switch name {
      case "k", "n", "confidence": break
      case "lower", "bob_lower": try expect(exact.map(\.lower), group, name)
      case "upper", "bob_upper": try expect(exact.map(\.upper), group, name)
      case "wilson_lower": try expect(wilson.map(\.lower), group, name)
      case "wilson_upper": try expect(wilson.map(\.upper), group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
  }

  private func compareMcNemar(_ group: GoldenGroup) throws {
    let tests = zip(try group.integers("b"), try group.integers("c"))
      .map { McNemar(onlyFirst: $0, onlySecond: $1) }
    for name in try group.datasetNames() {
      switch name {
      case "b", "c": break
      case "exact_p": try expect(tests.map(\.exactP), group, name)
      case "mid_p": try expect(tests.map(\.midP), group, name)
      case "chi2_continuity": try expect(tests.map(\.chiSquared), group, name)
      case "chi2_continuity_p": try expect(tests.map(\.chiSquaredP), group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
  }

  private func compareSpreads(_ group: GoldenGroup) throws {
    let folds = try group.matrix("accuracy_folds")
    let spreads = try (0..<folds.rows).map { try #require(Spread(folds.row($0))) }
    for name in try group.datasetNames() {
      switch name {
      case "accuracy_folds": break
      case "mean": try expect(spreads.map(\.mean), group, name)
      case "sd_population": try expect(spreads.map(\.populationSD), group, name)
      case "sd_sample": try expect(spreads.map { $0.sampleSD ?? .nan }, group, name)
      case "sem": try expect(spreads.map { $0.sem ?? .nan }, group, name)
      default: Issue.record("the unknown dataset \(group.path)/\(name)")
      }
    }
  }
}

/// Records an issue for each element of a golden vector that `found` does not equal. NaN there is the peer's "none".
func expect(
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
