/// One axis of a figure: what it shows, how it is scaled and how its numbers are written.
public struct Axis: Sendable, Hashable {
  /// How tick labels are written.
  public enum Numbers: Sendable, Hashable {
    /// Plain numbers with as many decimals as the ticks need; far from 1, a factor and a power of ten.
    case plain
    /// Values are fractions and labels percentages; the unit is then "%".
    case percent
    /// Powers of ten with superscripts: 10⁻⁴.
    case powers
  }

  /// The quantity, such as "False accept rate, FAR".
  public var label: String
  /// The unit, written after the label in parentheses.
  public var unit: String?
  public var scale: AxisScale
  public var numbers: Numbers
  /// The values at both ends; nil: from the data.
  public var range: ClosedRange<Double>?
  /// Room beyond the upper end in points, so that a curve along the limit stays visible.
  public var headroom: Double

  public init(
    _ label: String, unit: String? = nil, scale: AxisScale = .linear, numbers: Numbers = .plain,
    range: ClosedRange<Double>? = nil, headroom: Double = 0
  ) {
    self.label = label
    self.unit = unit
    self.scale = scale
    self.numbers = numbers
    self.range = range
    self.headroom = headroom
  }

  /// Label and unit as written along the axis: the unit in parentheses, in those that the label ends with where it does so, and never alone on a line.
  public var title: String {
    let unit = unit ?? (numbers == .percent ? "%" : nil)
    guard let unit, !unit.isEmpty else { return label }
    if label.isEmpty { return unit }
    if label.hasSuffix(")"), let open = label.lastIndex(of: "(") {
      return "\(label[...open])\(unit); \(label[label.index(after: open)...])"
    }
    return "\(label)\u{00A0}(\(unit))"
  }
}
