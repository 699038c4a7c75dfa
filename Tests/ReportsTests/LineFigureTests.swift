import FeatureStores
import Foundation
import Testing

@testable import Reports

@Suite struct LineFigureTests {
  static let long =
    "Supercalifragilistic_with_underscores_and_no_break_at_all_so_that_it_must_be_cut_somewhere"

  /// `count` curves with names, summaries, bands and references of every length.
  static func figure(
    _ count: Int, isLong: Bool, size: FigureSize = .singleColumn,
    legend: LineFigure.LegendPlacement = .automatic
  ) -> LineFigure {
    let words = isLong ? " " + String(repeating: "many words ", count: 12) : ""
    let series = (0..<count).map { index in
      let points = (0...30).map { PlotPoint(Double($0) * 1234.5, Double($0 * (index + 1)) * 1e5) }
      return LineFigure.Series(
        name: isLong && index % 2 == 1 ? "m\(index)_\(long)" : "method \(index)\(words)",
        summary: index % 3 == 0 ? nil : isLong ? "12.34 ± 0.56\(words)" : "12.34 ± 0.56", points: points,
        band: points.map { .init($0.x, $0.y * 0.9, $0.y * 1.1) }, shape: index % 2 == 0 ? .line : .steps,
        style: Palette.style(column: index, row: index / 8))
    }
    return LineFigure(
      title: isLong ? "A title\(words)\(long)" : "Title", caption: "Caption\(words)",
      notes: ["Note\(words)", long],
      x: Axis("The x axis\(words)", unit: "furlongs"), y: Axis("The y axis\(words)", unit: "acres"),
      series: series,
      references: [
        .init(.vertical, at: 20_000, label: "a" + words), .init(.vertical, at: 20_500, label: "b"),
        .init(.vertical, at: 0, label: "c", isBoundary: true),
        .init(.horizontal, at: 1e5, label: "h" + words),
        .init(.horizontal, at: 1.1e5, label: "i"),
      ], summaryHeader: "summaries" + words, legend: legend, size: size)
  }

  static let sizes = [FigureSize.singleColumn, .doubleColumn, FigureSize(width: 50, plotHeight: 20)]

  // MARK: Layout

  @Test(arguments: [0, 1, 2, 3, 5, 8, 13, 20], [false, true])
  func everythingHasItsOwnPlaceOnThePage(count: Int, isLong: Bool) throws {
    let measurer = TextMeasurer()
    for size in Self.sizes {
      for placement in [LineFigure.LegendPlacement.automatic, .below, .right, .none] {
        let layout = try Self.figure(count, isLong: isLong, size: size, legend: placement).layout(measurer)
        let page = PlotRect(x: 0, y: 0, width: layout.width, height: layout.height)
        let texts = layout.texts + (layout.legend?.texts ?? [])
        let outside = texts.filter { !page.contains($0.box) }.map(\.text)
        #expect(outside.isEmpty)
        let covering = texts.filter { $0.box.intersects(layout.plot) }.map(\.text)
        #expect(covering.isEmpty)
        let overlapping = texts.indices.flatMap { index in
          texts[..<index].filter { $0.box.intersects(texts[index].box, tolerance: 0.5) }.map {
            "\($0.text) / \(texts[index].text)"
          }
        }
        #expect(overlapping.isEmpty)
        #expect(page.contains(layout.plot))
        #expect(layout.plot.height == size.plotHeight)
        #expect((layout.legend == nil) == (placement == .none || count == 0))
      }
    }
  }

  @Test(arguments: [1, 4, 9, 16, 20])
  func theLegendCoversNoCurveAndListsEach(count: Int) throws {
    for size in Self.sizes {
      let layout = try Self.figure(count, isLong: true, size: size).layout(TextMeasurer())
      let legend = try #require(layout.legend)
      #expect(!legend.box.intersects(layout.plot))
      #expect(legend.entries.map(\.series) == Array(0..<count))
      for index in 0..<count {
        #expect(!layout.pagePoints(of: index).isEmpty)
        #expect(layout.pagePoints(of: index).allSatisfy { !legend.box.contains($0) })
        #expect(layout.markers(of: index).allSatisfy { layout.plot.contains($0) })
      }
      for entry in legend.entries {
        #expect(legend.box.contains(entry.box))
        #expect(entry.box.contains(entry.sampleStart) && entry.box.contains(entry.sampleEnd))
      }
    }
  }

  @Test func longNamesGoOnInFurtherLinesAndLoseNothing() throws {
    let layout = try Self.figure(2, isLong: true).layout(TextMeasurer())
    let written = try #require(layout.legend).texts.map(\.text).joined().filter { $0 != " " }
    #expect(written.contains("m1_\(Self.long)"))
    #expect(written.contains("method0" + String(repeating: "manywords", count: 12)))
  }

  @Test func theLegendStandsBesideAWidePlotAndBelowANarrowOne() throws {
    let narrow = try Self.figure(4, isLong: false).layout(TextMeasurer())
    #expect(try #require(narrow.legend).box.y > narrow.plot.maxY)
    let wide = try Self.figure(4, isLong: false, size: .doubleColumn).layout(TextMeasurer())
    #expect(try #require(wide.legend).box.x > wide.plot.maxX)
  }

  @Test(arguments: [false, true])
  func theBorderOfThePageStaysEmpty(isLong: Bool) throws {
    for size in Self.sizes {
      let bytes = try Self.figure(20, isLong: isLong, size: size).rendered(as: .png, resolution: 144)
      let image = try PNGImage(decoding: bytes)
      let white = [255, 255, 255] as [UInt8]
      for x in 0..<image.width {
        #expect(image.pixel(x, 0) == white && image.pixel(x, 1) == white)
        #expect(image.pixel(x, image.height - 1) == white && image.pixel(x, image.height - 2) == white)
      }
      for y in 0..<image.height {
        #expect(image.pixel(0, y) == white && image.pixel(1, y) == white)
        #expect(image.pixel(image.width - 1, y) == white && image.pixel(image.width - 2, y) == white)
      }
    }
  }

  @Test func widthsAreThoseOfPaperColumns() throws {
    let single = try PNGImage(decoding: Self.figure(1, isLong: false).rendered(as: .png))
    #expect(single.width == 1004)  // 85 mm at 300 dots an inch
    let double = try PNGImage(decoding: Self.figure(1, isLong: false, size: .doubleColumn).rendered(as: .png))
    #expect(double.width == 2067)  // 175 mm
  }

  @Test(arguments: FigureFormat.allCases)
  func renderingTwiceGivesEqualBytes(format: FigureFormat) throws {
    let figure = Self.figure(9, isLong: false)
    let provenance = CanvasTests.provenance
    #expect(
      try figure.rendered(as: format, provenance: provenance)
        == figure.rendered(as: format, provenance: provenance))
  }

  // MARK: Curves

  @Test func curvesThatLieOnEachOtherShowTheirMarkersApart() throws {
    let points = (0...100).map { PlotPoint(Double($0), Double($0 * $0)) }
    let series = (0..<6).map {
      LineFigure.Series(name: "m\($0)", points: points, style: Palette.style(column: $0, row: 0))
    }
    let layout = try LineFigure(title: "", x: Axis("x"), y: Axis("y"), series: series).layout(TextMeasurer())
    let markers = (0..<6).flatMap { layout.markers(of: $0) }.sorted { $0.x < $1.x }
    #expect(markers.count == 18)
    #expect(zip(markers, markers.dropFirst()).allSatisfy { $1.x - $0.x > 2 * LineFigureLayout.markerRadius })
  }

  @Test func stepsHoldTheirValueUntilTheNextPoint() {
    let x = AxisMapping(scale: .linear, range: 0...10, start: 0, end: 100)
    let y = AxisMapping(scale: .linear, range: 0...10, start: 100, end: 0)
    let path = CurvePath(
      [PlotPoint(-3, 1), PlotPoint(-1, 2), PlotPoint(4, 5), PlotPoint(4, 6), PlotPoint(12, 9)], shape: .steps,
      x: x, y: y)
    #expect(
      path.points == [
        PlotPoint(0, 80), PlotPoint(40, 80), PlotPoint(40, 50), PlotPoint(40, 50), PlotPoint(40, 40),
        PlotPoint(100, 40),
      ])
    #expect(path.height(at: 39.9) == 80)
    #expect(path.height(at: 40) == 40)
    #expect(path.height(at: 100) == 40)
    #expect(path.height(at: 101) == nil)
    #expect(CurvePath([], shape: .steps, x: x, y: y).points.isEmpty)
  }

  @Test func thinningForDrawingKeepsFirstLastLowestAndHighestOfEachPlace() {
    let x = AxisMapping(scale: .linear, range: 0...1, start: 0, end: 100)
    let y = AxisMapping(scale: .linear, range: 0...1, start: 100, end: 0)
    let points = (0...100_000).map { (index: Int) -> PlotPoint in
      let wave: Double = 0.5 + 0.1 * sin(Double(index))
      let y: Double = index == 50_003 ? 1 : index == 50_011 ? 0 : wave
      return PlotPoint(Double(index) / 100_000, y)
    }
    let path = CurvePath(points, shape: .line, x: x, y: y).points
    #expect(path.count <= 4 * 1001)
    #expect(path.first == PlotPoint(0, 50) && path.last?.x == 100)
    #expect(path.map(\.y).min() == 0 && path.map(\.y).max() == 100)
    #expect(zip(path, path.dropFirst()).allSatisfy { $0.x <= $1.x })
  }

  @Test func onePointIsAMarkerAndNoPointsAreSaid() throws {
    let style = Palette.style(column: 0, row: 0)
    let one = LineFigure(
      title: "One", x: Axis("x"), y: Axis("y"),
      series: [.init(name: "a", points: [PlotPoint(3, 4)], style: style)])
    let layout = try one.layout(TextMeasurer())
    #expect(layout.markers(of: 0).count == 1)
    #expect(layout.x.range.contains(3) && layout.y.range.contains(4))
    for scale in [AxisScale.linear, .logarithmic, .probit] {
      let axis = Axis("x", scale: scale)
      let none = LineFigure(
        title: "None", x: axis, y: axis, series: [.init(name: "a", points: [], style: style)])
      let texts = try none.layout(TextMeasurer())
      #expect(texts.emptyNote?.text == "no data")
      #expect(texts.legend?.texts.map(\.text) == ["a (no data)"])
      let nothing = LineFigure(title: "", x: axis, y: axis, series: [])
      #expect(try PNGImage(decoding: nothing.rendered(as: .png)).width == 1004)
      let single = LineFigure(
        title: "", x: axis, y: axis, series: [.init(name: "a", points: [PlotPoint(0.5, 0.5)], style: style)])
      #expect(try single.layout(TextMeasurer()).markers(of: 0).count == 1)
    }
  }

  @Test func percentagesStayWithinTheirLimits() throws {
    let style = Palette.style(column: 0, row: 0)
    let figure = LineFigure(
      title: "", x: Axis("x"), y: Axis("y", numbers: .percent),
      series: [.init(name: "a", points: [PlotPoint(0, 0.01), PlotPoint(1, 1)], style: style)])
    #expect(figure.yRange == 0...1)
    #expect(figure.xRange == 0...1)
  }

  // MARK: Refusals

  @Test func whatCannotBeDrawnIsRefusedWithItsPlace() {
    func message(_ change: (inout LineFigure) -> Void) -> String {
      var figure = Self.figure(2, isLong: false)
      figure.title = "T"
      figure.references = []
      change(&figure)
      let error = #expect(throws: HarnessError.self) { try figure.rendered(as: .png) }
      #expect(error?.kind == .badInput)
      return error?.description ?? ""
    }
    #expect(
      message { $0.series[1].points[7].y = .nan }
        == "figure “T”, curve “method 1”, point 7, y: nan; expected a finite number")
    #expect(message { $0.series[0].points[2].x = .infinity }.contains("curve “method 0”, point 2, x: inf"))
    #expect(message { $0.series[0].band[3].upper = .nan }.contains("band point 3, upper end: nan"))
    #expect(message { $0.series[0].band[3].upper = -1 }.contains("a lower end below the upper one"))
    #expect(message { $0.series[0].points[2].x = 1e9 }.contains("x in ascending order"))
    #expect(message { $0.x.scale = .logarithmic }.contains("x: 0.0; expected a positive number"))
    #expect(message { $0.y.scale = .probit }.contains("expected a number between 0 and 1"))
    #expect(message { $0.x.range = 1...1 }.contains("an empty range"))
    #expect(
      message { $0.references = [.init(.horizontal, at: .nan, label: "τ")] }.contains(
        "reference line “τ”: nan"))
    #expect(message { $0.size = FigureSize(width: 10, plotHeight: 50) }.contains("at least 140 × 40 points"))
  }

  // MARK: Text

  @Test func wrappingLosesNothingAndFits() {
    let measurer = TextMeasurer()
    let font = Font(size: 7)
    let text = "short words and \(Self.long) and ± 10⁻⁴ 🙂"
    for limit in [1.0, 15, 40, 90, 400] {
      let lines = measurer.wrap(text, font, limit: limit)
      #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
      #expect(lines.allSatisfy { measurer.width($0, font) <= limit || $0.count == 1 })
    }
    #expect(measurer.wrap("", font, limit: 10) == [""])
    #expect(measurer.wrap("a\nb", font, limit: 100) == ["a", "b"])
  }

  @Test func widthsScaleWithTheSize() {
    let measurer = TextMeasurer()
    let one = measurer.width("False accept rate 10⁻⁴", Font(size: 1))
    #expect(one > 0)
    #expect(abs(measurer.width("False accept rate 10⁻⁴", Font(size: 12)) / 12 - one) < 1e-12)
  }
}
