import Evaluation
import Experiments
import FeatureStores
import Foundation
import Metrics

/// The curves of one protocol on one dataset, a curve (or a panel) for each row of the grid that has a finished seed.
///
/// Within a seed curves of folds, splits or galleries are averaged at each abscissa, never pooled; then come mean and sample SD over seeds.
struct ExperimentCurves {
  let report: ExperimentReport
  let test: BoundTest
  let dataset: String
  /// The rows with something finished.
  private let rows: [(name: String, role: ROCSeries.Role, outcomes: [ExperimentResults.Outcome])]
  private let drawn: DrawnRows

  /// `isLimited`: of very many rows only the best (`DrawnRows`).
  init(_ report: ExperimentReport, protocolName: String, dataset: String, isLimited: Bool = false) throws {
    guard let test = report.test(protocolName) else {
      throw HarnessError(.fault, found: "no protocol ‘\(protocolName)’ in the experiment")
    }
    self.report = report
    self.test = test
    self.dataset = dataset
    let results = report.results
    let drawn = DrawnRows(report, test, dataset: dataset, isLimited: isLimited)
    self.drawn = drawn
    rows = drawn.rows.map { row in
      (
        ROCReport.name(row.row, results.experiment.definition), ROCReport.role(row.row.kind),
        row.entries[protocolName]?.outcomes ?? []
      )
    }
  }

  /// What there is to draw, first what such results are usually shown by; empty while nothing is finished.
  var kinds: [CurveKind] { rows.first.map { CurveKind.kinds(of: $0.outcomes[0].resultCurves) } ?? [] }

  /// The curves of a kind, ready to be written in any format. The protocol's results have it.
  func export(_ kind: CurveKind) throws -> CurveExport {
    if kind == .histogram { return histogram }
    let roc = try ROCReport(
      report, test, drawn, dataset: dataset, summarisesErrors: kind == .det
    ).figure
    if kind == .roc { return CurveExport(roc, provenance: report.provenance) }
    let figure = kind == .det ? det(roc) : rates(kind)
    let columns: [CurveKind: [String]] = [
      .det: ["far", "frr"], .cmc: ["rank", "identification_rate"], .iddet: ["fpir", "fnir"],
      .distractors: ["distractors", "rank_1_rate"],
    ]
    let hasBand = figure.series.contains { $0.points.contains { $0.lower != nil } }
    return CurveExport(
      title: figure.title, caption: figure.caption,
      columns: (columns[kind] ?? ["x", "y"]) + (hasBand ? ["lower", "upper"] : []),
      curves: figure.series.map { $0.exported(hasBand: hasBand) }, provenance: report.provenance,
      figure: figure.lineFigure())
  }

  // MARK: Words

  private var title: String {
    let title = test.task.definition.title
    return report.results.experiment.datasets.count > 1 ? "\(title), \(dataset)" : title
  }

  private var seeds: Int { report.results.experiment.definition.seeds.count }

  private func caption(_ parts: String?, _ rest: [String]) -> String {
    let most = rows.flatMap(\.outcomes).map { $0.resultCurves.count { $0.kind == .iddet || $0.kind == .cmc } }
    let several = (most.max() ?? 0) > 1
    let words = [
      drawn.note ?? "", several ? parts.map { "Means over \($0)." } ?? "" : "",
      seeds > 1 ? "Bands: ± 1 SD over \(seeds) seeds." : "",
    ]
    let rules = test.task.comparisonInWords.map { [$0] } ?? []
    return (words.filter { !$0.isEmpty } + [(rest + rules).joined(separator: ", ").capitalisedFirst]).joined(
      separator: " ")
  }

  private func header(_ what: String) -> String {
    seeds > 1 ? "\(what)\nmean ± SD, \(seeds) seeds" : what
  }

  // MARK: Rates

  private func det(_ roc: ROCFigure) -> RateFigure {
    RateFigure(
      kind: .det, title: roc.title, caption: roc.caption,
      series: roc.series.map { series in
        CurveSeries(
          name: series.name, role: series.role, summary: series.summary,
          points: series.points.map { point in
            .init(
              x: point.far, y: 1 - point.tar, lower: point.upper.map { 1 - $0 },
              upper: point.lower.map { 1 - $0 })
          },
          counts: (series.genuineCount.map { [CurveExport.Count("genuine", $0)] } ?? [])
            + [CurveExport.Count("impostors", series.impostorCount)], comparisons: series.impostorCount)
      }, named: roc.namedFAR,
      summaryHeader: roc.namedFAR.map { header("FRR\u{00A0}(%) at FAR = \(NumberText.scientific($0))") }
        ?? "",
      comparisons: roc.series.map(\.impostorCount).max() ?? 0, reach: roc.largestFAR, styles: roc.styles)
  }

  private func rates(_ kind: CurveKind) -> RateFigure {
    let named = kind == .iddet ? namedFPIR : nil
    let series = rows.compactMap { row in
      kind == .iddet ? iddet(row, named: named) : ranks(kind, row)
    }
    let what =
      switch kind {
      case .iddet: named.map { "FNIR\u{00A0}(%) at FPIR = \(NumberText.scientific($0))" } ?? ""
      case .cmc: "Rank-1 rate\u{00A0}(%)"
      default:
        "Rank-1 rate\u{00A0}(%) among \(NumberText.grouped(Int(series.flatMap(\.points).map(\.x).max() ?? 0)))"
      }
    let among =
      kind == .cmc
      ? rows.first?.outcomes[0].resultCurves.first { $0.kind == .cmc && $0.of.hasSuffix("distractors") }?.of
      : nil
    return RateFigure(
      kind: kind, title: title, caption: caption("galleries", among.map { ["among \($0)"] } ?? []),
      series: series,
      named: named, summaryHeader: what.isEmpty ? "" : header(what),
      comparisons: kind == .iddet ? openSet.map(\.impostorCount).max() ?? 0 : 0,
      styles: ROCReport.styles(report.results))
  }

  private var openSet: [ROCCurve] {
    rows.flatMap(\.outcomes).flatMap(\.resultCurves).compactMap {
      if case .iddet(let curve) = $0.content { curve } else { nil }
    }
  }

  /// The smallest target FPIR that all galleries can support.
  private var namedFPIR: Double? {
    let least = openSet.map(\.impostorCount).min() ?? 0
    return (test.task as? IdentificationTask)?.settings.targetFPIRs.last {
      allowedFalseAccepts(targetFAR: $0, impostors: least) >= 1
    }
  }

  /// Rates at ranks, or at numbers of distractors.
  private func ranks(
    _ kind: CurveKind, _ row: (name: String, role: ROCSeries.Role, outcomes: [ExperimentResults.Outcome])
  ) -> CurveSeries? {
    var searches: [Int] = []
    /// For each seed the rates of each part at each abscissa.
    let seeds = row.outcomes.map { outcome in
      outcome.resultCurves.compactMap { curve -> [(x: Int, rate: Double?)]? in
        switch curve.content {
        case .cmc(let match) where kind == .cmc:
          searches.append(match.searches)
          return match.hits.indices.map { ($0 + 1, match.rate(rank: $0 + 1)) }
        case .distractors(let rates) where kind == .distractors:
          searches.append(rates.first?.searches ?? 0)
          return rates.map { ($0.distractors, $0.rate) }
        default: return nil
        }
      }
    }
    let length = seeds.joined().map(\.count).min() ?? 0
    guard length > 0, let abscissae = seeds.first?.first?.prefix(length).map(\.x) else { return nil }
    let means = seeds.map { parts in
      (0..<length).map { place -> Double? in
        let values = parts.compactMap { $0[place].rate }
        return values.count == parts.count ? Spread(values)?.mean : nil
      }
    }
    let points = abscissae.indices.compactMap { place in
      Self.point(Double(abscissae[place]), means.map { $0[place] })
    }
    return CurveSeries(
      name: row.name, role: row.role,
      summary: CurveSeries.summary(means.map { kind == .cmc ? $0[0] : $0[length - 1] }), points: points,
      counts: searches.min().map { [CurveExport.Count("searches", $0)] } ?? [])
  }

  private func iddet(
    _ row: (name: String, role: ROCSeries.Role, outcomes: [ExperimentResults.Outcome]), named: Double?
  ) -> CurveSeries? {
    let seeds = row.outcomes.map { outcome in
      outcome.resultCurves.compactMap { curve in
        if case .iddet(let curve) = curve.content { curve } else { nil }
      }
    }
    let nonMated = seeds.joined().map(\.impostorCount).min() ?? 0
    guard nonMated > 0 else { return nil }
    func missed(at grid: [Double]) -> [[Double?]] {
      seeds.map { curves in
        let band = ROCBand(curves, grid: grid)
        return band.points.count == grid.count ? band.points.map { 1 - $0.tar.mean } : grid.map { _ in nil }
      }
    }
    // At an FPIR of 1 the lowest threshold would accept what no threshold finds.
    let grid = ROCReport.grid(impostors: nonMated).filter { $0 < 1 }
    let rates = missed(at: grid)
    return CurveSeries(
      name: row.name, role: row.role,
      summary: named.map { CurveSeries.summary(missed(at: [$0]).map { $0[0] }) ?? "not attainable" },
      points: grid.indices.compactMap { place in Self.point(grid[place], rates.map { $0[place] }) },
      counts: [
        .init("mated", seeds.joined().map(\.genuineCount).min() ?? 0), .init("non_mated", nonMated),
      ], comparisons: nonMated)
  }

  /// Mean and one SD of the rates of all seeds; nil where one is missing.
  private static func point(_ x: Double, _ values: [Double?]) -> CurveSeries.Point? {
    let known = values.compactMap(\.self)
    guard known.count == values.count, let spread = Spread(known) else { return nil }
    return .init(
      x: x, y: spread.mean, lower: spread.sampleSD.map { max(0, spread.mean - $0) },
      upper: spread.sampleSD.map { min(1, max(spread.mean, spread.mean + $0)) })
  }

  // MARK: Scores

  private var histogram: CurveExport {
    let panels = rows.map { row in
      HistogramFigure.Panel(
        name: row.name,
        parts: row.outcomes.flatMap(\.resultCurves).compactMap { curve in
          if case .histogram(let scores) = curve.content { scores } else { nil }
        })
    }
    let similarity = rows.first?.outcomes[0].resultCurves.first?.similarity ?? .cosine
    let isCeiling = rows.contains { $0.role == .ceiling }
    let figure = HistogramFigure(
      title: title,
      caption: [
        drawn.note ?? "", seeds > 1 ? "Densities averaged over \(seeds) seeds." : "",
        isCeiling ? "The ceiling's scores are log likelihood ratios, not shown." : "",
        test.task is IdentificationTask ? "Mates' scores; best scores of non-mated searches." : "",
      ].filter { !$0.isEmpty }.joined(separator: " "),
      panels: zip(panels, rows).filter { $0.1.role != .ceiling }.map { $0.0 }, similarity: similarity)
    let data = figure.exported()
    return CurveExport(
      title: figure.title, caption: figure.caption, columns: data.columns, curves: data.curves,
      provenance: report.provenance, figure: figure)
  }
}
