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
      "all", "test", "tables", "figures", "paper", "examples", "bench", "lint", "format", "docs", "clean",
      "setup",
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

  @Test func everyWorkedStudyIsRunAndReported() throws {
    let folder = SharedData.repositoryRoot + "/Examples"
    let studies = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      FileManager.default.fileExists(atPath: "\(folder)/\($0)/\($0).yaml")
    }
    #expect(studies.sorted() == ["longer-tails", "multiface-masst"])
    let index = try String(contentsOfFile: "\(folder)/README.md", encoding: .utf8)
    let commands = try Self.make("--dry-run", "examples").output
    for study in studies {
      let file = "Examples/\(study)/\(study).yaml"
      #expect(commands.contains("likeness run \(file)") && commands.contains("likeness report \(file)"))
      #expect(index.contains("(\(study)/README.md)"))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/\(study)/README.md"))
      let yaml = try String(contentsOfFile: "\(folder)/\(study)/\(study).yaml", encoding: .utf8)
      #expect(yaml.contains("\nname: \(study)\n"))
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
