import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// `likeness runs`: what lies in a results folder.
struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show one run, or remove those that no experiment refers to.",
    subcommands: [Show.self, Prune.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show all about one run: configuration, state, results, provenance and curves.")

    @Argument(help: ArgumentHelp("The beginning of the run's hash, or its folder.", valueName: "hash"))
    var runName: String

    @Option(help: "The folder that holds runs/.")
    var results: String = "results"

    func run() throws { print(try RunText(StoredRun.find(runName, in: results)).text) }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the runs that no experiment refers to, or remove them.",
      discussion: """
        Only lists, unless --delete is given. Of an experiment whose stores or world are not at hand the identities of runs are unknown: every run that \
        trains as it does is kept. Results of another semantics version are stale: they are never used, and listed as such.
        """)

    @Argument(
      help: ArgumentHelp(
        "The experiments whose runs are kept. Without any, all in the folder experiments.",
        valueName: "experiment.yaml"))
    var experiments: [String] = []

    @Option(help: "The folder that holds runs/ and worlds/.")
    var results: String = "results"

    @Option(help: "The folder of real stores and lists, for experiments that need them.")
    var data: String?

    @Flag(help: "Remove them.")
    var delete = false

    func run() throws {
      var bound: [BoundExperiment] = []
      var unbound: [ExperimentDefinition] = []
      for file in try files() {
        let definition = try ExperimentDefinition(file: file)
        do {
          bound.append(
            try BoundExperiment(definition, data: data, results: results, generatesWorlds: false))
        } catch let error as HarnessError where error.kind == .missingInput {
          unbound.append(definition)
        }
      }
      let pruning = try RunPruning(results: results, bound: bound, unbound: unbound)
      for definition in unbound {
        print(
          "\(definition.file): its stores, or the world it would generate, are not at hand; every run that trains as it says is kept"
        )
      }
      let chosen = delete ? try pruning.delete() : pruning.candidates
      for candidate in chosen {
        let reason =
          switch candidate.reason {
          case .unreferenced: "no experiment refers to it"
          case .stale(let semantics):
            "stale: semantics \(semantics.map(String.init) ?? "unknown"), now \(Semantics.version)"
          }
        print("\(delete ? "removed" : "would remove") \(candidate.run.name) (\(reason))")
      }
      if chosen.isEmpty {
        print("nothing to remove; \(CountedNoun(pruning.kept, "run")) kept")
        return
      }
      let size = chosen.reduce(0) { $0 + $1.size }
      let total = ByteCountFormatter.string(fromByteCount: Int64(size), countStyle: .file)
      print(
        "\(CountedNoun(chosen.count, "run")), \(total)\(delete ? " removed" : ""); \(pruning.kept) kept"
          + (delete ? "" : "; --delete removes them"))
    }

    private func files() throws -> [String] {
      if !experiments.isEmpty { return experiments }
      let folder = "experiments"
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      let files = try names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted().map {
        "\(folder)/\($0)"
      }.filter { file in
        // Claims lie beside experiments and are none.
        try !ConfigurationNode(file: file).entries().contains { $0.key == "claims" }
      }
      guard !files.isEmpty else {
        throw HarnessError(
          .missingInput, file: folder, found: "no experiment", expected: "YAML files",
          advice: "Name the experiments whose runs are to be kept; without any every run would go.")
      }
      return files
    }
  }
}
