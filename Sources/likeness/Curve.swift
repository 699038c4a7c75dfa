import ArgumentParser
import Evaluation
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra
import Reports

struct Curve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Export a curve of an experiment, or of a store, as CSV, JSON, PNG, SVG or PDF.",
    discussion: """
      The source is an experiment's YAML file (a curve for each row that has a finished run; nothing is trained) or a feature store \
      (a curve for each split, gallery, number of distractors or group; with --lists). The ending of the output file chooses the format.

        likeness curve experiments/quick.yaml --protocol synthetic-lfw --output roc.svg
        likeness curve experiments/quick.yaml --kind loss --output loss.png
        likeness curve store.h5 --protocol ijbc-1n --lists DIR --kind cmc --output cmc.csv
      """)

  @Argument(help: "An experiment's YAML file, or a store: FILE.h5 or FILE.h5#GROUP.")
  var source: String

  @Option(
    help:
      """
      What to draw: roc, det (false rejects against false accepts on normal-deviate axes), cmc (identification rate against rank), iddet (FNIR against FPIR), \
      distractors (rank-1 rate against their number), histogram (genuine and impostor scores), or loss (training loss against steps). Without it, what the \
      protocol's kind is usually shown by.
      """
  )
  var kind: CurveKind?

  @Option(
    name: .customLong("protocol"),
    help: "The protocol: a name or a YAML file. An experiment with one protocol needs none.")
  var protocolName: String?

  @Option(help: "For a store: the folder of the protocol's lists.")
  var lists: String?

  @Option(help: "For an experiment on several stores: which of them.")
  var dataset: String?

  @Option(help: "The file to write: its ending (.csv, .json, .png, .svg, .pdf) is the format.")
  var output: String

  @Option(help: "The folder of runs and worlds.")
  var results: String = "results"

  @Option(help: "The folder of real stores and lists, for experiments that need them.")
  var data: String?

  @OptionGroup var overrides: OverrideOptions

  @Option(help: "Dots an inch of a PNG.")
  var resolution: Int = 300

  func validate() throws {
    guard CurveExport.Format(rawValue: ending) != nil else {
      throw ValidationError("--output must end in .csv, .json, .png, .svg or .pdf; ‘\(output)’ does not.")
    }
    guard (36...2400).contains(resolution) else {
      throw ValidationError("--resolution must be from 36 to 2400.")
    }
    if !isExperiment && kind == .loss { throw ValidationError("--kind loss needs an experiment.") }
    if !isExperiment && !overrides.settings.isEmpty { throw ValidationError("--set needs an experiment.") }
    if !isExperiment && (lists == nil || protocolName == nil) {
      throw ValidationError("A store needs --protocol and --lists.")
    }
  }

  private var ending: String { (output as NSString).pathExtension.lowercased() }
  private var isExperiment: Bool { source.hasSuffix(".yaml") || source.hasSuffix(".yml") }

  func run() throws {
    guard let format = CurveExport.Format(rawValue: ending) else {
      throw HarnessError(.usage, found: "the output ‘\(output)’")
    }
    try export().write(to: output, as: format, resolution: resolution)
    print(output)
  }

  private func export() throws -> CurveExport {
    guard isExperiment else {
      let embeddings = try StoreEmbeddings(FeatureStore(watching: StoreLocation(source)))
      let task = try ProtocolDefinition.located(protocolName ?? "").task(
        lists: lists ?? "", names: embeddings.names, source: embeddings.source)
      let workers = Workers(max(1, ProcessInfo.processInfo.activeProcessorCount))
      let result = try task.watchedEvaluation(of: embeddings, workers: workers)
      return try CurveReport.export(result, of: task, embeddings, kind: kind)
    }
    let experiment = try BoundExperiment(
      overrides.definition(of: source), data: data, results: results, generatesWorlds: false)
    let report = try ExperimentReport(try ExperimentResults(experiment, results: results, intervals: false))
    return try CurveReport.export(
      report, kind: kind, protocolName: protocolName, dataset: dataset, results: results)
  }
}

extension CurveKind: ExpressibleByArgument {}
