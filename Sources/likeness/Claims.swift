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
      command that makes them is named.
      """)

  @Argument(help: ArgumentHelp("The claims' YAML file.", valueName: "claims.yaml"))
  var claims: String = "experiments/claims.yaml"

  @Option(help: "The folder of runs, worlds and tables.")
  var results: String = "results"

  @Option(help: "The folder of real stores and lists, for experiments that need them.")
  var data: String?

  func run() throws {
    let study = try ClaimStudy(
      ClaimFile(file: claims), data: data, results: results,
      workers: Workers(max(1, ProcessInfo.processInfo.activeProcessorCount)))
    for file in try ClaimsReport(study).write(to: results) { print(file) }
    for verdict in ClaimVerdict.allCases {
      print("\(verdict.rawValue): \(study.results.count { $0.verdict == verdict })")
    }
  }
}
