import Foundation

/// The z with P(Z ≥ z) = `tail` for a standard normal Z, 0 < tail ≤ ½; accurate to the last digits also far out.
///
/// Newton's method on the logarithm of the tail, which is concave. The start, from P(Z ≥ z) ≤ ½ exp(−z²/2), lies above
/// the root, so the steps descend to it and end when rounding stops them.
public func upperNormalQuantile(_ tail: Double) -> Double {
  precondition(tail > 0 && tail <= 0.5, "a tail probability of \(tail)")
  var z = (-2 * log(2 * tail)).squareRoot()
  while true {
    let probability = erfc(z / 2.0.squareRoot()) / 2
    let density = exp(-z * z / 2) / (2 * .pi).squareRoot()
    let next = z + probability / density * log(probability / tail)
    guard next < z else { return z }
    z = next
  }
}

/// The standard normal quantile of `probability` in (0, 1): the axis on which normally distributed scores draw a
/// straight DET curve.
public func probit(_ probability: Double) -> Double {
  probability <= 0.5 ? -upperNormalQuantile(probability) : upperNormalQuantile(1 - probability)
}
