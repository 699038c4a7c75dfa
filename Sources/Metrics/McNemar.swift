import Foundation

/// McNemar's test of two systems on the same comparisons: whether those that only one gets right favour one of them.
///
/// `onlyFirst` and `onlySecond` are the discordant counts. Under the null hypothesis each is equally likely.
public struct McNemar: Codable, Equatable, Sendable {
  /// Comparisons that only the first system decides rightly.
  public let onlyFirst: Int
  /// Comparisons that only the second system decides rightly.
  public let onlySecond: Int
  /// Two-sided exact binomial p-value, min(1, 2 P(X ≤ min)); 1 without discordant comparisons.
  public let exactP: Double
  /// The exact p-value less P(X = min), which makes it less conservative.
  public let midP: Double
  /// (|b − c| − 1)²/(b + c), Edwards's continuity correction; 0 without discordant comparisons.
  public let chiSquared: Double
  /// The p-value of `chiSquared` with one degree of freedom.
  public let chiSquaredP: Double

  /// Counts are not negative.
  public init(onlyFirst: Int, onlySecond: Int) {
    precondition(onlyFirst >= 0 && onlySecond >= 0, "negative counts")
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
    let total = onlyFirst + onlySecond
    guard total > 0 else {
      exactP = 1
      midP = 1
      chiSquared = 0
      chiSquaredP = 1
      return
    }
    let smaller = min(onlyFirst, onlySecond)
    let tail = BinomialTail.lower(smaller, of: total, at: 0.5)
    exactP = min(1, 2 * tail)
    midP = min(1, 2 * tail - BinomialTail.mass(smaller, of: total, at: 0.5))
    let excess = Double(abs(onlyFirst - onlySecond)) - 1
    chiSquared = excess * excess / Double(total)
    chiSquaredP = erfc((chiSquared / 2).squareRoot())
  }
}
