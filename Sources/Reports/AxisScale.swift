import Foundation
import Metrics

/// How an axis maps values to lengths.
public enum AxisScale: Sendable, Hashable {
  /// Equal differences have equal length.
  case linear
  /// Equal ratios have equal length. Values are positive.
  case logarithmic
  /// Equal differences of the normal quantile Φ⁻¹ have equal length (the DET plot of Martin et al., 1997).
  /// Values lie in (0, 1).
  case probit

  /// Whether a value can be drawn at all.
  public func contains(_ value: Double) -> Bool {
    switch self {
    case .linear: value.isFinite
    case .logarithmic: value.isFinite && value > 0
    case .probit: value > 0 && value < 1
    }
  }

  /// The value on the scale; finite for every value that the scale contains.
  public func transform(_ value: Double) -> Double {
    switch self {
    case .linear: value
    case .logarithmic: log10(value)
    case .probit: Metrics.probit(value)
    }
  }

  /// What must hold of a value, for error messages.
  var domain: String {
    switch self {
    case .linear: "a finite number"
    case .logarithmic: "a positive number, as the axis is logarithmic"
    case .probit: "a number between 0 and 1, both excluded, as the axis is a probit one"
    }
  }

  /// A range of positive length around values of the scale's domain; without values a plain default.
  func range(of values: some Sequence<Double>, padding: Double) -> ClosedRange<Double> {
    guard let low = values.min(), let high = values.max() else {
      return self == .linear ? 0...1 : 1e-3...(self == .probit ? 0.5 : 1)
    }
    switch self {
    case .linear:
      let margin = low == high ? max(abs(low) * 0.05, 0.5) : (high - low) * padding
      // Quantities that are never negative keep their axis at or above 0.
      return (low >= 0 ? max(0, low - margin) : low - margin)...(high + margin)
    case .logarithmic:
      return low == high ? low / 3...high * 3 : low...high
    case .probit:
      return low == high ? low / 2...(1 + high) / 2 : low...high
    }
  }
}

/// The map between an axis's values and positions on the page.
public struct AxisMapping: Sendable, Hashable {
  public let scale: AxisScale
  public let range: ClosedRange<Double>
  /// Positions, in points, of the range's lower and upper bound.
  public let start: Double
  public let end: Double
  private let low: Double
  private let high: Double

  public init(scale: AxisScale, range: ClosedRange<Double>, start: Double, end: Double) {
    self.scale = scale
    self.range = range
    self.start = start
    self.end = end
    low = scale.transform(range.lowerBound)
    high = scale.transform(range.upperBound)
  }

  /// The position of a value of the scale's domain; outside the range it lies beyond the axis.
  public func position(_ value: Double) -> Double {
    start + (scale.transform(value) - low) / (high - low) * (end - start)
  }
}
