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
      command that makes them is named. Verdicts that were decided by runs which are not there now are not replaced, unless --incomplete is given; \
      --keep-decided keeps them as they stand, marked as such, beside what the runs that are there decide.
      """)

  @Argument(help: ArgumentHelp("The claims' YAML file.", valueName: "claims.yaml"))
  var claims: String = "experiments/claims.yaml"

  @Option(help: "The folder of runs, worlds and tables.")
  var results: String = "results"

  @Option(help: "The folder of real stores and lists, for experiments that need them.")
  var data: String?

  @Flag(help: "Replace verdicts although runs that decided some of them are missing.")
  var incomplete = false

  @Flag(help: "Keep verdicts that were decided by runs which are not there, beside those decided now.")
  var keepDecided = false

  func validate() throws {
    if incomplete, keepDecided {
      throw ValidationError("--incomplete replaces the verdicts that --keep-decided keeps; give one of them")
    }
  }

  func run() throws {
    let study = try ClaimStudy(
      ClaimFile(file: claims), data: data, results: results,
      workers: Workers(max(1, ProcessInfo.processInfo.activeProcessorCount)))
    var report = ClaimsReport(study)
    var unkept: [ClaimsReport.UnkeptVerdicts] = []
    if keepDecided {
      (report, unkept) = try report.keepingDecided(in: results)
    } else if !incomplete, let loss = report.lostVerdicts(in: results) {
      throw refusal(loss)
    }
    for file in try report.write(to: results) { print(file) }
    for verdict in ClaimVerdict.allCases {
      print("\(verdict.rawValue): \(report.study.results.count { $0.verdict == verdict })")
    }
    if let kept = report.kept { print(kept) }
    for verdicts in unkept { FileHandle.standardError.write(Data("warning: \(verdicts)\n".utf8)) }
  }

  private func refusal(_ loss: ClaimsReport.LostVerdicts) -> HarnessError {
    let others = loss.commands.count - 1
    let commands =
      (loss.commands.first ?? "") + (others > 0 ? " and \(CountedNoun(others, "command")) like it" : "")
    return HarnessError(
      .missingInput, file: loss.file,
      found:
        "\(loss.earlier) decided verdicts, of which \(loss.lost) would become ‘\(ClaimVerdict.notRun.rawValue)’: their runs are not in \(results)/runs",
      expected: "the runs that decided them",
      advice:
        "--keep-decided keeps these as they stand beside what the runs that are there decide; \(commands) \(others > 0 ? "make" : "makes") the missing runs; --incomplete replaces the verdicts all the same."
    )
  }
}
