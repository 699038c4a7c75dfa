import FeatureStores
import Foundation
import Testing

@testable import Reports

@Suite struct ROCFigureTests {
  /// A curve with one step at every k/N: TAR rises linearly in log FAR from `start` to 1.
  static func curve(
    _ name: String, count: Int = 1000, start: Double = 0.6, role: ROCSeries.Role = .method,
    spread: Double? = 0.05
  ) -> ROCSeries {
    let points = (0...count).map { index -> ROCSeries.Point in
      let rise = index == 0 ? 0 : log(Double(index)) / log(Double(count))
      let tar = start + (1 - start) * rise
      return .init(
        far: Double(index) / Double(count), tar: tar, lower: spread.map { tar - $0 },
        upper: spread.map { tar + $0 })
    }
    return ROCSeries(name: name, role: role, points: points, summary: "98.12 ± 0.10", impostorCount: count)
  }

  static func figure(_ series: [ROCSeries], namedFAR: Double? = 1e-2) -> ROCFigure {
    ROCFigure(
      title: "ROC", caption: "TAR by atMost", series: series, namedFAR: namedFAR,
      summaryStatistic: "mean ± SD",
      styles: StyleBook(methods: series.map(\.name)))
  }

  @Test func theAxisStartsAtOneOverTheNumberOfImpostors() throws {
    let figure = Self.figure([Self.curve("ArcFace"), Self.curve("CosFace")])
    let layout = try figure.lineFigure().layout(TextMeasurer())
    #expect(layout.x.range == 0.001...0.1)
    #expect(layout.figure.x.title == "False accept rate, FAR (N = 1000 impostors)")
    for index in 0..<2 {
      let points = layout.pagePoints(of: index)
      #expect(points.first?.x == layout.plot.x)
      #expect(points.allSatisfy { $0.x >= layout.plot.x })
    }
    let boundary = try #require(layout.figure.references.first)
    #expect(boundary.isBoundary && boundary.value == 0.001 && boundary.label == "1/N")
  }

  @Test func nothingColouredIsDrawnLeftOfTheBoundary() throws {
    let figure = Self.figure([Self.curve("ArcFace", start: 0.1), Self.curve("Softmax", start: 0.5)])
    let layout = try figure.lineFigure().layout(TextMeasurer())
    let image = try PNGImage(decoding: figure.rendered(as: .png))
    let scale = 300.0 / 72
    // The markers' radius at most, on a curve whose marker stands near the boundary, is left out.
    let columns = 0..<Int((layout.plot.x - 3) * scale)
    let rows = Int(layout.plot.y * scale)..<Int(layout.plot.maxY * scale)
    for row in rows {
      for column in columns {
        let pixel = image.pixel(column, row)
        #expect(pixel.max()! - pixel.min()! <= 4, "colour at \(column), \(row)")
      }
    }
    // The same rows do hold colour right of it.
    let inside = Int((layout.plot.x + 5) * scale)
    #expect(rows.contains { image.pixel(inside, $0).max()! - image.pixel(inside, $0).min()! > 60 })
  }

  @Test func everyCurveStartsAtItsOwnBound() throws {
    let figure = Self.figure([Self.curve("ArcFace", count: 300), Self.curve("CosFace", count: 3000)])
    let layout = try figure.lineFigure().layout(TextMeasurer())
    #expect(layout.x.range.lowerBound == 1.0 / 3000)
    #expect(abs(layout.pagePoints(of: 0)[0].x - layout.x.position(1.0 / 300)) < 1e-9)
    #expect(layout.pagePoints(of: 1)[0].x == layout.plot.x)
    #expect(layout.figure.x.title == "False accept rate, FAR (N = 300 to 3000 impostors)")
    #expect(layout.figure.references.filter(\.isBoundary).map(\.label) == ["1/3000", "1/300"])
  }

  @Test func curvesAreStepsWithoutInterpolation() throws {
    let series = ROCSeries(
      name: "ArcFace",
      points: [(0.0, 0.5), (0.004, 0.6), (0.01, 0.8), (0.01, 0.82), (0.3, 1)].map { .init(far: $0, tar: $1) },
      impostorCount: 1000)
    let layout = try Self.figure([series]).lineFigure().layout(TextMeasurer())
    let points = layout.pagePoints(of: 0)
    // Between the points of the grid the rate is that of the last one; at the left end, that at FAR 0.
    let heights = [(0.001, 0.5), (0.0039, 0.5), (0.0041, 0.6), (0.0099, 0.6), (0.011, 0.82), (0.1, 0.82)]
    let path = CurvePath(layout.figure.series[0].points, shape: .steps, x: layout.x, y: layout.y)
    for (far, tar) in heights {
      let height = try #require(path.height(at: layout.x.position(far)))
      #expect(abs(height - layout.y.position(tar)) < 1e-9, "at \(far)")
    }
    // Every piece is level or upright.
    #expect(zip(points, points.dropFirst()).allSatisfy { abs($0.x - $1.x) < 1e-9 || abs($0.y - $1.y) < 1e-9 })
  }

  @Test func aGridThatStartsAboveTheBoundIsNotExtendedToIt() throws {
    let series = ROCSeries(
      name: "a", points: [.init(far: 0.01, tar: 0.7), .init(far: 0.1, tar: 0.9)], impostorCount: 1000)
    let layout = try Self.figure([series]).lineFigure().layout(TextMeasurer())
    #expect(abs(layout.pagePoints(of: 0)[0].x - layout.x.position(0.01)) < 1e-9)
  }

  @Test(arguments: [(0.932, 0.93), (0.9931, 0.993), (0.12, 0.0), (0.55, 0.5), (1.0, 0.9995), (0.7001, 0.7)])
  func theRateAxisStartsAtARoundedValueBelowTheLowestCurve(lowest: Double, expected: Double) throws {
    let series = ROCSeries(
      name: "a", points: [.init(far: 0, tar: lowest), .init(far: 0.05, tar: 1)], impostorCount: 100_000)
    let range = try #require(try Self.figure([series]).lineFigure().y.range)
    #expect(abs(range.lowerBound - expected) < 1e-9)
    #expect(range.upperBound == 1)
  }

  @Test(arguments: [(0.61, 0.7), (0.79, 0.8), (0.8, 1.0), (0.5, 0.5), (0.034, 0.035)])
  func theRateAxisEndsAtARoundedValueAboveTheHighestCurveOrAtAll(highest: Double, expected: Double) throws {
    let series = ROCSeries(
      name: "a", points: [.init(far: 0, tar: 0), .init(far: 0.05, tar: highest)], impostorCount: 100_000)
    let axis = try Self.figure([series]).lineFigure().y
    let range = try #require(axis.range)
    #expect(axis.scale == .linear && range.lowerBound == 0)
    #expect(abs(range.upperBound - expected) < 1e-9, "\(range)")
  }

  @Test func methodsFarBelowTheCeilingHaveALogarithmicAxisThatTheyUse() throws {
    func series(_ name: String, _ role: ROCSeries.Role, _ rates: [Double], spread: Double = 0) -> ROCSeries {
      let fars = [0, 1e-5, 1e-4, 1e-3, 1e-2, 0.5]
      return ROCSeries(
        name: name, role: role,
        points: zip(fars, rates).map { .init(far: $0, tar: $1, lower: $1 - spread, upper: $1 + spread) },
        impostorCount: 1_000_000)
    }
    let method = series("ArcFace", .method, [0.002, 0.01, 0.03, 0.08, 0.14, 0.9], spread: 0.01)
    let untrained = series("untrained", .untrained, [0, 0.0003, 0.001, 0.002, 0.004, 0.5])
    let ceiling = series("ceiling", .ceiling, [0.09, 0.2, 0.3, 0.4, 0.61, 1])
    let line = try Self.figure([method, untrained, ceiling]).lineFigure()
    #expect(line.y.scale == .logarithmic && line.y.title == "True accept rate, TAR\u{00A0}(%)")
    #expect(line.y.range == 2e-4...1)
    let layout = try line.layout(TextMeasurer())
    #expect(layout.yTicks.compactMap(\.label) == ["0.1", "1", "10", "100"])
    // What is 0 runs out of the plot; nothing that is above 0 does.
    #expect(line.series[1].points[0].y < 1e-6 && line.series[0].band[0].lower < 1e-6)
    #expect(line.series[0].points[0].y == 0.002)
    let heights = layout.pagePoints(of: 0).map(\.y)
    let used = try #require(heights.max()) - #require(heights.min())
    #expect(used > layout.plot.height * 0.4, "\(used) of \(layout.plot.height)")
    // Without the ceiling, and with methods that reach a quarter, the rates are as they are.
    #expect(try Self.figure([method, untrained]).lineFigure().y.scale == .linear)
    let better = series("ArcFace", .method, [0.002, 0.01, 0.03, 0.08, 0.19, 0.9])
    #expect(try Self.figure([better, untrained, ceiling]).lineFigure().y.range == 0...0.7)
    // One rate alone has an axis, too.
    let single = try Self.figure([series("ArcFace", .method, [0.1]), series("c", .ceiling, [1])]).lineFigure()
    #expect(single.y.range == 0.05...1)
  }

  @Test func theBandCountsForTheAxisAndEndsAtTheLimits() throws {
    let figure = Self.figure([Self.curve("ArcFace", start: 0.9, spread: 0.2)])
    let line = try figure.lineFigure()
    #expect(line.y.range == 0.7...1)
    #expect(line.series[0].band.allSatisfy { $0.lower >= 0.7 - 1e-9 && $0.upper <= 1 })
    let none = try Self.figure([Self.curve("ArcFace", spread: 0)]).lineFigure()
    #expect(none.series[0].band.isEmpty)
  }

  @Test func referenceCurvesHaveStylesOfTheirOwn() throws {
    let figure = Self.figure([
      Self.curve("ArcFace"), Self.curve("Untrained", role: .untrained), Self.curve("Ceiling", role: .ceiling),
    ])
    let styles = try figure.lineFigure().series.map(\.style)
    #expect(styles == [Palette.style(column: 3, row: 0), .untrained, .ceiling])
  }

  @Test func aMethodLooksTheSameInEveryFigure() throws {
    let names = ["Softmax", "ArcFace", "CosFace mlp", "house method"]
    let book = StyleBook(methods: names)
    let all = ROCFigure(title: "", series: names.map { Self.curve($0) }, styles: book)
    for (index, name) in names.enumerated() {
      let alone = ROCFigure(title: "", series: [Self.curve(name)], styles: book)
      #expect(try alone.lineFigure().series[0].style == all.lineFigure().series[index].style)
    }
  }

  @Test func theLegendGivesTheRateAtTheNamedPointAndThePlotMarksIt() throws {
    let line = try Self.figure([Self.curve("ArcFace")]).lineFigure()
    #expect(line.summaryHeader == "TAR\u{00A0}(%) at FAR = 10⁻²\nmean ± SD")
    #expect(line.series[0].summary == "98.12 ± 0.10")
    #expect(line.references.last?.label == "FAR = 10⁻²")
    let layout = try line.layout(TextMeasurer())
    #expect(
      layout.legend?.texts.map(\.text) == [
        "TAR\u{00A0}(%) at FAR = 10⁻²", "mean ± SD", "ArcFace", "98.12", " ± 0.10",
      ])
    // An operating point that the data cannot support is not marked.
    let beyond = try Self.figure([Self.curve("ArcFace")], namedFAR: 1e-4).lineFigure()
    #expect(beyond.references.map(\.label) == ["1/N"])
  }

  @Test func oneImpostorAndNoCurveAreDrawnToo() throws {
    let one = ROCSeries(
      name: "a", points: [.init(far: 0, tar: 0.2), .init(far: 1, tar: 1)], impostorCount: 1)
    let layout = try Self.figure([one]).lineFigure().layout(TextMeasurer())
    #expect(layout.pagePoints(of: 0).allSatisfy { abs($0.x - layout.x.end) < 1e-9 })
    #expect(try PNGImage(decoding: Self.figure([one]).rendered(as: .png)).width == 1004)
    #expect(try PNGImage(decoding: Self.figure([]).rendered(as: .png)).width == 1004)
    let empty = ROCSeries(name: "a", points: [], impostorCount: 10)
    #expect(try PNGImage(decoding: Self.figure([empty]).rendered(as: .png)).width == 1004)
  }

  @Test func impossibleRatesAreRefusedWithTheirPlace() {
    func message(_ change: (inout ROCSeries) -> Void) -> String {
      var series = Self.curve("ArcFace", count: 20)
      change(&series)
      let error = #expect(throws: HarnessError.self) { try Self.figure([series]).rendered(as: .svg) }
      #expect(error?.kind == .badInput)
      return error?.description ?? ""
    }
    #expect(
      message { $0.points[3].tar = .nan }
        == "ROC curve “ArcFace”, point 3: TAR nan; expected a rate from 0 to 1")
    #expect(message { $0.points[3].tar = 1.1 }.contains("TAR 1.1"))
    #expect(message { $0.points[3].far = -0.1 }.contains("FAR -0.1"))
    #expect(message { $0.points[3].far = 0.9 }.contains("ascending FARs"))
    #expect(message { $0.points[3].lower = .nan }.contains("a band from nan"))
    #expect(message { $0.points[3].upper = 0.1 }.contains("around the rate"))
    #expect(message { $0.points[3].upper = nil }.contains("both ends or none"))
    #expect(message { $0.impostorCount = 0 }.contains("0 impostor comparisons"))
    var figure = Self.figure([Self.curve("a")])
    figure.largestFAR = 1.5
    #expect(throws: HarnessError.self) { try figure.lineFigure() }
  }
}
