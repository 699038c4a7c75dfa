import Evaluation
import Experiments
import FeatureStores
import Foundation
import Metrics

/// The ROC curves of one protocol on one dataset, a curve for each row of the grid that has a finished seed.
public struct ROCReport: Sendable {
  public let figure: ROCFigure
  public var series: [ROCSeries] { figure.series }

  /// Points of the grid in each decade of FAR.
  private static let pointsPerDecade = 60

  public init(_ report: ExperimentReport, protocolName: String, dataset: String) throws {
    guard let test = report.test(protocolName) else {
      throw HarnessError(.fault, found: "no protocol ‘\(protocolName)’ in the experiment")
    }
    try self.init(
      report, test, DrawnRows(report, test, dataset: dataset, isLimited: false), dataset: dataset)
  }

  /// Of the rows that are drawn. `summarisesErrors`: the summaries are rates of false rejects, as a DET curve shows them.
  init(
    _ report: ExperimentReport, _ test: BoundTest, _ drawn: DrawnRows, dataset: String,
    summarisesErrors: Bool = false
  ) throws {
    let results = report.results
    let definition = results.experiment.definition
    let protocolName = test.name
    let rows = drawn.rows
    // Of what streams only the head of the curve is known.
    let reach = rows.compactMap { $0.entries[protocolName]?.outcomes.first }.flatMap(\.resultCurves)
      .compactMap {
        if case .roc(_, let reach) = $0.content { reach } else { nil }
      }.min()
    let impostors = rows.flatMap { $0.entries[protocolName]?.outcomes ?? [] }.flatMap(\.curves).map(
      \.impostorCount
    ).min()
    let legendFAR = min(
      definition.legendFAR ?? Self.named(test.task.definition.targetRates, impostors: impostors ?? 0),
      reach ?? 1)
    let series = rows.compactMap { row -> ROCSeries? in
      guard let outcomes = row.entries[protocolName]?.outcomes, !outcomes.isEmpty else { return nil }
      return Self.series(
        Self.name(row.row, definition), Self.role(row.row.kind), outcomes, legendFAR: legendFAR,
        reach: reach ?? 1, summarisesErrors: summarisesErrors)
    }
    let seeds = definition.seeds.count
    let band = seeds > 1 ? "Bands: ± 1 SD over \(seeds) seeds. " : ""
    let average =
      definition.data.isFoldwise ? "Vertical averages of \(test.verification?.foldCount ?? 1) folds. " : ""
    let title =
      results.experiment.datasets.count > 1
      ? "\(test.task.definition.title), \(dataset)" : test.task.definition.title
    figure = ROCFigure(
      title: title,
      caption:
        "\(drawn.note.map { "\($0) " } ?? "")\(average)\(band)\((test.task.comparisonInWords ?? "").capitalisedFirst)",
      series: series, namedFAR: legendFAR, summaryStatistic: seeds > 1 ? "mean ± SD, \(seeds) seeds" : "",
      largestFAR: reach, styles: Self.styles(results), size: .singleColumn)
  }

  /// The smallest target that one false accept of `impostors` fits in; 10⁻² for protocols that name none such.
  private static func named(_ targets: [Double], impostors: Int) -> Double {
    targets.last { allowedFalseAccepts(targetFAR: $0, impostors: impostors) >= 1 } ?? 1e-2
  }

  static func role(_ kind: RunSpecification.Kind) -> ROCSeries.Role {
    switch kind {
    case .trained: .method
    case .untrained: .untrained
    case .ceiling: .ceiling
    }
  }

  /// One book for all figures of an experiment, so that a method looks the same in each.
  static func styles(_ results: ExperimentResults) -> StyleBook {
    StyleBook(
      of: results.rows.filter { $0.row.kind == .trained }.map { row in
        let row = row.row
        return StyleBook.Method(
          name: name(row, results.experiment.definition), loss: row.loss,
          variant: [row.mechanism, row.network, row.sampler, row.recipe].joined(separator: ", "))
      })
  }

  /// The row's name, with the network and mechanism only where rows differ in them.
  static func name(_ row: GridRow, _ definition: ExperimentDefinition) -> String {
    switch row.kind {
    case .untrained: return "untrained"
    case .ceiling: return "ceiling"
    case .trained:
      var parts = [row.loss]
      if definition.mechanisms.count > 1 { parts.append(row.mechanism) }
      if definition.networks.count > 1 { parts.append(row.network) }
      if definition.samplers.count > 1 { parts.append(row.sampler) }
      if definition.recipes.count > 1 { parts.append(row.recipe) }
      return parts.joined(separator: ", ")
    }
  }

  /// FARs from one false accept on: every whole number of false accepts, where the curve's steps lie, as long as they are
  /// farther apart than the points of the logarithmic grid; then that grid.
  static func grid(impostors: Int) -> [Double] {
    let count = Double(impostors)
    let finest = Int((1 / (pow(10, 1 / Double(pointsPerDecade)) - 1)).rounded(.up))
    // k/N as a decimal may fall short of k false accepts in N; a hair above it stands for it.
    let steps = (1...min(finest, impostors)).map { min(1, Double($0) / count * (1 + 1e-12)) }
    let decades = Int(log10(count).rounded(.up))
    return steps
      + ROCBand.logarithmicGrid(perDecade: pointsPerDecade, from: -decades).filter {
        $0 > (steps.last ?? 0) * (1 + 1e-9)
      }
  }

  /// The curve over seeds: within a seed the vertical average of its curves (folds), then mean and SD over seeds. `reach` is the largest FAR that
  /// the curves are exact to.
  static func series(
    _ name: String, _ role: ROCSeries.Role, _ outcomes: [ExperimentResults.Outcome], legendFAR: Double,
    reach: Double, summarisesErrors: Bool = false
  ) -> ROCSeries? {
    let impostors = outcomes.flatMap(\.curves).map(\.impostorCount).min() ?? 0
    guard impostors > 0 else { return nil }
    let grid = grid(impostors: impostors).filter { $0 <= reach }
    func averages(at grid: [Double]) -> [[Double]] {
      outcomes.compactMap { outcome in
        let band = ROCBand(outcome.curves, grid: grid)
        return band.points.count == grid.count ? band.points.map(\.tar.mean) : nil
      }
    }
    let perSeed = averages(at: grid)
    guard perSeed.count == outcomes.count else { return nil }
    let points = grid.indices.map { index -> ROCSeries.Point in
      let values = perSeed.map { $0[index] }
      let mean = values.reduce(0, +) / Double(values.count)
      guard let deviation = Spread(values)?.sampleSD else { return .init(far: grid[index], tar: mean) }
      return .init(
        far: grid[index], tar: mean, lower: min(mean, max(0, mean - deviation)),
        upper: max(mean, min(1, mean + deviation)))
    }
    let named = averages(at: [legendFAR]).compactMap(\.first)
    let summary = named.count == outcomes.count ? Spread(named) : nil
    let genuine = outcomes.flatMap(\.curves).map(\.genuineCount).min()
    return ROCSeries(
      name: name, role: role, points: points,
      summary: summary.map { spread in
        let mean = NumberText.percent(summarisesErrors ? 1 - spread.mean : spread.mean, decimals: 1)
        return spread.sampleSD.map { "\(mean) ± \(NumberText.percent($0, decimals: 1))" } ?? mean
      } ?? "not attainable", impostorCount: impostors, genuineCount: genuine)
  }
}
