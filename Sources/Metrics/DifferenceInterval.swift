/// The difference of two independent rates with Newcombe's interval (1998, method 10), made of the two Wilson intervals: it never leaves [−1, 1]
/// and has a width where both rates are 0 or 1.
public struct DifferenceInterval: Codable, Equatable, Sendable {
  /// The first rate less the second.
  public let difference: Double
  public let lower: Double
  public let upper: Double
  public let confidence: Double

  /// Nil where one of the rates has no trials.
  public init?(
    _ first: (successes: Int, trials: Int), minus second: (successes: Int, trials: Int),
    confidence: Double = 0.95
  ) {
    guard
      let a = BinomialInterval(
        successes: first.successes, trials: first.trials, confidence: confidence, method: .wilson),
      let b = BinomialInterval(
        successes: second.successes, trials: second.trials, confidence: confidence, method: .wilson)
    else { return nil }
    let p = Double(first.successes) / Double(first.trials)
    let q = Double(second.successes) / Double(second.trials)
    difference = p - q
    lower = p - q - ((p - a.lower) * (p - a.lower) + (b.upper - q) * (b.upper - q)).squareRoot()
    upper = p - q + ((a.upper - p) * (a.upper - p) + (q - b.lower) * (q - b.lower)).squareRoot()
    self.confidence = confidence
  }
}
