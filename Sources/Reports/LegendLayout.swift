/// The legend of a figure: a sample of each curve, its name in as many lines as it needs, and its summary.
public struct LegendLayout: Sendable, Hashable {
  /// One curve's entry.
  public struct Entry: Sendable, Hashable {
    /// The index of the curve in the figure.
    public var series: Int
    /// Where the sample of the line is drawn, from left to right.
    public var sampleStart: PlotPoint
    public var sampleEnd: PlotPoint
    /// The box of sample, name and summary.
    public var box: PlotRect
  }

  /// The box around everything.
  public var box: PlotRect
  public var entries: [Entry]
  public var texts: [PlacedText]

  static let sampleWidth = 24.0
  private static let gap = 4.0
  private static let columnGap = 12.0

  /// The columns of a legend before it has a place.
  struct Plan {
    /// Names and summaries, each in its lines.
    var names: [[String]]
    var summaries: [[String]]
    var header: [String]
    var nameWidth: Double
    var summaryWidth: Double
    /// The part of the summaries' width that belongs to deviations.
    var tailWidth: Double
    var columns: Int

    var columnWidth: Double {
      LegendLayout.sampleWidth + LegendLayout.gap + nameWidth
        + (summaryWidth > 0 ? LegendLayout.gap * 2 + summaryWidth : 0)
    }
    var width: Double { Double(columns) * columnWidth + Double(columns - 1) * LegendLayout.columnGap }
    var rowsPerColumn: Int { (names.count + columns - 1) / columns }
  }

  /// A plan for `series` in at most `limit` points of width: as many columns as fit, up to `mostColumns`,
  /// with names in one line where that is possible.
  static func plan(
    _ series: [LineFigure.Series], header: String, limit: Double, mostColumns: Int, fonts: FigureFonts,
    measurer: TextMeasurer
  ) -> Plan {
    let font = fonts.legend
    let names = series.map { $0.points.isEmpty ? "\($0.name) (no data)" : $0.name }
    func widest(_ lines: [String], _ font: Font) -> Double {
      lines.map { measurer.width($0, font) }.max() ?? 0
    }
    let naturalName = widest(names, font)
    // A summary takes no more than two fifths of the width.
    let summaryLimit = limit * 0.4
    let summaries = series.map { $0.summary.map { measurer.wrap($0, font, limit: summaryLimit) } ?? [] }
    let parts = summaries.joined().map { split($0) }
    let tailWidth = widest(parts.map(\.deviation), font)
    let summaryWidth = widest(parts.map(\.head), font) + tailWidth
    let fixed = sampleWidth + gap + (summaryWidth > 0 ? gap * 2 + summaryWidth : 0)
    var columns = 1
    for count in stride(from: max(1, min(mostColumns, series.count)), through: 1, by: -1) {
      let share = (limit - Double(count - 1) * columnGap) / Double(count)
      if count == 1 || fixed + naturalName <= share {
        columns = count
        break
      }
    }
    let share = (limit - Double(columns - 1) * columnGap) / Double(columns)
    let nameLimit = max(1, share - fixed)
    let wrapped = names.map { measurer.wrap($0, font, limit: nameLimit) }
    var plan = Plan(
      names: wrapped, summaries: summaries, header: [],
      nameWidth: wrapped.map { widest($0, font) }.max() ?? 0,
      summaryWidth: summaryWidth, tailWidth: tailWidth, columns: columns)
    if summaryWidth > 0 && !header.isEmpty {
      plan.header = measurer.wrap(header, fonts.legendHeader, limit: plan.columnWidth)
    }
    return plan
  }

  /// A summary with its "±" under the others' and its mean right-aligned before it.
  private static func summary(
    _ text: String, right: Double, tail: Double, top: Double, font: Font, measure: (String, Font) -> Double
  ) -> [PlacedText] {
    let (head, deviation) = split(text)
    var texts = [PlacedText(head, font, x: right - tail, top: top, .trailing, width: measure(head, font))]
    if !deviation.isEmpty {
      texts.append(PlacedText(deviation, font, x: right - tail, top: top, width: measure(deviation, font)))
    }
    return texts
  }

  /// What stands before and from " ±" on.
  private static func split(_ text: String) -> (head: String, deviation: String) {
    guard let sign = text.firstRange(of: " ±") else { return (text, "") }
    return (String(text[..<sign.lowerBound]), String(text[sign.lowerBound...]))
  }

  /// The height that a plan takes.
  static func height(of plan: Plan, fonts: FigureFonts) -> Double {
    LegendLayout(plan, at: PlotPoint(0, 0), fonts: fonts) { _, _ in 0 }.box.height
  }

  /// Places a plan with its top left corner at `corner`.
  init(_ plan: Plan, at corner: PlotPoint, fonts: FigureFonts, measure: (String, Font) -> Double) {
    let line = fonts.legend.lineHeight
    let headerHeight =
      Double(plan.header.count) * fonts.legendHeader.lineHeight + (plan.header.isEmpty ? 0 : 1.5)
    entries = []
    texts = []
    var bottom = corner.y
    for column in 0..<plan.columns {
      let left = corner.x + Double(column) * (plan.columnWidth + Self.columnGap)
      let right = left + plan.columnWidth
      let first = column * plan.rowsPerColumn
      let last = min(first + plan.rowsPerColumn, plan.names.count)
      guard first < last else { continue }
      var y = corner.y
      for text in plan.header {
        let font = fonts.legendHeader
        texts.append(PlacedText(text, font, x: right, top: y, .trailing, width: measure(text, font)))
        y += font.lineHeight
      }
      y = corner.y + headerHeight
      for index in first..<last {
        let lines = max(plan.names[index].count, plan.summaries[index].count, 1)
        let height = Double(lines) * line + 1.2
        let middle = y + fonts.legend.ascent - fonts.legend.digitHeight / 2
        entries.append(
          Entry(
            series: index, sampleStart: PlotPoint(left, middle),
            sampleEnd: PlotPoint(left + Self.sampleWidth, middle),
            box: PlotRect(x: left, y: y, width: plan.columnWidth, height: height)))
        for (row, text) in plan.names[index].enumerated() {
          let x = left + Self.sampleWidth + Self.gap
          texts.append(
            PlacedText(
              text, fonts.legend, x: x, top: y + Double(row) * line, width: measure(text, fonts.legend)))
        }
        for (row, text) in plan.summaries[index].enumerated() {
          let top = y + Double(row) * line
          texts += Self.summary(
            text, right: right, tail: plan.tailWidth, top: top, font: fonts.legend, measure: measure)
        }
        y += height
      }
      bottom = max(bottom, y)
    }
    box = PlotRect(x: corner.x, y: corner.y, width: plan.width, height: bottom - corner.y)
  }
}
