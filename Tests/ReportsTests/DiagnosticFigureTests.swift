import Experiments
import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite("Figures of diagnostics")
struct DiagnosticFigureTests {
  @Test func `Every diagnostic that was recorded is drawn, and twice to the same bytes`() async throws {
    let made = try await DiagnosedExperiment()
    let report = try made.report()
    for folder in ["first", "second"] {
      _ = try report.writeFigures(to: made.folder.file(folder), formats: [.png, .svg])
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: made.folder.file("first")).sorted()
    let kinds = [
      "convergence-cosface", "convergence-normface", "groups", "smoothness-cosface", "smoothness-normface",
    ]
    let rest = ["spectrum-cosface", "spectrum-normface"]
    let own = names.filter { name in !["roc", "det", "histogram"].contains { name.hasPrefix($0) } }
    #expect(own == (kinds + rest).flatMap { ["\($0).png", "\($0).svg"] })
    for name in names {
      #expect(
        FileManager.default.contentsEqual(
          atPath: made.folder.file("first/\(name)"), andPath: made.folder.file("second/\(name)")), "\(name)")
    }
  }

  @Test func `Nothing is drawn of what has not run`() async throws {
    let made = try await DiagnosedExperiment(run: false)
    #expect(try DiagnosticFigures(made.report()).all().isEmpty)
  }

  @Test func `Convergence shows the mean and deviation over seeds, and τ of the baseline`() async throws {
    let made = try await DiagnosedExperiment(["losses: [normface]"])
    try made.setCurve(
      loss: "NormFace", mechanism: "Conventional", [1: [0.5, 0.7, 0.8], 2: [0.7, 0.7, 1.0]])
    let figures = DiagnosticFigures(try made.report())
    let named = try figures.convergence()
    #expect(named.map(\.name) == ["convergence-normface"])
    let figure = try #require(named[0].figure as? PanelFigure)
    let accuracy = figure.panels[0]
    #expect(accuracy.series.map(\.name) == ["Conventional", "MultiFace"])
    let curve = accuracy.series[0]
    #expect(curve.points.map(\.x) == [0, 10, 20])
    for (point, expected) in zip(curve.points.map(\.y), [0.6, 0.7, 0.9]) {
      #expect(abs(point - expected) < 1e-12)
    }
    // The sample deviation of 0.5 and 0.7.
    #expect(
      abs(curve.band[0].upper - 0.6 - 0.02.squareRoot()) < 1e-12 && curve.band[1].upper == curve.band[1].lower
    )
    #expect(accuracy.references.map(\.label) == ["τ"])
    #expect(abs(try #require(accuracy.references.first).value - 0.99 * 0.9) < 1e-12)
    #expect(
      figure.caption.contains(
        "τ = 89.1 %: 99 % of the final validation accuracy of Conventional, mean over seeds."),
      "\(figure.caption)")
    // The same style as in every other figure.
    #expect(curve.style == figures.styles.style(of: "NormFace, Conventional"))
    // Its first loss is that of a batch, which curves of results have from the second point on.
    #expect(figure.panels[1].series[1].points.map(\.x) == [1, 2, 3, 4, 5, 6])
  }

  @Test func `A matrix of groups holds alignment below, agreement above, and accuracies in the diagonal`()
    async throws
  {
    let made = try await DiagnosedExperiment(["losses: [normface]", "seeds: [1]"])
    let report = try made.report()
    let figure = try #require(try DiagnosticFigures(report).groups().first?.figure as? HeatMapFigure)
    let panel = try #require(figure.panels.first)
    let groups = try #require(report.results.experiment.definition.diagnostics.first { $0.name == "groups" })
    let entry = try #require(try report.results.diagnostics(groups).last)
    let measured = try #require(entry.record.groups)
    #expect(figure.panels.count == 1 && panel.labels == ["1", "2"])
    #expect(panel.values[1][0] == measured.comparison.alignment[1][0])
    #expect(panel.values[0][1] == measured.comparison.neighbourAgreement[0][1])
    #expect(panel.diagonal == measured.alone.map { NumberText.percent($0.accuracy ?? .nan, decimals: 1) })
  }

  @Test func `A landscape is that of the first seed, a panel a mechanism, with the loss in its middle`()
    async throws
  {
    let made = try await DiagnosedExperiment(
      ["losses: [normface]", "seeds: [2, 1]", "diagnostics: [{name: landscape, points: 5}]"])
    let report = try made.report()
    let named = try DiagnosticFigures(report).landscapes()
    #expect(named.map(\.name) == ["landscape-normface"] && named.map(\.loss) == ["NormFace"])
    let figure = try #require(named.first?.figure as? ContourFigure)
    #expect(figure.title == "Tiny: loss landscape, NormFace")
    #expect(
      figure.caption
        == "Seed 2. The loss of one batch at the trained weights plus steps along two random directions, in which each filter is as long as that of the "
        + "weights (Li et al. 2018); galleries and queues stay. Behind the name the loss at the cross. Levels and axes are the same in all panels; mechanisms compare with "
        + "different numbers of prototypes, so it is shapes that compare.")
    let entries = try report.results.diagnostics(report.results.experiment.definition.diagnostics[0])
    let slices = entries.filter { $0.run.seed == 2 }.compactMap(\.record.landscape)
    #expect(entries.count == 4 && slices.count == 2)
    #expect(figure.panels.map(\.values) == slices.map(\.losses))
    #expect(figure.panels.map(\.x) == slices.map(\.steps) && figure.panels.map(\.y) == slices.map(\.steps))
    #expect(
      figure.panels.map(\.name)
        == zip(["Conventional", "MultiFace"], slices).map {
          "\($0): \(NumberText.fixed($1.losses[2][2], decimals: 3))"
        })
    #expect(figure.x.title == "Direction 1 (filter-normalised)" && figure.mark.point == PlotPoint(0, 0))
    _ = try figure.rendered(as: .svg, provenance: Provenance())
  }

  @Test func `Clusters show each group of the first seed with the numbers of the whole space`() async throws {
    let made = try await DiagnosedExperiment(
      ["losses: [normface]", "diagnostics: [{name: clusters, identities: 9, images: 2}]"])
    let report = try made.report()
    let named = try DiagnosticFigures(report).clusters()
    #expect(named.map(\.name) == ["clusters-normface-conventional", "clusters-normface-multiface"])
    let entries = try report.results.diagnostics(report.results.experiment.definition.diagnostics[0])
    let records = entries.filter { $0.run.seed == 1 }.compactMap(\.record.clusters)
    #expect(entries.count == 4 && records.count == 2)
    let whole = try #require(named[0].figure as? PanelFigure)
    let groups = try #require(named[1].figure as? PanelFigure)
    #expect(whole.panels.count == 1 && groups.panels.count == 3)
    #expect(groups.title == "Tiny: clusters of identities, NormFace, MultiFace")
    #expect(
      groups.caption
        == "Seed 1. 18 images of 9 validation identities. Each panel: the columns concerned, scaled to unit length, on their own first two principal components "
        + "(with shares of the variance). What stands over it is of the whole space: the variance between identities over that within them, and the mean silhouette."
    )
    let parts = [
      ("Whole", records[1].whole), ("Group 1", records[1].alone[0]), ("Group 2", records[1].alone[1]),
    ]
    for (panel, (name, part)) in zip(groups.panels, parts) {
      let ratio = try #require(part.betweenToWithin)
      let silhouette = try #require(part.silhouette)
      let shares = try #require(part.shares)
      #expect(panel.title == "\(name): between/within \(NumberText.fixed(ratio, decimals: 2))")
      #expect(panel.caption == "silhouette \(NumberText.fixed(silhouette, decimals: 2))")
      #expect(panel.x.label == "Component 1 (\(NumberText.percent(shares[0], decimals: 0)) %)")
      #expect(panel.y.label == "Component 2 (\(NumberText.percent(shares[1], decimals: 0)) %)")
      #expect(panel.series.map(\.name) == Set(records[1].labels).sorted().map { "identity \($0)" })
      for series in panel.series {
        let own = zip(records[1].labels, part.coordinates).filter { "identity \($0.0)" == series.name }
        #expect(
          Set(series.points) == Set(own.map { PlotPoint($0.1[0], $0.1[1]) }) && series.points.count == 2)
      }
      // A colour and a marker an identity; the ninth has the first one's colour and another marker.
      #expect(Set(panel.series.map(\.style)).count == 9)
      #expect(Set(panel.series.prefix(8).map(\.style.colour)).count == 8)
      #expect(panel.series[8].style.marker != panel.series[0].style.marker)
      // One scale along both axes, in all panels.
      #expect(panel.isSquare && panel.x.range == panel.y.range && panel.x.range == groups.panels[0].x.range)
    }
    let layout = try #require(try groups.laidOut(TextMeasurer()) as? PanelLayout)
    let page = PlotRect(x: 0, y: 0, width: layout.width, height: layout.height)
    for panel in layout.panels {
      #expect(abs(panel.layout.plot.width - panel.layout.plot.height) < 1e-9)
      let count = panel.layout.figure.series.indices.map { panel.layout.markers(of: $0).count }
      #expect(count == Array(repeating: 2, count: 9))
      for text in panel.layout.texts {
        let box = PlotRect(
          x: text.box.x + panel.origin.x, y: text.box.y + panel.origin.y, width: text.box.width,
          height: text.box.height)
        #expect(page.contains(box) && !box.intersects(layout.legend.box))
      }
    }
    #expect(try groups.rendered(as: .png, resolution: 72) == groups.rendered(as: .png, resolution: 72))
  }

  @Test func `Groups of another number than the mechanism's are named`() async throws {
    let made = try await DiagnosedExperiment([
      "losses: [normface]", "mechanisms: [conventional]", "seeds: [1]",
      "diagnostics: [{name: clusters, groups: 3}]",
    ])
    let named = try DiagnosticFigures(made.report()).clusters()
    let figure = try #require(named.first?.figure as? PanelFigure)
    #expect(named.map(\.name) == ["clusters-normface"] && figure.panels.count == 4)
    #expect(figure.caption.contains("cut into 3 groups, in whatever number its mechanism trains them"))
  }

  @Test func `Accuracy against agents needs one row for each of several numbers`() async throws {
    let agents = [1, 2, 3].map { "{name: multi-agent, agents: \($0), queue: 8, ema: 0.9}" }.joined(
      separator: ", ")
    let made = try await DiagnosedExperiment([
      "losses: [normface, cosface]", "mechanisms: [conventional, \(agents)]", "diagnostics: [spectrum]",
    ])
    let report = try made.report()
    let named = try #require(try DiagnosticFigures(report).agents().first)
    #expect(named.name == "agents-tiny-lfw")
    let figure = try #require(named.figure as? LineFigure)
    #expect(
      figure.series.map(\.name) == [
        "NormFace, MASST", "NormFace, Conventional", "CosFace, MASST", "CosFace, Conventional",
      ])
    #expect(figure.series[0].points.map(\.x) == [1, 2, 3] && figure.series[1].points.map(\.x) == [1, 3])
    let rows = report.results.rows.filter { $0.row.loss == "NormFace" }
    let metric = TableMetric.accuracy
    #expect(figure.series[0].points.map(\.y) == rows.dropFirst().map { metric.mean($0.outcomes("tiny-lfw")) })
    #expect(
      figure.series[1].points.map(\.y)
        == Array(repeating: metric.mean(rows[0].outcomes("tiny-lfw")), count: 2))
    let twice = try await DiagnosedExperiment(
      ["mechanisms: [{name: multi-agent, agents: 2, queue: 8}, {name: multi-agent, agents: 2, queue: 16}]"],
      run: false)
    #expect(try DiagnosticFigures(twice.report()).agents().isEmpty)
  }

  @Test(arguments: [1, 2, 4, 8, 16])
  func `Every text and cell of a heat map is on the page, and no two texts overlap`(count: Int) throws {
    var values = [[Double?]](repeating: Array(repeating: 0.25, count: count), count: count)
    if count > 1 { values[0][1] = nil }
    values[count - 1][0] = 1
    let labels: [String] = (1...count).map { String($0) }
    let panel = HeatMapFigure.Panel(
      name: "A loss with a long name, MultiFace (groups \(count)): 99.9\u{00A0}%", values: values,
      diagonal: Array(repeating: "100.0", count: count), labels: labels)
    let figure = HeatMapFigure(
      title: "Groups", caption: "A caption.", panels: Array(repeating: panel, count: 5))
    let layout = try #require(try figure.laidOut(TextMeasurer()) as? HeatMapLayout)
    let page = PlotRect(x: 0, y: 0, width: layout.width, height: layout.height)
    #expect(
      layout.texts.allSatisfy { page.contains($0.box) } && layout.cells.allSatisfy { page.contains($0.box) })
    for (place, text) in layout.texts.enumerated() {
      for other in layout.texts[..<place] {
        #expect(!text.box.intersects(other.box, tolerance: 1.5), "\(text.text) and \(other.text)")
      }
    }
    #expect(layout.cells.count == 5 * count * count + 11)
    #expect(try !figure.rendered(as: .png, resolution: 72).isEmpty)
  }

  @Test func `Shades fall in lightness as numbers grow`() {
    let shades = (0...10).map { HeatMapFigure.shade(Double($0) / 10).lightness }
    #expect(zip(shades, shades.dropFirst()).allSatisfy { $0 > $1 } && shades[0] == 100)
    #expect(HeatMapFigure.shade(-1) == .white && HeatMapFigure.shade(7) == HeatMapFigure.shade(1))
  }

  @Test func `Inequality is the mean difference of two identities over twice the mean`() {
    #expect(DiagnosticFigures.inequality([]) == 0 && DiagnosticFigures.inequality([7, 7, 7]) == 0)
    let counts = [1, 9, 2, 4, 4, 30]
    var difference = 0.0
    for one in counts { for other in counts { difference += Double(abs(one - other)) } }
    let mean = Double(counts.reduce(0, +)) / Double(counts.count)
    let expected = difference / Double(counts.count * counts.count) / (2 * mean)
    #expect(abs(DiagnosticFigures.inequality(counts) - expected) < 1e-12)
    // Nearly everything in one of many.
    #expect(DiagnosticFigures.inequality([1_000_000] + Array(repeating: 0, count: 99)) > 0.98)
  }

  @Test func `Results are drawn against the tail where there are three training sets or more`() async throws {
    let folder = try TemporaryFolder()
    let sets =
      ["equal, kind: deep, identities: 20, images-per-identity: 4"]
      + [("some", 8, 2), ("much", 14, 1)].map { name, most, least in
        "\(name), kind: long-tail, identities: 20, distribution: exponential, most: \(most), least: \(least)"
      }
    try AtomicFile.write(
      """
      name: tails
      version: 1
      seed: 11
      dimension: 12
      identity: {dimensions: 4, within: 0.5}
      nuisances: [{name: pose, dimensions: 8, standard-deviation: 1.0}]
      map: {layers: 1, slope: 0.3}
      sets:
      \(sets.map { "  - {name: \($0)}" }.joined(separator: "\n"))
        - {name: test, kind: lfw, identities: 16, images-per-identity: 3, folds: 3, pairs-per-fold: 12}
      """, to: folder.file("world.yaml"))
    try AtomicFile.write(
      "{name: pairs, kind: pair-verification, lists: {format: lfw}, folds: 3, far: [0.5], interval: {replicates: 50}}",
      to: folder.file("pairs.yaml"))
    let file = folder.file("experiment.yaml")
    func figures(_ train: String) async throws -> [DiagnosticFigures.Named] {
      try AtomicFile.write(
        """
        name: tails
        data: {world: {definition: world.yaml, train: \(train)}}
        protocols: [{protocol: pairs.yaml, set: test}]
        networks: {small: [{linear: 6}]}
        losses: [normface, cosface]
        training: {steps: 6, batch: 8, optimiser: {learning-rate: 0.05}}
        seeds: [1, 2]
        """, to: file)
      let experiment = try BoundExperiment(
        ExperimentDefinition(file: file), data: nil, results: folder.file("results"))
      _ = try await ExperimentRunner(experiment, results: folder.file("results"), jobs: 1).run()
      let results = try ExperimentResults(experiment, results: folder.file("results"))
      return try DiagnosticFigures(ExperimentReport(results)).all()
    }
    #expect(try await figures("[much, equal]").isEmpty)
    // In the order of the tails, whatever that of the sets is.
    let named = try await figures("[much, equal, some]")
    #expect(named.map(\.name) == ["tail-pairs"])
    let figure = try #require(named.first?.figure as? LineFigure)
    #expect(figure.series.map(\.name) == ["NormFace", "CosFace"])
    for line in figure.series {
      #expect(line.points.count == 3 && line.band.count == 3 && line.points[0].x == 0)
      #expect(line.points.map(\.x) == line.points.map(\.x).sorted())
    }
    _ = try figure.rendered(as: .png, provenance: Provenance())
  }
}
