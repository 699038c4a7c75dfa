import Evaluation
import Experiments

/// The accuracies of an experiment's methods on its protocols of pairs side by side, as papers print those on LFW, CFP, AgeDB-30, CALFW and CPLFW:
/// `accuracy.md`, `.csv`, `.tex`, `.json`. All other numbers of a protocol are in its own table.
struct AccuracyTable {
  let table: ReportTable
  let export: Export

  /// What stands behind the marks: `accuracy.json`. The seeds' accuracies are in the protocols' own files.
  struct Export: Encodable {
    var experiment: String
    var protocols: [String]
    var provenance: Provenance
    var comparisons: TableComparisons
  }

  /// Nil where the experiment has fewer than two protocols of pairs.
  init?(_ report: ExperimentReport) {
    let tests = Self.tests(report)
    guard tests.count > 1 else { return nil }
    let definition = report.results.experiment.definition
    let rows = MethodRows(
      report.results,
      tests.map { test in
        MethodRows.Number(
          test: test, metric: .accuracy,
          column: .init(test.task.definition.title, group: "Accuracy", kind: .percent(decimals: 2)))
      }, hasPublished: true)
    let folds =
      definition.data.isFoldwise ? " Fold-wise: a model a fold, trained without its identities." : ""
    table = ReportTable(
      title: "\(definition.title): accuracy on \(tests.count) protocols",
      caption:
        "Conventions, numbers of pairs are those of the protocols' own tables.\(folds)",
      columns: rows.columns, rows: rows.rows,
      footnotes: rows.comparisons.footnotes
        + ["Checkpoint rule: \(definition.checkpoint.inWords). Nothing was chosen on test data."]
        + definition.published.map(\.inWords) + [report.runsInWords])
    export = Export(
      experiment: definition.name, protocols: tests.map(\.name), provenance: report.provenance,
      comparisons: rows.comparisons)
  }

  /// The protocols of pairs, in the experiment's order.
  static func tests(_ report: ExperimentReport) -> [BoundTest] {
    report.protocolNames.compactMap { report.test($0) }.filter { $0.verification != nil }
  }
}

extension PublishedFigures {
  /// Whence they are, under a table.
  var inWords: String {
    "Published, \(label): \(source). \(setting) Stated there, not measured here; data and networks differ, so compare orders, not levels."
  }
}
