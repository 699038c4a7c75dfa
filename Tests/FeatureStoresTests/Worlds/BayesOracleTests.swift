import Foundation
import LinearAlgebra
import Testing

@testable import FeatureStores

/// The log density of N(0, variance) at x.
private func logNormal(_ x: Double, _ variance: Double) -> Double {
  -0.5 * (log(2 * Double.pi * variance) + x * x / variance)
}

@Suite struct BayesOracleTests {
  @Test(arguments: [
    (0.3, -0.7, 1.0, 0.36, 0.36), (2.5, 2.4, 1.0, 0.36, 0.36), (0, 0, 0.5, 2, 0.1), (-3, 3, 1.7, 0.2, 4),
    (0.01, 0.02, 1e-6, 1, 1),
  ])
  func scoreIsTheLogOfTheRatioOfIntegratedDensities(
    z1: Double, z2: Double, between: Double, within1: Double, within2: Double
  ) {
    // ∫ p(z₁|μ)·p(z₂|μ)·p(μ) dμ by the trapezium rule over ±12 standard deviations of μ.
    let steps = 200_000
    let reach = 12 * between.squareRoot()
    let width = 2 * reach / Double(steps)
    var genuine = 0.0
    for index in 0...steps {
      let mu = -reach + Double(index) * width
      let weight = index == 0 || index == steps ? 0.5 : 1
      genuine +=
        weight
        * exp(logNormal(z1 - mu, within1) + logNormal(z2 - mu, within2) + logNormal(mu, between)) * width
    }
    let impostor = logNormal(z1, between + within1) + logNormal(z2, between + within2)
    let oracle = BayesOracle(between: [between])
    let score = oracle.score(
      [z1].span, totals: [between + within1].span, [z2].span, totals: [between + within2].span)
    #expect(abs(score - (log(genuine) - impostor)) < 1e-9 * max(1, abs(score)))
  }

  @Test func axesAddUp() {
    let oracle = BayesOracle(between: [1, 0.5])
    let both = oracle.score(
      [0.3, -1].span, totals: [1.4, 0.9].span, [0.2, 2].span, totals: [1.2, 0.7].span)
    let first = BayesOracle(between: [1]).score(
      [0.3].span, totals: [1.4].span, [0.2].span, totals: [1.2].span)
    let second = BayesOracle(between: [0.5]).score(
      [-1].span, totals: [0.9].span, [2].span, totals: [0.7].span)
    #expect(abs(both - first - second) < 1e-14)
  }

  @Test func scoreIsSymmetric() {
    let oracle = BayesOracle(between: [1, 2])
    let a = oracle.score([0.3, -1].span, totals: [1.4, 2.9].span, [0.2, 2].span, totals: [1.2, 3.7].span)
    let b = oracle.score([0.2, 2].span, totals: [1.2, 3.7].span, [0.3, -1].span, totals: [1.4, 2.9].span)
    #expect(abs(a - b) < 1e-14)
  }

  @Test(arguments: [(24, 1.0, 0.6), (4, 1.0, 1.0), (2, 0.5, 1.5), (60, 1.0, 1.2)])
  func ceilingIsTheOraclesAccuracyInMonteCarlo(dimensions: Int, between: Double, within: Double) {
    let ceiling = BayesCeiling(dimensions: dimensions, between: between, within: within)
    let oracle = BayesOracle(between: [Double](repeating: between * between, count: dimensions))
    let totals = [Double](repeating: between * between + within * within, count: dimensions)
    var stream = RandomStream(seed: 11, name: "ceiling/\(dimensions)")
    let trials = 20_000
    var accepted = [0, 0]
    for genuine in [true, false] {
      for _ in 0..<trials {
        var a: [Double] = []
        var b: [Double] = []
        for _ in 0..<dimensions {
          let mu = between * stream.normal()
          let other = genuine ? mu : between * stream.normal()
          a.append(mu + within * stream.normal())
          b.append(other + within * stream.normal())
        }
        if oracle.score(a.span, totals: totals.span, b.span, totals: totals.span) > 0 {
          accepted[genuine ? 0 : 1] += 1
        }
      }
    }
    for (count, rate) in [(accepted[0], ceiling.truePositiveRate), (accepted[1], ceiling.falsePositiveRate)] {
      let deviation = (rate * (1 - rate) / Double(trials)).squareRoot()
      #expect(abs(Double(count) / Double(trials) - rate) < 5 * deviation + 1e-4)
    }
  }

  @Test func ceilingOfUnequalImagesIsTheOraclesAccuracyInMonteCarlo() {
    // Two axes with t₁ = 1.2, t₂ = 3 and one with t₁ = 2, t₂ = 1.1.
    let between = [1.0, 1, 1]
    let (t1, t2) = ([1.2, 1.2, 2], [3, 3, 1.1])
    let ceiling = BayesCeiling(between: between, totals: t1, t2)
    let oracle = BayesOracle(between: between)
    var stream = RandomStream(seed: 12, name: "unequal")
    let trials = 40_000
    var accepted = [0, 0]
    for genuine in [true, false] {
      for _ in 0..<trials {
        var a: [Double] = []
        var b: [Double] = []
        for axis in 0..<3 {
          let mu = stream.normal()
          let other = genuine ? mu : stream.normal()
          a.append(mu + (t1[axis] - 1).squareRoot() * stream.normal())
          b.append(other + (t2[axis] - 1).squareRoot() * stream.normal())
        }
        if oracle.score(a.span, totals: t1.span, b.span, totals: t2.span) > 0 {
          accepted[genuine ? 0 : 1] += 1
        }
      }
    }
    for (count, rate) in [(accepted[0], ceiling.truePositiveRate), (accepted[1], ceiling.falsePositiveRate)] {
      let deviation = (rate * (1 - rate) / Double(trials)).squareRoot()
      #expect(abs(Double(count) / Double(trials) - rate) < 5 * deviation)
    }
  }

  @Test func ceilingIsAtChanceWhenIdentityIsNegligible() {
    let ceiling = BayesCeiling(dimensions: 8, between: 1e-3, within: 1)
    #expect(abs(ceiling.accuracy - 0.5) < 1e-5)
  }

  @Test func ceilingIsNearOneWhenNoiseIsSmall() {
    #expect(BayesCeiling(dimensions: 24, between: 1, within: 0.1).accuracy > 0.999_999)
  }

  @Test func quadraticFormOfOneChiSquaredMatchesItsDistribution() {
    // P(χ²(4) > x) = e^(−x/2)·(1 + x/2).
    for x in [0.5, 2.0, 7.0] {
      let form = QuadraticForm(weights: [(1, 4)])
      #expect(abs(form.probability(above: x) - exp(-x / 2) * (1 + x / 2)) < 1e-8)
    }
  }
}
