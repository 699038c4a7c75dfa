import Experiments
import Metrics

/// What each method reaches with the recipe that an equal search found best for it on validation identities: `search.md`, `.csv`, `.tex`, `.json`.
struct SearchTable {
  let table: ReportTable
  let export: Export

  /// The choices and the numbers behind the table: `search.json`.
  struct Export: Encodable {
    struct Number: Encodable {
      var `protocol`: String
      var number: String
      /// One a seed.
      var values: [Double?]
    }

    struct Row: Encodable {
      var dataset: String
      var loss: String
      var mechanism: String
      var tried: Int
      /// Nil where the search is not over.
      var chosen: String?
      var validation: [Double]
      var numbers: [Number]
    }

    var experiment: String
    var provenance: Provenance
    var rows: [Row]
  }

  /// Nil where no method of the experiment has more than one recipe, or nothing was validated.
  init?(_ report: ExperimentReport) throws {
    let results = report.results
    let curves = try results.validationCurves()
    let searches = results.recipeSearches(curves)
    guard !searches.isEmpty else { return nil }
    let hasDataset = results.experiment.datasets.count > 1
    let tests = report.protocolNames.compactMap { name in
      report.test(name).flatMap { test in TableMetric.all(of: test).first.map { (name: name, metric: $0) } }
    }
    var columns = hasDataset ? [ReportTable.Column("Data", kind: .text)] : []
    columns += [
      .init("Loss", kind: .text), .init("Mechanism", kind: .text), .init("Recipes", kind: .integer),
      .init("Best recipe", kind: .text), .init("Validation accuracy", kind: .percent(decimals: 2)),
    ]
    columns += tests.map { test in
      var column = test.metric.column
      column.group = test.name
      return column
    }
    let varying = Self.parts.filter { part in
      searches.contains { search in Set(search.candidates.map { $0[keyPath: part] }).count > 1 }
    }
    var rows: [ReportTable.Row] = []
    var exported: [Export.Row] = []
    for search in searches {
      let previous = exported.last
      let entry = results.rows.first { $0.row == search.best }
      var cells = hasDataset ? [TableCell.text(search.dataset)] : []
      cells += [
        .text(search.loss), .text(search.mechanism), .integer(search.tried),
        .text(
          search.best.map { Self.recipe($0, varying) } ?? "the search is not over"),
      ]
      cells.append(
        Spread(search.validation).map { .estimate($0.mean, $0.sampleSD, count: search.validation.count) }
          ?? .absent(.missing, "the search is not over"))
      var numbers: [Export.Number] = []
      for test in tests {
        let outcomes = entry?.entries[test.name]?.outcomes ?? []
        cells.append(
          test.metric.cell(
            outcomes, gap: search.best == nil ? "the search is not over" : entry?.gap, kind: .trained))
        numbers.append(
          Export.Number(
            protocol: test.name, number: test.metric.name, values: outcomes.map(test.metric.value)))
      }
      rows.append(
        .init(
          cells,
          startsSection: previous.map { $0.dataset != search.dataset || $0.loss != search.loss } ?? false))
      exported.append(
        Export.Row(
          dataset: search.dataset, loss: search.loss, mechanism: search.mechanism, tried: search.tried,
          chosen: search.best?.label, validation: search.validation, numbers: numbers))
    }
    table = ReportTable(
      title: "\(results.experiment.definition.title): best of the search", caption: Self.caption,
      columns: columns, rows: rows,
      footnotes: [
        "All recipes of the experiment are in the tables of its protocols. Methods with more recipes had more to choose from: an option that a method does not have, such as sum or mean of one group, gives it none.",
        report.runsInWords,
      ])
    export = Export(
      experiment: results.experiment.definition.name, provenance: report.provenance, rows: exported)
  }

  /// What recipes may differ in.
  private static var parts: [KeyPath<GridRow, String>] {
    [\.loss, \.mechanism, \.network, \.sampler, \.recipe]
  }

  /// What tells the row's recipe from the others, in one line: its parts that vary in some method's search.
  private static func recipe(_ row: GridRow, _ varying: [KeyPath<GridRow, String>]) -> String {
    varying.map { row[keyPath: $0] }.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private static let caption =
    "Of all recipes that a method (a loss with a mechanism of so many groups or agents) was trained with, the one with the highest mean final accuracy on validation "
    + "identities, who neither train nor are tested, the first of equals; and what it gives in the tests, which had no part in the choice."
}
