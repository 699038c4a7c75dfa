import Evaluation
import FeatureStores
import Foundation
import Metrics
import Testing

@testable import Reports

/// The figures of each kind of curve: axes, what is drawn of rates that an axis cannot show, and that nothing covers anything.
@Suite struct CurveFigureTests {
  /// Curves of rates that fall from 0.9 to 0 over (1/N, 1).
  static func series(_ count: Int, comparisons: Int = 1000, spread: Double? = 0.05) -> [CurveSeries] {
    (0..<count).map { index in
      CurveSeries(
        name: "method \(index)", role: index == 0 ? .untrained : .method, summary: "12.3 ± 0.4",
        points: (1...comparisons).map { step in
          let x = Double(step) / Double(comparisons)
          let y = max(0, 0.9 - Double(index) * 0.1 + log10(x) * 0.1 - x)
          return .init(
            x: x, y: y, lower: spread.map { max(0, y - $0) }, upper: spread.map { min(1, y + $0) })
        }, counts: [.init("mated", 5000), .init("non_mated", comparisons)], comparisons: comparisons)
    }
  }

  static func figure(_ kind: CurveKind, _ count: Int = 3, named: Double? = 0.01) -> RateFigure {
    var series = series(count)
    if kind == .cmc || kind == .distractors {
      series = series.map { curve in
        var curve = curve
        curve.points = (0..<6).map { step in
          let x = kind == .cmc ? Double([1, 5, 10, 20, 50, 100][step]) : pow(10, Double(step + 1))
          return .init(x: x, y: 0.5 + 0.08 * Double(step), lower: 0.4, upper: 0.99)
        }
        return curve
      }
    }
    return RateFigure(
      kind: kind, title: "Title", caption: "Caption", series: series, named: named,
      summaryHeader: "FNIR (%) at FPIR = 10⁻²\nmean ± SD, 3 seeds", comparisons: 1000,
      styles: StyleBook(methods: series.map(\.name)))
  }

  func expectOwnPlaces(_ texts: [PlacedText], plots: [PlotRect], page: PlotRect) {
    #expect(texts.filter { !page.contains($0.box) }.map(\.text) == [])
    #expect(texts.filter { text in plots.contains { text.box.intersects($0) } }.map(\.text) == [])
    let overlapping = texts.indices.flatMap { index in
      texts[..<index].filter { $0.box.intersects(texts[index].box, tolerance: 0.5) }.map {
        "\($0.text) / \(texts[index].text)"
      }
    }
    #expect(overlapping == [])
  }

  @Test(arguments: [CurveKind.det, .cmc, .iddet, .distractors], [1, 5, 12])
  func everythingHasItsOwnPlaceInEveryKindOfFigure(kind: CurveKind, count: Int) throws {
    let layout = try Self.figure(kind, count).lineFigure().layout(TextMeasurer())
    let page = PlotRect(x: 0, y: 0, width: layout.width, height: layout.height)
    expectOwnPlaces(layout.texts + (layout.legend?.texts ?? []), plots: [layout.plot], page: page)
    #expect(layout.xTicks.filter(\.isMajor).count >= 2 && layout.yTicks.filter(\.isMajor).count >= 2)
  }

  @Test func theDetectionErrorTradeOffHasNormalDeviateAxesFromOneImpostorToEvenOdds() throws {
    let layout = try Self.figure(.det).lineFigure().layout(TextMeasurer())
    #expect(layout.x.scale == .probit && layout.y.scale == .probit)
    #expect(layout.x.range == 0.001...0.5)
    #expect(layout.figure.x.title == "False accept rate, FAR (%; N = 1000 impostors)")
    #expect(layout.figure.references.map(\.label) == ["1/N", "FAR = 10⁻²"])
  }

  @Test func aTitleThatIsWiderThanThePlotAndNotThanThePageIsOneLine() throws {
    var figure = Self.figure(.det)
    figure.comparisons = 8_000_000_000
    let layout = try figure.lineFigure().layout(TextMeasurer())
    let title = "False accept rate, FAR (%; N = 8\u{2009}000\u{2009}000\u{2009}000 impostors)"
    let text = try #require(layout.texts.first { $0.text == title }, "\(layout.texts.map(\.text))")
    #expect(text.box.width > layout.plot.width && text.box.maxX <= layout.width)
  }

  @Test func theIdentificationTradeOffHasLogarithmicAxesFromOneSearchOn() throws {
    let layout = try Self.figure(.iddet).lineFigure().layout(TextMeasurer())
    #expect(layout.x.scale == .logarithmic && layout.y.scale == .logarithmic)
    #expect(layout.x.range == 0.001...1)
    #expect(
      layout.figure.x.title == "False positive identification rate, FPIR (N = 1000 non-mated searches)")
  }

  @Test(arguments: [CurveKind.det, .iddet])
  func whereNothingIsMissedTheCurveRunsOutOfThePlotAndHoldsNoOtherRate(kind: CurveKind) throws {
    let figure = Self.figure(kind)
    let layout = try figure.lineFigure().layout(TextMeasurer())
    let least = figure.series.flatMap(\.points).filter { $0.x <= layout.x.range.upperBound }.flatMap {
      [$0.y, $0.lower ?? 1, $0.upper ?? 1]
    }.filter { $0 > 0 }.min()!
    #expect(layout.y.range.lowerBound < least)
    for (index, curve) in figure.series.enumerated() {
      let zero = curve.points.first { $0.y == 0 }!
      guard layout.x.range.contains(zero.x) else { continue }
      let end = layout.x.position(zero.x)
      // Below the plot from there on, and above it before.
      let drawn = layout.pagePoints(of: index)
      #expect(drawn.filter { $0.x > end + 0.2 }.allSatisfy { $0.y > layout.plot.maxY })
      #expect(drawn.filter { $0.x < end - 0.2 }.allSatisfy { $0.y < layout.plot.maxY })
    }
    // Data are exported as they are.
    #expect(figure.series[0].exported(hasBand: true).points.last == [1, 0, 0, 0.05])
  }

  @Test func ranksAreLinearWhereTheyAreFewAndLogarithmicWhereTheyAreMany() throws {
    #expect(Self.figure(.cmc).lineFigure().x.scale == .logarithmic)
    var few = Self.figure(.cmc)
    for index in few.series.indices { few.series[index].points.removeLast(3) }
    let figure = few.lineFigure()
    #expect(figure.x.scale == .linear && figure.x.range == 1...10)
  }

  @Test func numbersOfDistractorsStandOnALogarithmicAxisThatTheyFill() {
    let figure = Self.figure(.distractors).lineFigure()
    #expect(figure.x.scale == .logarithmic && figure.x.range == 10...1e6)
    #expect(figure.series.allSatisfy { $0.points.count == 6 })
  }

  // MARK: Histograms

  static func histogram(_ panels: Int, similarity: Similarity = .cosine) -> HistogramFigure {
    HistogramFigure(
      title: "Scores", caption: "Densities averaged over 2 seeds.",
      panels: (0..<panels).map { panel in
        HistogramFigure.Panel(
          name: "method \(panel)",
          parts: (0..<2).map { part in
            let scores = (0..<400).map { Float($0 * 37 % 401) / 401 - 0.5 }
            let scale: Float = similarity.isDistance ? -1 : 1
            return ScoreHistograms(
              genuine: ScoreHistogram(scores.map { scale * ($0 * 0.3 + 0.6 + Float(part) * 0.05) }),
              impostor: ScoreHistogram(scores.prefix(300).map { scale * $0 * (0.4 + Float(panel) * 0.05) }))
          })
      }, similarity: similarity)
  }

  @Test func collapsedScoresDoNotFlattenTheOthers() throws {
    var figure = Self.histogram(4)
    let common = figure.lineFigures()
    #expect(common.allSatisfy { $0.y.range == common[0].y.range })
    let one = ScoreHistogram([Float](repeating: 0.99, count: 400))
    figure.panels[2].parts = [ScoreHistograms(genuine: one, impostor: one)]
    let own = figure.lineFigures()
    #expect(Set(own.compactMap { $0.y.range?.upperBound }).count > 1)
    for panel in own {
      let top = try #require(panel.y.range?.upperBound)
      let peak = try #require(panel.series.flatMap(\.points).map(\.y).max())
      #expect(abs(top - 1.05 * peak) < 1e-9)
    }
    let page = try #require(try figure.laidOut(TextMeasurer()) as? PanelLayout)
    #expect(page.texts.contains { $0.text.contains("The axes of density differ.") })
  }

  @Test(arguments: [1, 2, 3, 4, 7, 14])
  func panelsStandApartOnCommonAxes(count: Int) throws {
    let figure = Self.histogram(count)
    let laid = try figure.laidOut(TextMeasurer())
    guard let page = laid as? PanelLayout else {
      #expect(count == 1 && laid is LineFigureLayout)
      return
    }
    func moved(_ rect: PlotRect, _ by: PlotPoint) -> PlotRect {
      PlotRect(x: rect.x + by.x, y: rect.y + by.y, width: rect.width, height: rect.height)
    }
    let plots = page.panels.map { moved($0.layout.plot, $0.origin) }
    let texts = page.panels.flatMap { panel in
      panel.layout.texts.map { text in
        var text = text
        text.box = moved(text.box, panel.origin)
        return text
      }
    }
    expectOwnPlaces(
      page.texts + page.legend.texts + texts, plots: plots,
      page: PlotRect(x: 0, y: 0, width: page.width, height: page.height))
    #expect(page.panels.count == count && page.legend.entries.count == 2)
    #expect(Set(page.panels.map { $0.layout.x.range }).count == 1)
    #expect(Set(page.panels.map { $0.layout.y.range }).count == 1)
    // The panels of a row stand on one line.
    for (index, plot) in plots.enumerated() where index % 3 > 0 && count > 2 {
      #expect(abs(plot.maxY - plots[index - 1].maxY) < 1e-9)
    }
  }

  @Test(arguments: [Similarity.cosine, .negativeL2])
  func drawnDensitiesHaveAreaOneAndAreTheMeanOfTheParts(similarity: Similarity) throws {
    let figure = Self.histogram(2, similarity: similarity)
    for panel in figure.lineFigures() {
      #expect(panel.x.label == similarity.measure.capitalisedFirst)
      for series in panel.series {
        let area = zip(series.points, series.points.dropFirst()).map { $0.y * ($1.x - $0.x) }.reduce(0, +)
        #expect(abs(area - 1) < 1e-12)
        #expect(series.points.count <= 66 && series.points.allSatisfy { $0.x >= -1 && $0.x <= 1 })
      }
      // Genuine scores are on the right of cosines, and distances on the left.
      let means = panel.series.map { series in
        zip(series.points, series.points.dropFirst()).map { $0.y * ($1.x - $0.x) * ($0.x + $1.x) / 2 }.reduce(
          0, +)
      }
      #expect(similarity.isDistance ? abs(means[0] - 0.625) < 0.02 : abs(means[0] - 0.625) < 0.02)
      #expect(abs(means[1]) < 0.1)
    }
    let data = figure.exported()
    #expect(data.columns == ["from", "density", "to", "count"])
    #expect(
      data.curves.map(\.name) == [
        "method 0, genuine", "method 0, impostor", "method 1, genuine", "method 1, impostor",
      ])
    for curve in data.curves {
      let scores = curve.counts[0].value
      #expect(scores == (curve.name.hasSuffix("genuine") ? 800 : 600))
      #expect(curve.points.compactMap { $0[3] }.reduce(0, +) == Double(scores))
      #expect(curve.points.allSatisfy { ($0[2] ?? 0) - ($0[0] ?? 0) == 1.0 / 128 })
      #expect(zip(curve.points, curve.points.dropFirst()).allSatisfy { $0[2] == $1[0] })
      // Both parts have as many scores, so that the mean density is that of all.
      for point in curve.points {
        #expect(abs((point[1] ?? 0) - (point[3] ?? 0) / Double(scores) * 128) < 1e-9)
      }
    }
  }

  @Test func aPanelWithoutScoresDrawsNothingAndBreaksNothing() throws {
    var figure = Self.histogram(2)
    figure.panels[1].parts = [ScoreHistograms(genuine: .init(), impostor: ScoreHistogram([0.5] as [Float]))]
    let panels = figure.lineFigures()
    #expect(panels[1].series[0].points.isEmpty && !panels[1].series[1].points.isEmpty)
    #expect(try figure.rendered(as: .svg).isEmpty == false)
    figure.panels = [.init(name: "none", parts: [])]
    #expect(try figure.rendered(as: .svg).isEmpty == false)
    figure.panels = []
    #expect(try figure.rendered(as: .svg).isEmpty == false)
  }
}
