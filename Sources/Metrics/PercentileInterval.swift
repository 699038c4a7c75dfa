/// The percentile interval of a bootstrap (Efron 1979): what lies between the (1 − level)/2 quantiles of the replicates.
///
/// Quantiles interpolate linearly between order statistics (type 7 of Hyndman and Fan, NumPy's default). Replicates without a value, such as
/// those that lost a class, are left out and counted.
public struct PercentileInterval: Codable, Equatable, Sendable {
  public let lower: Double
  public let upper: Double
  public let level: Double
  /// Replicates with a value, and without one.
  public let defined: Int
  public let undefined: Int

  /// The interval of `values`, which are finite, at 0 < `level` < 1. Nil where fewer than half of the replicates have a value.
  public init?(_ values: [Double?], level: Double) {
    precondition(level > 0 && level < 1, "a level of \(level)")
    let sorted = values.compactMap(\.self).sorted()
    precondition(sorted.allSatisfy(\.isFinite), "a replicate that is not finite")
    guard !sorted.isEmpty, 2 * sorted.count >= values.count else { return nil }
    self.level = level
    defined = sorted.count
    undefined = values.count - sorted.count
    lower = Self.quantile((1 - level) / 2, of: sorted)
    upper = Self.quantile((1 + level) / 2, of: sorted)
  }

  private static func quantile(_ probability: Double, of sorted: [Double]) -> Double {
    let place = probability * Double(sorted.count - 1)
    let below = min(Int(place), sorted.count - 1)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
