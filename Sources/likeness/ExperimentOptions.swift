import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// Which experiment, on which data, with which results.
struct ExperimentSource: ParsableArguments {
  @Argument(help: ArgumentHelp("The experiment's YAML file.", valueName: "experiment.yaml"))
  var experiment: String

  @Option(help: "The folder of runs, worlds and tables.")
  var results: String = "results"

  @Option(help: "The folder of real stores and lists, for experiments that need them.")
  var data: String?

  @OptionGroup var overrides: OverrideOptions

  /// The experiment as its file and the command line say.
  func definition() throws -> ExperimentDefinition { try overrides.definition(of: experiment) }

  /// The experiment with its data. What takes time is told on standard error, with the reason for it where there is one to tell.
  func bind(workers: Workers, generatesWorlds: Bool = true, because reason: String? = nil) throws
    -> BoundExperiment
  {
    let definition = try definition()
    return try RowProgress(of: "images").during { progress in
      try BoundExperiment(
        definition, data: data, results: results, workers: workers, generatesWorlds: generatesWorlds,
        note: { note in
          progress.finish()
          FileHandle.standardError.write(Data((note + (reason.map { ": \($0)" } ?? "") + "\n").utf8))
        },
        progress: { images, total in
          progress.expect(total)
          progress.show(images)
        })
    }
  }
}

/// The options that most commands on experiments share.
struct ExperimentOptions: ParsableArguments {
  @OptionGroup var source: ExperimentSource

  @Option(help: "How many runs to work on at a time. The results do not depend on it.")
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  var experiment: String { source.experiment }
  var results: String { source.results }
  var data: String? { source.data }
  var overrides: OverrideOptions { source.overrides }

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs must be at least 1.") }
  }

  /// The experiment as its file and the command line say.
  func definition() throws -> ExperimentDefinition { try source.definition() }

  /// The experiment with its data.
  func bind(generatesWorlds: Bool = true, because reason: String? = nil) throws -> BoundExperiment {
    try source.bind(workers: Workers(jobs), generatesWorlds: generatesWorlds, because: reason)
  }

  /// Why a command that only looks must have the data.
  static let identitiesNeedData = "the identity of a run covers the content of its data"
}

/// What the command line sets in an experiment, for all commands that read one.
struct OverrideOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      """
      Set a value of the experiment, such as training.steps=200, losses.0.scale=32, 'losses=[arcface]' or 'training.batch=[64, 128]'. Lists are counted from 0; \
      nothing after = takes a key away. May be given several times.
      """, valueName: "path=value"))
  var settings: [String] = []

  /// The definition in the YAML file at `path`, with what is set.
  func definition(of path: String) throws -> ExperimentDefinition {
    try ExperimentDefinition(file: path, overrides: settings.map { try ConfigurationOverride($0) })
  }
}
