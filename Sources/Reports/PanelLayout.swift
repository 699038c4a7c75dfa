import FeatureStores

/// Several figures of one set of curves beside and under each other, with one title and one legend.
///
/// The panels of a row stand on one line, so that their axes can be compared; each has its own title. The height of the page is the sum of what stands
/// on it.
struct PanelLayout: LaidOutFigure {
  let width: Double
  private(set) var height: Double
  private(set) var texts: [PlacedText]
  private(set) var legend: LegendLayout
  /// Each panel with where its page begins.
  private(set) var panels: [(layout: LineFigureLayout, origin: PlotPoint)]

  private static let mostColumns = 3
  /// With more panels than these all are lower, so that the page of a large grid stays readable.
  private static let manyPanels = 12

  /// - Parameters:
  ///   - figures: at least one, with the same curves by name and style.
  ///   - plotHeight: of each plotting area, in millimetres.
  ///   - summaryHeader: what the summaries in the legend are.
  ///   - legendColumns: at most so many.
  init(
    title: String, caption: String, panels figures: [LineFigure], plotHeight: Double = 34,
    summaryHeader: String = "", legendColumns: Int = 4, measurer: TextMeasurer
  ) throws(HarnessError) {
    precondition(!figures.isEmpty, "a page of no panels")
    let page = FigureSize.doubleColumn.width
    let fonts = FigureFonts(width: page)
    let pad = LineFigureLayout.margin
    width = page
    texts = []
    var top = pad
    for (text, font, gap) in [(title, fonts.title, 1.5), (caption, fonts.caption, 3.0)] where !text.isEmpty {
      let block = measurer.paragraph(text, font, x: pad, top: top, limit: page - 2 * pad)
      texts += block.lines
      top = block.bottom + gap
    }
    // What a curve's name is does not depend on whether this panel has data for it.
    let named = figures[0].series.map { series in
      var series = series
      series.points = [PlotPoint(0, 0)]
      return series
    }
    let plan = LegendLayout.plan(
      named, header: summaryHeader, limit: page - 2 * pad, mostColumns: legendColumns, fonts: fonts,
      measurer: measurer)
    legend = LegendLayout(plan, at: PlotPoint(pad, top + 1), fonts: fonts) { measurer.width($0, $1) }
    top = legend.box.maxY + 3
    let columns = min(Self.mostColumns, figures.count)
    var size = FigureSize(
      width: 1, plotHeight: figures.count > Self.manyPanels ? plotHeight * 0.65 : plotHeight)
    size.width = page / Double(columns)
    panels = []
    for start in stride(from: 0, to: figures.count, by: columns) {
      var row: [LineFigureLayout] = []
      for figure in figures[start..<min(start + columns, figures.count)] {
        var panel = figure
        panel.size = size
        panel.legend = .none
        row.append(try panel.layout(measurer))
      }
      let line = row.map(\.plot.y).max() ?? 0
      for (place, layout) in row.enumerated() {
        panels.append((layout, PlotPoint(Double(place) * size.width, top + line - layout.plot.y)))
      }
      top += row.map { line - $0.plot.y + $0.height }.max() ?? 0
    }
    height = top
  }

  func draw(on canvas: Canvas) { draw(on: canvas) { _ in } }

  /// Draws everything, with what `overGrid` draws on each panel's plot after the grid, in the panel's own coordinates.
  func draw(on canvas: Canvas, overGrid: (_ panel: Int) -> Void) {
    for text in texts { text.draw(on: canvas) }
    if let first = panels.first {
      legend.draw(on: canvas, series: first.layout.figure.series, bandAlpha: 0.2)
    }
    for (place, panel) in panels.enumerated() {
      canvas.group(from: panel.origin) { panel.layout.draw(on: canvas) { overGrid(place) } }
    }
  }
}
