import Foundation

/// The axis of the true accept rate of a ROC figure, chosen from what is in view.
///
/// Linear, its ends rounded to one of up to eight steps of 1, 2, 2.5 or 5 times a power of ten: the lower one below everything that is drawn, bands
/// included, the upper one above it, and 100 % where anything reaches 80 %. Where the trained methods all stay in the lowest quarter of such an axis from 0,
/// so that one could not tell them apart, the axis is logarithmic, from 1, 2 or 5 times a power of ten below the lowest rate above 0 to one above the highest.
struct ROCRateAxis {
  let axis: Axis

  /// The share of a linear axis that trained methods must reach to be readable on it.
  private static let leastShare = 0.25
  /// From here on the axis ends at 100 %.
  private static let high = 0.8
  /// A logarithmic axis has no more decades than these.
  private static let mostDecades = 5.0

  /// - Parameter shown: the false accept rates in view.
  init(_ series: [ROCSeries], shown: ClosedRange<Double>) {
    let drawn = series.map { curve in
      (role: curve.role, points: curve.points(from: curve.smallestFAR).filter { shown.contains($0.far) })
    }
    let points = drawn.flatMap(\.points)
    let range = Self.linear(
      lowest: points.map { min($0.tar, $0.lower ?? $0.tar) }.min() ?? 0,
      highest: points.map { max($0.tar, $0.upper ?? $0.tar) }.max() ?? 1)
    let methods = drawn.filter { $0.role == .method }.flatMap(\.points).map(\.tar)
    let (label, headroom) = ("True accept rate, TAR", 3.0)
    if let best = methods.max(), best > 0, best < Self.leastShare * range.upperBound, range.lowerBound == 0 {
      axis = Axis(
        label, scale: .logarithmic, numbers: .percent, range: Self.logarithmic(points.map(\.tar)),
        headroom: headroom)
    } else {
      axis = Axis(label, numbers: .percent, range: range, headroom: headroom)
    }
  }

  /// A rate as the axis can show it: on a logarithmic one a curve runs out of the plot where it is 0.
  func drawn(_ rate: Double) -> Double {
    let least = axis.scale == .logarithmic ? (axis.range?.lowerBound ?? 1) * 1e-3 : 0
    return min(1, max(least, rate))
  }

  private static func linear(lowest: Double, highest: Double) -> ClosedRange<Double> {
    let reachesTop = highest >= high
    let (low, top) = (max(0, lowest) * 100, reachesTop ? 100 : max(highest, 0) * 100)
    let span = max(top - low, 0.05)
    let step = NiceStep(covering: span, in: 8).value
    if reachesTop { return max(0, 100 - (span / step - 1e-9).rounded(.up) * step) / 100...1 }
    let first = max(0, (low / step + 1e-9).rounded(.down) * step)
    let last = min(100, max((top / step - 1e-9).rounded(.up) * step, first + step))
    return first / 100...last / 100
  }

  private static func logarithmic(_ rates: [Double]) -> ClosedRange<Double> {
    let known = rates.filter { $0 > 0 }
    let highest = known.max() ?? 1
    let lowest = max(known.min() ?? 0.01, highest * pow(10, -mostDecades))
    return neighbours(of: lowest).lower...min(1, neighbours(of: highest).upper)
  }

  /// Of 1, 2 and 5 times powers of ten the last below `value`, and the first at or above it.
  private static func neighbours(of value: Double) -> (lower: Double, upper: Double) {
    let exponent = Int(log10(value).rounded(.down))
    let marks = (exponent - 1...exponent + 1).flatMap { place in [1, 2, 5].map { $0 * Axis.power(place) } }
    let upper = marks.firstIndex { $0 >= value * (1 - 1e-9) } ?? marks.count - 1
    return (marks[max(0, upper - 1)], marks[upper])
  }
}
