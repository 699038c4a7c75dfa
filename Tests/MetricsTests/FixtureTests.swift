import Foundation
import Metrics
import Testing

@Suite("Naive restatements in Python agree")
struct FixtureTests {
  @Test func `The fixture is there and holds every kind of case`() throws {
    let fixture = try MetricsFixture.shared.get()
    #expect(fixture.sets.count == 8)
    #expect(fixture.clopperPearson.count == 27)
    #expect(fixture.allowed.count == 132)
  }

  @Test(arguments: MetricsFixture.sets)
  func `AUC and EER`(set: MetricsFixture.ScoreSet) throws {
    #expect(agree(try #require(set.roc.auc), set.auc, 1e-15))
    #expect(agree(try #require(set.roc.equalErrorRate()).value, set.eer, 1e-14))
  }

  @Test(arguments: MetricsFixture.sets)
  func `TAR, false accepts and threshold by every rule`(set: MetricsFixture.ScoreSet) throws {
    #expect(set.readings.count == 49)
    for expected in set.readings {
      let reading = try #require(set.roc.reading(at: expected.target, rule: expected.rule))
      let place = "\(set.name), \(expected.rule) at \(expected.target)"
      #expect(agree(reading.tar, expected.tar, 1e-14), "\(place): \(reading.tar) for \(expected.tar)")
      #expect(reading.point?.acceptedImpostor == expected.falseAccepts, "\(place)")
      #expect(reading.threshold == expected.threshold?.wrappedValue, "\(place)")
    }
  }

  static let conventions: [String: ThresholdConvention] = [
    "likeness": .likeness, "facexzoo": .facexzoo, "pfe": .pfe, "pfeFolds": .pfeFolds,
    "insightface": .insightface,
  ]

  @Test(arguments: MetricsFixture.sets, conventions.keys.sorted())
  func `Fold accuracies and thresholds by every convention`(
    set: MetricsFixture.ScoreSet, name: String
  ) throws {
    let convention = try #require(Self.conventions[name])
    guard let expected = set.folds[name] else {
      #expect(set.foldCount == 0)
      return
    }
    let distances = name == "insightface"
    let folds = set.folds { distances ? 2 * $0 - 2 : $0 }
    let result = try #require(convention.crossValidatedAccuracy(folds))
    #expect(result.perFold == expected.accuracies)
    for (found, wanted) in zip(result.thresholds, expected.thresholds.wrappedValue) {
      #expect(agree(found, wanted, 1e-14))
    }
  }

  @Test func `A convention's fields survive JSON, readably`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    for convention in Self.conventions.values {
      let data = try encoder.encode(convention)
      #expect(try JSONDecoder().decode(ThresholdConvention.self, from: data) == convention)
    }
    #expect(
      String(decoding: try encoder.encode(ThresholdConvention.likeness), as: UTF8.self)
        == #"{"acceptance":"atLeast","candidates":"midpoints","objective":"accuracy","rounding":"none","ties":"highest"}"#
    )
    #expect(
      String(decoding: try encoder.encode(ThresholdConvention.insightface.candidates), as: UTF8.self)
        == #"{"distanceGrid":{"count":400,"step":0.01}}"#)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(ThresholdConvention.Candidates.self, from: Data(#""midpoint""#.utf8))
    }
  }

  @Test func `Clopper–Pearson bounds equal 60-digit binomial sums`() throws {
    for expected in try MetricsFixture.shared.get().clopperPearson {
      let found = try #require(
        BinomialInterval(
          successes: expected.k, trials: expected.n, confidence: expected.confidence))
      // In relative terms, also near 0.
      #expect(abs(found.lower - expected.lower) <= 1e-13 * expected.lower, "\(expected)")
      #expect(abs(found.upper - expected.upper) <= 1e-13 * expected.upper, "\(expected)")
    }
  }

  @Test func `McNemar's p-values equal exact fractions`() throws {
    for expected in try MetricsFixture.shared.get().mcNemar {
      let found = McNemar(onlyFirst: expected.b, onlySecond: expected.c)
      #expect(agree(found.exactP, expected.exactP, 1e-14), "\(expected)")
      #expect(agree(found.midP, expected.midP, 1e-14), "\(expected)")
      #expect(agree(found.chiSquared, expected.chiSquared, 1e-15), "\(expected)")
    }
  }

  @Test func `The spreads carry their own divisors`() throws {
    for expected in try MetricsFixture.shared.get().spread {
      let found = try #require(Spread(expected.values))
      #expect(agree(found.mean, expected.mean, 1e-15))
      #expect(agree(found.populationSD, expected.populationSD, 1e-15))
      #expect((found.sampleSD == nil) == (expected.sampleSD == nil))
      #expect(agree(found.sampleSD ?? 0, expected.sampleSD ?? 0, 1e-15))
      #expect(agree(found.sem ?? 0, expected.sem ?? 0, 1e-15))
    }
  }

  @Test func `The allowed false accepts are the floor of the decimal product`() throws {
    for expected in try MetricsFixture.shared.get().allowed {
      #expect(
        allowedFalseAccepts(targetFAR: expected.target, impostors: expected.impostors) == expected.count,
        "\(expected)")
    }
  }
}
