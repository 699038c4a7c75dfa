import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// A guide that is walked as it is written: its files are made, its commands run, in their order.
private struct Walk {
  private let root: TemporaryFolder
  let folder: String
  /// What is done in the folder in place of a command that cannot run here.
  var substitutes: [String: (_ folder: String) throws -> Void] = [:]
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

  /// Replaces text that must occur in a file of the folder.
  func replace(_ old: String, by new: String, in file: String) throws {
    let text = try text(file)
    try #require(text.contains(old), "‘\(old)’ in \(file)")
    try AtomicFile.write(text.replacing(old, with: new), to: "\(folder)/\(file)")
  }

  /// A command that goes before the machine's own.
  mutating func provide(_ command: String, _ script: String) throws {
    let commands = root.file("commands")
    try FileManager.default.createDirectory(atPath: commands, withIntermediateDirectories: true)
    try AtomicFile.write(script + "\n", to: "\(commands)/\(command)")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(commands)/\(command)")
    settings += "export PATH=\"\(commands):$PATH\"\n"
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
    if let substitute = substitutes[command] {
      try substitute(folder)
      return ""
    }
    if command.wholeMatch(of: /[a-z]+=.*/) != nil {
      settings += command + "\n"
      return ""
    }
    let result = try ProcessResult(
      "/usr/bin/env", ["bash", "-c", settings + command], environment: ProcessInfo.processInfo.environment,
      folder: folder)
    #expect(result.status == 0, "\(command): \(result.errors)")
    // Only what trains, or makes a world for it, says on standard error how far it is; and results say what lists cannot support.
    if !["run", "verify", "submit"].contains(where: { command.hasPrefix("likeness \($0)") }) {
      let errors = result.errors.split(whereSeparator: \.isNewline).filter {
        // Where work takes seconds.
        $0.firstMatch(of: /^\d+( of \d+)? (rows|images|scores)/) == nil
      }
      #expect(
        errors.allSatisfy { $0.contains(/^warning: FAR .* is not attainable/) }, "\(command): \(errors)")
    }
    return result.output
  }
}

@Suite struct GuideTests {
  private func guide(_ name: String) throws -> String {
    try String(contentsOfFile: "\(SharedData.repositoryRoot)/Guides/\(name)", encoding: .utf8)
  }

  @Test func theIndexLinksEveryGuideAndNothingElse() throws {
    // The folder itself, should a link stand for it.
    let folder = URL(fileURLWithPath: "\(SharedData.repositoryRoot)/Guides").resolvingSymlinksInPath().path
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".md") && $0 != "README.md" }
    let linked = try guide("README.md").matches(of: /\]\(([^)]+)\)/).map { String($0.output.1) }
    #expect(linked.sorted() == files.sorted())
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

  @Test func theGuideToClustersSubmitsRunsAndSharesAnEvaluation() throws {
    var walk = try Walk()
    try walk.replace(
      "identities: 2000, images-per-identity: 20", by: "identities: 50, images-per-identity: 4",
      in: "worlds/default.yaml")
    try walk.replace(
      "identities: 500, images-per-identity: 4", by: "identities: 200, images-per-identity: 4",
      in: "worlds/default.yaml")
    try walk.replace(
      "identities: 2000, images-per-identity: 4", by: "identities: 600, images-per-identity: 4",
      in: "worlds/default.yaml")
    // A cluster that does what it is told at once; of an experiment, it takes the job and leaves it in the queue.
    try walk.provide(
      "sbatch",
      """
      #!/bin/bash
      script="$(realpath "${@: -1}")"
      numbers="$(sed -n 's/^#SBATCH --array=1-\\([0-9]*\\).*/\\1/p' "$script")"
      if grep -q ' evaluate ' "$script"; then
        for task in $(seq "${numbers:-1}"); do SLURM_ARRAY_TASK_ID="$task" SLURM_JOB_ID=7 bash "$script" >/dev/null || exit 1; done
      fi
      echo 7
      """)
    let printed = try walk.follow(guide("Slurm.md"))
    func output(_ text: String) throws -> String {
      try #require(printed.first { $0.command.contains(text) }, "a command with \(text)").output
    }
    #expect(try output("submit experiments/quick.yaml --slurm --dry-run").hasPrefix("#!/bin/bash\n"))
    #expect(try output("submit experiments/quick.yaml --slurm --partition").contains(" are job 7"))
    #expect(try output("--shards 8 --slurm --output my-shards --dry-run").contains("--array=1-8\n"))
    #expect(
      try output("--output my-shards --partition").contains("8 shards are job 7; their merging is job 7"))
    #expect(try walk.text("my-shards/result.json").contains("\"protocolName\" : \"synthetic-megaface-10k\""))
    #expect(try walk.text("my-megaface.csv").hasPrefix("protocol,distractors,rank,"))
  }

  /// What the commands of `YourOwnStore.md` must have left behind, whoever wrote the stores.
  private func followYourOwnStore(_ substitutes: [String: (String) throws -> Void]) throws {
    var walk = try Walk()
    walk.substitutes = substitutes
    let printed = try walk.follow(guide("YourOwnStore.md"))
    func output(_ prefix: String) throws -> String {
      try #require(printed.first { $0.command.hasPrefix(prefix) }, "a command \(prefix)").output
    }
    #expect(try output("likeness inspect own/train.h5").hasPrefix("own/train.h5: 360 rows × 32\n"))
    #expect(try output("likeness run own.yaml --data own --dry-run").contains("\n10 runs: 10 pending\n"))
    let table = try output("cat results/own/own-pairs.md")
    for row in [
      "| untrained (features as stored)", "| NormFace", "| ArcFace (margin 0.1)", "| ArcFace (margin 0.2)",
    ] {
      #expect(table.contains(row), "\(table)")
    }
    for file in ["own-roc.svg", "paper-figures/own/roc-own-pairs.png", "own-network.npz", "own/embedded.h5"] {
      #expect(FileManager.default.fileExists(atPath: "\(walk.folder)/\(file)"), "\(file)")
    }
    let shown = try output("likeness runs show")
    #expect(
      shown.contains("train-mlp-normface-conventional-seed1-") && shown.contains("Training loss against"))
    #expect(
      try output("likeness evaluate own/embedded.h5") != output("likeness evaluate own/test.h5"))
    #expect(try output("likeness verify").hasSuffix("own: 1 of 9 finished runs made again, 0 differ\n"))
  }

  @Test(.enabled(if: ReadmeTests.hasH5py, "needs python3 with h5py and numpy"))
  func theGuideToYourOwnStoreLeadsFromAScriptToATrainedRun() throws { try followYourOwnStore([:]) }

  /// The same way where there is no h5py: the stores and the list are written here, everything else is as it stands in the guide.
  @Test func theGuideToYourOwnStoreHoldsForStoresOfAnotherHand() throws {
    try followYourOwnStore([
      "python3 make-stores.py": { folder in
        for (name, people, images) in [("train", 0..<60, 6), ("test", 60..<84, 4)] {
          let labels = people.indices.flatMap {
            Array(repeating: Int32($0 - people.lowerBound), count: images)
          }
          var features = Matrix<Float>(rows: labels.count, columns: 32)
          var noise = RandomStream(seed: 7, name: name)
          var centres = Matrix<Float>(rows: people.count, columns: 32)
          noise.fillNormal(&features, standardDeviation: 0.7)
          noise.fillNormal(&centres, standardDeviation: 1)
          for (row, label) in labels.enumerated() {
            for column in 0..<32 { features[row, column] += centres[Int(label), column] }
          }
          func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: count - text.count) + text
          }
          try FeatureStoreContents(
            features: features,
            metadata: StoreMetadata(
              labels: labels,
              names: labels.enumerated().map { row, label in
                digits(people.lowerBound + Int(label), 3) + "/" + digits(row % images, 2)
              }, identities: people.map { digits($0, 3) })
          ).write(to: StoreLocation(path: "\(folder)/own/\(name).h5"))
        }
      },
      "python3 make-pairs.py": { folder in
        var lines: [String] = []
        for split in 0..<3 {
          for place in 0..<8 {
            let (one, other) = (60 + 8 * split + place, 60 + 8 * split + (place + 1) % 8)
            lines.append("\(split + 1) 0\(one)/00 0\(one)/01 1")
            lines.append("\(split + 1) 0\(one)/02 0\(other)/03 -1")
          }
        }
        try AtomicFile.write(
          lines.joined(separator: "\n") + "\n", to: "\(folder)/own/lists/pairs.txt")
      },
    ])
  }
}
