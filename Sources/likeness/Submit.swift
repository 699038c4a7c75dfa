import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// `likeness submit EXPERIMENT --slurm`: the runs that are missing, as jobs of a cluster.
struct Submit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Submit the runs of an experiment that are missing to a cluster.",
    discussion: """
      Writes a batch script into the folder slurm of the results folder and submits it with sbatch: a job array, one task a run. Program, experiment and results must lie in \
      folders that all nodes share. Runs that are finished or at work are left out, and those that failed unless --retry-failed is given. A world that is missing is generated \
      first, also by --dry-run, which writes nothing else. A task whose time is up queues itself again. likeness status shows how far the runs are. Exit status 69: no sbatch, or it refused.
      """)

  @OptionGroup var source: ExperimentSource

  @OptionGroup var cluster: SlurmOptions

  @Option(help: "How many runs a task makes.")
  var runsPerTask = 1

  @Option(
    help: ArgumentHelp("Only the runs of this loss, seed or other key, as for run.", valueName: "key=value"))
  var only: [String] = []

  @Flag(help: "Also the runs whose last attempt failed.")
  var retryFailed = false

  func validate() throws {
    guard cluster.slurm else { throw ValidationError("Say where to submit: --slurm.") }
    guard runsPerTask >= 1 else { throw ValidationError("--runs-per-task must be at least 1.") }
  }

  func run() throws {
    let workers = Workers(max(1, ProcessInfo.processInfo.activeProcessorCount))
    let experiment = try source.bind(workers: workers, because: ExperimentOptions.identitiesNeedData)
    let status = ExperimentStatus(experiment, results: source.results)
    var runs: [RunIdentity] = []
    var counts: [String: Int] = [:]
    for run in try RunSelection(only).runs(of: experiment) {
      let state = try status.state(of: run)
      switch state {
      case .pending: runs.append(run.identity)
      case .failed where retryFailed: runs.append(run.identity)
      default: counts[state.word, default: 0] += 1
      }
    }
    let name = experiment.definition.name
    let leftOut = ["finished", "running", "failed"].compactMap { word in counts[word].map { "\($0) \(word)" }
    }
    guard !runs.isEmpty else {
      print("\(name): nothing to submit: \(leftOut.joined(separator: ", "))\(retryAdvice(counts))")
      return
    }
    let array = try SlurmArray(
      name: name, runs: runs, runsPerTask: runsPerTask, command: try command(),
      folder: FileManager.default.currentDirectoryPath, results: source.results,
      resources: cluster.resources)
    if cluster.dryRun {
      print(array.script, terminator: "")
      return
    }
    let client = try SlurmQueue.client(instead: "\(experiment.runCommand) makes the runs here")
    let script = try array.write()
    let job = try SlurmQueue.submit(script, by: client)
    let rest = leftOut.isEmpty ? "" : "; left out: \(leftOut.joined(separator: ", "))"
    print(
      "\(name): \(CountedNoun(runs.count, "run")) in \(CountedNoun(array.tasks.count, "task")) \(runs.count == 1 ? "is" : "are") job \(job)\(rest)\(retryAdvice(counts))"
    )
    print("squeue --job \(job) shows its tasks, scancel \(job) ends them; their output is in \(array.path)")
  }

  private func retryAdvice(_ counts: [String: Int]) -> String {
    counts["failed"] == nil ? "" : " (--retry-failed submits what failed)"
  }

  /// The call that makes runs of the experiment on whatever machine.
  private func command() throws -> [String] {
    var command = [try Self.program, "run", source.experiment, "--results", source.results]
    if let data = source.data { command += ["--data", data] }
    for setting in source.overrides.settings { command += ["--set", setting] }
    return command
  }

  /// Where the program lies, for calls of it on other machines.
  static var program: String {
    get throws {
      guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath().path else {
        throw HarnessError(.fault, found: "a program that does not know where it lies")
      }
      return program
    }
  }
}
