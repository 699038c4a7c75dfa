import Foundation

/// The median of repetitions with their quartiles and their range.
public struct Spread: Codable, Sendable {
  public let least: Double
  public let lower: Double
  public let median: Double
  public let upper: Double
  public let most: Double

  /// Of at least one value; between two of them as far as the share goes, as NumPy's `quantile`.
  public init(of values: [Double]) {
    precondition(!values.isEmpty, "no values")
    let sorted = values.sorted()
    func part(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = sorted[Int(place)]
      return below + (place - place.rounded(.down)) * (sorted[Int(place.rounded(.up))] - below)
    }
    least = part(0)
    lower = part(0.25)
    median = part(0.5)
    upper = part(0.75)
    most = part(1)
  }
}
