import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct RootCommandTests {
  /// The names in the list of subcommands that `--help` prints.
  static func subcommands() throws -> [String] {
    let help = try LikenessProgram.run("--help").output
    let list = try #require(help.components(separatedBy: "SUBCOMMANDS:\n").last)
    return list.split(separator: "\n").compactMap { line in
      // A name stands two blanks in; explanations that go on stand further right.
      guard line.hasPrefix("  "), !line.hasPrefix("   "), !line.hasPrefix("  See") else { return nil }
      return line.split(separator: " ").first.map(String.init)
    }
  }

  @Test func helpListsTheSubcommands() throws {
    let result = try LikenessProgram.run("--help")
    #expect(result.status == 0 && result.errors == "")
    #expect(result.output.hasPrefix("OVERVIEW: A reproducible benchmark harness for face-recognition losses"))
    #expect(result.output.contains("\nUSAGE: likeness <subcommand>\n"))
    let names = try Self.subcommands()
    for name in ["run", "status", "evaluate", "generate", "inspect", "doctor"] {
      #expect(names.contains(name))
    }
    #expect(Set(names).count == names.count)
  }

  @Test func withoutArgumentsHelpIsShown() throws {
    let result = try LikenessProgram.run()
    #expect(result.status == 0)
    #expect(result.output == (try LikenessProgram.run("--help").output))
  }

  @Test func everySubcommandExplainsItself() throws {
    for name in try Self.subcommands() {
      let result = try LikenessProgram.run(name, "--help")
      #expect(result.status == 0 && result.errors == "", "\(name)")
      #expect(result.output.contains("USAGE: likeness \(name)"), "\(name)")
      #expect(result.output.hasPrefix("OVERVIEW: "), "\(name)")
    }
  }

  @Test func versionIsOneNumber() throws {
    let result = try LikenessProgram.run("--version")
    #expect(result.status == 0 && result.output == "0.1.0\n" && result.errors == "")
  }

  @Test(arguments: [
    ["nonsense"], ["inspect"], ["inspect", "a.h5", "--format", "xml"], ["doctor", "--nonsense"],
  ])
  func wrongUsageExitsWith64AndShowsTheUsage(arguments: [String]) throws {
    let result = try ProcessResult(LikenessProgram.path, arguments, environment: [:])
    #expect(result.status == 64 && result.output == "")
    #expect(result.errors.hasPrefix("Error: ") && result.errors.contains("\nUsage: likeness"))
  }

  @Test(arguments: [
    ("evalute", "Error: unknown command ‘evalute’; did you mean ‘evaluate’?\n"),
    ("Status", "Error: unknown command ‘Status’; did you mean ‘status’?\n"),
    ("nonsense", "Error: unknown command ‘nonsense’\n"),
  ])
  func anUnknownCommandIsNamedWithTheNearestOne(name: String, message: String) throws {
    let result = try LikenessProgram.run(name, "world.h5")
    #expect(result.status == 64 && result.output == "")
    #expect(result.errors.hasPrefix(message + "Usage: likeness <subcommand>"), "\(result.errors)")
  }

  /// The parser looks for unknown options last, after what the command requires.
  @Test(arguments: [
    (["evaluate", "a.h5", "--protcol", "lfw"], "'--protcol'. Did you mean '--protocol'?", "evaluate"),
    (["evaluate", "a.h5", "--protocol=lfw", "--list=x"], "'--list'. Did you mean '--lists'?", "evaluate"),
    (["runs", "prune", "--delet"], "'--delet'. Did you mean '--delete'?", "runs prune"),
    (["evaluate", "--wholly-unknown"], "'--wholly-unknown'.", "evaluate"),
  ])
  func aMistypedOptionIsNamedBeforeWhatIsMissing(arguments: [String], named: String, command: String) throws {
    let result = try ProcessResult(LikenessProgram.path, arguments, environment: [:])
    #expect(result.status == 64 && result.output == "")
    #expect(result.errors.hasPrefix("Error: Unknown option \(named)\n"), "\(result.errors)")
    #expect(result.errors.contains("See 'likeness \(command) --help'"), "\(result.errors)")
    // What is no option is not taken for one, and what is missing is said where nothing is mistyped.
    let missing = try LikenessProgram.run("evaluate", "a.h5", "--", "--protcol")
    #expect(missing.status == 64 && !missing.errors.contains("Unknown option"), "\(missing.errors)")
    let required = try LikenessProgram.run("evaluate", "a.h5", "--lists", "here")
    #expect(required.errors.hasPrefix("Error: A store needs --protocol."), "\(required.errors)")
  }

  @Test func aMistypedNameOfAListIsToldTheNearestOne() throws {
    let result = try LikenessProgram.run("list", "losses", "arcfaec")
    #expect(
      result.errors
        == "likeness: error: losses: ‘arcfaec’; expected a name of the list. Did you mean ‘arcface’? likeness list losses shows all.\n"
    )
  }

  @Test func helpIsACommandToo() throws {
    let result = try LikenessProgram.run("help", "doctor")
    #expect(result.status == 0 && result.errors == "")
    #expect(result.output.contains("USAGE: likeness doctor"))
  }

  @Test func listsAreLookedAtBeforeFeatures() throws {
    let small = try SmallProtocol()
    // Whoever reads it finds that it is no store.
    try Data("no store\n".utf8).write(to: URL(fileURLWithPath: small.folder.file("text.h5")))
    let lists = try small.run(["evaluate", "text.h5", "--protocol", "list.yaml", "--lists", "nowhere"])
    #expect(lists.status == 66 && lists.output == "")
    #expect(lists.errors.hasPrefix("likeness: error: nowhere/p.txt: "), "\(lists.errors)")
    #expect(lists.errors.contains("--lists DIR"), "\(lists.errors)")
    // A store that is not there explains why no lists are beside it.
    let store = try small.run(["evaluate", "nowhere/store.h5", "--protocol", "list.yaml"])
    #expect(store.status == 66 && store.errors == "likeness: error: nowhere/store.h5: no such file\n")
  }

  /// The digest of a large store is begun before its lists are read, and is still at work when the command ends.
  @Test func errorsOfListsEndTheCommandWhileItsStoreIsDigested() throws {
    let small = try SmallProtocol()
    let rows = 20_000
    var features = Matrix<Float>(rows: rows, columns: 128)
    for row in 0..<rows { features[row, row % 128] = 1 }
    try FeatureStoreContents(
      features: features, metadata: StoreMetadata(names: (0..<rows).map { "Ann/\($0)" })
    ).write(to: StoreLocation(path: small.folder.file("large.h5")))
    for _ in 0..<12 {
      let result = try small.run(["evaluate", "large.h5", "--protocol", "list.yaml", "--threads", "2"])
      #expect(result.status == 66, "\(result.errors)")
      #expect(result.errors.hasPrefix("likeness: error: lists/p.txt") || result.errors.contains("Bo/1"))
    }
  }

  @Test func missingInputExitsWith66AndOneLine() throws {
    let folder = try TemporaryFolder()
    let result = try LikenessProgram.run("inspect", "nothing.h5", folder: folder.path)
    #expect(result.status == 66 && result.output == "")
    #expect(result.errors == "likeness: error: nothing.h5: no such file\n")
  }

  @Test func badInputExitsWith65AndNamesTheFile() throws {
    let folder = try TemporaryFolder()
    try Data("no store\n".utf8).write(to: URL(fileURLWithPath: folder.file("text.h5")))
    try Data("version: [1\n".utf8).write(to: URL(fileURLWithPath: folder.file("broken.yaml")))
    for arguments in [["inspect", "text.h5"], ["generate", "broken.yaml", "--output", "world"]] {
      let result = try ProcessResult(
        LikenessProgram.path, arguments, environment: ProcessInfo.processInfo.environment, folder: folder.path
      )
      #expect(result.status == 65 && result.output == "", "\(arguments)")
      #expect(result.errors.hasPrefix("likeness: error: \(arguments[1])"), "\(result.errors)")
      #expect(!result.errors.contains("Fatal error"), "\(result.errors)")
    }
  }
}
