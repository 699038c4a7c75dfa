import Evaluation
import Experiments
import FeatureStores
import Foundation
import Metrics

/// Which curve to export.
public enum CurveKind: String, Sendable, CaseIterable {
  case roc
  /// False rejects against false accepts, both on normal-deviate axes.
  case det
  /// Training loss against steps.
  case loss
}

/// Any one curve, ready to be written in any format.
public enum CurveReport {
  /// The curves of an experiment's rows that have a finished run.
  ///
  /// The protocol may be left out where there is one, as may the dataset; an unknown one is an error that names those there are.
  public static func export(
    _ report: ExperimentReport, kind: CurveKind, protocolName: String?, dataset: String?,
    results folder: String
  ) throws -> CurveExport {
    let experiment = report.results.experiment
    let dataset = try choose(
      dataset, among: experiment.datasets.map(\.name), what: "dataset", option: "--dataset", experiment)
    if kind == .loss { return try loss(report, dataset: dataset, results: folder) }
    let name = try choose(
      protocolName, among: report.protocolNames, what: "protocol", option: "--protocol", experiment)
    let figure = try ROCReport(report, protocolName: name, dataset: dataset).figure
    guard !figure.series.isEmpty else { throw nothingFinished(experiment) }
    return try export(figure, kind: kind, provenance: report.provenance)
  }

  /// The curve of one set of features under a protocol.
  public static func export(_ task: VerificationTask, _ table: EmbeddingTable, kind: CurveKind) throws
    -> CurveExport
  {
    let result = try task.evaluate(table)
    let outcome = ExperimentResults.Outcome(seed: nil, result)
    let name = table.source.lastPathComponent
    let targets = task.settings.targetFARs.sorted()
    let named = targets.first { $0 * Double(result.roc.impostorCount) >= 1 } ?? 1
    guard let series = ROCReport.series(name, .method, [outcome], legendFAR: named) else {
      throw HarnessError(
        .badInput, file: table.source, found: "no impostor pairs in protocol \(task.definition.name)",
        expected: "at least one")
    }
    let figure = ROCFigure(
      title: task.definition.title,
      caption:
        "FAR rule \(task.settings.convention.farRule.rawValue), \(task.settings.convention.similarity.measure)",
      series: [series], namedFAR: named, styles: StyleBook(methods: [name]))
    let provenance = Provenance([
      .init("Software", "Likeness"),
      .init("Protocol", "\(task.definition.name) version \(task.definition.version)"),
      .init("Store", "\(name) \(table.digest ?? "")"),
    ])
    var export = try export(figure, kind: kind, provenance: provenance)
    if kind == .roc {
      // The picture shows the curve on a fine grid; the data are every distinct score, nothing thinned.
      export.columns = ["far", "tar", "threshold", "accepted_genuine", "accepted_impostor"]
      export.curves[0].points = result.roc.points.map { point in
        let threshold = result.header.naturalThreshold(point.threshold)
        return [
          result.roc.far(point), result.roc.tar(point), threshold.isFinite ? threshold : nil,
          Double(point.acceptedGenuine), Double(point.acceptedImpostor),
        ]
      }
    }
    return export
  }

  private static func export(_ figure: ROCFigure, kind: CurveKind, provenance: Provenance) throws
    -> CurveExport
  {
    guard kind == .det else { return CurveExport(figure, provenance: provenance) }
    return CurveExport(
      try detFigure(figure), columns: (x: "far", y: "frr"),
      counts: figure.series.map { series in
        (series.genuineCount.map { [CurveExport.Count("genuine", $0)] } ?? [])
          + [CurveExport.Count("impostors", series.impostorCount)]
      }, provenance: provenance)
  }

  /// The same curves as false rejects on normal-deviate axes; rates of 0 and 1, which such axes cannot show, are left out.
  private static func detFigure(_ figure: ROCFigure) throws -> LineFigure {
    let drawn = try figure.lineFigure()
    // Beyond even odds nobody sets a threshold; the interesting corner gets the room.
    let largestFAR = 0.5
    let series = zip(figure.series, drawn.series.map(\.style)).map { curve, style in
      let points = curve.points.filter { $0.far > 0 && $0.far <= largestFAR && $0.tar > 0 && $0.tar < 1 }
      return LineFigure.Series(
        name: curve.name, summary: curve.summary, points: points.map { PlotPoint($0.far, 1 - $0.tar) },
        band: points.compactMap { point in
          guard let lower = point.lower, let upper = point.upper, upper < 1, lower > 0 else { return nil }
          return .init(point.far, 1 - upper, 1 - lower)
        }, shape: .steps, style: style)
    }
    return LineFigure(
      title: figure.title, caption: figure.caption, notes: figure.notes,
      x: Axis("False accept rate, FAR", scale: .probit, numbers: .percent),
      y: Axis("False reject rate, FRR", scale: .probit, numbers: .percent),
      series: series, summaryHeader: drawn.summaryHeader, legend: figure.legend, size: figure.size)
  }

  /// Training loss against steps, a curve a row: the mean over seeds (and folds) with a band of one SD.
  private static func loss(_ report: ExperimentReport, dataset: String, results folder: String) throws
    -> CurveExport
  {
    let experiment = report.results.experiment
    var curves: [(name: String, histories: [[Double]])] = []
    for row in report.results.rows where row.row.dataset == dataset && row.row.kind == .trained {
      let histories = try row.runs.filter { $0.state == .finished }.map { run in
        try CanonicalJSON.decode(
          TrainingResult.self, from: RunFolder(results: folder, identity: run.run.identity).resultFile
        ).history.losses
      }
      if !histories.isEmpty { curves.append((ROCReport.name(row.row, experiment.definition), histories)) }
    }
    guard !curves.isEmpty else { throw nothingFinished(experiment) }
    let book = ROCReport.styles(report.results)
    let series = curves.map { curve in
      let spreads = (0..<(curve.histories.map(\.count).min() ?? 0)).compactMap { step in
        Spread(curve.histories.map { $0[step] })
      }
      return LineFigure.Series(
        name: curve.name, points: spreads.enumerated().map { PlotPoint(Double($0 + 1), $1.mean) },
        band: spreads.enumerated().compactMap { step, spread in
          spread.sampleSD.map { .init(Double(step + 1), spread.mean - $0, spread.mean + $0) }
        }, style: book.style(of: curve.name))
    }
    let values = series.flatMap(\.points).map(\.y)
    let figure = LineFigure(
      title: experiment.definition.title,
      caption:
        "Loss of each step's batch, mean and ± 1 SD over \(curves.map(\.histories.count).max() ?? 1) runs; "
        + "losses of different methods have different scales",
      x: Axis("Step", scale: .linear, range: 0...Double(experiment.definition.training.steps)),
      y: Axis("Training loss", scale: .linear, range: min(0, values.min() ?? 0)...(values.max() ?? 1)),
      series: series)
    return CurveExport(figure, columns: (x: "step", y: "loss"), provenance: report.provenance)
  }

  private static func choose(
    _ name: String?, among names: [String], what: String, option: String, _ experiment: BoundExperiment
  ) throws -> String {
    if let name {
      guard names.contains(name) else {
        throw HarnessError(
          .usage, file: experiment.definition.file, found: "no \(what) ‘\(name)’",
          expected: "one of \(names.joined(separator: ", "))",
          advice: NearestName.suggestion(for: name, among: names).map { "Did you mean ‘\($0)’?" })
      }
      return name
    }
    guard names.count == 1, let only = names.first else {
      throw HarnessError(
        .usage, file: experiment.definition.file, found: "\(names.count) \(what)s and none named",
        expected: "one of \(names.joined(separator: ", "))", advice: "Name it with \(option).")
    }
    return only
  }

  private static func nothingFinished(_ experiment: BoundExperiment) -> HarnessError {
    HarnessError(
      .missingInput, file: experiment.definition.file, found: "no finished run", expected: "at least one",
      advice: "Run likeness run \(experiment.definition.file) first.")
  }
}
