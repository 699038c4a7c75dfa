/// One line of text at its place on the page.
public struct PlacedText: Sendable, Hashable {
  public var text: String
  public var font: Font
  /// Where the baseline starts.
  public var origin: PlotPoint
  /// Whether the text runs upwards instead of to the right.
  public var isUpward: Bool
  /// The box that the line takes on the page.
  public var box: PlotRect

  /// How text stands to the x that it is given.
  enum Alignment { case leading, centre, trailing }

  /// A line to the right, its box's top at `top`, and its start, centre or end at `x`.
  init(_ text: String, _ font: Font, x: Double, top: Double, _ alignment: Alignment = .leading, width: Double)
  {
    let left =
      switch alignment {
      case .leading: x
      case .centre: x - width / 2
      case .trailing: x - width
      }
    self.text = text
    self.font = font
    isUpward = false
    origin = PlotPoint(left, top + font.ascent)
    box = PlotRect(x: left, y: top, width: width, height: font.lineHeight)
  }

  /// A line upwards, its box's left side at `left`, centred at `middle`.
  init(upward text: String, _ font: Font, left: Double, middle: Double, width: Double) {
    self.text = text
    self.font = font
    isUpward = true
    origin = PlotPoint(left + font.ascent, middle + width / 2)
    box = PlotRect(x: left, y: middle - width / 2, width: font.lineHeight, height: width)
  }

  func draw(on canvas: Canvas) { canvas.text(text, at: origin, font: font, isUpward: isUpward) }
}

extension TextMeasurer {
  /// A paragraph of lines under each other within `limit`; returns the lines and the y below the last.
  func paragraph(
    _ text: String, _ font: Font, x: Double, top: Double, limit: Double,
    _ alignment: PlacedText.Alignment = .leading
  ) -> (lines: [PlacedText], bottom: Double) {
    var lines: [PlacedText] = []
    var y = top
    for line in wrap(text, font, limit: limit) {
      lines.append(PlacedText(line, font, x: x, top: y, alignment, width: width(line, font)))
      y += font.lineHeight
    }
    return (lines, y)
  }
}
