import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra
import Reports

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the tables and figures of an experiment from its finished runs.",
    discussion: """
      Trains and evaluates nothing. Tables go to RESULTS/NAME (Markdown, CSV, LaTeX, JSON), figures to FIGURES/NAME. Rows whose runs \
      are missing, failed or unsupported say so in their place; but tables that more runs of the same experiment have gone into are not replaced, \
      unless --incomplete is given. What --set changes is reported under another name: --set name=….
      """)

  enum Part: String, CaseIterable, ExpressibleByArgument {
    case tables, figures
  }

  @OptionGroup var options: ExperimentOptions

  @Option(
    help:
      "The folder of figures. Without it paper-figures, or with other --results than ‘results’ RESULTS/paper-figures."
  )
  var figures: String?

  @Option(help: "Write the tables or the figures only.")
  var only: Part?

  @Flag(
    help: "Write RESULTS/NAME/report.html, too: all tables and figures in one file that sorts and filters.")
  var html = false

  @Flag(help: "Replace tables although more finished runs had gone into them.")
  var incomplete = false

  @Option(parsing: .upToNextOption, help: "The formats of the figures: png, svg, pdf.")
  var figureFormats: [FigureFormat] = [.png]

  func run() throws {
    try requireOwnName()
    let results = try ExperimentResults(
      try options.bind(generatesWorlds: false), results: options.results,
      workers: Workers(max(1, ProcessInfo.processInfo.activeProcessorCount)))
    let name = results.experiment.definition.name
    guard results.rows.contains(where: { $0.runs.contains { $0.state == .finished } }) else {
      throw HarnessError(
        .missingInput, file: options.experiment, found: "no finished run in \(options.results)/runs",
        expected: "at least one",
        advice:
          "\(results.experiment.runCommand) makes them. Earlier tables and figures are left as they are.")
    }
    let report = try ExperimentReport(results)
    if !incomplete, let richer = report.richerTable(in: "\(options.results)/\(name)") {
      throw HarnessError(
        .missingInput, file: richer.file,
        found:
          "\(richer.earlier) finished results have gone into it, of which \(options.results)/runs holds \(richer.now)",
        expected: "no fewer",
        advice:
          "\(results.experiment.runCommand) makes the missing ones; --incomplete replaces the tables and figures all the same."
      )
    }
    for file in try write(report, name) { print(file) }
    let missing = results.rows.flatMap(\.runs).count { $0.state != .finished }
    if missing > 0 {
      print(
        "\(CountedNoun(missing, "run is", plural: "runs are")) not finished; \(results.experiment.runCommand) makes the rest"
      )
    }
  }
}

extension Report {
  /// Writes what is asked for; where that takes long, how much is made is told on standard error.
  private func write(_ report: ExperimentReport, _ name: String) throws -> [String] {
    try RowProgress(of: "tables and figures").during { progress in
      let folder = "\(options.results)/\(name)"
      var files: [String] = []
      if only != .figures { files += try report.writeTables(to: folder) { progress.add(1) } }
      if only != .tables {
        files += try report.writeFigures(to: "\(figuresFolder)/\(name)", formats: figureFormats) {
          progress.add(1)
        }
      }
      if html { files.append(try report.writeHTML(to: folder) { progress.add(1) }) }
      return files
    }
  }

  /// Figures of other results than those of the repository do not replace the repository's.
  private var figuresFolder: String {
    func path(_ folder: String) -> String { URL(fileURLWithPath: folder).standardizedFileURL.path }
    return figures
      ?? (path(options.results) == path("results") ? "paper-figures" : "\(options.results)/paper-figures")
  }

  /// What --set changes is another experiment: its tables must not replace those of the file.
  private func requireOwnName() throws {
    guard !options.overrides.settings.isEmpty else { return }
    let name = try options.definition().name
    if try name == ExperimentDefinition(file: options.experiment).name {
      throw HarnessError(
        .usage, file: options.experiment,
        found: "--set under the name ‘\(name)’, whose tables and figures would be replaced",
        expected: "a name of its own", advice: "Add --set name=\(name)-changed, for example.")
    }
  }
}

extension FigureFormat: ExpressibleByArgument {}
