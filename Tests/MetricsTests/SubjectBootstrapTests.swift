import Foundation
import LinearAlgebra
import Testing

@testable import Metrics

@Suite("Resamples of people")
struct SubjectBootstrapTests {
  /// Random scores of all pairs of some images of some people, with ties.
  private struct People {
    var comparisons = LabelledScores()
    var first: [Int32] = []
    var second: [Int32] = []

    init(_ people: Int, images: Int, seed: UInt64) {
      var stream = RandomStream(seed: seed, name: "people")
      let count = people * images
      for i in 0..<count {
        for j in (i + 1)..<count {
          let same = i / images == j / images
          let score = ((stream.normal() + (same ? 1.2 : 0)) * 8).rounded() / 8
          comparisons.append(contentsOf: LabelledScores(scores: [score], isGenuine: [same]))
          first.append(Int32(i / images))
          second.append(Int32(j / images))
        }
      }
    }
  }

  static func draws(_ subjects: Int, _ replicates: Int, seed: UInt64 = 7) -> SubjectBootstrap {
    SubjectBootstrap(subjects: subjects, replicates: replicates) { replicate in
      var stream = RandomStream(seed: seed, name: "subjects.\(replicate)")
      return (0..<subjects).map { _ in stream.integer(below: subjects) }
    }
  }

  @Test func `A resample has as many people as there are, and depends on its number alone`() {
    let draws = Self.draws(23, 50)
    for replicate in [0, 49, 17, 0] {
      let counts = draws.multiplicities(replicate)
      #expect(counts.count == 23 && counts.reduce(0, +) == 23)
      #expect(counts == Self.draws(23, 50).multiplicities(replicate))
    }
    #expect(draws.multiplicities(3) != draws.multiplicities(4))
  }

  @Test func `With every person once the curve is that of the comparisons`() {
    let people = People(6, images: 3, seed: 1)
    let sorted = SubjectComparisons(
      people.comparisons, first: people.first, second: people.second, subjects: 6)
    #expect(sorted.curve([Int32](repeating: 1, count: 6)) == people.comparisons.roc)
    #expect(sorted.count == people.comparisons.count)
    #expect(sorted.curve([Int32](repeating: 0, count: 6)).count == 0)
  }

  @Test
  func `The curve of a resample is that of a list in which each comparison stands as often as its weight`() {
    let people = People(7, images: 3, seed: 2)
    let sorted = SubjectComparisons(
      people.comparisons, first: people.first, second: people.second, subjects: 7)
    let draws = Self.draws(7, 40)
    for replicate in 0..<40 {
      let counts = draws.multiplicities(replicate)
      var repeated = LabelledScores()
      for index in people.first.indices {
        let (a, b) = (Int(people.first[index]), Int(people.second[index]))
        let weight = people.comparisons.isGenuine[index] ? counts[a] : counts[a] * counts[b]
        repeated.append(
          contentsOf: LabelledScores(
            scores: [Double](repeating: people.comparisons.scores[index], count: Int(weight)),
            isGenuine: [Bool](repeating: people.comparisons.isGenuine[index], count: Int(weight))))
      }
      let curve = sorted.curve(counts)
      #expect(curve == repeated.roc)
      for rule in FARRule.allCases {
        #expect(curve.reading(at: 0.05, rule: rule) == repeated.roc.reading(at: 0.05, rule: rule))
      }
    }
  }

  @Test func `Rates of decisions are those worked out by hand`() throws {
    // Person 0 twice, person 1 never, person 2 three times.
    let counts: [Int32] = [2, 0, 3]
    var decisions = SubjectDecisions(subjects: 3, groups: 2)
    decisions.add(0, 0, group: 0, isRight: true)
    decisions.add(0, 2, group: 0, isRight: false)
    decisions.add(1, 2, group: 0, isRight: true)
    decisions.add(2, 2, group: 1, isRight: true)
    decisions.add(2, 0, group: 1, isRight: false)
    // Group 0: 2 of 2 + 6; group 1: 3 of 3 + 6.
    #expect(decisions.meanRate(counts) == (0.25 + 3.0 / 9) / 2)
    #expect(decisions.meanRate([0, 5, 0]) == nil)
    var tally = SubjectTally(subjects: 3)
    for (subject, isRight) in [(0, true), (0, false), (1, true), (2, false), (2, true), (2, true)] {
      tally.add(subject, isRight: isRight)
    }
    #expect(tally.rate(counts) == (2 + 6.0) / (4 + 9))
    #expect(tally.rate([0, 0, 0]) == nil)
    #expect(tally.rate([1, 1, 1]) == 4.0 / 6)
  }

  @Test func `A decision is right by every acceptance exactly where the counts of the convention say so`() {
    var stream = RandomStream(seed: 3, name: "scores")
    let scores = (0..<60).map { _ in (stream.normal() * 4).rounded() / 4 }
    let labelled = LabelledScores(scores: scores, isGenuine: scores.indices.map { $0 % 2 == 0 })
    for acceptance in ThresholdConvention.Acceptance.allCases {
      for rounding in ThresholdConvention.Rounding.allCases {
        let convention = ThresholdConvention(acceptance: acceptance, rounding: rounding)
        for threshold in [-0.5, 0, 0.3, .infinity, -.infinity] {
          let right = labelled.scores.indices.count {
            convention.isRight(scores[$0], isGenuine: labelled.isGenuine[$0], at: threshold)
          }
          #expect(right == convention.correct(at: threshold, on: labelled), "\(acceptance) at \(threshold)")
        }
      }
    }
  }

  @Test func `The percentile interval interpolates between order statistics`() throws {
    let values = (0...100).map { Double($0) }.reversed().map { $0 as Double? }
    let interval = try #require(PercentileInterval(values, level: 0.9))
    #expect(agree(interval.lower, 5, 1e-12) && agree(interval.upper, 95, 1e-12))
    let between = try #require(PercentileInterval([0, 1, nil, 3], level: 0.5))
    // Type 7 on 0, 1, 3: places 0.5 and 1.5.
    #expect(between.lower == 0.5 && between.upper == 2)
    #expect(between.defined == 3 && between.undefined == 1)
    #expect(PercentileInterval([nil, nil, 3], level: 0.5) == nil)
    #expect(PercentileInterval([], level: 0.5) == nil)
    let one = try #require(PercentileInterval([4], level: 0.5))
    #expect(one.lower == 4 && one.upper == 4)
  }

  /// 120 test sets of 80 people, each of whom is accepted with a probability of their own.
  @Test func `The interval over people covers the true rate where the binomial one does not`() throws {
    var stream = RandomStream(seed: 11, name: "coverage")
    let (people, comparisons, sets) = (80, 20, 120)
    var covered = (subjects: 0, binomial: 0)
    for set in 0..<sets {
      var tally = SubjectTally(subjects: people)
      for person in 0..<people {
        // Uniform on [0.5, 1]: the mean over people is 0.75.
        let probability = stream.uniform(in: 0.5..<1)
        // Mostly all or none of a person's comparisons, so that they tell little more than one.
        let all = stream.uniform() < probability
        for _ in 0..<comparisons {
          tally.add(person, isRight: stream.uniform() < 0.1 ? stream.uniform() < probability : all)
        }
      }
      let draws = Self.draws(people, 400, seed: UInt64(set))
      let interval = try #require(
        PercentileInterval((0..<400).map { tally.rate(draws.multiplicities($0)) }, level: 0.95))
      let binomial = try #require(
        BinomialInterval(successes: tally.right.reduce(0, +), trials: people * comparisons))
      if interval.lower <= 0.75 && 0.75 <= interval.upper { covered.subjects += 1 }
      if binomial.lower <= 0.75 && 0.75 <= binomial.upper { covered.binomial += 1 }
    }
    // 114 are expected; four standard deviations below are 104.
    #expect(covered.subjects >= 104, "\(covered)")
    #expect(covered.binomial <= 70, "\(covered)")
  }

  @Test func `The interval of an AUC over people covers that of the population`() throws {
    // Genuine N(d, 1) against impostors N(0, 1) with a share of the variance in the person: AUC = Φ(d/√2) whatever the share.
    let (people, images, sets) = (24, 3, 60)
    let truth = 0.5 * erfc(-1.5 / 2)
    var covered = 0
    for set in 0..<sets {
      var stream = RandomStream(seed: UInt64(set), name: "auc")
      var scores = LabelledScores()
      var (first, second): ([Int32], [Int32]) = ([], [])
      let ease = (0..<people).map { _ in stream.normal() * 0.5 }
      for a in 0..<people {
        for _ in 0..<images {
          let genuine = 1.5 + ease[a] * 2.0.squareRoot() + stream.normal() * 0.5.squareRoot()
          scores.append(contentsOf: LabelledScores(scores: [genuine], isGenuine: [true]))
          first.append(Int32(a))
          second.append(Int32(a))
        }
        for b in 0..<a {
          let impostor = ease[a] + ease[b] + stream.normal() * 0.5.squareRoot()
          scores.append(contentsOf: LabelledScores(scores: [impostor], isGenuine: [false]))
          first.append(Int32(a))
          second.append(Int32(b))
        }
      }
      let sorted = SubjectComparisons(scores, first: first, second: second, subjects: people)
      let draws = Self.draws(people, 300, seed: UInt64(set))
      let interval = try #require(
        PercentileInterval((0..<300).map { sorted.curve(draws.multiplicities($0)).auc }, level: 0.95))
      if interval.lower <= truth && truth <= interval.upper { covered += 1 }
    }
    // Percentile intervals of small samples are a little narrow: at least 85 %.
    #expect(covered >= 51, "\(covered) of \(sets)")
  }
}
