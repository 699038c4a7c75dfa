import FeatureStores

/// A function of two variables in several panels, by the lines of its levels, which are the same in all; with one point marked.
///
/// Lines are the darker the higher their level, so that they keep their order on a grey print. Levels are named in the legend, and on the lines wherever a
/// number covers no other line. Where values are not finite nothing is drawn.
struct ContourFigure: Figure {
  struct Panel: Sendable, Hashable {
    var name: String
    /// The grid along each axis, ascending, of two points or more.
    var x: [Double]
    var y: [Double]
    /// `values[i][j]` at x[i] and y[j].
    var values: [[Double]]
  }

  /// A point that all panels show.
  struct Mark: Sendable, Hashable {
    var name: String
    var point: PlotPoint
  }

  var title: String
  var caption: String
  /// What the values are, such as "loss".
  var quantity: String
  /// Both in one unit.
  var x: Axis
  var y: Axis
  var mark: Mark
  /// At least one.
  var panels: [Panel]

  /// The levels of all panels.
  var levels: [ContourLevel] {
    let values = panels.flatMap { $0.values.joined() }.filter(\.isFinite)
    return ContourLevel.round(in: (values.min() ?? 0)...(values.max() ?? 0))
  }

  func laidOut(_ measurer: TextMeasurer) throws(HarnessError) -> any LaidOutFigure {
    for panel in panels {
      let isGrid = [panel.x, panel.y].allSatisfy { places in
        places.count > 1 && places.allSatisfy(\.isFinite) && zip(places, places.dropFirst()).allSatisfy(<)
      }
      guard isGrid, panel.values.count == panel.x.count,
        panel.values.allSatisfy({ $0.count == panel.y.count })
      else {
        throw HarnessError(
          .fault, place: "figure “\(title)”, panel “\(panel.name)”",
          found: "no grid of two points or more a side")
      }
    }
    return try ContourLayout(figure: self, measurer: measurer)
  }

  /// The style of a level's lines: from a light to a dark shade of the hue of heat maps.
  static func style(level: Int, of count: Int) -> SeriesStyle {
    let share = count > 1 ? Double(level) / Double(count - 1) : 1
    return SeriesStyle(
      colour: HeatMapFigure.shade(0.45 + 0.55 * share), dash: .solid, marker: nil, width: 0.7 + 0.4 * share)
  }

  static let markStyle = SeriesStyle(colour: Palette.colours[5], dash: .solid, marker: .cross, width: 1.4)
}
