import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// `likeness evaluate --shard`, `--merge` and `--shards N --slurm`.
struct ShardCommandTests {
  /// A folder with a store of 12 photos and 40 distractors, the lists and protocols of an identification among distractors and of template
  /// comparisons, and stand-ins for commands.
  private struct Small {
    let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
      for name in ["lists", "bin"] {
        try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
      }
      var noise = RandomStream(seed: 5, name: "shards")
      var features = Matrix<Float>(rows: 52, columns: 8)
      noise.fillNormal(&features, standardDeviation: 1)
      let probes = (0..<12).map { "P\($0 / 4)/\($0)" }
      let distractors = (0..<40).map { "d/\($0)" }
      try FeatureStoreContents(
        features: features, metadata: StoreMetadata(names: probes + distractors)
      ).write(to: StoreLocation(path: folder.file("store.h5")))
      for row in 0..<52 { features[row, 0] += 1 }
      try FeatureStoreContents(
        features: features, metadata: StoreMetadata(names: probes + distractors)
      ).write(to: StoreLocation(path: folder.file("other.h5")))
      func json(_ names: [String]) -> String { "[" + names.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
      let people = (0..<12).map { "P\($0 / 4)" }
      try write(
        "lists/probes.json", "{\"path\": \(json(probes.map { $0 + ".jpg" })), \"id\": \(json(people))}")
      for size in [10, 40] {
        try write(
          "lists/distractors.json_\(size)_1",
          "{\"path\": \(json(distractors.prefix(size).map { $0 + ".jpg" }))}")
      }
      try write(
        "faces.yaml",
        """
        name: faces
        kind: distractor-identification
        lists: {format: megaface, probes: probes.json, distractors: distractors.json, set: 1}
        sizes: [10, 40]
        ranks: [1, 5]
        convention: {noise: keep}
        far: [0.1, 1.0e-5]
        interval: {replicates: 20}
        """)
      let names = probes + distractors
      try write(
        "lists/media.txt", names.enumerated().map { "\($1).jpg \($0 / 4) \($0)\n" }.joined())
      try write(
        "lists/pairs.txt",
        (0..<13).flatMap { a in (a..<13).map { "\(a) \($0) \((a + $0) % 4 == 0 ? 1 : 0)\n" } }.joined())
      try write(
        "templates.yaml",
        """
        name: templates
        kind: template-verification
        lists: {format: ijb, media: media.txt, pairs: pairs.txt}
        convention: {detector-score: false}
        far: [0.1, 1.0e-5]
        interval: {replicates: 20}
        """)
    }

    func write(_ name: String, _ text: String) throws { try AtomicFile.write(text, to: folder.file(name)) }

    func evaluate(_ arguments: String..., store: String = "store.h5", protocol name: String = "faces.yaml")
      throws -> ProcessResult
    {
      try evaluate(arguments, store: store, protocol: name)
    }

    func evaluate(
      _ arguments: [String], store: String = "store.h5", protocol name: String = "faces.yaml",
      core: String? = nil
    ) throws -> ProcessResult {
      var environment = ProcessInfo.processInfo.environment
      environment["OPENBLAS_CORETYPE"] = core
      environment["PATH"] = folder.file("bin") + ":" + (environment["PATH"] ?? "")
      return try ProcessResult(
        LikenessProgram.path, ["evaluate", store, "--protocol", name, "--lists", "lists"] + arguments,
        environment: environment, folder: folder.path)
    }

    /// A sbatch that runs each script at once, task by task, and gives the jobs the numbers 41, 42, ….
    func sbatchThatRuns() throws {
      try write(
        "bin/sbatch",
        """
        #!/bin/bash
        script="$(realpath "${@: -1}")"
        echo "$@" >> sbatch.log
        job=$((40 + $(wc -l < sbatch.log)))
        numbers="$(sed -n 's/^#SBATCH --array=\\([0-9,-]*\\).*/\\1/p' "$script")"
        export SLURM_JOB_ID="$job"
        for range in ${numbers//,/ }; do
          for task in $(seq "${range%-*}" "${range#*-}"); do
            SLURM_ARRAY_TASK_ID="$task" bash "$script" >> tasks.log 2>&1 || exit 1
          done
        done
        [ -n "$numbers" ] || bash "$script" >> tasks.log 2>&1 || exit 1
        echo "$job"
        """)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: folder.file("bin/sbatch"))
    }

    func text(_ name: String) throws -> String {
      try String(contentsOfFile: folder.file(name), encoding: .utf8)
    }
  }

  @Test(arguments: ["faces.yaml", "templates.yaml"])
  func whatIsMergedIsWhatTheWholePrints(definition: String) throws {
    let small = try Small()
    for number in [3, 1, 2] {
      let made = try small.evaluate("--shard", "\(number)/3", "--output", "parts/a", protocol: definition)
      let name = definition.dropLast(5)
      #expect(made.status == 0 && made.errors == "", "\(made.errors)")
      #expect(made.output == "\(name): shard \(number)/3 is made: parts/a/shard-\(number)-of-3.h5\n")
    }
    let again = try small.evaluate("--shard", "2/3", "--output", "parts/a", protocol: definition)
    #expect(again.status == 0 && again.output.contains("shard 2/3 is there already: "))
    for format in ["table", "json", "csv", "curves"] {
      let whole = try small.evaluate("--format", format, protocol: definition)
      let merged = try small.evaluate("--merge", "parts/a", "--format", format, protocol: definition)
      #expect(whole.status == 0 && !whole.output.isEmpty)
      #expect(merged.status == 0 && merged.output == whole.output && merged.errors == whole.errors)
      // What no number of impostors here supports.
      if format == "table" { #expect(whole.errors.contains("FAR 1e-05 is not attainable")) }
    }
    let plain = try small.evaluate(protocol: definition)
    #expect(
      try small.evaluate("--merge", "parts/a", "--threads", "1", protocol: definition).output == plain.output)
  }

  @Test func partsOfAnotherEvaluationAreRefused() throws {
    let small = try Small()
    for number in 1...2 { #expect(try small.evaluate("--shard", "\(number)/2", "--output", "p").status == 0) }
    let other = try small.evaluate("--merge", "p", store: "other.h5")
    #expect(other.status == 65 && other.output == "")
    #expect(other.errors.contains("p/shard-1-of-2.h5, identity: store.sha256: "), "\(other.errors)")
    let stale = try small.evaluate("--shard", "2/2", "--output", "p", "--similarity", "inner-product")
    #expect(
      stale.status == 65 && stale.errors.contains("similarity: cosine; expected ")
        && stale.errors.contains("remove it and make it again"), "\(stale.errors)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: small.folder.file("p/shard-2-of-2.h5")))
    try bytes.prefix(1000).write(to: URL(fileURLWithPath: small.folder.file("p/shard-2-of-2.h5")))
    let cut = try small.evaluate("--merge", "p")
    #expect(cut.status == 65 && cut.errors.contains("p/shard-2-of-2.h5: "), "\(cut.errors)")
    try FileManager.default.removeItem(atPath: small.folder.file("p/shard-2-of-2.h5"))
    let missing = try small.evaluate("--merge", "p")
    #expect(
      missing.status == 66
        && missing.errors.contains(
          "p/shard-2-of-2.h5: no such file; shards missing: 2 (of 2); expected all of them. Make each with --shard K/2 --output p."
        ), "\(missing.errors)")
    #expect(try small.evaluate("--merge", "nowhere").status == 66)
  }

  @Test(arguments: ["faces.yaml", "templates.yaml"])
  func partsOfSeveralBLASCoresAreMergedWithAWarning(definition: String) throws {
    let small = try Small()
    for (number, core) in [(1, nil), (2, "Nehalem")] {
      let made = try small.evaluate(
        ["--shard", "\(number)/2", "--output", "p"], protocol: definition, core: core)
      #expect(made.status == 0, "\(made.errors)")
    }
    let cores = try (1...2).map {
      try AccumulatorFile(reading: small.folder.file("p/shard-\($0)-of-2.h5")).text("blas-core")
    }
    let merged = try small.evaluate("--merge", "p", protocol: definition)
    // Pairs of templates are summed in one order everywhere; and not every machine has several cores to choose from.
    let isWarned = merged.errors.contains("warning: the shards were made with several BLAS cores (")
    #expect(merged.status == 0 && isWarned == (definition == "faces.yaml" && cores[0] != cores[1]))
  }

  @Test func kindsThatAreNotCutSayWhichAre() throws {
    let small = try SmallProtocol()
    let result = try small.run([
      "evaluate", "store.h5", "--protocol", "list.yaml", "--lists", "lists", "--shard", "1/2", "--output",
      "p",
    ])
    #expect(
      result.status == 64 && result.errors.contains("distractor-identification, template-verification"),
      "\(result.errors)")
  }

  @Test(arguments: [
    ["--shard", "1/2"], ["--shard", "3/2", "--output", "p"], ["--shard", "x", "--output", "p"],
    ["--shard", "1/2", "--merge", "p"], ["--merge", "p", "--output", "p"], ["--output", "p"],
    ["--shard", "1/2", "--output", "p", "--format", "json"], ["--shards", "2", "--output", "p"],
    ["--shards", "2", "--slurm"], ["--shards", "0", "--slurm", "--output", "p"], ["--slurm"],
    ["--shard", "1/2", "--output", "p", "--partition", "long"], ["--threads", "0"],
    ["--shards", "2", "--slurm", "--output", "p", "--array-limit", "0"],
  ])
  func wrongUsageIs64(arguments: [String]) throws {
    let result = try Small().evaluate(arguments)
    #expect(result.status == 64 && result.output == "", "\(arguments): \(result.errors)")
  }

  @Test func anArrayMakesThePartsAndAJobMergesThem() throws {
    let small = try Small()
    try small.sbatchThatRuns()
    #expect(try small.evaluate("--shard", "2/5", "--output", "my parts").status == 0)
    let submitted = try small.evaluate(
      "--shards", "5", "--slurm", "--output", "my parts", "--cpus-per-task", "2", "--array-limit", "2")
    #expect(submitted.status == 0, "\(submitted.errors)")
    #expect(
      submitted.output == """
        faces: 4 shards are job 41, 1 of 5 is there; their merging is job 42, which writes my parts/result.json
        squeue --job 41,42 shows them, scancel 41 42 ends them; their output is in my parts/slurm

        """)
    #expect(
      try small.text("sbatch.log") == """
        --parsable my parts/slurm/array.sh
        --parsable --dependency=afterok:41 --kill-on-invalid-dep=yes my parts/slurm/merge.sh

        """)
    let whole = try small.evaluate("--format", "json")
    #expect(try small.text("my parts/result.json") == whole.output)
    let other = try small.evaluate("--shards", "6", "--slurm", "--output", "my parts")
    #expect(
      other.status == 65 && other.errors.contains("my parts/shard-1-of-5.h5: a shard of 5 in the folder"),
      "\(other.errors)")
    let again = try small.evaluate("--shards", "5", "--slurm", "--output", "my parts")
    #expect(again.output.hasPrefix("faces: all 5 shards are there; their merging is job 43, "))
  }

  @Test func aDryRunPrintsBothScriptsAndWritesNone() throws {
    let small = try Small()
    let result = try small.evaluate("--shards", "3", "--slurm", "--output", "p", "--dry-run", "--time", "30")
    #expect(result.status == 0 && result.errors == "")
    #expect(result.output.components(separatedBy: "#!/bin/bash\n").count == 3)
    #expect(
      result.output.contains("\n#SBATCH --array=1-3\n") && result.output.contains("\n#SBATCH --time=30\n"))
    #expect(!FileManager.default.fileExists(atPath: small.folder.file("p")))
  }
}
