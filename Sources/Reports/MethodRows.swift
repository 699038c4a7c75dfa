import Experiments
import Metrics

/// The rows of a grid with numbers of its protocols, for a table: means over seeds, the best of each column within its data, what cannot be told from
/// it, and what publications state of the methods.
struct MethodRows {
  /// A column of numbers.
  struct Number {
    var test: BoundTest
    var metric: TableMetric
    var column: ReportTable.Column
  }

  let columns: [ReportTable.Column]
  let rows: [ReportTable.Row]
  let comparisons: TableComparisons

  init(_ results: ExperimentResults, _ numbers: [Number], hasPublished: Bool) {
    let experiment = results.experiment
    let published = hasPublished ? experiment.definition.published : []
    let shown = RowColumns(experiment)
    let comparisons = TableComparisons(results, numbers.map { ($0.test, $0.metric) })
    columns =
      shown.headers.map { .init($0, kind: .text) } + numbers.map(\.column)
      + published.flatMap { figures in
        figures.columns.map { .init($0, group: "Published, \(figures.label)", kind: .number(decimals: 2)) }
      }
    var rows: [ReportTable.Row] = []
    var previous: String?
    for group in Self.condensed(results.rows) {
      let row = group[0]
      // What is best is said within a dataset, among what can be used: not of the oracle.
      let rivals = results.rows.filter { $0.row.dataset == row.row.dataset && $0.row.kind != .ceiling }
      let cells = numbers.map { number -> TableCell in
        let (name, metric) = (number.test.name, number.metric)
        var cell = metric.cell(row.outcomes(name), gap: Self.gap(group), kind: row.row.kind)
        if row.row.kind != .ceiling, let own = metric.mean(row.outcomes(name)) {
          let means = rivals.compactMap { metric.mean($0.outcomes(name)) }
          // Equal to what is printed: two cells that read the same are both best.
          cell.isBest = means.count > 1 && means.allSatisfy { metric.isAtLeastAsGood(own, $0) }
          if let place = results.rows.firstIndex(where: { $0.row == row.row }) {
            cell.comparison = comparisons.comparison(
              row: place, dataset: row.row.dataset, test: name, metric: metric)
          }
          if case .notTold = cell.comparison { cell.marks.append(TableComparisons.mark) }
        }
        return cell
      }
      let starts = previous != nil && previous != row.row.dataset
      rows.append(
        .init(
          shown.cells(row.row, of: group.count) + cells
            + Self.published(published, group.count == 1 ? row.row.method : nil),
          startsSection: starts
        ))
      previous = row.row.dataset
    }
    self.rows = rows
    self.comparisons = comparisons
  }

  /// The rows, with those that cannot be trained for one reason taken together where they are many: a grid of all losses by
  /// all mechanisms has more of them than results.
  private static func condensed(_ rows: [ExperimentResults.Row]) -> [[ExperimentResults.Row]] {
    let fewest = 4
    func common(_ row: GridRow) -> [String]? {
      row.unsupportedReason.map { [row.dataset, row.mechanism, row.network, row.sampler, row.recipe, $0] }
    }
    let groups = Dictionary(grouping: rows.filter { common($0.row) != nil }) { common($0.row) }
    return rows.compactMap { row in
      guard let group = groups[common(row.row)], group.count >= fewest else { return [row] }
      return group[0].row == row.row ? group : nil
    }
  }

  /// Why a group of rows has no numbers; which they are, where they are several.
  private static func gap(_ group: [ExperimentResults.Row]) -> String? {
    guard group.count > 1, let gap = group[0].gap else { return group[0].gap }
    return "\(gap) (\(group.map(\.row.loss).joined(separator: ", ")))"
  }

  /// What publications state for a row's method; empty where they state nothing.
  private static func published(_ figures: [PublishedFigures], _ method: GridRow.Method?) -> [TableCell] {
    figures.flatMap { figures -> [TableCell] in
      let values = method.flatMap { figures.values(loss: $0.loss, mechanism: $0.mechanism) }
      return (values ?? figures.columns.map { _ in nil }).map { $0.map { .estimate($0) } ?? .text("") }
    }
  }
}
