import FeatureStores

/// Square matrices of numbers from 0 to 1, each cell shaded and with its number in it, several beside and under each other.
///
/// The darker, the larger; shades have one hue and fall in lightness, so that they keep their order on a grey print. Numbers outside 0 to 1 are shaded as
/// the nearest end; a cell without a number stays white with a dash.
struct HeatMapFigure: Figure {
  struct Panel: Sendable, Hashable {
    var name: String
    /// Rows from the top.
    var values: [[Double?]]
    /// What stands in the diagonal in place of a shaded number.
    var diagonal: [String]
    /// Names of rows and columns.
    var labels: [String]
  }

  var title: String
  var caption: String
  /// At least one.
  var panels: [Panel]

  func laidOut(_ measurer: TextMeasurer) throws(HarnessError) -> any LaidOutFigure {
    for panel in panels {
      let count = panel.values.count
      guard count > 0, panel.values.allSatisfy({ $0.count == count }), panel.labels.count == count,
        panel.diagonal.count == count,
        panel.values.joined().allSatisfy({ $0?.isFinite ?? true })
      else {
        throw HarnessError(
          .fault, place: "figure “\(title)”, panel “\(panel.name)”",
          found: "no square matrix of finite numbers")
      }
    }
    return HeatMapLayout(figure: self, measurer: measurer)
  }

  /// The shade of a number.
  static func shade(_ value: Double) -> Colour {
    let share = min(max(value, 0), 1)
    let ends = (from: (255.0, 255.0, 255.0), to: (8.0, 48.0, 107.0))
    func channel(_ a: Double, _ b: Double) -> UInt32 { UInt32((a + share * (b - a)).rounded()) }
    return Colour(
      channel(ends.from.0, ends.to.0) << 16 | channel(ends.from.1, ends.to.1) << 8
        | channel(ends.from.2, ends.to.2))
  }
}

/// Where everything of a `HeatMapFigure` stands.
struct HeatMapLayout: LaidOutFigure {
  struct Cell: Hashable {
    var box: PlotRect
    var colour: Colour
  }

  let width: Double
  private(set) var height = 0.0
  private(set) var texts: [PlacedText] = []
  private(set) var cells: [Cell] = []

  private static let columns = 4
  private static let gap = 12.0

  init(figure: HeatMapFigure, measurer: TextMeasurer) {
    let page = FigureSize.doubleColumn.width
    let fonts = FigureFonts(width: page)
    let pad = LineFigureLayout.margin
    width = page
    var top = pad
    for (text, font, gap) in [(figure.title, fonts.title, 1.5), (figure.caption, fonts.caption, 5.0)]
    where !text.isEmpty {
      let block = measurer.paragraph(text, font, x: pad, top: top, limit: page - 2 * pad)
      texts += block.lines
      top = block.bottom + gap
    }
    let panelWidth = (page - 2 * pad - Double(Self.columns - 1) * Self.gap) / Double(Self.columns)
    for start in stride(from: 0, to: figure.panels.count, by: Self.columns) {
      let row = Array(figure.panels[start..<min(start + Self.columns, figure.panels.count)])
      // Names end on one line, so that the matrices of a row begin on one.
      let names = row.map { measurer.wrap($0.name, fonts.label, limit: panelWidth) }
      let nameHeight = Double(names.map(\.count).max() ?? 0) * fonts.label.lineHeight
      var bottom = top
      for (place, panel) in row.enumerated() {
        let left = pad + Double(place) * (panelWidth + Self.gap)
        let first = top + nameHeight - Double(names[place].count) * fonts.label.lineHeight
        for (line, text) in names[place].enumerated() {
          texts.append(
            PlacedText(
              text, fonts.label, x: left, top: first + Double(line) * fonts.label.lineHeight,
              width: measurer.width(text, fonts.label)))
        }
        bottom = max(
          bottom, placeCells(panel, left: left, top: top + nameHeight + 2, width: panelWidth, fonts, measurer)
        )
      }
      top = bottom + Self.gap
    }
    drawKey(top: top - Self.gap + pad, left: pad, fonts, measurer)
  }

  /// Places the cells of a panel; returns the y below the last.
  private mutating func placeCells(
    _ panel: HeatMapFigure.Panel, left: Double, top: Double, width: Double, _ fonts: FigureFonts,
    _ measurer: TextMeasurer
  ) -> Double {
    let widest = panel.labels.map { measurer.width($0, fonts.tick) }.max() ?? 0
    let labelWidth = widest + 3
    let side = min((width - labelWidth) / Double(panel.labels.count), 26)
    let (x, y) = (left + labelWidth, top + fonts.tick.lineHeight + 1)
    var number = fonts.tick
    // "0.88" fits into the cell.
    number.size = min(number.size, number.size * (side - 2) / measurer.width("0.88", number))
    var name = fonts.tick
    name.size = min(name.size, name.size * (side - 1) / widest)
    for (place, label) in panel.labels.enumerated() {
      let middle = (Double(place) + 0.5) * side
      let width = measurer.width(label, name)
      texts.append(
        PlacedText(label, name, x: x + middle, top: y - 1 - name.lineHeight, .centre, width: width))
      texts.append(
        PlacedText(
          label, name, x: x - 3, top: y + middle + name.digitHeight / 2 - name.ascent, .trailing, width: width
        ))
    }
    for (row, values) in panel.values.enumerated() {
      for (column, value) in values.enumerated() {
        let box = PlotRect(
          x: x + Double(column) * side, y: y + Double(row) * side, width: side, height: side)
        let shown = row == column ? nil : value
        cells.append(Cell(box: box, colour: shown.map(HeatMapFigure.shade) ?? .white))
        let text =
          row == column ? panel.diagonal[row] : value.map { NumberText.fixed($0, decimals: 2) } ?? "–"
        var font = number
        font.isBold = row == column
        font.colour = shown.map { HeatMapFigure.shade($0).lightness < 60 } ?? false ? .white : .grey(0.07)
        let textWidth = measurer.width(text, font)
        if textWidth > side - 1 { font.size *= (side - 1) / textWidth }
        texts.append(
          PlacedText(
            text, font, x: box.x + side / 2, top: box.y + side / 2 + font.digitHeight / 2 - font.ascent,
            .centre,
            width: min(textWidth, side - 1)))
      }
    }
    return y + Double(panel.labels.count) * side
  }

  /// A strip of all shades with its ends named, below the panels.
  private mutating func drawKey(top: Double, left: Double, _ fonts: FigureFonts, _ measurer: TextMeasurer) {
    let side = 8.0
    var x = left
    let zero = measurer.width("0", fonts.tick)
    let line = top + side / 2 + fonts.tick.digitHeight / 2 - fonts.tick.ascent
    texts.append(PlacedText("0", fonts.tick, x: x, top: line, width: zero))
    x += zero + 3
    for step in 0...10 {
      cells.append(
        Cell(
          box: PlotRect(x: x, y: top, width: side, height: side),
          colour: HeatMapFigure.shade(Double(step) / 10)))
      x += side
    }
    texts.append(
      PlacedText("1", fonts.tick, x: x + 3, top: line, width: measurer.width("1", fonts.tick)))
    height = top + side + LineFigureLayout.margin
  }

  func draw(on canvas: Canvas) {
    for cell in cells {
      canvas.fill(cell.box, with: cell.colour)
      let (a, b) = (cell.box.maxX, cell.box.maxY)
      canvas.stroke(
        [
          PlotPoint(cell.box.x, cell.box.y), PlotPoint(a, cell.box.y), PlotPoint(a, b),
          PlotPoint(cell.box.x, b),
        ], colour: FigureFonts.referenceColour, width: 0.4, isClosed: true)
    }
    for text in texts { text.draw(on: canvas) }
  }
}
