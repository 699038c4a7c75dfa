extension LineFigureLayout {
  /// Draws the figure: grid, bands, reference lines, curves, axes, markers and text, in this order.
  public func draw(on canvas: Canvas) { draw(on: canvas) {} }

  /// Draws the figure with what `overGrid` draws on the plot after the grid, cut at the plot's border.
  func draw(on canvas: Canvas, overGrid: () -> Void) {
    drawGrid(canvas)
    canvas.group(clippedTo: plot, overGrid)
    // Half a line's width is kept beyond the axes, so that a curve along the border is as wide as elsewhere.
    canvas.group(clippedTo: plot.expanded(by: 0.8)) {
      for series in figure.series { drawArea(series, canvas) }
      drawReferences(canvas)
      // The first curve comes last, on top.
      for series in figure.series.reversed() {
        let path = path(of: series)
        if series.shape != .points {
          canvas.stroke(
            path.points, colour: series.style.colour, width: series.style.width,
            dash: series.style.dash.pattern)
        }
      }
    }
    drawAxes(canvas)
    for index in figure.series.indices.reversed() {
      let style = figure.series[index].style
      for centre in markers(of: index) {
        canvas.marker(style.marker ?? .circle, centre: centre, radius: Self.markerRadius, style: style)
      }
    }
    for text in texts { text.draw(on: canvas) }
    emptyNote?.draw(on: canvas)
    legend?.draw(on: canvas, series: figure.series, bandAlpha: bandAlpha)
  }

  static let markerRadius = 1.9

  /// Many bands over each other are drawn fainter.
  private var bandAlpha: Double {
    let count = figure.series.count { !$0.band.isEmpty }
    return count <= 4 ? 0.16 : count <= 8 ? 0.11 : 0.07
  }

  /// The path of a curve on the page.
  public func pagePoints(of index: Int) -> [PlotPoint] { path(of: figure.series[index]).points }

  private func path(of series: LineFigure.Series) -> CurvePath {
    CurvePath(series.points, shape: series.shape, x: x, y: y)
  }

  /// Where a curve's markers stand: at every point of a short curve; otherwise at a few places along it, each
  /// curve at others, so that curves that lie on each other can still be told apart.
  func markers(of index: Int) -> [PlotPoint] {
    let series = figure.series[index]
    let isAlone = series.points.count == 1
    guard series.style.marker != nil || series.shape == .points || isAlone else { return [] }
    if series.shape == .points || isAlone || (series.shape == .line && series.points.count <= 12) {
      return series.points.map { PlotPoint(x.position($0.x), y.position($0.y)) }.filter { plot.contains($0) }
    }
    let path = path(of: series)
    let carriers = figure.series.indices.filter { figure.series[$0].style.marker != nil }
    let share = (Double(carriers.firstIndex(of: index) ?? 0) + 0.5) / Double(max(1, carriers.count))
    let groups = max(3, Int(plot.width / 55))
    return (0..<groups).compactMap { group in
      let across = plot.x + (Double(group) + share) / Double(groups) * (x.end - plot.x)
      guard let height = path.height(at: across) else { return nil }
      let point = PlotPoint(across, height)
      return plot.contains(point) ? point : nil
    }
  }

  private func drawGrid(_ canvas: Canvas) {
    for tick in xTicks where tick.isMajor {
      let at = x.position(tick.value)
      canvas.stroke(
        [PlotPoint(at, plot.y), PlotPoint(at, plot.maxY)], colour: FigureFonts.gridColour, width: 0.45)
    }
    for tick in yTicks where tick.isMajor {
      let at = y.position(tick.value)
      canvas.stroke(
        [PlotPoint(plot.x, at), PlotPoint(plot.maxX, at)], colour: FigureFonts.gridColour, width: 0.45)
    }
  }

  /// The band of a curve, and the area under a filled one.
  private func drawArea(_ series: LineFigure.Series, _ canvas: Canvas) {
    if series.band.count >= 2 {
      let lower = CurvePath(series.band.map { PlotPoint($0.x, $0.lower) }, shape: series.shape, x: x, y: y)
      let upper = CurvePath(series.band.map { PlotPoint($0.x, $0.upper) }, shape: series.shape, x: x, y: y)
      canvas.fill(
        polygon: CurvePath.polygon(lower: lower, upper: upper), with: series.style.colour, alpha: bandAlpha)
    }
    if series.isFilled {
      let points = path(of: series).points
      guard let first = points.first, let last = points.last else { return }
      let base = [PlotPoint(last.x, plot.maxY), PlotPoint(first.x, plot.maxY)]
      canvas.fill(polygon: points + base, with: series.style.colour, alpha: 0.2)
    }
  }

  private func drawReferences(_ canvas: Canvas) {
    for line in figure.references {
      let ends: [PlotPoint]
      switch line.direction {
      case .vertical:
        guard x.range.contains(line.value) else { continue }
        let at = x.position(line.value)
        ends = [PlotPoint(at, plot.y), PlotPoint(at, plot.maxY)]
      case .horizontal:
        guard y.range.contains(line.value) else { continue }
        let at = y.position(line.value)
        ends = [PlotPoint(plot.x, at), PlotPoint(plot.maxX, at)]
      }
      if line.isBoundary {
        canvas.stroke(ends, colour: FigureFonts.axisColour, width: 1.4, dash: [2.4, 1.2])
      } else {
        canvas.stroke(ends, colour: FigureFonts.referenceColour, width: 0.6, dash: [2, 1.6])
      }
    }
  }

  private func drawAxes(_ canvas: Canvas) {
    let colour = FigureFonts.axisColour
    let hasBoundary = figure.references.contains {
      $0.direction == .vertical && $0.isBoundary && abs(x.position($0.value) - plot.x) < 0.5
    }
    // A boundary at the left end takes the place of the y axis's line.
    if !hasBoundary {
      canvas.stroke([PlotPoint(plot.x, plot.y), PlotPoint(plot.x, plot.maxY)], colour: colour, width: 0.7)
    }
    canvas.stroke(
      [PlotPoint(plot.x, plot.maxY), PlotPoint(plot.maxX, plot.maxY)], colour: colour, width: 0.7)
    for tick in xTicks {
      let at = x.position(tick.value)
      let length = tick.isMajor ? Self.majorTick : Self.minorTick
      canvas.stroke(
        [PlotPoint(at, plot.maxY), PlotPoint(at, plot.maxY + length)], colour: colour,
        width: tick.isMajor ? 0.7 : 0.5)
    }
    for tick in yTicks {
      let at = y.position(tick.value)
      let length = tick.isMajor ? Self.majorTick : Self.minorTick
      canvas.stroke(
        [PlotPoint(plot.x - length, at), PlotPoint(plot.x, at)], colour: colour,
        width: tick.isMajor ? 0.7 : 0.5)
    }
    for flag in flags {
      canvas.stroke(
        [PlotPoint(flag.position, flag.leaderTop), PlotPoint(flag.position, plot.y)],
        colour: flag.isBoundary ? colour : FigureFonts.referenceColour, width: flag.isBoundary ? 1.2 : 0.6)
    }
  }
}

extension LegendLayout {
  /// Draws the samples of `series`, whose legend it is, and the texts.
  func draw(on canvas: Canvas, series all: [LineFigure.Series], bandAlpha: Double) {
    for entry in entries {
      let series = all[entry.series]
      let (start, end) = (entry.sampleStart, entry.sampleEnd)
      let middle = PlotPoint((start.x + end.x) / 2, start.y)
      if !series.band.isEmpty || series.isFilled {
        canvas.fill(
          PlotRect(x: start.x, y: start.y - 2.4, width: end.x - start.x, height: 4.8),
          with: series.style.colour,
          alpha: bandAlpha)
      }
      if series.shape != .points {
        canvas.stroke(
          [start, end], colour: series.style.colour, width: series.style.width,
          dash: series.style.dash.pattern)
      }
      if let marker = series.style.marker ?? (series.shape == .points ? .circle : nil) {
        canvas.marker(marker, centre: middle, radius: LineFigureLayout.markerRadius, style: series.style)
      }
    }
    for text in texts { text.draw(on: canvas) }
  }
}
