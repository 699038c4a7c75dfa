import Foundation

/// ln(1 + x) without loss for small x.
func logOnePlus(_ x: Double) -> Double { log1p(x) }

/// The best verification accuracy that is possible in a world, as a property of the population.
///
/// The oracle's score of two images is a constant plus a weighted sum of squares of independent normals. With r = b/√(t₁t₂), the
/// correlation of a genuine pair on an identity axis, the weights are the eigenvalues of the score's quadratic form against the
/// covariance of the pair: ±r/2 for a genuine pair, r/(2(1+r)) and −r/(2(1−r)) for an impostor pair, and the constant is −½ln(1−r²). The
/// distribution follows by inverting the characteristic function (Imhof, "Computing the distribution of quadratic forms in normal
/// variables", Biometrika 48, 1961). Balanced accuracy is greatest at a ratio of 1.
public struct BayesCeiling: Sendable, Codable, Equatable {
  /// The share of genuine pairs above a log likelihood ratio of 0.
  public let truePositiveRate: Double
  /// The share of impostor pairs above it.
  public let falsePositiveRate: Double
  /// The mean of the true positive and the true negative rate.
  public var accuracy: Double { (truePositiveRate + 1 - falsePositiveRate) / 2 }

  /// The ceiling for pairs of images whose identity axes correlate so, with the number of axes of each correlation.
  public init(correlations: [(correlation: Double, axes: Int)]) {
    var constant = 0.0
    var genuine: [(weight: Double, freedom: Double)] = []
    var impostor: [(weight: Double, freedom: Double)] = []
    for (r, axes) in correlations {
      let freedom = Double(axes)
      constant -= 0.5 * freedom * logOnePlus(-r * r)
      genuine += [(r / 2, freedom), (-r / 2, freedom)]
      impostor += [(r / (2 + 2 * r), freedom), (-r / (2 - 2 * r), freedom)]
    }
    truePositiveRate = QuadraticForm(weights: genuine).probability(above: -constant)
    falsePositiveRate = QuadraticForm(weights: impostor).probability(above: -constant)
  }

  /// The ceiling for identity axes of the given standard deviations.
  public init(dimensions: Int, between: Double, within: Double) {
    let b = between * between
    self.init(correlations: [(b / (b + within * within), dimensions)])
  }

  /// The ceiling of a world for images that no effect touches: frontal, of middle age and best quality.
  public init(_ definition: WorldDefinition) {
    self.init(definition, ImageAttributes(), ImageAttributes())
  }

  /// The ceiling of a world for pairs of images with these attributes.
  public init(_ definition: WorldDefinition, _ first: ImageAttributes, _ second: ImageAttributes) {
    let deviation = definition.identity.between
    self.init(
      between: [Double](repeating: deviation * deviation, count: definition.identity.dimensions),
      totals: definition.identityTotals(of: first), definition.identityTotals(of: second))
  }

  /// The ceiling for pairs of images with these variances of the identity axes: between people, and in all of either image.
  public init(between: [Double], totals first: [Double], _ second: [Double]) {
    var runs: [(correlation: Double, axes: Int)] = []
    for axis in between.indices {
      let correlation = between[axis] / (first[axis] * second[axis]).squareRoot()
      if let last = runs.last, last.correlation == correlation {
        runs[runs.count - 1].axes += 1
      } else {
        runs.append((correlation, 1))
      }
    }
    self.init(correlations: runs)
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
