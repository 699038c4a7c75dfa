import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// The options that all commands on experiments share.
struct ExperimentOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The experiment's YAML file.", valueName: "experiment.yaml"))
  var experiment: String

  @Option(help: "The folder of runs, worlds and tables.")
  var results: String = "results"

  @Option(help: "The folder of real stores and lists, for experiments that need them.")
  var data: String?

  @Option(help: "How many runs to work on at a time. The results do not depend on it.")
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs must be at least 1.") }
  }

  /// The experiment with its data. What takes time is told on standard error.
  func bind() throws -> BoundExperiment {
    try BoundExperiment(
      ExperimentDefinition(file: experiment), data: data, results: results, workers: Workers(jobs)
    ) { note in
      FileHandle.standardError.write(Data((note + "\n").utf8))
    }
  }
}
