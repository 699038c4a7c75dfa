import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train and evaluate the runs of an experiment that are missing.",
    discussion: """
      Finished runs are found by the hash of everything that decides their result and are never done again. Ctrl-C (or a termination signal) stops after \
      the present step with a checkpoint, and the next call goes on from there. A run that fails is recorded with its reason and \
      tried again by the next call. --only chooses runs by what they are, --retry-failed those that failed, and --dry-run only lists them. Exit status 1: some run failed; 130: interrupted.
      """)

  @OptionGroup var options: ExperimentOptions

  @Option(
    help: ArgumentHelp(
      """
      Only the runs whose loss, mechanism, network, dataset, sampler, training (as tables write it, such as ‘batch 64’), seed or fold (from 1) is this, such as \
      loss=arcface or seed=1; untrained and ceiling rows are loss=untrained and loss=ceiling; run=HASH is one run, by the beginning of its hash or its folder's name. May be \
      given several times: values of one key are alternatives, and different keys must all hold.
      """, valueName: "key=value"))
  var only: [String] = []

  @Option(help: "How many processors to use in all. The results do not depend on it.")
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  @Option(
    help: ArgumentHelp(
      """
      How much is told on standard error and in each run's log.txt: error (failed runs), warning, notice, info (progress, too), or debug (steps and \
      checkpoints, too).
      """, valueName: "level"))
  var logLevel = Verbosity.info

  @Flag(help: "Only the runs whose last attempt failed.")
  var retryFailed = false

  @Flag(help: "Make nothing: list the runs with identity, state and estimated cost.")
  var dryRun = false

  func validate() throws {
    guard threads >= 1 else { throw ValidationError("--threads must be at least 1.") }
  }

  func run() async throws {
    let selection = try RunSelection(only)
    if dryRun {
      let experiment = try options.bind(because: ExperimentOptions.identitiesNeedData)
      _ = try selection.runs(of: experiment)
      warn(experiment.warnings)
      let plan = try ExperimentPlan(experiment, results: options.results, selection: selection)
      let text = PlanText(plan, jobs: options.jobs, failedOnly: retryFailed) {
        1e9 * Throughput.products(workers: Workers(threads), seconds: 0.3)
      }
      print(text.text)
      return
    }
    warn(BLASCore.current.warning.map { [$0] } ?? [])
    let experiment = try options.bind()
    warn(experiment.warnings)
    var runs = try selection.runs(of: experiment)
    if retryFailed {
      let status = ExperimentStatus(experiment, results: options.results)
      runs = try runs.filter { if case .failed = try status.state(of: $0) { true } else { false } }
    }
    let interruption = Interruption()
    let listener = interruption.listen()
    let display = ProgressDisplay(verbosity: logLevel)
    let runner = ExperimentRunner(
      experiment, runs: runs, results: options.results, jobs: options.jobs, threads: threads,
      interruption: interruption, verbosity: logLevel
    ) { display.show($0) }
    let result: Result<ExperimentRunner.Outcome, any Error>
    do { result = .success(try await runner.run()) } catch { result = .failure(error) }
    display.finish()
    withExtendedLifetime(listener) {}
    let outcome = try result.get()
    let reasons = experiment.grid.rows.filter(selection.mayContain).compactMap(\.unsupportedReason)
    var parts = ["\(CountedNoun(runs.count, "run"))", "\(outcome.finished) made now"]
    if outcome.failed > 0 { parts.append("\(outcome.failed) failed") }
    if outcome.heldElsewhere > 0 { parts.append("\(outcome.heldElsewhere) held by another process") }
    if !reasons.isEmpty {
      parts.append("\(CountedNoun(reasons.count, "row")) unsupported (likeness status lists them)")
    }
    print("\(experiment.definition.name): \(parts.joined(separator: ", "))")
    for (index, reason) in reasons.enumerated() where !reasons[..<index].contains(reason) {
      print("unsupported: \(reason)")
    }
    if outcome.interrupted {
      print("interrupted; the same command goes on")
      throw ExitCode(130)
    }
    if outcome.failed > 0 { throw ExitCode(1) }
  }

  private func warn(_ warnings: [String]) {
    for warning in warnings {
      FileHandle.standardError.write(Data("likeness: warning: \(warning)\n".utf8))
    }
  }
}

extension Verbosity: ExpressibleByArgument {}
