import FeatureStores
import Foundation
import TestSupport
import Testing

/// A guide that is walked as it is written: its files are made, its commands run, in their order.
private struct Walk {
  private let root: TemporaryFolder
  let folder: String
  /// Set by the guide's own commands, and remembered as a shell does.
  private var settings: String

  init() throws {
    root = try TemporaryFolder()
    folder = root.file("likeness")
    let programs = (LikenessProgram.path as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["experiments", "protocols", "worlds"] {
      // The folder itself, should a link stand for it: the walk writes into the copy.
      let original = URL(fileURLWithPath: "\(SharedData.repositoryRoot)/\(name)").resolvingSymlinksInPath()
      try FileManager.default.copyItem(at: original, to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    settings = "export PATH=\"\(programs):$PATH\"\n"
  }

  func text(_ file: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
  }

  /// Does what `guide` says: a block after a line with a file's name is that file; a block of `sh` is typed line by line. Returns what
  /// each command printed.
  mutating func follow(_ guide: String) throws -> [(command: String, output: String)] {
    var printed: [(command: String, output: String)] = []
    var fileName: String?
    var open: (language: Substring, lines: [Substring])?
    for line in guide.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```"), let block = open {
        open = nil
        if block.language == "sh" {
          for command in block.lines { printed.append((String(command), try type(String(command)))) }
        } else {
          let name = try #require(
            fileName, "a block without the name of its file: \(block.lines.first ?? "")")
          try AtomicFile.write(block.lines.joined(separator: "\n") + "\n", to: "\(folder)/\(name)")
        }
        fileName = nil
      } else if line.hasPrefix("```") {
        open = (line.dropFirst(3), [])
      } else if open != nil {
        open?.lines.append(line)
      } else if let match = line.wholeMatch(of: /`([^`]+)`:/) {
        fileName = String(match.output.1)
      }
    }
    return printed
  }

  private mutating func type(_ command: String) throws -> String {
    if command.wholeMatch(of: /[a-z]+=.*/) != nil {
      settings += command + "\n"
      return ""
    }
    let result = try ProcessResult(
      "/usr/bin/env", ["bash", "-c", settings + command], environment: ProcessInfo.processInfo.environment,
      folder: folder)
    #expect(result.status == 0, "\(command): \(result.errors)")
    // Only a run says on standard error how far it is.
    if !command.hasPrefix("likeness run") { #expect(result.errors == "", "\(command)") }
    return result.output
  }
}

@Suite struct GuideTests {
  private func guide(_ name: String) throws -> String {
    try String(contentsOfFile: "\(SharedData.repositoryRoot)/Guides/\(name)", encoding: .utf8)
  }

  @Test func theGuideToProtocolsLeadsFromAListToARowInATable() throws {
    var walk = try Walk()
    let printed = try walk.follow(guide("AddAProtocol.md"))
    func output(_ prefix: String) throws -> String {
      try #require(printed.first { $0.command.hasPrefix(prefix) }, "a command \(prefix)").output
    }
    #expect(try output("likeness list protocols").contains("Visits"))
    let evaluation = try output("likeness evaluate visits/test.h5")
    #expect(evaluation.contains("Visits (visits v1), cosine, convention likeness"))
    // 12 impostor pairs support both rates: 3 and 1 false accepts.
    #expect(
      evaluation.contains("0.25") && evaluation.contains("0.1") && !evaluation.contains("not attainable"))
    #expect(try walk.text("protocols/visits.yaml").contains("sha256: {visits.txt: "))
    #expect(try walk.text("visits.csv").hasPrefix("protocol,"))

    // A row in the table for each method, and the same in Markdown as `cat` shows.
    let table = try output("cat results/visits/visits.md")
    for row in ["| untrained (features as stored)", "| NormFace", "| ArcFace"] {
      #expect(table.contains(row))
    }
    #expect(try walk.text("visits-roc.csv").split(whereSeparator: \.isNewline).count > 10)
    #expect(FileManager.default.fileExists(atPath: walk.folder + "/paper-figures/visits/roc-visits.png"))

    // The pinned list is the only one.
    let list = try walk.text("visits/visits.txt")
    try AtomicFile.write(
      list.replacing("_0001.jpg", with: "_0002.jpg", maxReplacements: 1),
      to: walk.folder + "/visits/visits.txt")
    let refused = try LikenessProgram.run(
      "evaluate", "visits/test.h5", "--protocol", "visits", "--lists", "visits", folder: walk.folder)
    #expect(refused.status == 65 && refused.errors.contains("visits/visits.txt: a file with SHA-256 "))
  }
}
