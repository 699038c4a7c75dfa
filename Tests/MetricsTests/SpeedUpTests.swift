import Foundation
import LinearAlgebra
import Testing

@testable import Metrics

@Suite("First passages and speed-up")
struct SpeedUpTests {
  private func passage(_ values: [Double?], _ level: Double) -> Int? {
    FirstPassage(steps: values.indices.map { 10 * $0 }, values: values, level: level)?.step
  }

  @Test
  func `The smoothed curve is the mean of three, of two at the ends, and unknown beside what is unknown`() {
    #expect(FirstPassage.smoothed([1, 2, 6, 4]) == [1.5, 3, 4, 5])
    #expect(FirstPassage.smoothed([1, 2, nil, 4, 8, 0]) == [1.5, nil, nil, nil, 4, 4])
    #expect(FirstPassage.smoothed([]).isEmpty && FirstPassage.smoothed([3]) == [3])
  }

  @Test func `A curve has passed where it stays for three evaluations, at the level itself too`() {
    // Smoothed: 0.25, 0.5, 0.8333…, 1, 1, 1.
    #expect(passage([0, 0.5, 1, 1, 1, 1], 0.5) == 10)
    #expect(passage([0, 0.5, 1, 1, 1, 1], 1) == 30)
    #expect(passage([1, 1, 1, 1], 0.5) == 0)
    // A peak that does not last does not count, and neither does a rise in the last two.
    #expect(passage([0, 0, 3, 0, 0, 0, 3, 3, 3, 3], 1.5) == 60)
    #expect(passage([0, 0, 0, 0, 3, 3], 2) == nil)
    #expect(passage([1, 1, nil, 1, 1, 1, 1], 0.5) == 40)
    let never = FirstPassage(steps: [0, 5, 9], values: [0, 0, 0], level: 1)
    #expect(never == FirstPassage(step: nil, lastStep: 9))
    #expect(FirstPassage(steps: [], values: [], level: 1) == nil)
  }

  @Test func `A passage is what looking at every start finds`() {
    var stream = RandomStream(seed: 1, name: "passages")
    for _ in 0..<200 {
      let count = 3 + stream.integer(below: 9)
      let values = (0..<count).map { _ in Double(stream.integer(below: 4)) }
      let level = Double(stream.integer(below: 10)) / 3
      func mean(_ place: Int) -> Double {
        let window = (place - 1...place + 1).filter { values.indices.contains($0) }.map { values[$0] }
        return window.reduce(0, +) / Double(window.count)
      }
      var expected: Int?
      for start in stride(from: count - 3, through: 0, by: -1)
      where mean(start) >= level && mean(start + 1) >= level && mean(start + 2) >= level {
        expected = 10 * start
      }
      #expect(passage(values, level) == expected)
    }
  }

  private func pair(_ baseline: Int?, _ method: Int?, last: Int = 1000) -> SpeedUp.Pair {
    .init(
      baseline: FirstPassage(step: baseline, lastStep: last),
      method: FirstPassage(step: method, lastStep: last))
  }

  private func speedUp(_ pairs: [[SpeedUp.Pair]], _ draws: [[Int]] = [[0, 1], [0, 0], [1, 1]]) -> SpeedUp? {
    SpeedUp(pairs, level: 0.5, replicates: draws.count) { draws[$0] }
  }

  @Test func `S is the geometric mean of the ratios of steps, and its interval that of the logarithms`()
    throws
  {
    let s = try #require(speedUp([[pair(400, 100)], [pair(100, 100)]]))
    #expect(agree(s.estimate, 2) && s.certainty == .exact && s.seeds == 2 && s.pairs == 2)
    // Replicates log 2, log 4 and 0: the middle half lies between log √2 and log √8.
    let interval = try #require(s.interval)
    #expect(agree(interval.lowerBound, 2.0.squareRoot()) && agree(interval.upperBound, 8.0.squareRoot()))
    #expect(speedUp([]) == nil && speedUp([[], []]) == nil)
  }

  @Test func `Folds of a seed are averaged before seeds are drawn`() throws {
    let s = try #require(speedUp([[pair(400, 100), pair(100, 100)], [pair(800, 100)]]))
    #expect(agree(s.estimate, 4.0) && s.seeds == 2 && s.pairs == 3)
  }

  @Test func `One seed has no interval and asks for no draws`() throws {
    let s = try #require(
      SpeedUp([[pair(300, 100)]], level: 0.95, replicates: 10) { _ in
        Issue.record("one seed is not drawn")
        return [0]
      })
    #expect(agree(s.estimate, 3) && s.interval == nil)
  }

  @Test func `What never arrives is counted and bounds S from its side`() throws {
    let method = try #require(speedUp([[pair(500, nil)], [pair(500, 1000)]]))
    #expect(agree(method.estimate, 0.5) && method.certainty == .atMost && method.censoredMethods == 1)
    let above = try #require(method.interval)
    #expect(above.lowerBound == 0 && agree(above.upperBound, 0.5))
    let baseline = try #require(speedUp([[pair(nil, 500)], [pair(1000, 500)]]))
    #expect(agree(baseline.estimate, 2) && baseline.certainty == .atLeast && baseline.censoredBaselines == 1)
    let below = try #require(baseline.interval)
    #expect(agree(below.lowerBound, 2) && below.upperBound == .infinity)
    let both = try #require(speedUp([[pair(nil, 500)], [pair(500, nil)]]))
    #expect(both.certainty == .unknown && both.interval == 0...(.infinity))
  }

  @Test func `A curve that is there before the first step leaves nothing to speed up`() {
    #expect(speedUp([[pair(0, 100)], [pair(100, 50)]]) == nil)
    #expect(speedUp([[pair(100, 0)], [pair(100, 50)]]) == nil)
  }

  @Test func `A censored bound holds what the uncensored curves would have given`() throws {
    var stream = RandomStream(seed: 2, name: "censored")
    func draws(_ replicate: Int) -> [Int] {
      var stream = RandomStream(seed: 3, name: "draws.\(replicate)")
      return (0..<5).map { _ in stream.integer(below: 5) }
    }
    for _ in 0..<50 {
      let steps = (0..<5).map { _ in (1 + stream.integer(below: 400), 1 + stream.integer(below: 1500)) }
      let whole = steps.map { [pair($0.0, $0.1, last: 2000)] }
      let cut = steps.map { [pair($0.0, $0.1 <= 1000 ? $0.1 : nil, last: 1000)] }
      let truth = try #require(SpeedUp(whole, level: 0.9, replicates: 200, seedDraws: draws))
      let known = try #require(SpeedUp(cut, level: 0.9, replicates: 200, seedDraws: draws))
      #expect(known.estimate >= truth.estimate * (1 - 1e-12))
      #expect(try #require(known.interval).upperBound >= #require(truth.interval).upperBound * (1 - 1e-12))
    }
  }
}
