import Foundation

/// A value whose lines a contour plot draws, and its label.
struct ContourLevel: Sendable, Hashable {
  var value: Double
  var label: String

  /// More levels than these are hard to follow.
  private static let most = 12
  /// From this ratio of the ends on, equal ratios tell more than equal differences.
  private static let wideRatio = 20.0

  /// Round values between the ends of a range, at most twelve: 1, 2 and 5 times powers of ten, or powers alone, where the range is positive and wide; else multiples
  /// of 1, 2, 2.5 or 5 times a power of ten. The ends themselves, which may be the value of a single point, are none.
  static func round(in range: ClosedRange<Double>) -> [ContourLevel] {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard low < high, (high - low).isFinite else { return [] }
    func inside(_ levels: [ContourLevel]) -> [ContourLevel] {
      levels.filter { $0.value > low && $0.value < high }
    }
    if low > 0 && high / low >= wideRatio {
      let exponents = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
      for stride in 1...exponents.count {
        for mantissas in stride == 1 ? [[1, 2, 5], [1, 3], [1]] : [[1.0]] {
          let levels = inside(
            exponents.filter { $0 % stride == 0 }.flatMap { exponent in
              mantissas.map { ContourLevel(mantissa: $0, exponent: exponent) }
            })
          if levels.count <= most { return levels }
        }
      }
    }
    let step = NiceStep(covering: high - low, in: most - 2)
    return inside(
      step.multiples(in: range).map {
        ContourLevel(value: $0, label: label($0, decimals: step.decimals))
      })
  }

  private init(mantissa: Double, exponent: Int) {
    value = exponent < 0 ? mantissa / Axis.power(-exponent) : mantissa * Axis.power(exponent)
    label = Self.label(value, decimals: max(0, -exponent), most: 4)
  }

  private init(value: Double, label: String) { (self.value, self.label) = (value, label) }

  /// The value with as many decimals, or as a power of ten where that needs more than `most` or is large.
  private static func label(_ value: Double, decimals: Int, most: Int = 6) -> String {
    let isPlain = value == 0 || (decimals <= most && value.magnitude < 1e5)
    return isPlain
      ? NumberText.fixed(value, decimals: decimals).replacing("-", with: "−")
      : NumberText.scientific(value, digits: 3)
  }
}
