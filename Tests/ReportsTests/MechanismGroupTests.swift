import FeatureStores
import Foundation
import Learning
import Testing

@testable import Experiments
@testable import Reports

/// Many curves of one block: which stand together, and where.
@Suite("Groups of mechanisms")
struct MechanismGroupTests {
  private func row(_ name: String, _ options: [String: OptionValue] = [:], _ label: String? = nil) throws
    -> GridRow
  {
    let mechanism = try MechanismConfiguration(name, options)
    let words = options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return GridRow(
      kind: .trained, dataset: "world", network: "mlp", loss: "NormFace",
      mechanism: label ?? "\(mechanism.title) (\(words))", sampler: "",
      method: .init(loss: try LossConfiguration("normface"), mechanism: mechanism))
  }

  private func sst(queue: Double, ema: Double) throws -> GridRow {
    try row("semi-siamese", ["queue": .number(queue), "ema": .number(ema)])
  }

  @Test func `Up to eight rows are one group`() throws {
    let rows = try (1...8).map { try sst(queue: 128 * Double($0), ema: 0.9) }
    #expect(MechanismGroups(rows, baseline: nil).groups == [.init(title: "", rows: rows)])
    #expect(MechanismGroups(Array(rows.prefix(1)), baseline: nil).groups.count == 1)
  }

  @Test func `Sweeps of one option at a time are a group each, with the row that they share`() throws {
    let queues = try [128, 512, 1024, 2048].map { try sst(queue: $0, ema: 0.99) }
    let emas = try [0, 0.9, 0.999].map { try sst(queue: 1024, ema: $0) }
    let alone = try row("conventional", [:], "Conventional")
    let siamese = try row("siamese", [:], "Siamese")
    let rows = [alone, siamese] + queues + emas
    let groups = MechanismGroups(rows, baseline: alone).groups
    #expect(groups.map(\.title) == ["", "SST: ema", "SST: queue"])
    #expect(groups[0].rows == [alone, siamese])
    #expect(groups[1].rows == [queues[2]] + emas)
    #expect(groups[2].rows == queues)
    // The baseline, which stands in every group, has none for itself.
    let without = MechanismGroups(
      [alone] + queues + emas + [try sst(queue: 4096, ema: 0.99)], baseline: alone)
    #expect(without.groups.map(\.title) == ["SST: queue", "SST: ema"])
  }

  @Test func `A full grid is cut by the option with most values, and every row is shown`() throws {
    var rows: [GridRow] = []
    for queue in [128, 512, 1024] as [Double] {
      for ema in [0, 0.5, 0.9, 0.99] { rows.append(try sst(queue: queue, ema: ema)) }
    }
    let groups = MechanismGroups(rows, baseline: nil).groups
    #expect(groups.map(\.title) == ["SST: ema", "SST: ema", "SST: ema"])
    #expect(groups.flatMap(\.rows) == rows)
  }

  @Test func `Single rows stand together beside what they differ from, and long sweeps are cut evenly`()
    throws
  {
    let sweep = try (1...9).map { try sst(queue: 128 * Double($0), ema: 0.9) }
    let groups = MechanismGroups(sweep, baseline: nil).groups
    #expect(groups.map(\.title) == ["SST: queue, 1 of 2", "SST: queue, 2 of 2"])
    #expect(groups.map(\.rows.count) == [4, 5] && groups.flatMap(\.rows) == sweep)
    let other = try sst(queue: 256, ema: 0.99)
    let far = try sst(queue: 64, ema: 0.5)
    let more = MechanismGroups(sweep + [other, far], baseline: nil).groups
    #expect(more.map(\.title) == ["SST: queue, 1 of 2", "SST: queue, 2 of 2", "SST: ema"])
    #expect(more[2].rows == [sweep[1], other, far])
    for group in groups + more { #expect(group.rows.count <= MechanismGroups.most) }
  }

  @Test
  func
    `Nine mechanisms are drawn in groups on common axes, in the styles of all figures, the baseline in grey`()
    async throws
  {
    let made = try await DiagnosedExperiment([
      "losses: [normface]", "seeds: [1]", "diagnostics: [{name: curve, every: 2}]",
      "mechanisms: [conventional, {name: multiface, groups: [2, 3], normalise: [group, whole], reduction: [sum, mean]}]",
    ])
    let figures = DiagnosticFigures(try made.report())
    let named = try figures.convergence()
    #expect(named.map(\.name) == ["convergence-normface"])
    let figure = try #require(named[0].figure as? GroupedPanelFigure)
    #expect(figure.groups.count == 4 && figure.caption.contains("Conventional in grey"))
    #expect(figure.groups.allSatisfy { $0.panels.map(\.title) == ["Validation accuracy", "Training loss"] })
    for kind in 0..<2 {
      #expect(Set(figure.groups.map { $0.panels[kind].y.range }).count == 1)
      #expect(figure.groups[0].panels[kind].y.range != nil)
    }
    var own: [String] = []
    for group in figure.groups {
      for panel in group.panels {
        #expect(panel.series.map(\.name) == group.panels[0].series.map(\.name))
        let grey = try #require(panel.series.first)
        var usual = figures.styles.style(of: "NormFace, Conventional")
        usual.colour = .grey(0.5)
        #expect(grey.name == "Conventional" && grey.style == usual)
        for series in panel.series.dropFirst() {
          #expect(series.style == figures.styles.style(of: "NormFace, \(series.name)"))
        }
      }
      own += group.panels[0].series.dropFirst().map(\.name)
    }
    let rows = try made.report().results.rows.filter { $0.row.kind == .trained }.map(\.row.mechanism)
    #expect(own.sorted() == rows.dropFirst().sorted(), "each once")
    try expectOwnPlaces(figure)
    #expect(try figure.rendered(as: .png) == figure.rendered(as: .png))
  }

  @Test func `The axis of accuracy leaves out a common start only where that tells curves apart`() throws {
    let names = (0..<9).map { "SST (queue \($0))" }
    func figure(_ rest: [Double]) throws -> LineFigure {
      LineFigure(
        title: "Validation accuracy", x: Axis("Step", range: 0...100), y: Axis("Accuracy", numbers: .percent),
        series: names.map { name in
          LineFigure.Series(
            name: name, points: zip([0, 50, 100], [0.6] + rest).map { PlotPoint($0, $1) },
            style: StyleBook(methods: names).style(of: name))
        })
    }
    let leap = try figure([0.95, 0.97])
    let range = try #require(leap.rangeWithoutStart)
    #expect(
      range.lowerBound > 0.94 && range.upperBound < 0.98 && range.contains(0.95) && range.contains(0.97))
    #expect(try figure([0.7, 0.97]).rangeWithoutStart == nil)
    var loss = leap
    loss.y.numbers = .plain
    #expect(loss.rangeWithoutStart == nil)
  }

  @Test(arguments: [1, 2, 5], ["", "MASST: queue, queues, start"])
  func `Nothing covers anything`(count: Int, title: String) throws {
    let groups = (0..<count).map { group -> GroupedPanelFigure.Group in
      let names = (0...group + 2).map {
        "MASST (ema 0.96, queue \(group * 10 + $0), queues shared, start equal)"
      }
      let panels = ["Validation accuracy", "Training loss"].map { panel in
        LineFigure(
          title: panel, x: Axis("Step", range: 0...1200),
          y: Axis("Accuracy", numbers: .percent, range: 0...1),
          series: names.map { name in
            LineFigure.Series(
              name: name, points: [PlotPoint(0, 0.2), PlotPoint(1200, 0.9)],
              style: StyleBook(methods: names).style(of: name))
          }, references: [.init(.horizontal, at: 0.5, label: "τ")])
      }
      return .init(title: title, panels: panels)
    }
    let figure = GroupedPanelFigure(
      title: String(repeating: "A long title ", count: 12), caption: String(repeating: "caption ", count: 40),
      groups: groups)
    try expectOwnPlaces(figure)
    let layout = try #require(try figure.laidOut(TextMeasurer()) as? GroupedPanelLayout)
    #expect(layout.groups.map(\.layout.legend.entries.count) == groups.map { $0.panels[0].series.count })
    let page = try PNGImage(decoding: figure.rendered(as: .png))
    #expect(abs(Double(page.height) - layout.height * 300 / 72) < 2)
  }

  private func expectOwnPlaces(_ figure: GroupedPanelFigure) throws {
    let page = try #require(try figure.laidOut(TextMeasurer()) as? GroupedPanelLayout)
    func moved(_ rect: PlotRect, _ by: PlotPoint...) -> PlotRect {
      PlotRect(
        x: rect.x + by.map(\.x).reduce(0, +), y: rect.y + by.map(\.y).reduce(0, +), width: rect.width,
        height: rect.height)
    }
    var plots: [PlotRect] = []
    var texts = page.texts
    for group in page.groups {
      plots += group.layout.panels.map { moved($0.layout.plot, $0.origin, group.origin) }
      let own =
        (group.layout.texts + group.layout.legend.texts).map { ($0, PlotPoint(0, 0)) }
        + group.layout.panels.flatMap { panel in panel.layout.texts.map { ($0, panel.origin) } }
      texts += own.map { text, origin in
        var text = text
        text.box = moved(text.box, origin, group.origin)
        return text
      }
    }
    CurveFigureTests().expectOwnPlaces(
      texts, plots: plots, page: PlotRect(x: 0, y: 0, width: page.width, height: page.height))
    // Panels lie apart from each other, too.
    for (index, plot) in plots.enumerated() {
      #expect(!plots[..<index].contains { $0.intersects(plot) })
    }
  }
}
