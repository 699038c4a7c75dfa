/// Where everything of a `LineFigure` stands, in points from the page's top left.
///
/// Nothing overlaps and nothing is cut: the page's height is the sum of what stands on it, tick labels and
/// legend are measured before the plot gets what is left of the width, and texts that are too long go on in
/// another line.
public struct LineFigureLayout: LaidOutFigure {
  public let figure: LineFigure
  public private(set) var width: Double
  public private(set) var height: Double
  /// The plotting area between the axes; curves are cut at its border.
  public private(set) var plot: PlotRect
  public private(set) var x: AxisMapping
  public private(set) var y: AxisMapping
  public private(set) var xTicks: [Tick]
  public private(set) var yTicks: [Tick]
  /// Every text except the legend's.
  public private(set) var texts: [PlacedText]
  public private(set) var legend: LegendLayout?
  /// What is written in the plot of a figure without points.
  private(set) var emptyNote: PlacedText?
  /// The labels of vertical reference lines, each with the position of its line.
  private(set) var flags: [ReferenceFlags.Flag]
  let fonts: FigureFonts

  /// The outer margin of the page.
  static let margin = 5.0
  static let majorTick = 3.0
  static let minorTick = 1.6

  /// Lays out a figure that has been validated.
  init(figure: LineFigure, measurer: TextMeasurer) {
    let fonts = FigureFonts(width: figure.size.width)
    let pad = Self.margin
    let page = figure.size.width
    let plotHeight = figure.size.plotHeight
    let measure: (String, Font) -> Double = { measurer.width($0, $1) }
    self.figure = figure
    self.fonts = fonts
    width = page
    texts = []

    // Title and caption, over the full width.
    var top = pad
    for (text, font, gap) in [(figure.title, fonts.title, 1.5), (figure.caption, fonts.caption, 3.0)]
    where !text.isEmpty {
      let block = measurer.paragraph(text, font, x: pad, top: top, limit: page - 2 * pad)
      texts += block.lines
      top = block.bottom + gap
    }

    // The legend's place decides how wide the plot is.
    let right = Self.rightLegend(figure, fonts: fonts, measurer: measurer)
    let pageEnd = page - pad - (right.map { $0.width + 12 } ?? 0)

    // The y axis: its labels decide where the plot begins. A title of many lines stands over the plot.
    let yRange = figure.yRange
    let yLocal = AxisMapping(
      scale: figure.y.scale, range: yRange, start: plotHeight, end: min(figure.y.headroom, plotHeight / 4))
    yTicks = figure.y.ticks(yLocal, gap: 3) { _ in fonts.tick.digitHeight }
    var yTitle = figure.y.title.isEmpty ? [] : measurer.wrap(figure.y.title, fonts.label, limit: plotHeight)
    if yTitle.count > 2 {
      let block = measurer.paragraph(
        "↓ " + figure.y.title, fonts.label, x: pad, top: top, limit: page - 2 * pad)
      texts += block.lines
      top = block.bottom + 2
      yTitle = []
    }
    let yLabelWidth = yTicks.compactMap(\.label).map { measure($0, fonts.tick) }.max() ?? 0
    var left = pad + Double(yTitle.count) * fonts.label.lineHeight + 3 + yLabelWidth + 2 + Self.majorTick

    // Labels right of the plot; where they are higher than it, they stand clear of the x axis's labels too.
    let side = SideLabels(figure.references, in: yRange, page: page, font: fonts.note, measurer: measurer)
    let sideWidth = side.width > 0 ? side.width + 3 : 0

    // The x axis: a first pass with the width without overhang, a second with it.
    let xRange = figure.xRange
    var overhang = 0.0
    var plotWidth = 0.0
    var xLocal = AxisMapping(scale: figure.x.scale, range: xRange, start: 0, end: 1)
    var ticks: [Tick] = []
    for _ in 0..<2 {
      let margin = side.height > plotHeight ? overhang + sideWidth : max(overhang, sideWidth)
      plotWidth = max(20, pageEnd - margin - left)
      if figure.isSquare { plotWidth = min(plotWidth, plotHeight) }
      xLocal = AxisMapping(
        scale: figure.x.scale, range: xRange, start: 0, end: plotWidth - min(figure.x.headroom, plotWidth / 4)
      )
      ticks = figure.x.ticks(xLocal, gap: 5) { measure($0, fonts.tick) }
      let spans = ticks.compactMap { tick in
        tick.label.map { (xLocal.position(tick.value), measure($0, fonts.tick) / 2) }
      }
      overhang = max(overhang, spans.map { $0 + $1 - plotWidth }.max() ?? 0)
      left = max(left, pad + (spans.map { $1 - $0 }.max() ?? 0))
    }
    xTicks = ticks

    // Labels of vertical reference lines stand in rows over the plot.
    flags = []
    let placed = ReferenceFlags(
      figure.references.filter { $0.direction == .vertical && xRange.contains($0.value) },
      position: { left + xLocal.position($0) }, from: left, to: pageEnd, font: fonts.note, measurer: measurer)
    let plotTop = top + placed.height + 3
    plot = PlotRect(x: left, y: plotTop, width: plotWidth, height: plotHeight)
    x = AxisMapping(scale: figure.x.scale, range: xRange, start: left, end: left + xLocal.end)
    y = AxisMapping(
      scale: figure.y.scale, range: yRange, start: plotTop + plotHeight, end: plotTop + yLocal.end)
    flags = placed.flags(bottom: plotTop - 2)
    texts += flags.flatMap(\.lines)

    // Tick labels and axis titles.
    for tick in xTicks {
      guard let label = tick.label else { continue }
      texts.append(
        PlacedText(
          label, fonts.tick, x: x.position(tick.value), top: plot.maxY + Self.majorTick + 1, .centre,
          width: measure(label, fonts.tick)))
    }
    for tick in yTicks {
      guard let label = tick.label else { continue }
      let baseline = y.position(tick.value) + fonts.tick.digitHeight / 2
      texts.append(
        PlacedText(
          label, fonts.tick, x: left - Self.majorTick - 2, top: baseline - fonts.tick.ascent, .trailing,
          width: measure(label, fonts.tick)))
    }
    let sideTexts = side.texts(
      x: plot.maxX + 3 + (side.height > plotHeight ? overhang : 0), top: plot.y, bottom: plot.maxY,
      position: y.position)
    texts += sideTexts
    var bottom = max(
      plot.maxY + Self.majorTick + 1 + fonts.tick.lineHeight, sideTexts.map(\.box.maxY).max() ?? 0)
    if !figure.x.title.isEmpty {
      // Under the plot's middle; a title that needs fewer lines in it, or many, takes the width that the legend leaves.
      let lines = [plotWidth, pageEnd - pad].map {
        measurer.wrap(figure.x.title, fonts.label, limit: $0).count
      }
      let isShort = lines[0] <= min(2, lines[1])
      let block = measurer.paragraph(
        figure.x.title, fonts.label, x: isShort ? plot.x + plotWidth / 2 : (pad + pageEnd) / 2,
        top: bottom + 1,
        limit: isShort ? plotWidth : pageEnd - pad, .centre)
      texts += block.lines
      bottom = block.bottom
    }
    for (row, line) in yTitle.enumerated() {
      texts.append(
        PlacedText(
          upward: line, fonts.label, left: pad + Double(row) * fonts.label.lineHeight,
          middle: plot.y + plotHeight / 2,
          width: measure(line, fonts.label)))
    }
    if figure.series.allSatisfy(\.points.isEmpty) {
      emptyNote = PlacedText(
        "no data", fonts.label, x: plot.x + plotWidth / 2, top: plot.y + plotHeight / 2, .centre,
        width: measure("no data", fonts.label))
    }

    // Legend and notes.
    if let right {
      let corner = PlotPoint(page - pad - right.width, plot.y)
      let layout = LegendLayout(right, at: corner, fonts: fonts, measure: measure)
      legend = layout
      bottom = max(bottom, layout.box.maxY)
    } else if figure.legend != .none && !figure.series.isEmpty {
      let plan = LegendLayout.plan(
        figure.series, header: figure.summaryHeader, limit: page - 2 * pad, mostColumns: 4, fonts: fonts,
        measurer: measurer)
      // Aligned with the plot where that leaves room, so that samples stand under the axis.
      let start = min(left, max(pad, page - pad - plan.width))
      let layout = LegendLayout(plan, at: PlotPoint(start, bottom + 5), fonts: fonts, measure: measure)
      legend = layout
      bottom = layout.box.maxY
    }
    for (index, note) in figure.notes.filter({ !$0.isEmpty }).enumerated() {
      let block = measurer.paragraph(
        note, fonts.note, x: pad, top: bottom + (index == 0 ? 4 : 0.5), limit: page - 2 * pad)
      texts += block.lines
      bottom = block.bottom
    }
    height = bottom + pad
  }

  /// The plan of a legend right of the plot, or nil where it has to stand below.
  private static func rightLegend(
    _ figure: LineFigure, fonts: FigureFonts, measurer: TextMeasurer
  ) -> LegendLayout.Plan? {
    guard figure.legend == .right || figure.legend == .automatic, !figure.series.isEmpty else { return nil }
    let limit = figure.size.width * 0.42
    let plan = LegendLayout.plan(
      figure.series, header: figure.summaryHeader, limit: limit, mostColumns: 1, fonts: fonts,
      measurer: measurer)
    guard plan.width <= limit else { return nil }
    if figure.legend == .right { return plan }
    let isLow = LegendLayout.height(of: plan, fonts: fonts) <= figure.size.plotHeight
    return figure.size.width >= 360 && isLow ? plan : nil
  }
}

extension LineFigure {
  /// The range of the x axis: its own, or that of all points, bands and vertical lines.
  var xRange: ClosedRange<Double> {
    if let range = x.range { return range }
    let values = series.flatMap { $0.points.map(\.x) + $0.band.map(\.x) }
    return x.scale.range(
      of: values + references.filter { $0.direction == .vertical }.map(\.value), padding: 0)
  }

  /// The range of the y axis: its own, or that of what the x range shows, with a margin; percentages stay
  /// within 0 to 100.
  var yRange: ClosedRange<Double> {
    if let range = y.range { return range }
    let shown = xRange
    var values = series.flatMap { curve in
      curve.points.filter { shown.contains($0.x) }.map(\.y)
        + curve.band.filter { shown.contains($0.x) }.flatMap { [$0.lower, $0.upper] }
    }
    values += references.filter { $0.direction == .horizontal }.map(\.value)
    if y.scale == .linear && series.contains(where: \.isFilled) { values.append(0) }
    let range = y.scale.range(of: values, padding: 0.05)
    guard y.scale == .linear, y.numbers == .percent, let least = values.min(), let most = values.max() else {
      return range
    }
    let lower = least >= 0 ? max(0, range.lowerBound) : range.lowerBound
    let upper = most <= 1 ? min(1, range.upperBound) : range.upperBound
    return lower < upper ? lower...upper : range
  }
}
