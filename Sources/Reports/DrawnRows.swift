import Experiments
import FeatureStores
import Metrics

/// The rows that the figures of one protocol on one dataset show: those with something finished.
///
/// Of more trained rows than a reader can tell apart only the best by the mean of the protocol's most telling number are drawn, ties in the grid's order,
/// and a note says so. Tables and exported curves have all.
struct DrawnRows {
  /// With more trained rows than these a figure shows `few` of them.
  static let most = 32
  static let few = 16

  /// In the grid's order.
  let rows: [ExperimentResults.Row]
  /// What is left out; nil where nothing is.
  let note: String?

  init(_ report: ExperimentReport, _ test: BoundTest, dataset: String, isLimited: Bool) {
    func outcomes(_ row: ExperimentResults.Row) -> [ExperimentResults.Outcome] {
      row.entries[test.name]?.outcomes ?? []
    }
    let finished = report.results.rows.filter { $0.row.dataset == dataset && !outcomes($0).isEmpty }
    let trained = finished.filter { $0.row.kind == .trained }
    guard isLimited, trained.count > Self.most, let metric = TableMetric.all(of: test).first else {
      rows = finished
      note = nil
      return
    }
    let ranked = trained.enumerated().sorted { one, other in
      guard let a = metric.mean(outcomes(one.element)) else { return false }
      guard let b = metric.mean(outcomes(other.element)) else { return true }
      return a == b ? one.offset < other.offset : metric.isAtLeastAsGood(a, b)
    }
    let best = Set(ranked.prefix(Self.few).map(\.element.row))
    rows = finished.filter { $0.row.kind != .trained || best.contains($0.row) }
    note = "The \(Self.few) best of \(trained.count) trained rows by \(metric.name)."
  }
}
