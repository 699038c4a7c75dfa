import CKernels
import Foundation
import Testing

@testable import Metrics

/// Numbers of scores that are not sorted are those of the exact curve.
@Suite("Score summary")
struct ScoreSummaryTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let genuine: [Float]
    let impostor: [Float]

    init(_ name: String, _ genuine: [Float], _ impostor: [Float]) {
      testDescription = name
      self.genuine = genuine
      self.impostor = impostor
    }
  }

  /// Sums of uniform numbers, so that most scores lie in the middle; rounded to `steps` a unit, which makes ties.
  static func scores(_ count: Int, mean: Float, width: Float, steps: Float?, seed: UInt64) -> [Float] {
    var generator = TestGenerator(state: seed)
    return (0..<count).map { _ in
      let sum = (0..<4).reduce(Float(0)) { sum, _ in sum + Float.random(in: -1...1, using: &generator) }
      let score = mean + width * sum
      return steps.map { (score * $0).rounded() / $0 } ?? score
    }
  }

  static let cases: [Case] = [
    Case(
      "overlapping", scores(300, mean: 0.4, width: 0.2, steps: nil, seed: 1),
      scores(20_000, mean: 0, width: 0.1, steps: nil, seed: 2)),
    Case(
      "many ties", scores(500, mean: 0.3, width: 0.2, steps: 40, seed: 3),
      scores(9_000, mean: 0, width: 0.2, steps: 40, seed: 4)),
    Case(
      "more genuine than impostor", scores(4_000, mean: 0.1, width: 0.2, steps: 1_000, seed: 5),
      scores(700, mean: 0, width: 0.2, steps: nil, seed: 6)),
    Case(
      "apart", scores(200, mean: 0.9, width: 0.01, steps: nil, seed: 7),
      scores(5_000, mean: -0.5, width: 0.05, steps: nil, seed: 8)),
    Case(
      "the wrong way round", scores(200, mean: -0.9, width: 0.01, steps: nil, seed: 9),
      scores(5_000, mean: 0.5, width: 0.05, steps: nil, seed: 10)),
    Case("all equal", [Float](repeating: 0.25, count: 30), [Float](repeating: 0.25, count: 2_000)),
    Case("one each", [0.5], [0.25]),
    Case(
      "comparisons that could not be made",
      scores(300, mean: 0.4, width: 0.2, steps: 50, seed: 11)
        + [Float](repeating: -.infinity, count: 40),
      [Float](repeating: -.infinity, count: 700) + scores(3_000, mean: 0, width: 0.1, steps: nil, seed: 12)),
    Case(
      "zeros of both signs and denormals",
      [0, -0.0, 0x1p-140, 0x1p-149, -0x1p-149, 1, -1, 0, 0x1p-140],
      [-0.0, 0, 0x1p-149, 0x1p-148, -0x1p-140, -0x1p-149, 0.5, -0.5, -0.0, 2, -300, 300]),
    Case(
      "distances", scores(400, mean: -0.6, width: 0.2, steps: nil, seed: 13).map { min($0, 0) },
      scores(8_000, mean: -2, width: 0.2, steps: 3_000, seed: 14)),
    Case("no genuine", [], scores(100, mean: 0, width: 1, steps: nil, seed: 15)),
    Case("no impostors", scores(100, mean: 0, width: 1, steps: nil, seed: 16), []),
    Case("no scores", [], []),
  ]

  static let targets: [Double] = [1, 0.5, 0.1, 0.03, 0.01, 1e-3, 1.5e-3, 1e-4, 1e-6, 0]

  @Test(arguments: cases, FARRule.allCases)
  func `Every number is that of the exact curve`(_ example: Case, _ rule: FARRule) {
    let exact = ROCCurve(ScoreCounts(genuine: example.genuine, impostor: example.impostor))
    let summary = ScoreSummary(
      genuine: example.genuine, impostor: example.impostor, targetFARs: Self.targets, rule: rule)
    #expect(summary.genuineCount == exact.genuineCount)
    #expect(summary.impostorCount == exact.impostorCount)
    #expect(summary.auc == exact.auc)
    for interpolation in EqualErrorRate.Interpolation.allCases {
      #expect(
        summary.equalErrorRate(interpolation: interpolation)
          == exact.equalErrorRate(interpolation: interpolation))
    }
    for target in Self.targets {
      #expect(
        summary.operatingPoint(at: target) == exact.operatingPoint(at: target, rule: rule),
        "FAR \(target)")
    }
    #expect(summary.roc == exact.thinned(.genuineScores))
    #expect(
      ScoreHistograms(genuine: example.genuine, impostor: example.impostor) == ScoreHistograms(exact))
  }

  @Test(arguments: cases)
  func `One target alone is enough to know its point`(_ example: Case) {
    let exact = ROCCurve(ScoreCounts(genuine: example.genuine, impostor: example.impostor))
    for rule in FARRule.allCases {
      for target in Self.targets {
        let summary = ScoreSummary(
          genuine: example.genuine, impostor: example.impostor, targetFARs: [target], rule: rule)
        #expect(
          summary.operatingPoint(at: target) == exact.operatingPoint(at: target, rule: rule),
          "\(rule) at \(target)")
      }
    }
  }

  @Test(arguments: cases, [2, 3, 7])
  func `Any number of pieces in any order gives the same`(_ example: Case, _ pieces: Int) {
    func numbers(_ summary: ScoreSummary) -> (Double?, EqualErrorRate?, [OperatingPoint], ROCCurve) {
      (
        summary.auc, summary.equalErrorRate(), Self.targets.map { summary.operatingPoint(at: $0) },
        summary.roc
      )
    }
    let (genuine, impostor) = (example.genuine, example.impostor)
    let whole = numbers(ScoreSummary(genuine: genuine, impostor: impostor, targetFARs: Self.targets))
    let backwards: ScoreSummary.Perform = { pieces, body in
      for piece in (0..<pieces).reversed() { body(piece) }
    }
    let parts = numbers(
      ScoreSummary(
        genuine: genuine, impostor: impostor, targetFARs: Self.targets, pieces: pieces, perform: backwards))
    #expect(parts == whole)
    #expect(
      ScoreHistograms(genuine: genuine, impostor: impostor, pieces: pieces, perform: backwards)
        == ScoreHistograms(genuine: genuine, impostor: impostor))
  }

  @Test func `Flushed denormals change nothing`() throws {
    let example = try #require(Self.cases.first { $0.testDescription.contains("denormals") })
    let exact = ROCCurve(ScoreCounts(genuine: example.genuine, impostor: example.impostor))
    let flushing: ScoreSummary.Perform = { pieces, body in
      let control = ck_get_float_control()
      ck_set_float_control(ck_with_flushed_denormals(control))
      for piece in 0..<pieces { body(piece) }
      ck_set_float_control(control)
    }
    let summary = ScoreSummary(
      genuine: example.genuine, impostor: example.impostor, targetFARs: Self.targets, pieces: 2,
      perform: flushing)
    #expect(summary.auc == exact.auc)
    #expect(summary.roc == exact.thinned(.genuineScores))
    for target in Self.targets {
      #expect(summary.operatingPoint(at: target) == exact.operatingPoint(at: target))
    }
  }

  @Test func `Keys are in the order of the scores`() {
    let ordered: [Float] = [
      -.infinity, -3e38, -1, -0x1p-126, -0x1p-149, 0, 0x1p-149, 0x1p-126, 0.5, 1, 3e38, .infinity,
    ]
    #expect(zip(ordered, ordered.dropFirst()).allSatisfy { ScoreKey.key($0) < ScoreKey.key($1) })
    #expect(ScoreKey.key(-0.0) == ScoreKey.key(0))
    for score in ordered { #expect(ScoreKey.score(ScoreKey.key(score)).bitPattern == score.bitPattern) }
  }

  @Test(arguments: [0, 1, 3, 511, 512, 513, 1500])
  func `The kernels count and select as one by one`(_ count: Int) {
    let scores = Self.scores(count, mean: 0, width: 0.3, steps: 300, seed: 17).map { $0 == 0 ? -0.0 : $0 }
    var counters = [UInt32](repeating: 0, count: 2 * ScoreKey.halves)
    #expect(ck_count_keys_f32(scores, count, &counters) == count)
    var expected = [UInt32](repeating: 0, count: ScoreKey.halves)
    for score in scores { expected[ScoreKey.half(ScoreKey.key(score))] += 1 }
    #expect(
      (0..<ScoreKey.halves).allSatisfy { counters[$0] + counters[ScoreKey.halves + $0] == expected[$0] })
    var marks = [UInt64](repeating: 0, count: ScoreKey.halves / 64)
    let marked = scores.filter { $0 > 0.1 && $0 < 0.3 || $0 == 0 }.map { ScoreKey.half(ScoreKey.key($0)) }
    for half in marked { marks[half / 64] |= 1 << UInt64(half % 64) }
    var selected = [Float](repeating: 9, count: count)
    let found = ck_select_keys_f32(scores, count, marks, &selected)
    let wanted = Set(marked)
    #expect(Array(selected[..<found]) == scores.filter { wanted.contains(ScoreKey.half(ScoreKey.key($0))) })
  }

  @Test func `Counting stops at the block of a NaN`() {
    var scores = [Float](repeating: 0.5, count: 2000)
    scores[1300] = .nan
    var counters = [UInt32](repeating: 0, count: 2 * ScoreKey.halves)
    #expect(ck_count_keys_f32(scores, scores.count, &counters) == 1024)
  }
}
