import Evaluation
import Experiments
import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Reports

/// What tables say of rows that cannot be told from the best.
struct ComparisonReportTests {
  private static let world = """
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
    """

  private struct Made {
    let folder: TemporaryFolder
    let results: ExperimentResults

    /// The table of the only protocol with its export as JSON.
    func table() throws -> (table: ReportTable, json: [String: Any], comparisons: TableComparisons) {
      let made = try VerificationTable(try ExperimentReport(results), protocolName: "pairs")
      let data = try CanonicalJSON.encode(made.export)
      let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      return (made.table, json, made.export.comparisons)
    }
  }

  private func make(
    interval: String = "{replicates: 200}", seeds: String = "[1, 2, 3]", folds: Bool = false
  ) async throws -> Made {
    let folder = try TemporaryFolder()
    try AtomicFile.write(Self.world, to: folder.file("world.yaml"))
    try AtomicFile.write(
      """
      name: pairs
      kind: pair-verification
      lists: {format: lfw}
      folds: 4
      far: [0.25]
      interval: \(interval)
      """, to: folder.file("pairs.yaml"))
    try AtomicFile.write(
      """
      name: tiny
      data: {world: {definition: world.yaml, train: train}}
      protocols: [{protocol: pairs.yaml, set: test}]
      networks: {small: [{linear: 8}, batch-norm, prelu, {linear: 6}]}
      losses: [{name: normface, scale: 8}, {name: cosface, scale: 8, margin: 0.2}]
      mechanisms: [conventional]
      training: {steps: 40, batch: 16, optimiser: {learning-rate: 0.05}}
      seeds: \(seeds)
      """, to: folder.file("experiment.yaml"))
    let results = folder.file("results")
    func bound() throws -> BoundExperiment {
      try BoundExperiment(
        ExperimentDefinition(file: folder.file("experiment.yaml")), data: folder.path, results: results)
    }
    var experiment = try bound()
    if folds {
      // The world's own test set, trained on fold by fold.
      let world = try #require(
        try FileManager.default.contentsOfDirectory(atPath: "\(results)/worlds").first)
      for name in ["test.h5", "lists"] {
        try FileManager.default.copyItem(
          atPath: "\(results)/worlds/\(world)/\(name)", toPath: folder.file(name))
      }
      let text = try String(contentsOfFile: folder.file("experiment.yaml"), encoding: .utf8)
        .replacingOccurrences(
          of: "{world: {definition: world.yaml, train: train}}",
          with: "{folds: {stores: [test.h5], unlisted: exclude}}"
        ).replacingOccurrences(of: "set: test", with: "lists: lists/test")
      try AtomicFile.write(text, to: folder.file("experiment.yaml"))
      experiment = try bound()
    }
    let outcome = try await ExperimentRunner(experiment, results: results, jobs: 1).run()
    #expect(outcome.failed == 0)
    return Made(folder: folder, results: try ExperimentResults(experiment, results: results))
  }

  @Test func `Each row is compared with the best of its column, on common seeds and the same people`()
    async throws
  {
    let made = try await make()
    let (table, json, comparisons) = try made.table()
    let rows = made.results.rows
    let ceiling = try #require(rows.firstIndex { $0.row.kind == .ceiling })
    // Untrained and two losses are rivals in four columns: one is the best, two are compared with it.
    #expect(comparisons.comparisons.count == 8 && comparisons.test == .pairedBootstrap)
    #expect(comparisons.comparisons.allSatisfy { $0.row != ceiling && $0.best != ceiling })
    for comparison in comparisons.comparisons {
      let name = comparison.metric == "TAR at FAR 2.5×10⁻¹" ? "TAR at FAR 0.25" : comparison.metric
      func seeds(_ row: Int) throws -> [SubjectIntervals] {
        let outcomes = try #require(rows[row].entries["pairs"]).outcomes
        let intervals = outcomes.compactMap(\.intervals)
        #expect(intervals.count == outcomes.count)
        // A row without randomness is the same at every seed.
        return intervals.count == 1 ? [intervals[0], intervals[0], intervals[0]] : intervals
      }
      let paired = try #require(
        PairedBootstrap(of: name, seeds(comparison.row), minus: seeds(comparison.best), level: 0.95))
      #expect(comparison.difference == paired.difference && comparison.p == paired.normalP)
      #expect(comparison.lower == paired.interval.lower && comparison.commonSeeds == 3)
    }
    let corrected = holmCorrected(comparisons.comparisons.map(\.p))
    #expect(comparisons.comparisons.map(\.correctedP) == corrected)
    #expect(comparisons.comparisons.map(\.isTold) == corrected.map { $0 <= 0.05 })

    // The table's cells, and every format, say the same.
    for comparison in comparisons.comparisons {
      let column = try #require(
        table.columns.firstIndex { column in
          comparison.metric.hasPrefix("TAR")
            ? column.group == "TAR at" : column.header.lowercased() == comparison.metric.lowercased()
        })
      let cell = table.rows[comparison.row].cells[column]
      #expect(cell.marks.contains(TableComparisons.mark) == !comparison.isTold)
      #expect(
        cell.comparison
          == (comparison.isTold
            ? .told(correctedP: comparison.correctedP) : .notTold(correctedP: comparison.correctedP)))
      #expect(table.rows[comparison.best].cells[column].comparison == .best)
    }
    let note = try #require(table.footnotes.first { $0.hasPrefix("Comparisons: ") })
    #expect(note.contains("200 replicates") && note.contains("over the 8 comparisons of the table"))
    #expect(note.contains("p ≤ 0.05") && note.contains("The ceiling and published figures are not compared"))
    let csv = try table.csv()
    #expect(csv.contains("Accuracy comparison,Accuracy corrected p") && csv.contains(",best,"))
    #expect((json["comparisons"] as? [String: Any])?["replicates"] as? Int == 200)
    #expect((json["resampling"] as? [String: Any])?["subjects"] != nil)
    #expect(try table.markdown().contains("Holm") && table.latex().contains("Holm"))
  }

  @Test func `A mark stands exactly where a row cannot be told from the best, in every format`() throws {
    var cell = TableCell.estimate(0.5, 0.1, count: 3, marks: [TableComparisons.mark])
    cell.comparison = .notTold(correctedP: 0.25)
    var best = TableCell.estimate(0.6, 0.1, count: 3, isBest: true)
    best.comparison = .best
    var told = TableCell.estimate(0.1, 0.1, count: 3)
    told.comparison = .told(correctedP: 0.001)
    let table = ReportTable(
      title: "T", columns: [.init("M", kind: .text), .init("A"), .init("B")],
      rows: [
        .init([.text("x"), best, .estimate(0.1)]), .init([.text("y"), cell, .estimate(0.2)]),
        .init([.text("z"), told, .estimate(0.3)]),
      ])
    let markdown = try table.markdown()
    #expect(markdown.contains("| y   | 50.00 ± 10.00<sup>≈</sup> |"))
    #expect(markdown.contains("<sup>≈</sup> not told from the best of its column; see Comparisons"))
    #expect(try table.latex().contains("50.00 $\\pm$ 10.00\\textsuperscript{$\\approx$}"))
    #expect(
      try table.csv() == """
        M,A mean,A SD,A n,A status,A comparison,A corrected p,B mean,B SD,B n,B status\r
        x,0.6,0.1,3,,best,,0.1,,1,\r
        y,0.5,0.1,3,,not told from the best,0.25,0.2,,1,\r
        z,0.1,0.1,3,,told from the best,0.001,0.3,,1,\r

        """)
  }

  @Test func `One seed says that the spread between trainings is unknown`() async throws {
    let (table, _, comparisons) = try await make(seeds: "[4]").table()
    #expect(comparisons.comparisons.allSatisfy { $0.commonSeeds == 1 } && !comparisons.comparisons.isEmpty)
    #expect(
      table.footnotes.contains(
        "Comparisons of one seed: the spread between trainings is unknown and not covered."))
  }

  @Test func `Without resamples nothing is compared, and the table says so`() async throws {
    let (table, _, comparisons) = try await make(interval: "binomial").table()
    #expect(comparisons.comparisons.isEmpty)
    #expect(
      table.footnotes.contains {
        $0.hasPrefix("Not compared, because people are not resampled for it: accuracy, AUC, EER, TAR")
      })
    #expect(table.rows.allSatisfy { $0.cells.allSatisfy { $0.comparison == nil || $0.comparison == .best } })
  }

  @Test func `Fold-wise rows are compared by the corrected t-test over folds`() async throws {
    let made = try await make(seeds: "[1, 2]", folds: true)
    let (table, _, comparisons) = try made.table()
    #expect(comparisons.test == .correctedResampledT && comparisons.replicates == nil)
    let dataset = try #require(made.results.experiment.datasets.first)
    let trained = try #require(dataset.trainingRows)
    let tested = try #require(dataset.tests[0].verification)
    let ratio =
      Double((0..<4).reduce(0) { $0 + tested.rows(inFold: $1).count })
      / Double(trained.reduce(0) { $0 + $1.count })
    #expect(comparisons.testToTraining == [dataset.name: ratio])
    #expect(comparisons.comparisons.count == 8)
    for comparison in comparisons.comparisons where comparison.metric == "accuracy" {
      func folds(_ row: Int) throws -> [Double] {
        let outcomes = try #require(made.results.rows[row].entries["pairs"]).outcomes
        return try (0..<4).map { fold in
          let values = try outcomes.map { outcome in
            try #require(outcome.perFold.first { $0.name == "accuracy" }?.values[fold])
          }
          return values.reduce(0, +) / Double(values.count)
        }
      }
      let test = try #require(
        CorrectedResampledTTest(
          differences: zip(try folds(comparison.row), try folds(comparison.best)).map { $0 - $1 },
          testToTraining: ratio, level: 0.95))
      #expect(comparison.p == test.p && comparison.difference == test.difference)
    }
    #expect(
      table.footnotes.contains { $0.contains("Nadeau and Bengio") && $0.contains("test to training images") })
    // Fold-wise numbers have their intervals over people, too.
    let outcome = try #require(made.results.rows.last?.entries["pairs"]?.outcomes.first)
    #expect(outcome.intervals?["accuracy"]?.estimate == outcome.accuracy)
  }
}
