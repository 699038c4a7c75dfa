import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// README.md, its code blocks and links.
private struct Readme {
  let text: String

  init() throws {
    text = try String(contentsOfFile: SharedData.repositoryRoot + "/README.md", encoding: .utf8)
  }

  /// The contents of the fenced blocks in `language`, in order.
  func blocks(in language: String) -> [String] {
    var blocks: [String] = []
    var open: (language: Substring, lines: [Substring])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if let block = open {
          if block.language == language { blocks.append(block.lines.joined(separator: "\n") + "\n") }
          open = nil
        } else {
          open = (line.dropFirst(3), [])
        }
      } else {
        open?.lines.append(line)
      }
    }
    return blocks
  }

  /// Every command line of the `sh` blocks, in order.
  var commands: [String] {
    blocks(in: "sh").flatMap { $0.split(separator: "\n").map(String.init) }
  }

  /// What pictures and links point to, but for addresses of the web.
  var linkedPaths: [String] {
    text.matches(of: /\]\(([^)#]+)\)/).map { String($0.output.1) }.filter { !$0.contains("://") }
  }

  /// The names in the first column of the table of commands.
  var documentedSubcommands: [String] {
    text.matches(of: /\| `likeness ([a-z]+)/).map { String($0.output.1) }
  }
}

/// A folder that looks like the repository to a reader of the README, with small experiments in it.
private struct Sandbox {
  private let root: TemporaryFolder
  /// The folder in which commands run. Its parent holds what the README has beside the repository.
  let folder: String
  let hasRealData: Bool

  init() throws {
    root = try TemporaryFolder()
    folder = root.file("likeness")
    let files = FileManager.default
    try files.createDirectory(atPath: folder + "/.build", withIntermediateDirectories: true)
    try files.createSymbolicLink(
      atPath: folder + "/.build/release",
      withDestinationPath: (LikenessProgram.path as NSString).deletingLastPathComponent)
    for name in ["experiments", "protocols", "worlds"] {
      // The folder itself, should a link stand for it: the copies are changed.
      let original = URL(fileURLWithPath: "\(SharedData.repositoryRoot)/\(name)").resolvingSymlinksInPath()
      try files.copyItem(at: original, to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    hasRealData = SharedData.isAvailable
    if hasRealData {
      try files.createSymbolicLink(
        atPath: root.file("cfp-data"), withDestinationPath: URL(fileURLWithPath: SharedData.data("")).path)
    }
    try shorten()
  }

  /// Makes the copies of experiments and worlds small. The test set stays large enough for LFW's number of pairs.
  private func shorten() throws {
    try edit(
      "worlds/default.yaml",
      [
        ("identities: 2000, images-per-identity: 20", "identities: 100, images-per-identity: 4"),
        ("identities: 500, images-per-identity: 4", "identities: 200, images-per-identity: 4"),
        ("identities: 2000, images-per-identity: 4", "identities: 600, images-per-identity: 4"),
      ])
    try edit("experiments/quick.yaml", [("steps: 600", "steps: 3")])
    // The world's list stands for LFW's, which the protocol knows by its digest.
    let lfw = try String(contentsOfFile: "\(folder)/protocols/lfw.yaml", encoding: .utf8)
    let digest = try #require(lfw.firstMatch(of: /, sha256: \{[^}]*\}/))
    try edit("protocols/lfw.yaml", [(String(digest.output), "")])
    try edit(
      "experiments/cfp-cross-pose.yaml",
      [
        ("stores: [cfp_dlib.h5, cfp_mobileface_v2.h5]", "stores: [cfp_dlib.h5]"),
        ("  - {name: normface, scale: 16}\n", ""), ("  - {name: cosface, scale: 16, margin: 0.2}\n", ""),
        ("steps: 400", "steps: 2"), ("seeds: [1, 2, 3]", "seeds: [1]"),
      ])
  }

  /// Replaces text that must occur once in a file of the folder.
  func edit(_ file: String, _ replacements: [(old: String, new: String)]) throws {
    var text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    for (old, new) in replacements {
      try #require(text.components(separatedBy: old).count == 2, "‘\(old)’ once in \(file)")
      text = text.replacingOccurrences(of: old, with: new)
    }
    try text.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
  }

  /// Runs a command line as a reader's shell does.
  func shell(_ command: String) throws -> ProcessResult {
    try ProcessResult(
      "/usr/bin/env", ["bash", "-c", command], environment: ProcessInfo.processInfo.environment,
      folder: folder)
  }

  /// Writes a file beside the folder, where the README says `../NAME`.
  func provide(_ name: String, copyOf path: String) throws {
    let target = URL(fileURLWithPath: root.file(name))
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: URL(fileURLWithPath: path), to: target)
  }

  func size(_ file: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")
    return (attributes?[.size] as? Int) ?? 0
  }

  func names(in file: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(file)").sorted()
  }
}

/// A reader who types the README's commands one after the other.
private struct Reader {
  let sandbox: Sandbox
  /// What the shell was told before, and remembers.
  private var settings = ""

  init() throws {
    sandbox = try Sandbox()
    // The reader's own embeddings and lists: here those of the world's test set.
    let world = try LikenessProgram.run(
      "generate", "worlds/default.yaml", "--output", "../world", folder: sandbox.folder)
    try #require(world.status == 0, "\(world.errors)")
    try sandbox.provide("lfw/pairs.txt", copyOf: sandbox.folder + "/../world/lists/test/pairs.txt")
    // Somebody else's embeddings of the same images: here the world's latent vectors.
    try sandbox.provide("their-embeddings.h5", copyOf: sandbox.folder + "/../world/test-oracle.h5")
    try writeEmbeddings()
  }

  /// The same embeddings as a NumPy array (version 1 of the format), with the names and people of their rows as text.
  private func writeEmbeddings() throws {
    let store = try FeatureStore(opening: StoreLocation(path: sandbox.folder + "/../world/test.h5"))
    let names = try #require(store.names)
    let header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(store.rowCount), \(store.dimension)), }\n"
    var array = Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8))
    try store.features().withElements { elements in elements.withUnsafeBytes { array.append(contentsOf: $0) }
    }
    try AtomicFile.write(array, to: sandbox.folder + "/embeddings.npy")
    let people = names.map { $0.split(separator: "/")[0] }
    try AtomicFile.write(names.joined(separator: "\n") + "\n", to: sandbox.folder + "/names.txt")
    try AtomicFile.write(people.joined(separator: "\n") + "\n", to: sandbox.folder + "/people.txt")
  }

  /// Runs or checks one command line; one of a kind that is not known here fails.
  mutating func type(_ command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    switch words.first {
    case "make": try checkMake(Array(words.dropFirst()))
    case "export" where words.count == 2 && words[1].hasPrefix("PATH="):
      settings += command + "\n"
      let found = try sandbox.shell(settings + "command -v likeness")
      #expect(found.output.hasSuffix("/.build/release/likeness\n"), "\(command)")
    case "python3":
      // The script itself runs in a test of its own, which needs h5py.
      #expect(words == ["python3", "store.py"])
      try FileManager.default.copyItem(
        atPath: sandbox.folder + "/../world/test.h5", toPath: sandbox.folder + "/my-embeddings.h5")
    case "likeness": try runLikeness(command, words)
    default: Issue.record("a command that this test knows no way to run or to check: \(command)")
    }
  }

  private func checkMake(_ arguments: [String]) throws {
    var environment = ProcessInfo.processInfo.environment
    // Not those of a make that may have started these tests.
    for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] { environment[name] = nil }
    let result = try ProcessResult(
      "/usr/bin/env", ["make", "--dry-run"] + arguments, environment: environment,
      folder: SharedData.repositoryRoot)
    #expect(result.status == 0 && !result.output.isEmpty, "make \(arguments): \(result.errors)")
  }

  private func runLikeness(_ command: String, _ words: [String]) throws {
    let result = try sandbox.shell(settings + command)
    if words.contains("../cfp-data") && !sandbox.hasRealData {
      // Everything but the data is right.
      #expect(result.status == 66 && result.errors.contains("../cfp-data/"), "\(command): \(result.errors)")
      return
    }
    #expect(result.status == 0, "\(command): \(result.errors)")
    // What trains says on standard error how far it is, and other work on rows does where it takes seconds; few distractors make few impostors.
    let told = result.errors.split(separator: "\n").filter {
      $0.firstMatch(of: /^\d+( of \d+)? (rows|images|scores|tables and figures)/) == nil
        && $0.firstMatch(
          of: /^warning: FAR \S+ is not attainable with \d+ impostor comparisons \(\d+ distractors\)$/) == nil
    }
    if !["run", "verify"].contains(words[1]) { #expect(told.isEmpty, "\(command): \(result.errors)") }
    if let redirection = words.firstIndex(of: ">") {
      #expect(result.output == "" && sandbox.size(words[redirection + 1]) > 0, "\(command)")
    } else {
      #expect(result.output != "", "\(command)")
    }
    if let option = words.firstIndex(of: "--output") {
      #expect(sandbox.size(words[option + 1]) > 0, "\(command)")
    }
  }
}

@Suite struct ReadmeTests {
  @Test func everyCommandWorksAsWritten() throws {
    let readme = try Readme()
    var reader = try Reader()
    let commands = readme.commands
    for kind in ["make", "export", "python3", "likeness"] {
      try #require(commands.contains { $0.hasPrefix(kind) }, "a command \(kind)")
    }
    for command in commands { try reader.type(command) }

    // What the README says is left behind.
    let sandbox = reader.sandbox
    #expect(
      try sandbox.names(in: "results/quick")
        == (["synthetic-ijb-1n", "synthetic-ijb", "synthetic-lfw", "synthetic-megaface-10k"].flatMap { name in
          ["csv", "json", "md", "tex"].map { "\(name).\($0)" }
        } + ["report.html"]).sorted())
    let figures = [
      "synthetic-lfw": ["roc", "det", "histogram"], "synthetic-ijb": ["roc", "det", "histogram"],
      "synthetic-ijb-1n": ["iddet", "cmc", "histogram"],
      "synthetic-megaface-10k": ["distractors", "cmc", "roc", "det", "histogram"],
    ]
    #expect(
      try sandbox.names(in: "paper-figures/quick")
        == figures.flatMap { name, kinds in kinds.map { "\($0)-\(name).png" } }.sorted())
    let run = try #require(
      try sandbox.names(in: "results/runs").first { $0.hasPrefix("default-mlp-arcface-") })
    let files = try sandbox.names(in: "results/runs/\(run)")
    #expect(
      files.filter { $0 != "lock" && !$0.hasPrefix("evaluation-") }
        == ["environment.json", "events.jsonl", "log.txt", "model.bin", "result.json", "specification.json"])
    #expect(files.contains { $0.hasPrefix("evaluation-synthetic-lfw-") && $0.hasSuffix(".json") })

    // A second run does nothing; a change of one margin makes its three seeds again.
    let again = try LikenessProgram.run("run", "experiments/quick.yaml", folder: sandbox.folder)
    #expect(again.output == "quick: 14 runs, 0 made now\n")
    try sandbox.edit(
      "experiments/quick.yaml",
      [("{name: arcface, scale: 16, margin: 0.2}", "{name: arcface, scale: 16, margin: 0.3}")])
    let changed = try LikenessProgram.run("run", "experiments/quick.yaml", folder: sandbox.folder)
    #expect(changed.output == "quick: 14 runs, 3 made now\n")
  }

  static let hasH5py: Bool = {
    let probe = try? ProcessResult(
      "/usr/bin/env", ["python3", "-c", "import h5py, numpy"],
      environment: ProcessInfo.processInfo.environment)
    return probe?.status == 0
  }()

  @Test(.enabled(if: hasH5py, "needs python3 with h5py and numpy"))
  func theStoreScriptWritesTheStoreThatItWasGiven() throws {
    let script = try #require(try Readme().blocks(in: "python").first)
    let sandbox = try Sandbox()
    let world = try LikenessProgram.run(
      "generate", "worlds/default.yaml", "--output", "world", folder: sandbox.folder)
    try #require(world.status == 0, "\(world.errors)")
    try script.write(toFile: sandbox.folder + "/store.py", atomically: true, encoding: .utf8)
    let preparation = """
      import h5py, numpy as np
      with h5py.File("world/test.h5") as store:
          np.save("embeddings.npy", store["features"][:])
          open("names.txt", "w").write("\\n".join(store["names"].asstr()[:]))
      """
    try preparation.write(toFile: sandbox.folder + "/prepare.py", atomically: true, encoding: .utf8)
    let written = try sandbox.shell("python3 prepare.py && python3 store.py")
    try #require(written.status == 0, "\(written.errors)")

    let inspection = try LikenessProgram.run("inspect", "my-embeddings.h5", folder: sandbox.folder)
    #expect(inspection.status == 0, "\(inspection.errors)")
    #expect(inspection.output.hasPrefix("my-embeddings.h5: 2400 rows × 128\n"))
    #expect(inspection.output.contains("\n600 identities of 4 to 4 images, 4.00 on average\n"))
    func figures(_ store: String) throws -> String {
      let result = try LikenessProgram.run(
        "evaluate", store, "--protocol", "lfw", "--lists", "world/lists/test", "--format", "csv",
        folder: sandbox.folder)
      #expect(result.status == 0, "\(result.errors)")
      return result.output
    }
    #expect(try figures("my-embeddings.h5") == figures("world/test.h5"))
  }

  @Test func everyLinkLeadsSomewhere() throws {
    let paths = try Readme().linkedPaths
    try #require(paths.contains { $0.hasSuffix(".png") }, "a figure")
    for path in paths {
      #expect(FileManager.default.fileExists(atPath: "\(SharedData.repositoryRoot)/\(path)"), "\(path)")
    }
  }

  @Test func theTableOfCommandsIsTheProgramsOwn() throws {
    #expect(try Set(Readme().documentedSubcommands) == Set(RootCommandTests.subcommands()))
  }
}
