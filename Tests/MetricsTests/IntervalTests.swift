import Foundation
import Metrics
import Testing

@Suite("Intervals and bands")
struct IntervalTests {
  @Test func `Intervals hold the rate, touch 0 and 1 only at the ends, and are nil without trials`() throws {
    for method in BinomialInterval.Method.allCases {
      #expect(BinomialInterval(successes: 0, trials: 0, method: method) == nil)
      for n in [1, 2, 10, 6000] {
        for k in [0, 1, n / 2, n] where k <= n {
          let interval = try #require(BinomialInterval(successes: k, trials: n, method: method))
          let rate = Double(k) / Double(n)
          #expect(interval.lower <= rate && rate <= interval.upper)
          #expect((interval.lower == 0) == (k == 0))
          #expect((interval.upper == 1) == (k == n))
        }
      }
    }
  }

  @Test(arguments: BinomialInterval.Method.allCases)
  func `The interval of the failures mirrors that of the successes`(method: BinomialInterval.Method) throws {
    for (k, n) in [(0, 9), (1, 30), (299, 300), (19000, 19557)] {
      let one = try #require(BinomialInterval(successes: k, trials: n, confidence: 0.99, method: method))
      let other = try #require(
        BinomialInterval(successes: n - k, trials: n, confidence: 0.99, method: method))
      #expect(agree(one.lower, 1 - other.upper, 1e-14))
      #expect(agree(one.upper, 1 - other.lower, 1e-14))
    }
  }

  @Test func `Without a success the exact upper bound has a closed form`() throws {
    let interval = try #require(BinomialInterval(successes: 0, trials: 3000, confidence: 0.95))
    #expect(agree(interval.upper, 1 - pow(0.025, 1 / 3000.0), 1e-13))
  }

  @Test func `The exact interval stays exact at two trillion trials`() throws {
    // Far out, counts are Poisson: the bounds of 8 at 95 % are 3.4538… and 15.7632….
    let interval = try #require(BinomialInterval(successes: 8, trials: 2_638_000_000_000))
    #expect(agree(interval.lower * 2.638e12, 3.453832176750821, 1e-12))
    #expect(agree(interval.upper * 2.638e12, 15.763189220170121, 1e-12))
  }

  @Test func `The normal quantile inverts the normal tail`() {
    #expect(upperNormalQuantile(0.5) == 0)
    #expect(agree(upperNormalQuantile(0.025), 1.959963984540054, 1e-15))
    #expect(agree(upperNormalQuantile(1e-12), 7.034483825301132, 1e-14))
    #expect(agree(upperNormalQuantile(1e-300), 37.0470962993612, 1e-14))
    #expect(probit(0.975) == -probit(0.025) || agree(probit(0.975), -probit(0.025), 1e-14))
  }

  @Test func `A band is the vertical average and ends where one curve cannot follow`() throws {
    let fine = ROCCurve(
      ScoreCounts(genuine: [0.9, 0.5], impostor: (0..<10).map { Double($0) / 100 + 0.55 }))
    let coarse = ROCCurve(ScoreCounts(genuine: [0.9, 0.8], impostor: [0.1, 0.2]))
    let band = ROCBand([fine, coarse], grid: [1, 0.1, 0.5])
    #expect(band.points.map(\.far) == [0.5, 1])
    #expect(band.points[0].tar == Spread([0.5, 1]))
    #expect(band.points[1].tar == Spread([1, 1]))
    #expect(ROCBand([], grid: [1]).points.isEmpty)
  }

  @Test func `The logarithmic grid meets every power of ten exactly`() {
    let grid = ROCBand.logarithmicGrid(perDecade: 4, from: -3)
    #expect(grid.count == 13)
    #expect([grid[0], grid[4], grid[8], grid[12]] == [1e-3, 1e-2, 1e-1, 1])
    #expect(zip(grid, grid.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func `An operating point survives JSON whether or not it is attainable`() throws {
    let roc = ROCCurve(ScoreCounts(genuine: [0.5], impostor: [0.6, 0.1]))
    for target in [1, 0.5, 0.1] {
      for rule in FARRule.allCases {
        let point = roc.operatingPoint(at: target, rule: rule)
        let data = try JSONEncoder().encode(point)
        #expect(try JSONDecoder().decode(OperatingPoint.self, from: data) == point)
      }
    }
  }
}
