import Experiments
import FeatureStores
import Foundation
import Metrics

/// Any one curve, ready to be written in any format.
public enum CurveReport {
  /// The curves of an experiment's rows that have a finished run.
  ///
  /// The protocol may be left out where there is one, as may the dataset; an unknown one is an error that names those there are. Without `kind`
  /// those that the protocol's results are usually shown by; a kind that they do not have is an error, too.
  public static func export(
    _ report: ExperimentReport, kind: CurveKind?, protocolName: String?, dataset: String?,
    results folder: String
  ) throws -> CurveExport {
    let experiment = report.results.experiment
    let dataset = try choose(
      dataset, among: experiment.datasets.map(\.name), what: "dataset", option: "--dataset", experiment)
    let trained = report.results.rows.filter { $0.row.dataset == dataset && $0.row.kind == .trained }
    // Reference rows alone would pass for the experiment's result.
    guard trained.isEmpty || trained.contains(where: { $0.runs.contains { $0.state == .finished } }) else {
      throw nothingFinished(experiment)
    }
    if kind == .loss { return try loss(report, dataset: dataset, results: folder) }
    let name = try choose(
      protocolName, among: report.protocolNames, what: "protocol", option: "--protocol", experiment)
    let curves = try ExperimentCurves(report, protocolName: name, dataset: dataset)
    let kinds = curves.kinds
    guard let first = kinds.first else { throw nothingFinished(experiment) }
    guard kinds.contains(kind ?? first) else {
      throw HarnessError(
        .usage, file: experiment.definition.file,
        found: "the curve ‘\(kind?.rawValue ?? "")’ for protocol \(name)",
        expected: "one of \((kinds + [.loss]).map(\.rawValue).joined(separator: ", "))")
    }
    return try curves.export(kind ?? first)
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
    let runs = curves.map(\.histories.count).max() ?? 1
    let figure = LineFigure(
      title: experiment.definition.title,
      caption:
        "Loss of each step's batch\(runs > 1 ? ", mean and ± 1 SD over \(runs) runs" : ""); "
        + "losses of different methods have different scales",
      x: Axis(
        "Step", scale: .linear, range: 0...Double(experiment.definition.recipes.map(\.steps).max() ?? 1)),
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
      .missingInput, file: experiment.definition.file, found: "no finished training",
      expected: "at least one",
      advice: "Run \(experiment.runCommand) first.")
  }
}
