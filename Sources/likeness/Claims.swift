import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra
import Reports

struct Claims: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Decide the papers' claims by finished results.",
    discussion: """
      Trains and evaluates nothing. Reads the finished runs of the experiments that the claims name and writes RESULTS/claims.md, .csv and .json: for each \
      claim and each scope the number, its interval and a verdict by the rule that stands there. Claims whose runs are missing are not run, and the \
      command that makes them is named. Verdicts that were decided by runs which are not there now are not replaced, unless --incomplete is given.
      """)

  @Argument(help: ArgumentHelp("The claims' YAML file.", valueName: "claims.yaml"))
  var claims: String = "experiments/claims.yaml"

  @Option(help: "The folder of runs, worlds and tables.")
  var results: String = "results"

  @Option(help: "The folder of real stores and lists, for experiments that need them.")
  var data: String?

  @Flag(help: "Replace verdicts although runs that decided some of them are missing.")
  var incomplete = false

  func run() throws {
    let study = try ClaimStudy(
      ClaimFile(file: claims), data: data, results: results,
      workers: Workers(max(1, ProcessInfo.processInfo.activeProcessorCount)))
    let report = ClaimsReport(study)
    if !incomplete, let loss = report.lostVerdicts(in: results) {
      let others = loss.commands.count - 1
      let commands =
        (loss.commands.first ?? "") + (others > 0 ? " and \(CountedNoun(others, "command")) like it" : "")
      throw HarnessError(
        .missingInput, file: loss.file,
        found:
          "\(loss.earlier) decided verdicts, of which \(loss.lost) would become ‘\(ClaimVerdict.notRun.rawValue)’: their runs are not in \(results)/runs",
        expected: "the runs that decided them",
        advice:
          "\(commands) \(others > 0 ? "make" : "makes") the missing runs; --incomplete replaces the verdicts all the same."
      )
    }
    for file in try report.write(to: results) { print(file) }
    for verdict in ClaimVerdict.allCases {
      print("\(verdict.rawValue): \(study.results.count { $0.verdict == verdict })")
    }
  }
}
