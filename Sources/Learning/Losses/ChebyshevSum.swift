import LinearAlgebra

/// A function as a sum of Chebyshev polynomials.
enum ChebyshevSum {
  /// The coefficients c of Σ c[k]·T_k(2u − 1) for `function` of u in [0, 1], by interpolation in twice as many Chebyshev nodes.
  static func coefficients<Element: Scalar>(_ terms: Int, _ function: (Double) -> Double) -> [Element] {
    let points = 2 * terms
    let angles = (0..<points).map { Double.pi * (Double($0) + 0.5) / Double(points) }
    let values = angles.map { function((Double.cos($0) + 1) / 2) }
    return (0..<terms).map { term in
      var sum = 0.0
      for (angle, value) in zip(angles, values) { sum += value * Double.cos(Double(term) * angle) }
      return Element((term == 0 ? 1 : 2) * sum / Double(points))
    }
  }
}
