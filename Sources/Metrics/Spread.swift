/// The mean of some values and their spread, under the three names that published figures mix up.
///
/// For x₁…xₙ with mean x̄: `populationSD` = √(Σ(x−x̄)²/n) is what insightface prints after "+-"; `sampleSD` =
/// √(Σ(x−x̄)²/(n−1)); `sem` = sampleSD/√n is LFW's official standard error of the mean. Those two are nil for one
/// value. Values are finite.
public struct Spread: Codable, Equatable, Sendable {
  public let count: Int
  public let mean: Double
  public let populationSD: Double
  public let sampleSD: Double?
  public let sem: Double?

  /// The spread of `values`; nil when there are none.
  public init?(_ values: [Double]) {
    precondition(values.allSatisfy(\.isFinite), "the spread of a value that is not finite")
    guard !values.isEmpty else { return nil }
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.count = values.count
    self.mean = mean
    populationSD = (squares / n).squareRoot()
    sampleSD = values.count > 1 ? (squares / (n - 1)).squareRoot() : nil
    sem = sampleSD.map { $0 / n.squareRoot() }
  }
}
