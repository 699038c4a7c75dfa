/// The labels of horizontal reference lines: right of the plot at the height of their lines, moved apart where they would
/// overlap.
struct SideLabels {
  private struct Label {
    var value: Double
    var lines: [String]
  }

  private let labels: [Label]
  private let font: Font
  private let measurer: TextMeasurer
  /// The width of the widest line; 0 without labels.
  let width: Double

  /// Wraps the labels of `references` (the horizontal ones within `range`) to at most a fifth of the page.
  init(
    _ references: [LineFigure.ReferenceLine], in range: ClosedRange<Double>, page: Double, font: Font,
    measurer: TextMeasurer
  ) {
    self.font = font
    self.measurer = measurer
    let limit = min(64, page / 5)
    labels = references.filter {
      $0.direction == .horizontal && range.contains($0.value) && !$0.label.isEmpty
    }
    .sorted { $0.value > $1.value }
    .map { Label(value: $0.value, lines: measurer.wrap($0.label, font, limit: limit)) }
    width = labels.flatMap(\.lines).map { measurer.width($0, font) }.max() ?? 0
  }

  private func height(_ label: Label) -> Double { Double(label.lines.count) * font.lineHeight }

  /// The height of all labels under each other.
  var height: Double { labels.map(height).reduce(0, +) }

  /// The lines of text with their left side at `x`, from `top` on and, where they fit, not below `bottom`.
  func texts(x: Double, top: Double, bottom: Double, position: (Double) -> Double) -> [PlacedText] {
    var tops: [Double] = []
    var free = top
    for label in labels {
      let start = max(free, position(label.value) - height(label) / 2)
      tops.append(start)
      free = start + height(label)
    }
    // What ran out at the bottom pushes the others up, but not beyond the top.
    var limit = max(bottom, top + height)
    for index in labels.indices.reversed() {
      tops[index] = min(tops[index], limit - height(labels[index]))
      limit = tops[index]
    }
    return zip(labels, tops).flatMap { label, top in
      label.lines.enumerated().map { row, line in
        PlacedText(
          line, font, x: x, top: top + Double(row) * font.lineHeight, width: measurer.width(line, font))
      }
    }
  }
}
