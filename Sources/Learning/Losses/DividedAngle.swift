import LinearAlgebra

/// The function c ↦ cos(θ/m) of a whole row of cosines, θ = arccos c, with its derivative.
///
/// In u = √((1 + c)/2) = cos(θ/2) it is cos((2/m)·arccos u), which is analytic on [0, 1], so a short sum of Chebyshev
/// polynomials in 2u − 1 gives it to the type's precision without an arccosine: the nearest singularity, u = −1, makes terms
/// fall by a factor of 3 + √8 each. The derivative by c grows without bound towards c = −1; u is taken for at least the fourth root
/// of the machine epsilon there. Cosines past ±1 count as ±1.
struct DividedAngle<Element: Scalar>: Sendable {
  private let value: [Element]
  private let derivative: [Element]

  /// m, above 0.
  init(divisor: Double) {
    // Terms fall below the type's precision well before the last one.
    let terms = Element.significandBitCount < 30 ? 12 : 24
    let factor = 2 / divisor
    value = ChebyshevSum.coefficients(terms) { Double.cos(factor * Double.acos($0)) }
    derivative = ChebyshevSum.coefficients(terms) { u in
      // The limit at u = 1 is (2/m)².
      let sine = ((1 - u) * (1 + u)).squareRoot()
      return sine < 1e-9 ? factor * factor : factor * Double.sin(factor * Double.acos(u)) / sine
    }
  }

  /// Replaces cosines by cos(θ/m). −∞ stays.
  func apply(to values: inout MutableSpan<Element>) { VectorKernels.halfAngle(&values, value: value) }

  /// The same, and the derivatives in `slopes`.
  func apply(to values: inout MutableSpan<Element>, slopes: inout MutableSpan<Element>) {
    VectorKernels.halfAngle(
      &values, value: value, derivative: derivative, least: Element.ulpOfOne.squareRoot().squareRoot(),
      slopes: &slopes)
  }
}
