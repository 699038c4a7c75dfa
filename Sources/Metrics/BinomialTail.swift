import Foundation

/// Tail probabilities of the binomial distribution, accurate in relative terms also far out and for many trials.
///
/// The probability mass is Loader's saddle-point form ("Fast and Accurate Computation of Binomial Probabilities",
/// 2000), which never subtracts large logarithms; a tail is the mass at its inner end times the sum of the falling
/// ratios beyond. By the identity P(X ≥ k) = I_p(k, n−k+1) this is the regularised incomplete beta function at
/// integer arguments. Cost: a few standard deviations' worth of terms.
enum BinomialTail {
  /// P(X = k) for X ~ Binomial(n, p), 0 ≤ k ≤ n, 0 ≤ p ≤ 1.
  static func mass(_ k: Int, of n: Int, at p: Double) -> Double {
    let q = 1 - p
    if p == 0 { return k == 0 ? 1 : 0 }
    if q == 0 { return k == n ? 1 : 0 }
    if k == 0 { return exp(Double(n) * log1p(-p)) }
    if k == n { return exp(Double(n) * log(p)) }
    let (successes, trials, failures) = (Double(k), Double(n), Double(n - k))
    let exponent =
      stirlingError(n) - stirlingError(k) - stirlingError(n - k)
      - deviance(successes, trials * p) - deviance(failures, trials * q)
    return exp(exponent) * (trials / (2 * .pi * successes * failures)).squareRoot()
  }

  /// P(X ≤ k), as a sum outward from k: relative accuracy where k is at or below the mean.
  static func lower(_ k: Int, of n: Int, at p: Double) -> Double {
    min(1, mass(k, of: n, at: p) * lowerRatioSum(k, of: n, at: p))
  }

  /// Σ P(X = k−j)/P(X = k) over j = 0…k.
  static func lowerRatioSum(_ k: Int, of n: Int, at p: Double) -> Double {
    ratioSum(k, of: n, odds: (1 - p) / p)
  }

  /// Σ P(X = k+j)/P(X = k) over j = 0…n−k.
  static func upperRatioSum(_ k: Int, of n: Int, at p: Double) -> Double {
    // The failures take the part of the successes; 1 − (1 − p) is never formed, which would lose a small p.
    ratioSum(n - k, of: n, odds: p / (1 - p))
  }

  private static func ratioSum(_ k: Int, of n: Int, odds: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    var remaining = k
    while remaining > 0 {
      term *= Double(remaining) / Double(n - remaining + 1) * odds
      sum += term
      remaining -= 1
      if term < sum * 1e-18 { break }
    }
    return sum
  }

  /// ln n! − ((n + ½) ln n − n + ½ ln 2π), the error of Stirling's formula, for n ≥ 1.
  private static func stirlingError(_ n: Int) -> Double {
    let x = Double(n)
    if n < 16 {
      let factorial = (1...n).reduce(1.0) { $0 * Double($1) }
      return log(factorial) - ((x + 0.5) * log(x) - x + 0.5 * log(2 * .pi))
    }
    let r = 1 / (x * x)
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188) * r) * r) * r) * r) / x
  }

  /// x ln(x/m) + m − x, without cancellation where x is near m.
  private static func deviance(_ x: Double, _ mean: Double) -> Double {
    let difference = x - mean
    guard abs(difference) < 0.1 * (x + mean) else { return x * log(x / mean) + mean - x }
    let ratio = difference / (x + mean)
    var sum = difference * ratio
    var power = 2 * x * ratio
    let squared = ratio * ratio
    var odd = 3.0
    while true {
      power *= squared
      let next = sum + power / odd
      if next == sum { return sum }
      sum = next
      odd += 2
    }
  }
}
