/// A curve in characters: two by four dots each (Braille patterns), the range of values at its left and of places below.
///
/// Every column of dots shows the mean of the finite values that fall in it. Without a finite value there is no plot.
public struct TerminalPlot: Sendable {
  /// From top to bottom; empty where there is nothing to show.
  public let lines: [String]

  /// - Parameters:
  ///   - points: places ascending; `width` and `height` are those of the dots' field in characters.
  public init(_ points: [(place: Double, value: Double)], width: Int = 64, height: Int = 8) {
    let points = points.filter { $0.place.isFinite && $0.value.isFinite }
    guard let first = points.first?.place, let last = points.last?.place, width > 0, height > 0 else {
      lines = []
      return
    }
    let (columns, rows) = (2 * width, 4 * height)
    var sums = [(sum: Double, count: Int)](repeating: (0, 0), count: columns)
    for point in points {
      let fraction = last > first ? (point.place - first) / (last - first) : 0
      let column = min(columns - 1, Int(fraction * Double(columns)))
      sums[column] = (sums[column].sum + point.value, sums[column].count + 1)
    }
    let means = sums.map { $0.count > 0 ? $0.sum / Double($0.count) : nil }
    let known = means.compactMap(\.self)
    let (low, high) = (known.min() ?? 0, known.max() ?? 0)
    var cells = [[UInt8]](repeating: [UInt8](repeating: 0, count: width), count: height)
    for (column, mean) in means.enumerated() {
      guard let mean else { continue }
      let fraction = high > low ? (high - mean) / (high - low) : 0.5
      let row = min(rows - 1, Int(fraction * Double(rows)))
      cells[row / 4][column / 2] |= Self.dot(column: column % 2, row: row % 4)
    }
    let labels = [Self.text(high), Self.text(low)]
    let margin = labels.map(\.count).max() ?? 0
    func padded(_ text: String) -> String { String(repeating: " ", count: margin - text.count) + text }
    var lines = cells.enumerated().map { index, row in
      let label = index == 0 ? labels[0] : index == height - 1 ? labels[1] : ""
      let dots = String(String.UnicodeScalarView(row.compactMap { Unicode.Scalar(0x2800 + UInt32($0)) }))
      return padded(label) + (label.isEmpty ? " │" : " ┤") + dots
    }
    lines.append(padded("") + " └" + String(repeating: "─", count: width))
    let (start, end) = (Self.text(first), Self.text(last))
    let gap = max(1, width - start.count - end.count)
    lines.append(padded("") + "  " + start + String(repeating: " ", count: gap) + end)
    self.lines = lines
  }

  /// The bit of a dot in its Braille pattern.
  private static func dot(column: Int, row: Int) -> UInt8 {
    row == 3 ? (column == 0 ? 0x40 : 0x80) : UInt8(1 << (row + 3 * column))
  }

  /// Four significant digits.
  private static func text(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    if value == value.rounded() && value.magnitude < 1e6 { return "\(Int(value))" }
    var digits = 4
    var magnitude = value.magnitude
    while magnitude >= 10 && digits > 1 { (magnitude, digits) = (magnitude / 10, digits - 1) }
    var scale = 1.0
    for _ in 1..<max(digits, 2) { scale *= 10 }
    let small = value.magnitude < 1e-3 || value.magnitude >= 1e6
    return small ? "\(Float(value))" : "\((value * scale).rounded() / scale)"
  }
}
