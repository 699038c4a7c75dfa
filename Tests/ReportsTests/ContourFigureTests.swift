import FeatureStores
import LinearAlgebra
import Testing

@testable import Reports

@Suite("Contour figures")
struct ContourFigureTests {
  private static let places = (-10...10).map { Double($0) / 10 }

  private func panel(_ name: String, _ function: (Double, Double) -> Double) -> ContourFigure.Panel {
    ContourFigure.Panel(
      name: name, x: Self.places, y: Self.places,
      values: Self.places.map { x in Self.places.map { function(x, $0) } })
  }

  private func figure(_ panels: [ContourFigure.Panel]) -> ContourFigure {
    ContourFigure(
      title: "A landscape", caption: "A caption.", quantity: "loss",
      x: Axis("Direction 1 (filter-normalised)"),
      y: Axis("Direction 2 (filter-normalised)"),
      mark: .init(name: "trained weights", point: PlotPoint(0, 0)),
      panels: panels)
  }

  private func layout(_ figure: ContourFigure) throws -> ContourLayout {
    try #require(try figure.laidOut(TextMeasurer()) as? ContourLayout)
  }

  // MARK: Levels

  @Test func `Levels are round, and by ratios where the range is wide`() {
    func labels(_ range: ClosedRange<Double>) -> [String] { ContourLevel.round(in: range).map(\.label) }
    #expect(labels(0.0108...6.9) == ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"])
    #expect(labels(0.5...4) == ["1.0", "1.5", "2.0", "2.5", "3.0", "3.5"])
    #expect(labels(-1...1) == ["−0.8", "−0.6", "−0.4", "−0.2", "0.0", "0.2", "0.4", "0.6", "0.8"])
    #expect(labels(3e-7...8e-6) == ["5×10⁻⁷", "10⁻⁶", "2×10⁻⁶", "5×10⁻⁶"])
    #expect(labels(2...2) == [])
    for (low, high) in [
      (1e-9, 1e9), (1e-300, 1e300), (-3, 1e5), (7, 7.0001), (0, 1e-8), (1, 19.9), (1, 20),
      (-.greatestFiniteMagnitude, .greatestFiniteMagnitude),
    ] as [(Double, Double)] {
      let levels = ContourLevel.round(in: low...high)
      #expect(levels.count <= 12 && (levels.count >= 3 || high == .greatestFiniteMagnitude))
      #expect(levels.allSatisfy { $0.value > low && $0.value < high })
      #expect(zip(levels, levels.dropFirst()).allSatisfy { $0.value < $1.value })
      #expect(Set(levels.map(\.label)).count == levels.count)
    }
  }

  @Test func `Panels share their levels, and shades fall in lightness as levels rise`() {
    let figure = figure([panel("deep") { 8 * ($0 * $0 + $1 * $1) }, panel("flat") { 1 + $0 * $1 }])
    #expect(figure.levels.map(\.value) == ContourLevel.round(in: 0...16).map(\.value))
    let shades = (0..<8).map { ContourFigure.style(level: $0, of: 8).colour.lightness }
    #expect(zip(shades, shades.dropFirst()).allSatisfy { $0 - $1 > 3 } && shades[0] < 70)
  }

  // MARK: Layout

  @Test(arguments: [1, 2, 3, 7, 14])
  func `Everything is on the page, plots are squares, and labels cover no other line`(count: Int) throws {
    let functions: [(Double, Double) -> Double] = [
      { 0.01 + 6 * ($0 * $0 + $1 * $1) }, { $0 > 0.3 ? .nan : 0.02 + 3 * ($0 - $1) * ($0 - $1) },
      { _, _ in 1 },
      { 2 + $0 + $1 },
    ]
    let layout = try layout(
      figure(
        (0..<count).map { panel("A mechanism with a long name (agents \($0)): 0.098", functions[$0 % 4]) }))
    let page = PlotRect(x: 0, y: 0, width: layout.width, height: layout.height)
    let frames = layout.frames
    #expect((frames.texts + frames.legend.texts).allSatisfy { page.contains($0.box) })
    #expect(page.contains(frames.legend.box) && layout.panels.count == count)
    for (place, frame) in frames.panels.enumerated() {
      func onPage(_ box: PlotRect) -> PlotRect {
        PlotRect(x: box.x + frame.origin.x, y: box.y + frame.origin.y, width: box.width, height: box.height)
      }
      let plot = frame.layout.plot
      #expect(abs(plot.width - plot.height) < 1e-9)
      #expect(frame.layout.texts.allSatisfy { page.contains(onPage($0.box)) } && page.contains(onPage(plot)))
      #expect(!onPage(plot).intersects(frames.legend.box))
      for other in frames.panels[..<place] {
        let box = PlotRect(
          x: other.origin.x, y: other.origin.y, width: other.layout.width, height: other.layout.height)
        #expect(frame.layout.texts.allSatisfy { !onPage($0.box).intersects(box, tolerance: 1e-3) })
      }
      let panel = layout.panels[place]
      #expect(panel.lines.joinedPoints.allSatisfy { plot.expanded(by: 1e-9).contains($0) })
      for (index, label) in panel.labels.enumerated() {
        #expect(plot.contains(label.text.box) && plot.contains(label.box))
        #expect(label.text.text == figureLabel(panel.lines[label.line].level, layout))
        #expect(panel.labels[..<index].allSatisfy { !$0.box.intersects(label.box) })
        for (number, line) in panel.lines.enumerated() {
          let isTouched = line.pieces.contains { label.box.isCrossed(from: $0.0, to: $0.1) }
          #expect(isTouched == (number == label.line))
        }
      }
    }
    // Rings have room for their numbers.
    #expect(layout.panels[0].labels.count >= 4)
  }

  /// The number of a level, as the legend has it.
  private func figureLabel(_ level: Int, _ layout: ContourLayout) -> String? {
    layout.frames.panels[0].layout.figure.series[level].name.split(separator: " ").last.map(String.init)
  }

  @Test func `A panel without numbers, or with one alone, shows its mark`() throws {
    let layout = try layout(figure([panel("none") { _, _ in .nan }, panel("one") { _, _ in 3 }]))
    #expect(layout.panels.allSatisfy { $0.lines.isEmpty && $0.labels.isEmpty })
    for frame in layout.frames.panels { #expect(frame.layout.markers(of: 0).count == 1) }
    #expect(layout.frames.panels[0].layout.emptyNote == nil)
  }

  @Test(arguments: [FigureFormat.png, .svg, .pdf]) func `The same numbers give the same bytes`(
    format: FigureFormat
  )
    throws
  {
    let figure = figure([panel("a") { $0 * $1 }, panel("b") { $0 * $0 + 2 * $1 * $1 }])
    let bytes = try figure.rendered(as: format, resolution: 72)
    #expect(bytes == (try figure.rendered(as: format, resolution: 72)) && bytes.count > 1000)
  }

  @Test func `What is no grid is refused with the panel's name`() throws {
    var broken = [panel("short") { $0 + $1 }, panel("twice") { $0 + $1 }, panel("ragged") { $0 + $1 }]
    broken[0].x.removeLast()
    broken[1].y[1] = broken[1].y[0]
    broken[2].values[3].removeLast()
    for panel in broken {
      let error = #expect(throws: HarnessError.self) { try figure([panel]).rendered(as: .svg) }
      #expect("\(try #require(error))".contains("“\(panel.name)”"))
    }
  }

  @Test func `A line touches a rectangle or not`() {
    let box = PlotRect(x: 1, y: 2, width: 3, height: 1)
    func isCrossed(_ a: (Double, Double), _ b: (Double, Double)) -> Bool {
      box.isCrossed(from: PlotPoint(a.0, a.1), to: PlotPoint(b.0, b.1))
    }
    #expect(isCrossed((0, 0), (5, 5)) && isCrossed((2, 2.5), (2.1, 2.6)) && isCrossed((0, 2), (9, 2)))
    #expect(isCrossed((4, 3), (4, 3)) && isCrossed((0, 1), (1, 2)))
    #expect(!isCrossed((0, 0), (0, 9)) && !isCrossed((0, 1), (9, 1.9)) && !isCrossed((2, 0), (2, 1.5)))
    // As many points of the line say.
    var stream = RandomStream(seed: 2, name: "lines")
    var ends = Matrix<Double>(rows: 300, columns: 4)
    stream.fillNormal(&ends, standardDeviation: 3)
    for row in 0..<300 {
      let (a, b) = (PlotPoint(ends[row, 0], ends[row, 1]), PlotPoint(ends[row, 2], ends[row, 3]))
      func hasPoint(in box: PlotRect) -> Bool {
        (0...2000).contains { step in
          let share = Double(step) / 2000
          return box.contains(PlotPoint(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)))
        }
      }
      let isCrossed = box.isCrossed(from: a, to: b)
      #expect(isCrossed ? hasPoint(in: box.expanded(by: 0.02)) : !hasPoint(in: box))
    }
  }
}

extension [ContourLayout.Line] {
  fileprivate var joinedPoints: [PlotPoint] { flatMap(\.points) }
}
