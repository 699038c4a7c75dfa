import FeatureStores

/// Groups of curves under each other, each with a legend of its own over its panels: for more curves than one panel can show.
struct GroupedPanelFigure: Figure {
  struct Group {
    /// What its curves are about; empty for none.
    var title: String
    /// At least one, with the same curves by name and style; each panel's title says what it shows.
    var panels: [LineFigure]
  }

  var title: String
  var caption: String
  /// At least one.
  var groups: [Group]
  /// Of each plotting area, in millimetres.
  var plotHeight = 36.0

  func laidOut(_ measurer: TextMeasurer) throws(HarnessError) -> any LaidOutFigure {
    for panel in groups.flatMap(\.panels) { try panel.validate() }
    return try GroupedPanelLayout(self, measurer: measurer)
  }
}

/// Where everything of a `GroupedPanelFigure` stands: the height of the page is the sum of what stands on it.
struct GroupedPanelLayout: LaidOutFigure {
  let width: Double
  private(set) var height: Double
  private(set) var texts: [PlacedText]
  /// Each group's page with where it begins.
  private(set) var groups: [(layout: PanelLayout, origin: PlotPoint)]

  init(_ figure: GroupedPanelFigure, measurer: TextMeasurer) throws(HarnessError) {
    let page = FigureSize.doubleColumn.width
    let fonts = FigureFonts(width: page)
    let pad = LineFigureLayout.margin
    width = page
    height = 0
    texts = []
    groups = []
    var top = pad
    func place(_ text: String, _ font: Font, gap: Double) {
      guard !text.isEmpty else { return }
      let block = measurer.paragraph(text, font, x: pad, top: top, limit: page - 2 * pad)
      texts += block.lines
      top = block.bottom + gap
    }
    place(figure.title, fonts.title, gap: 1.5)
    place(figure.caption, fonts.caption, gap: 3)
    let heading = Font(size: fonts.label.size, isBold: true, colour: fonts.label.colour)
    for (index, group) in figure.groups.enumerated() {
      if index > 0 { top += 4 }
      place(group.title, heading, gap: 0)
      let layout = try PanelLayout(
        title: "", caption: "", panels: group.panels, plotHeight: figure.plotHeight, measurer: measurer)
      // A page begins with a margin, which the heading has left already.
      groups.append((layout, PlotPoint(0, top - pad + 2)))
      top += layout.height - pad + 2
    }
    height = top
  }

  func draw(on canvas: Canvas) {
    for text in texts { text.draw(on: canvas) }
    for group in groups { canvas.group(from: group.origin) { group.layout.draw(on: canvas) } }
  }
}
