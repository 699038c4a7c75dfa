import Foundation
import TestSupport
import Testing

@Suite struct MakefileTests {
  static func make(_ arguments: String...) throws -> ProcessResult { try make(arguments) }

  static func make(_ arguments: [String]) throws -> ProcessResult {
    var environment = ProcessInfo.processInfo.environment
    // Not those of a make that may have started these tests.
    for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] { environment[name] = nil }
    return try ProcessResult(
      "/usr/bin/env", ["make", "--no-print-directory"] + arguments, environment: environment,
      folder: SharedData.repositoryRoot)
  }

  @Test func helpListsEveryTargetWithItsPurpose() throws {
    let result = try Self.make("help")
    #expect(result.status == 0 && result.errors == "")
    let lines = result.output.split(separator: "\n")
    for target in [
      "all", "test", "tables", "figures", "paper", "bench", "lint", "format", "docs", "clean", "setup",
      "help",
    ] {
      #expect(lines.contains { $0.hasPrefix("  \(target) ") && $0.count > 16 }, "\(target)")
    }
  }

  @Test func makeRunsTheQuickExperimentsAndReportsThem() throws {
    #expect(try Self.make("--dry-run").output.contains("scripts/setup.sh"))
    let standard = ["quick", "multiface-quick", "masst-quick"]
    for names in [standard, ["heads", "combinations-quick"]] {
      let files = names.map { "experiments/\($0).yaml" }
      let chosen = names == standard ? [] : ["EXPERIMENTS=\(files.joined(separator: " "))"]
      let commands = try Self.make(["--dry-run"] + chosen).output
      for file in files {
        #expect(commands.contains(".build/release/likeness run \(file)"))
        #expect(commands.contains(".build/release/likeness report \(file)"))
      }
    }
  }

  @Test func testsRunOptimised() throws {
    let commands = try Self.make("--dry-run", "test").output
    #expect(commands.contains("swift test -c release -Xswiftc -enable-testing"))
  }

  @Test func experimentsOnRealDataJoinThePaperOnlyWithTheData() throws {
    #expect(!(try Self.make("--dry-run", "paper").output.contains("run experiments/cfp-")))
    let commands = try Self.make("--dry-run", "paper", "DATA=stores").output
    #expect(commands.contains("run experiments/cfp-cross-pose.yaml --results results --data stores"))
  }
}
