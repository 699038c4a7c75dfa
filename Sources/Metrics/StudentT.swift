import Foundation

/// Student's t distribution with a whole number of degrees of freedom.
enum StudentT {
  /// P(|T| ≥ t), accurate in relative terms also far out: I_x(ν/2, ½) at x = ν/(ν + t²).
  static func twoSidedP(_ t: Double, degreesOfFreedom: Int) -> Double {
    precondition(degreesOfFreedom >= 1, "\(degreesOfFreedom) degrees of freedom")
    precondition(!t.isNaN, "t is NaN")
    let nu = Double(degreesOfFreedom)
    let square = t * t
    if square == 0 { return 1 }
    if square == .infinity { return 0 }
    let (a, x, y) = (nu / 2, nu / (nu + square), square / (nu + square))
    let front = exp(a * log(x) + 0.5 * log(y)) / betaWithHalf(degreesOfFreedom)
    return x < (a + 1) / (a + 2.5)
      ? front * continuedFraction(a, 0.5, x) / a : 1 - front * continuedFraction(0.5, a, y) / 0.5
  }

  /// The t with P(|T| ≥ t) = `p`, 0 < p < 1, by halving a bracket.
  static func twoSidedQuantile(_ p: Double, degreesOfFreedom: Int) -> Double {
    precondition(p > 0 && p < 1, "a probability of \(p)")
    var (low, high) = (0.0, 1.0)
    while twoSidedP(high, degreesOfFreedom: degreesOfFreedom) > p { (low, high) = (high, 2 * high) }
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return middle }
      if twoSidedP(middle, degreesOfFreedom: degreesOfFreedom) > p { low = middle } else { high = middle }
    }
  }

  /// B(ν/2, ½), from B(½, ½) = π or B(1, ½) = 2 by B(a + 1, ½) = B(a, ½) a/(a + ½).
  private static func betaWithHalf(_ nu: Int) -> Double {
    var (a, value) = nu % 2 == 1 ? (0.5, Double.pi) : (1.0, 2.0)
    while a < Double(nu) / 2 {
      value *= a / (a + 0.5)
      a += 1
    }
    return value
  }

  /// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's method.
  private static func continuedFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    func away(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / away(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...10_000 {
      let m = Double(step)
      for term in [
        m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
        -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
      ] {
        d = 1 / away(1 + term * d)
        c = away(1 + term / c)
        result *= c * d
      }
      if abs(c * d - 1) < 1e-16 { break }
    }
    return result
  }
}
