import Foundation

/// ln(1 + x) without loss for small x.
func logOnePlus(_ x: Double) -> Double { log1p(x) }

/// The best verification accuracy that is possible in a world, as a property of the population.
///
/// With one total variance t for all images the oracle's score is a constant plus a weighted sum of squares of
/// independent normals: on each identity axis (z₁+z₂)/√2 and (z₁−z₂)/√2 have variances t+b, t−b for a genuine pair and t, t for
/// an impostor pair. Its distribution follows by inverting the characteristic function (Imhof, "Computing the distribution of
/// quadratic forms in normal variables", Biometrika 48, 1961). Balanced accuracy is greatest at a ratio of 1.
public struct BayesCeiling: Sendable, Codable, Equatable {
  /// The share of genuine pairs above a log likelihood ratio of 0.
  public let truePositiveRate: Double
  /// The share of impostor pairs above it.
  public let falsePositiveRate: Double
  /// The mean of the true positive and the true negative rate.
  public var accuracy: Double { (truePositiveRate + 1 - falsePositiveRate) / 2 }

  /// The ceiling for identity axes of the given standard deviations.
  public init(dimensions: Int, between: Double, within: Double) {
    let b = between * between
    let t = b + within * within
    // score = c + Σ_axes (p·U² + q·V²), U, V the half sums and differences.
    let p = 0.5 / t - 0.5 / (t + b)
    let q = 0.5 / t - 0.5 / (t - b)
    let constant = -0.5 * Double(dimensions) * logOnePlus(-b * b / (t * t))
    let count = Double(dimensions)
    truePositiveRate = QuadraticForm(weights: [(p * (t + b), count), (q * (t - b), count)])
      .probability(above: -constant)
    falsePositiveRate = QuadraticForm(weights: [(p * t, count), (q * t, count)]).probability(above: -constant)
  }

  public init(_ definition: WorldDefinition) {
    self.init(
      dimensions: definition.identity.dimensions, between: definition.identity.between,
      within: definition.identity.within)
  }
}

/// Σ λ·χ²(h): a weighted sum of independent chi-squared variables.
struct QuadraticForm {
  /// Weights λ with their degrees of freedom h.
  let weights: [(weight: Double, freedom: Double)]

  /// P(Q > x) by Imhof's formula: ½ + (1/π)∫₀^∞ sin θ(u) / (u·ρ(u)) du.
  ///
  /// Integrated by Simpson's rule on u = v/(1−v), with as many points as the result needs to settle to 1e-10.
  func probability(above x: Double) -> Double {
    func integrand(_ u: Double) -> Double {
      if u == 0 { return (weights.reduce(0) { $0 + $1.weight * $1.freedom } - x) / 2 }
      var theta = -0.5 * x * u
      var logarithm = 0.0
      for (weight, freedom) in weights {
        theta += 0.5 * freedom * atan(weight * u)
        logarithm += 0.25 * freedom * log1p(weight * weight * u * u)
      }
      return sin(theta) / (u * exp(logarithm))
    }
    func simpson(_ intervals: Int) -> Double {
      let step = 1 / Double(intervals)
      var sum = integrand(0)
      for index in 1..<intervals {
        let v = Double(index) * step
        sum += (index.isMultiple(of: 2) ? 2 : 4) * integrand(v / (1 - v)) / ((1 - v) * (1 - v))
      }
      // The integrand vanishes at v = 1, faster than the stretch grows, for at least three degrees of freedom.
      return sum * step / 3
    }
    var intervals = 512
    var value = simpson(intervals)
    while intervals < 1 << 20 {
      intervals *= 2
      let finer = simpson(intervals)
      let settled = (finer - value).magnitude < 1e-10
      value = finer
      if settled { break }
    }
    return min(1, max(0, 0.5 + value / Double.pi))
  }
}
