import FeatureStores

/// Several line figures of one set of curves, beside each other with one title and one legend.
struct PanelFigure: Figure {
  var title: String
  var caption: String
  /// At least one, with the same curves by name and style; each panel's title says what it shows.
  var panels: [LineFigure]
  /// What the summaries in the legend are.
  var summaryHeader = ""
  /// Of each plotting area, in millimetres.
  var plotHeight = 46.0

  func laidOut(_ measurer: TextMeasurer) throws(HarnessError) -> any LaidOutFigure {
    for panel in panels { try panel.validate() }
    return try PanelLayout(
      title: title, caption: caption, panels: panels, plotHeight: plotHeight, summaryHeader: summaryHeader,
      measurer: measurer)
  }
}
