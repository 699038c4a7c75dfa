import Metrics
import Testing

/// The pitfalls of published evaluation code that concern scores, each with the behaviour that avoids it. Their numbers are those of the list of
/// twenty that this project keeps; the others are in the tests of the rooms that they concern.
@Suite("Pitfalls of evaluation")
struct PitfallTests {
  @Test func `Pitfall 1: a threshold never falls inside a tie group`() throws {
    let roc = ROCCurve(ScoreCounts(genuine: [0.5, 0.5], impostor: [0.5, 0.5, 0.5, 0.2]))
    // Half the impostors would be allowed, but only three or none can be accepted.
    let point = roc.operatingPoint(at: 0.5)
    #expect(point.attainable)
    #expect(point.acceptedImpostor == 0)
    #expect(point.tar == 0)
    #expect(point.threshold == .infinity)
    #expect(roc.operatingPoint(at: 0.75).tar == 1)
  }

  @Test func `With all scores equal accuracy is that of the larger class and AUC one half`() throws {
    let equal = LabelledScores(
      scores: Array(repeating: 0.25, count: 10), isGenuine: (0..<10).map { $0 < 4 })
    let choice = try #require(ThresholdConvention.likeness.bestThreshold(on: equal))
    #expect(choice.threshold == .infinity)
    #expect(choice.accuracy == 0.6)
    #expect(equal.roc.auc == 0.5)
    #expect(equal.roc.equalErrorRate()?.value == 0.5)
  }

  @Test func `Pitfall 2: the realised FAR, the threshold and the counts stand beside the target`() throws {
    let roc = ROCCurve(
      ScoreCounts(genuine: [0.9, 0.8, 0.3], impostor: [0.85, 0.4, 0.35, 0.2, 0.1, 0, -0.1]))
    let point = roc.operatingPoint(at: 0.3)
    #expect(point.targetFAR == 0.3)
    #expect(point.realisedFAR == 2.0 / 7)
    #expect(point.threshold == 0.4)
    #expect(point.acceptedImpostor == 2 && point.impostorCount == 7)
    #expect(point.acceptedGenuine == 2 && point.genuineCount == 3)
    #expect(point.tar == 2.0 / 3)
    #expect(point.rule == .atMost)
    let interval = try #require(point.interval)
    #expect(interval == BinomialInterval(successes: 2, trials: 3))
    #expect(interval.lower < 2.0 / 3 && interval.upper > 2.0 / 3)
  }

  @Test(arguments: FARRule.allCases)
  func `Pitfall 3: a target below 1/N is not attainable and has no TAR`(rule: FARRule) {
    let roc = ROCCurve(
      ScoreCounts(genuine: [0.9, 0.8], impostor: (0..<999).map { Double($0) / 2000 }))
    let point = roc.operatingPoint(at: 1e-3, rule: rule)
    #expect(!point.attainable)
    #expect(point.tar == nil)
    #expect(point.interval == nil)
    #expect(point.minimumAttainableFAR == 1.0 / 999)
    #expect(point.realisedFAR == 0)
    #expect(roc.tar(onGrid: [1e-3, 0.01], rule: rule)[0] == nil)
    #expect(roc.tar(onGrid: [1e-3, 0.01], rule: rule)[1] == 1)
  }

  @Test func `Pitfall 4: numbers come from every point, not from a thinned curve`() throws {
    // Collinear steps: thinning leaves out the very point that the target asks for.
    let roc = ROCCurve(
      ScoreCounts(genuine: [0.95], impostor: (0..<10).map { Double($0) / 10 }))
    #expect(roc.thinned(.collinear).count < roc.count)
    #expect(try #require(roc.reading(at: 0.5, rule: .nearest)).point?.acceptedImpostor == 5)
    #expect(try #require(roc.reading(at: 0.5, rule: .nearestThinned)).point?.acceptedImpostor != 5)
    #expect(try #require(roc.reading(at: 0.5)).point?.acceptedImpostor == 5)
  }

  @Test func `Pitfall 5: a score equal to the threshold is accepted`() {
    let scores = LabelledScores(scores: [0.5, 0.5], isGenuine: [true, false])
    #expect(scores.roc.accepted(at: 0.5).acceptedGenuine == 1)
    #expect(scores.roc.accepted(at: 0.5).acceptedImpostor == 1)
    #expect(ThresholdConvention.likeness.correct(at: 0.5, on: scores) == 1)
    // As published elsewhere: strictly below the distance; and wrong for both classes.
    #expect(ThresholdConvention.insightface.correct(at: 0.5, on: scores) == 1)
    #expect(ThresholdConvention.facexzoo.correct(at: 0.5, on: scores) == 0)
  }

  @Test func `Pitfall 6: folds may have any size, and need not be equal`() throws {
    let small = LabelledScores(scores: [0.9, 0.1, 0.2], isGenuine: [true, false, false])
    let large = LabelledScores(
      scores: [0.8, 0.7, 0.15, 0.3, 0.1], isGenuine: [true, true, false, false, false])
    let result = try #require(ThresholdConvention.likeness.crossValidatedAccuracy([small, large]))
    // Midpoints: (0.9 + 0.2)/2 from the small fold, (0.7 + 0.3)/2 from the large one.
    #expect(result.thresholds == [0.5, 0.55])
    #expect(result.perFold == [1, 1])
  }

  @Test func `Pitfall 13: population SD, sample SD and SEM are three numbers with three names`() throws {
    let accuracy = FoldAccuracy(perFold: [0.9, 1.0], thresholds: [0.5, 0.5])
    #expect(agree(accuracy.populationSD, 0.05, 1e-15))
    #expect(agree(try #require(accuracy.sampleSD), 0.05 * 2.0.squareRoot(), 1e-15))
    #expect(agree(try #require(accuracy.sem), 0.05, 1e-15))
    let one = FoldAccuracy(perFold: [0.9], thresholds: [0.5])
    #expect(one.populationSD == 0 && one.sampleSD == nil && one.sem == nil)
  }

  @Test func `Pitfall 19: an exact multiple of 1/N is not lost to rounding`() {
    #expect(1e-6 * 1_000_000 >= 1 && 0.07 * 100 != 7)
    #expect(allowedFalseAccepts(targetFAR: 1e-3, impostors: 1000) == 1)
    #expect(allowedFalseAccepts(targetFAR: 1e-6, impostors: 1_000_000) == 1)
    #expect(allowedFalseAccepts(targetFAR: 0.07, impostors: 100) == 7)
    #expect(allowedFalseAccepts(targetFAR: 0.29, impostors: 100) == 29)
    #expect(allowedFalseAccepts(targetFAR: 1e-3, impostors: 999) == 0)
    #expect(allowedFalseAccepts(targetFAR: 1e-300, impostors: .max) == 0)
    #expect(allowedFalseAccepts(targetFAR: 0.9999999999999999, impostors: .max) < .max)
    let counts = 1...2000
    #expect(counts.allSatisfy { allowedFalseAccepts(targetFAR: 1 / 16, impostors: $0) == $0 / 16 })
    #expect(counts.allSatisfy { allowedFalseAccepts(targetFAR: 0.01, impostors: $0) == $0 / 100 })
  }

  @Test func `The highest of the tied best thresholds is taken`() throws {
    let scores = LabelledScores(scores: [0.1, 0.2, 0.3, 0.4], isGenuine: [false, true, false, true])
    // t in (0.1, 0.2] and t in (0.3, 0.4] are both right three times of four.
    let choice = try #require(ThresholdConvention.likeness.bestThreshold(on: scores))
    #expect(choice.threshold == (0.3 + 0.4) / 2)
    #expect(choice.correct == 3 && choice.count == 4)
  }

  @Test func `A midpoint always separates the two scores`() throws {
    for (low, high) in [
      (0.1, 0.1.nextUp), (-.infinity, 0.3), (0, Double.leastNonzeroMagnitude),
      (-Double.leastNonzeroMagnitude, 0),
    ] {
      let scores = LabelledScores(scores: [low, high], isGenuine: [false, true])
      let choice = try #require(ThresholdConvention.likeness.bestThreshold(on: scores))
      #expect(choice.correct == 2, "\(low) and \(high)")
      #expect(choice.threshold > low && choice.threshold <= high)
    }
  }

  @Test func `A comparison that could not be made is always rejected and chooses no threshold`() throws {
    let scores = LabelledScores(
      scores: [-.infinity, -0.1, -0.2, -0.9, -.infinity], isGenuine: [true, true, true, false, false])
    for convention in [ThresholdConvention.likeness, .insightface, .facexzoo, .pfe, .pfeFolds] {
      let choice = try #require(convention.bestThreshold(on: scores))
      #expect(choice.correct == 4)
      #expect(choice.threshold > -0.9 && choice.threshold.isFinite)
    }
    let none = LabelledScores(scores: [-.infinity, -.infinity], isGenuine: [true, false])
    #expect(ThresholdConvention.likeness.bestThreshold(on: none)?.threshold == .infinity)
    #expect(ThresholdConvention.facexzoo.bestThreshold(on: none) == nil)
    #expect(ThresholdConvention.pfe.bestThreshold(on: none) == nil)
    for rule in FARRule.allCases {
      let point = scores.roc.operatingPoint(at: 0.5, rule: rule)
      #expect(try #require(point.tar) >= 2.0 / 3 - 1e-6, "\(rule)")
      #expect(point.threshold?.isNaN != true)
    }
  }

  @Test func `Accuracy on one fold's threshold is that fold's choice applied to another`() throws {
    let selection = LabelledScores(scores: [0.6, 0.4], isGenuine: [true, false])
    let test = LabelledScores(scores: [0.55, 0.45, 0.2], isGenuine: [true, true, false])
    let result = try #require(ThresholdConvention.likeness.accuracy([test], choosingOn: [selection]))
    #expect(result.thresholds == [0.5])
    #expect(result.perFold == [2.0 / 3])
  }
}
