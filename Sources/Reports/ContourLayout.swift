import FeatureStores

/// Where everything of a `ContourFigure` stands.
struct ContourLayout: LaidOutFigure {
  /// A line of a panel on the page of that panel.
  struct Line: Sendable, Hashable {
    /// The index of its level.
    var level: Int
    var points: [PlotPoint]
    var isClosed: Bool

    /// The straight pieces.
    var pieces: [(PlotPoint, PlotPoint)] {
      Array(zip(points, points.dropFirst())) + (isClosed ? [(points[points.count - 1], points[0])] : [])
    }
  }

  /// A level's number on one of its lines.
  struct Label: Sendable, Hashable {
    /// The index of the line.
    var line: Int
    var text: PlacedText
    /// What is left white for it.
    var box: PlotRect
  }

  struct Panel: Sendable, Hashable {
    var lines: [Line]
    var labels: [Label]
  }

  /// Titles, axes and the legend.
  let frames: PanelLayout
  let panels: [Panel]
  private let styles: [SeriesStyle]

  var width: Double { frames.width }
  var height: Double { frames.height }

  init(figure: ContourFigure, measurer: TextMeasurer) throws(HarnessError) {
    let levels = figure.levels
    let styles = levels.indices.map { ContourFigure.style(level: $0, of: levels.count) }
    let series =
      zip(levels, styles).map { level, style in
        LineFigure.Series(name: "\(figure.quantity) \(level.label)", points: [], style: style)
      } + [
        LineFigure.Series(
          name: figure.mark.name, points: [figure.mark.point], shape: .points, style: ContourFigure.markStyle)
      ]
    func reach(_ axis: Axis, _ places: [Double]) -> Axis {
      var axis = axis
      axis.range = axis.range ?? (places.min() ?? 0)...(places.max() ?? 1)
      return axis
    }
    let x = reach(figure.x, figure.panels.flatMap(\.x))
    let y = reach(figure.y, figure.panels.flatMap(\.y))
    let frames = try PanelLayout(
      title: figure.title, caption: figure.caption,
      panels: figure.panels.map {
        LineFigure(title: $0.name, x: x, y: y, series: series, isSquare: true)
      }, legendColumns: 8, measurer: measurer)
    self.frames = frames
    self.styles = styles
    panels = zip(figure.panels, frames.panels).map { panel, frame in
      let lines = levels.enumerated().flatMap { place, level in
        ContourLine.all(at: level.value, x: panel.x, y: panel.y, values: panel.values).map { line in
          Line(
            level: place,
            points: line.points.map {
              PlotPoint(frame.layout.x.position($0.x), frame.layout.y.position($0.y))
            }, isClosed: line.isClosed)
        }
      }
      let mark = PlotPoint(
        frame.layout.x.position(figure.mark.point.x), frame.layout.y.position(figure.mark.point.y))
      return Panel(
        lines: lines,
        labels: Self.labels(
          lines, levels, mark: mark, plot: frame.layout.plot, font: frame.layout.fonts.note, measurer)
      )
    }
  }

  /// A label for each line on which there is a place for one: inside the plot, clear of the mark, of other lines and of other labels.
  ///
  /// Places are tried from the vertical through the mark outwards, above it and below it in turn from level to level, so that labels of rings stand in a column.
  private static func labels(
    _ lines: [Line], _ levels: [ContourLevel], mark: PlotPoint, plot: PlotRect, font: Font,
    _ measurer: TextMeasurer
  ) -> [Label] {
    let radius = LineFigureLayout.markerRadius + 1
    let marked = PlotRect(x: mark.x - radius, y: mark.y - radius, width: 2 * radius, height: 2 * radius)
    var labels: [Label] = []
    for (place, line) in lines.enumerated() {
      let text = levels[line.level].label
      let width = measurer.width(text, font)
      let length = line.pieces.reduce(0) { $0 + $1.0.distance(to: $1.1) }
      // Of a short line a label would leave nothing.
      guard length > 3 * width else { continue }
      let side = line.level.isMultiple(of: 2) ? 1.0 : -1.0
      let centres = places(along: line).sorted { a, b in
        func cost(_ point: PlotPoint) -> Double {
          abs(point.x - mark.x) + ((mark.y - point.y) * side < 0 ? plot.height : 0)
        }
        return cost(a) < cost(b)
      }
      for centre in centres {
        let placed = PlacedText(
          text, font, x: centre.x, top: centre.y + font.digitHeight / 2 - font.ascent, .centre, width: width)
        let box = PlotRect(
          x: centre.x - width / 2 - 1, y: centre.y - font.digitHeight / 2 - 1, width: width + 2,
          height: font.digitHeight + 2)
        let isFree =
          plot.contains(placed.box) && plot.contains(box) && !box.intersects(marked)
          && !labels.contains { $0.text.box.intersects(placed.box) || $0.box.intersects(box) }
          && !lines.enumerated().contains { other in
            other.offset != place && other.element.pieces.contains { box.isCrossed(from: $0.0, to: $0.1) }
          }
        if isFree {
          labels.append(Label(line: place, text: placed, box: box))
          break
        }
      }
    }
    return labels
  }

  /// Points of a line at most a point's distance apart.
  private static func places(along line: Line) -> [PlotPoint] {
    line.pieces.flatMap { a, b in
      let count = max(1, Int(a.distance(to: b).rounded(.up)))
      return (0..<count).map { step in
        let share = Double(step) / Double(count)
        return PlotPoint(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y))
      }
    }
  }

  func draw(on canvas: Canvas) {
    frames.draw(on: canvas) { place in
      let panel = panels[place]
      for line in panel.lines {
        let style = styles[line.level]
        canvas.stroke(line.points, colour: style.colour, width: style.width, isClosed: line.isClosed)
      }
      for label in panel.labels {
        canvas.fill(label.box, with: .white)
        label.text.draw(on: canvas)
      }
    }
  }
}
