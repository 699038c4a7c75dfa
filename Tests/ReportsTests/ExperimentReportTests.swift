import Experiments
import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Tables and figures of a small experiment from end to end.
struct ExperimentReportTests {
  /// A world, a protocol, published figures, and an experiment with one row that cannot be trained.
  private static let files = [
    "world.yaml": """
    name: tiny
    version: 1
    seed: 11
    dimension: 12
    identity: {dimensions: 4, within: 0.5}
    nuisances: [{name: pose, dimensions: 8, standard-deviation: 1.0}]
    map: {layers: 1, slope: 0.3}
    sets:
      - {name: train, kind: deep, identities: 24, images-per-identity: 6}
      - {name: test, kind: lfw, identities: 32, images-per-identity: 4, folds: 4, pairs-per-fold: 20}
    """,
    "tiny-lfw.yaml": """
    name: tiny-lfw
    kind: pair-verification
    lists: {format: lfw}
    folds: 4
    far: [0.5, 0.25, 0.0001]
    """,
    "published.yaml": """
    label: Someone
    source: a paper, table 1
    setting: Trained on images.
    columns: [LFW]
    rows:
      - {loss: cosface, mechanism: conventional, values: [99.5]}
    """,
    "experiment.yaml": """
    name: tiny
    title: Tiny
    data:
      world: {definition: world.yaml, train: train}
    protocols: [{protocol: tiny-lfw.yaml, set: test}]
    networks: {small: [{linear: 8}, batch-norm, prelu, {linear: 6}]}
    losses: [{name: normface, scale: 8}, {name: cosface, scale: 8, margin: 0.2}]
    mechanisms: [conventional, {name: multiface, groups: 4}]
    training: {steps: 20, batch: 16, optimiser: {learning-rate: 0.05}}
    seeds: [1, 2]
    report: {legend-far: 0.25, published: [published.yaml]}
    """,
  ]

  private struct Made {
    let folder: TemporaryFolder
    let experiment: BoundExperiment
    var results: String { folder.file("results") }

    func report() throws -> ExperimentReport {
      try ExperimentReport(ExperimentResults(experiment, results: results))
    }
  }

  private func make(run: Bool, losses: String? = nil) async throws -> Made {
    let folder = try TemporaryFolder()
    for (name, text) in Self.files {
      let lines = text.components(separatedBy: "\n").map { line in
        losses.map { line.hasPrefix("losses:") ? "losses: \($0)" : line } ?? line
      }
      try AtomicFile.write(lines.joined(separator: "\n"), to: folder.file(name))
    }
    let results = folder.file("results")
    let experiment = try BoundExperiment(
      ExperimentDefinition(file: folder.file("experiment.yaml")), data: nil, results: results)
    if run {
      let outcome = try await ExperimentRunner(
        experiment, results: results, jobs: 1, interruption: Interruption(), checkpointInterval: 30,
        show: { _ in }
      ).run()
      #expect(outcome.failed == 0)
    }
    return Made(folder: folder, experiment: experiment)
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
  }

  @Test func everyRowOfTheGridStandsInTheTableAndNothingIsMadeUp() async throws {
    let made = try await make(run: true)
    let files = try made.report().writeTables(to: made.folder.file("tables"))
    #expect(
      files.map { ($0 as NSString).lastPathComponent }
        == ["md", "csv", "tex", "json"].map { "tiny-lfw.\($0)" })
    let table = try text(files[0])
    let rows = table.split(separator: "\n").filter { $0.hasPrefix("|") }
    // Header, rule, untrained, ceiling, two losses by two mechanisms.
    #expect(rows.count == 8)
    let multiface = rows.filter { $0.contains("multiface") || $0.contains("MultiFace") }
    // Four groups do not divide six columns.
    #expect(multiface.count == 2 && multiface.allSatisfy { $0.contains("unsupported") })
    #expect(table.contains("4 groups do not divide an embedding of 6 columns"))
    // 40 impostor pairs cannot show a FAR of 1e-4.
    #expect(rows.dropFirst(2).prefix(2).allSatisfy { $0.contains("not attainable") })
    // The published figure stands in its own row alone, with its source.
    #expect(rows.filter { $0.contains("99.5") }.count == 1)
    #expect(table.contains("Published, Someone: a paper, table 1. Trained on images."))
  }

  @Test func manyRowsThatCannotBeTrainedForOneReasonStandInOneThatNamesThem() async throws {
    let made = try await make(run: false, losses: "[softmax, normface, cosface, arcface]")
    let table = try text(made.report().writeTables(to: made.folder.file("tables"))[0])
    let rows = table.split(separator: "\n").filter { $0.hasPrefix("| 4 losses") }
    #expect(rows.count == 1)
    #expect(table.contains("divide an embedding of 6 columns (Softmax, NormFace, CosFace, ArcFace)"))
    #expect(!rows[0].contains("99.5"), "what is published of one of them is not said of all")
  }

  @Test func theSameResultsGiveTheSameBytes() async throws {
    let made = try await make(run: true)
    for folder in ["first", "second"] {
      let report = try made.report()
      _ = try report.writeTables(to: made.folder.file(folder))
      _ = try report.writeFigures(to: made.folder.file(folder), formats: [.png, .svg])
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: made.folder.file("first")).sorted()
    #expect(
      names == ["det", "histogram", "roc"].flatMap { ["\($0)-tiny-lfw.png", "\($0)-tiny-lfw.svg"] }
        + ["csv", "json", "md", "tex"].map { "tiny-lfw.\($0)" })
    for name in names {
      #expect(
        FileManager.default.contentsEqual(
          atPath: made.folder.file("first/\(name)"), andPath: made.folder.file("second/\(name)")), "\(name)")
    }
  }

  @Test func whatTrainingMadeWorseIsSaidOfTheWorldThatItTrainedOn() async throws {
    let made = try await make(run: true)
    let report = try made.report()
    let test = try #require(report.test("tiny-lfw"))
    func mean(_ row: ExperimentResults.Row) -> Double {
      let values = row.outcomes("tiny-lfw").compactMap(\.accuracy)
      return values.reduce(0, +) / Double(values.count)
    }
    func notes(_ metric: TableMetric) -> [String] { VerificationTable.harm(report.results, test, metric) }
    let untrained = mean(try #require(report.results.rows.first { $0.row.kind == .untrained }))
    let trained = report.results.rows.filter { $0.row.kind == .trained && !$0.outcomes("tiny-lfw").isEmpty }
    let worse = trained.count { mean($0) < untrained }
    #expect(trained.count == 2)
    let words = "\(worse) \(worse == 1 ? "has" : "have") a lower mean accuracy than its features as stored"
    #expect(
      notes(.accuracy)
        == (worse == 0
          ? []
          : ["Worse than without training: of 2 rows trained on ‘tiny’, \(words) (the row ‘untrained’)."]))
    // A number that is lower after training, whatever it is.
    #expect(notes(.eer).allSatisfy { $0.contains("lower mean EER") })
    let isLower = [TableMetric.accuracy, .auc, .eer].filter { !notes($0).isEmpty }
    #expect(!isLower.isEmpty, "training moves each of them one way or the other")
  }

  @Test func whatHasNotRunIsMissingAndDrawsNothing() async throws {
    let made = try await make(run: false)
    let report = try made.report()
    let table = try text(report.writeTables(to: made.folder.file("tables"))[0])
    #expect(table.contains("2 of 2 runs missing"))
    #expect(try report.writeFigures(to: made.folder.file("figures")).isEmpty)
  }

  @Test func aMethodLooksTheSameInEveryFigureOfAnExperiment() async throws {
    let made = try await make(run: true)
    let report = try made.report()
    let roc = try ROCReport(report, protocolName: "tiny-lfw", dataset: "tiny")
    #expect(roc.figure.styles == ROCReport.styles(report.results))
    let trained = roc.series.filter { $0.role == .method }.map(\.name)
    #expect(trained == ["NormFace, Conventional", "CosFace, Conventional"])
    #expect(Set(trained.map { roc.figure.styles.style(of: $0) }).count == trained.count)
  }

  @Test func theLegendOfErrorsGivesTheErrorsThatItsCurvesShow() async throws {
    let made = try await make(run: true)
    let report = try made.report()
    let curves = try ExperimentCurves(report, protocolName: "tiny-lfw", dataset: "tiny")
    let rates = try ROCReport(report, protocolName: "tiny-lfw", dataset: "tiny").figure
    let errors = try #require(try curves.export(.det).figure as? LineFigure)
    #expect(errors.summaryHeader.hasPrefix("FRR\u{00A0}(%) at FAR = 2.5×10⁻¹"))
    for (accepted, rejected) in zip(rates.series, errors.series) {
      // "84.2 ± 1.3" and "15.8 ± 1.3".
      let parts = try [accepted.summary, rejected.summary].map {
        try #require($0).components(separatedBy: " ± ").map { Double($0) ?? .nan }
      }
      #expect(abs(parts[0][0] + parts[1][0] - 100) < 0.11, "\(accepted.name)")
      #expect(parts[0].dropFirst() == parts[1].dropFirst())
    }
  }

  @Test func withoutAChoiceTheLegendReadsTheSmallestTargetThatCanBeObserved() async throws {
    let made = try await make(run: true)
    let file = made.folder.file("experiment.yaml")
    let yaml = try text(file).replacingOccurrences(of: "legend-far: 0.25, ", with: "")
    try AtomicFile.write(yaml, to: file)
    let experiment = try BoundExperiment(
      ExperimentDefinition(file: file), data: nil, results: made.results)
    let report = try ExperimentReport(ExperimentResults(experiment, results: made.results))
    // Folds of 20 impostor pairs: 0.25 fits five false accepts, 0.0001 none.
    #expect(try ROCReport(report, protocolName: "tiny-lfw", dataset: "tiny").figure.namedFAR == 0.25)
  }

  @Test func aTableOfMoreRunsIsFoundBeforeItIsReplaced() async throws {
    let made = try await make(run: true)
    let tables = made.folder.file("tables")
    #expect(try made.report().richerTable(in: tables) == nil)
    _ = try made.report().writeTables(to: tables)
    #expect(try made.report().richerTable(in: tables) == nil)
    let run = try #require(made.experiment.grid.runs.first { $0.row.kind == .trained })
    try FileManager.default.removeItem(
      atPath: RunFolder(results: made.results, identity: run.identity).path)
    let poorer = try made.report()
    let found = try #require(poorer.richerTable(in: tables))
    #expect(found.file == "\(tables)/tiny-lfw.json" && found.now == found.earlier - 1)
    // One of another configuration, or what is no table, is in nobody's way.
    let json = try text(found.file)
    let configuration = try #require(poorer.provenance["Configuration"])
    try AtomicFile.write(
      json.replacingOccurrences(of: configuration, with: String(repeating: "0", count: 64)), to: found.file)
    #expect(poorer.richerTable(in: tables) == nil)
    try AtomicFile.write("{", to: found.file)
    #expect(poorer.richerTable(in: tables) == nil)
  }
}
