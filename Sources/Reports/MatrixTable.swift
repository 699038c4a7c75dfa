import Experiments

/// Every loss by every mechanism under one protocol: `PROTOCOL-matrix.md`, `.csv`, `.tex`. Experiments ask for it with `report: {matrix: true}`.
///
/// A row is a loss, within its dataset, network, sampler and training where these differ; a column is a mechanism. A cell is the protocol's most telling
/// number, the mean ± SD over seeds, or says why there is none. The best of each column within a dataset is bold. All other numbers, and what can be told
/// from the best, are in the protocol's own table.
struct MatrixTable {
  let table: ReportTable

  /// Nil where the protocol has no number.
  init?(_ report: ExperimentReport, protocolName: String) throws {
    let results = report.results
    guard let test = report.test(protocolName), let metric = TableMetric.all(of: test).first else {
      return nil
    }
    let trained = results.rows.filter { $0.row.kind == .trained }
    let shown = RowColumns(results.experiment, hasMechanism: false)
    let mechanisms = Self.distinct(trained.map(\.row.mechanism))
    let lines = Self.distinct(trained.map { Line($0.row) })
    let found = Dictionary(trained.map { (Place(Line($0.row), $0.row.mechanism), $0) }) { first, _ in first }
    func outcomes(_ row: ExperimentResults.Row?) -> [ExperimentResults.Outcome] {
      row?.entries[protocolName]?.outcomes ?? []
    }
    var rows: [ReportTable.Row] = []
    for (index, line) in lines.enumerated() {
      var leading: [TableCell] = []
      let cells = mechanisms.map { mechanism -> TableCell in
        guard let row = found[Place(line, mechanism)] else { return .text("") }
        leading = shown.cells(row.row, of: 1)
        var cell = metric.cell(outcomes(row), gap: row.gap, kind: row.row.kind)
        if let own = metric.mean(outcomes(row)) {
          let rivals = trained.filter {
            $0.row.mechanism == mechanism && $0.row.dataset == line.dataset
          }.compactMap { metric.mean(outcomes($0)) }
          cell.isBest = rivals.count > 1 && rivals.allSatisfy { metric.isAtLeastAsGood(own, $0) }
        }
        return cell
      }
      let starts = index > 0 && lines[index - 1].dataset != line.dataset
      rows.append(.init(leading + cells, startsSection: starts))
    }
    var column = metric.column
    table = ReportTable(
      title: "\(results.experiment.definition.title): \(test.task.definition.title), losses by mechanisms",
      caption: "\(metric.name.prefix(1).uppercased())\(metric.name.dropFirst()). \(test.rulesInWords).",
      columns: shown.headers.map { .init($0, kind: .text) }
        + mechanisms.map {
          column.header = $0
          column.group = nil
          return column
        },
      rows: rows,
      footnotes: Self.references(results, metric, protocolName) + [
        "Bold: the best of a column within its data. What can be told from it by a test is in the protocol's own table.",
        report.runsInWords,
      ])
  }

  /// What a row stands for.
  private struct Line: Hashable {
    let dataset, network, loss, sampler, recipe: String

    init(_ row: GridRow) {
      (dataset, network, loss, sampler, recipe) = (
        row.dataset, row.network, row.loss, row.sampler, row.recipe
      )
    }
  }

  private struct Place: Hashable {
    let line: Line
    let mechanism: String

    init(_ line: Line, _ mechanism: String) {
      self.line = line
      self.mechanism = mechanism
    }
  }

  private static func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
    var seen: Set<Value> = []
    return values.filter { seen.insert($0).inserted }
  }

  /// The features as stored, and the ceiling, of each dataset: they have no mechanism.
  private static func references(
    _ results: ExperimentResults, _ metric: TableMetric, _ protocolName: String
  ) -> [String] {
    results.experiment.datasets.compactMap { dataset in
      let parts = [(RunSpecification.Kind.untrained, "features as stored"), (.ceiling, "ceiling")].compactMap
      {
        kind, name -> String? in
        let row = results.rows.first { $0.row.kind == kind && $0.row.dataset == dataset.name }
        return metric.mean(row?.entries[protocolName]?.outcomes ?? []).map {
          "\(name) \(NumberText.percent($0, decimals: 2)) %"
        }
      }
      return parts.isEmpty ? nil : "\(dataset.name): \(parts.joined(separator: ", "))."
    }
  }
}
