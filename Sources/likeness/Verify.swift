import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// `likeness verify EXPERIMENT`: whether finished runs come out the same again.
struct Verify: AsyncParsableCommand {
  /// Some file differs, or a run failed that had not.
  static let differs = ExitCode(2)

  static let configuration = CommandConfiguration(
    abstract: "Make a sample of finished runs again and compare every file byte by byte.",
    discussion: """
      The runs are made in a temporary folder; the stored ones are only read. Compared are specification, network, training, evaluations and diagnostics, but not \
      environments and event logs. Runs of another BLAS core may differ in last bits, which is said. Exit status 2: something differs; 130: interrupted.
      """)

  @OptionGroup var options: ExperimentOptions

  @Option(help: "How many runs, drawn at random; all where fewer are finished.")
  var sample: Int = 3

  @Option(help: "The seed of the draw.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Draw among the runs of this loss, seed or other key only, as for run.", valueName: "key=value"))
  var only: [String] = []

  func validate() throws {
    guard sample >= 1 else { throw ValidationError("--sample must be at least 1.") }
  }

  func run() async throws {
    let experiment = try options.bind(generatesWorlds: false)
    let interruption = Interruption()
    let listener = interruption.listen()
    let verification = RunVerification(experiment, results: options.results, interruption: interruption)
    let chosen = try RunSelection(only).runs(of: experiment)
    let finished = try verification.finished(among: chosen)
    let runs = RunVerification.sample(sample, of: finished, seed: seed)
    guard !runs.isEmpty else {
      throw HarnessError(
        .missingInput, file: options.experiment, found: "no finished run in \(options.results)/runs",
        expected: "at least one that trains", advice: "\(experiment.runCommand) makes them.")
    }
    let display = ProgressDisplay()
    var differing = 0
    for run in runs {
      let outcome = try await verification.verify(run) { display.show($0) }
      display.finish()
      guard let outcome else {
        print("interrupted")
        throw ExitCode(130)
      }
      let core =
        outcome.otherCore.map { " (made with the BLAS core \($0), now \(BLASCore.current.name))" } ?? ""
      if let failure = outcome.failure {
        print("\(outcome.run): failed: \(failure)\(core)")
      } else if outcome.differing.isEmpty {
        print("\(outcome.run): \(CountedNoun(outcome.compared.count, "file")) the same")
      } else {
        print("\(outcome.run): differs in \(outcome.differing.joined(separator: ", "))\(core)")
      }
      if !outcome.isSame { differing += 1 }
    }
    withExtendedLifetime(listener) {}
    let training = chosen.count { $0.specification.training != nil }
    let fewer =
      sample > finished.count
      ? "; --sample \(sample) asks for more: finished are \(finished.count) of the \(training) that train"
      : ""
    print(
      "\(experiment.definition.name): \(runs.count) of \(CountedNoun(finished.count, "finished run")) made again, \(differing) \(differing == 1 ? "differs" : "differ")\(fewer)"
    )
    if differing > 0 { throw Self.differs }
  }
}
