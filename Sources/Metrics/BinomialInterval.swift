import Foundation

/// A two-sided confidence interval for the rate of a binomial count.
///
/// It covers the sampling of comparisons that are taken as independent. Comparisons that share images or people are
/// not, so for such lists the interval is too narrow; it never covers the variance between trainings.
public struct BinomialInterval: Codable, Equatable, Sendable {
  public enum Method: String, Codable, CaseIterable, Sendable {
    /// Exact: the rates at which the count's two tails have probability (1 − confidence)/2 each (Clopper and
    /// Pearson 1934). Never covers less than it says.
    case clopperPearson
    /// The score interval (Wilson 1927): covers what it says on average.
    case wilson
  }

  public let lower: Double
  public let upper: Double
  public let confidence: Double
  public let method: Method

  /// The interval for `successes` of `trials`, 0 ≤ successes ≤ trials, 0 < confidence < 1. Nil without trials.
  public init?(
    successes: Int, trials: Int, confidence: Double = 0.95, method: Method = .clopperPearson
  ) {
    precondition(successes >= 0 && successes <= trials, "\(successes) successes of \(trials)")
    precondition(confidence > 0 && confidence < 1, "a confidence of \(confidence)")
    guard trials > 0 else { return nil }
    self.confidence = confidence
    self.method = method
    let tail = (1 - confidence) / 2
    switch method {
    case .clopperPearson:
      lower = Self.clopperPearsonLower(successes, trials, tail)
      upper = Self.clopperPearsonUpper(successes, trials, tail)
    case .wilson:
      let (n, p, z) = (Double(trials), Double(successes) / Double(trials), upperNormalQuantile(tail))
      let scale = 1 + z * z / n
      let centre = (p + z * z / (2 * n)) / scale
      let half = z / scale * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
      lower = successes == 0 ? 0 : centre - half
      upper = successes == trials ? 1 : centre + half
    }
  }

  /// The p at which P(X ≥ k) = tail.
  private static func clopperPearsonLower(_ k: Int, _ n: Int, _ tail: Double) -> Double {
    if k == 0 { return 0 }
    if k == n { return exp(log(tail) / Double(n)) }
    // d ln P(X ≥ k) / d ln p = k P(X = k) / P(X ≥ k).
    return root(from: 0, to: Double(k) / Double(n), tail: tail, rising: true) { p in
      let sum = BinomialTail.upperRatioSum(k, of: n, at: p)
      return (BinomialTail.mass(k, of: n, at: p) * sum, Double(k) / sum)
    }
  }

  /// The p at which P(X ≤ k) = tail.
  private static func clopperPearsonUpper(_ k: Int, _ n: Int, _ tail: Double) -> Double {
    if k == n { return 1 }
    if k == 0 { return -expm1(log(tail) / Double(n)) }
    // d ln P(X ≤ k) / d ln p = −(n − k) p/(1 − p) P(X = k) / P(X ≤ k).
    return root(from: Double(k) / Double(n), to: 1, tail: tail, rising: false) { p in
      let sum = BinomialTail.lowerRatioSum(k, of: n, at: p)
      return (BinomialTail.mass(k, of: n, at: p) * sum, -Double(n - k) * p / ((1 - p) * sum))
    }
  }

  /// The p between `from` and `to` at which the monotone `probability` equals `tail`: Newton's steps on the
  /// logarithms, halving the bracket where a step would leave it.
  private static func root(
    from: Double, to: Double, tail: Double, rising: Bool,
    probability: (Double) -> (value: Double, logSlope: Double)
  ) -> Double {
    var (low, high) = (from, to)
    var p = (from + to) / 2
    for _ in 0..<200 {
      let (value, slope) = probability(p)
      if value == tail { return p }
      if (value < tail) == rising { low = p } else { high = p }
      let stepped = value > 0 ? p * exp((log(tail) - log(value)) / slope) : .nan
      let next = stepped > low && stepped < high ? stepped : low + (high - low) / 2
      if next == p || next <= low || next >= high || abs(next - p) <= 2e-16 * next { return next }
      p = next
    }
    return p
  }
}
