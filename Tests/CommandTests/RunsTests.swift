import FeatureStores
import Foundation
import TestSupport
import Testing

/// `likeness runs`, `verify`, `embed` and `export --weights` as a user runs them.
struct RunsTests {
  private func made() throws -> SmallExperiment {
    let small = try SmallExperiment()
    let run = try small.run("run", "small.yaml")
    try #require(run.status == 0, "\(run.errors)")
    return small
  }

  private func run(_ prefix: String, of small: SmallExperiment) throws -> String {
    try #require(small.runs().first { $0.hasPrefix(prefix) })
  }

  @Test func aRunIsShownByTheBeginningOfItsHashOrItsFolder() throws {
    let small = try made()
    let name = try run("little-narrow-cosface-conventional-seed2-", of: small)
    let hash = String(name.suffix(16))
    let shown = try small.run("runs", "show", hash)
    #expect(shown.status == 0 && shown.errors == "", "\(shown.errors)")
    #expect(try small.run("runs", "show", name).output == shown.output)
    #expect(try small.run("runs", "show", "results/runs/\(name)").output == shown.output)
    let lines = shown.output.split(separator: "\n").map(String.init)
    #expect(lines.first == name)
    func value(_ key: String) -> String? {
      lines.first { $0.hasPrefix("  \(key) ") }?.dropFirst(key.count + 2).trimmingCharacters(in: .whitespaces)
    }
    #expect(value("state") == "finished" && value("steps") == "4 of 4" && value("semantics") == "1")
    let identity = try #require(value("identity"))
    #expect(identity.count == 64 && identity.hasPrefix(hash))
    #expect(try small.run("runs", "show", identity).output == shown.output)
    #expect(value("trained on") == "32 images of 8 identities")
    #expect(value("training.loss.options.margin") == "0.2" && value("training.seed") == "2")
    #expect(value("BLAS core") != nil && value("commit") != nil)
    #expect(value("training")?.wholeMatch(of: /[0-9.]+ (?:s|ms|µs)/) != nil, "\(shown.output)")
    #expect(value("peak memory")?.wholeMatch(of: /[0-9.,]+ [MG]B/) != nil, "\(shown.output)")
    #expect(lines.contains("Results: pairs") && value("accuracy")?.contains("[") == true, "\(shown.output)")
    let plot = try #require(lines.firstIndex(of: "Training loss against steps"))
    #expect(lines[plot + 1].contains(" ┤") && lines.last?.hasSuffix("4") == true)

    let unknown = try small.run("runs", "show", "zzzz")
    #expect(unknown.status == 66 && unknown.errors.contains("no run ‘zzzz’"))
    // A second run whose hash begins alike.
    let twin = name.dropLast() + (name.hasSuffix("0") ? "1" : "0")
    try FileManager.default.copyItem(
      atPath: small.folder.file("results/runs/\(name)"), toPath: small.folder.file("results/runs/\(twin)"))
    let ambiguous = try small.run("runs", "show", String(hash.dropLast()))
    #expect(ambiguous.status == 64 && ambiguous.errors.contains("2 runs whose hash begins with"))
    let stale = try small.run("runs", "show", String(twin))
    #expect(stale.output.contains("semantics 1, now 1: never used"), "\(stale.output)")
  }

  @Test func aRunWhoseCheckpointWasChosenNamesTheStep() throws {
    let small = try SmallExperiment(
      SmallExperiment.text + "validation: {held-out: 2}\ncheckpoint: {name: best-validation, every: 3}\n")
    let made = try small.run("run", "small.yaml")
    #expect(made.status == 0, "\(made.errors)")
    let name = try run("little-narrow-cosface-conventional-seed1-", of: small)
    struct Result: Decodable {
      struct Choice: Decodable { var step: Int, validationAccuracy: Double }
      var chosen: Choice
    }
    let result = try JSONDecoder().decode(
      Result.self, from: Data(small.text("results/runs/\(name)/result.json").utf8))
    #expect([3, 4].contains(result.chosen.step))
    let shown = try small.run("runs", "show", name)
    let accuracy = String(format: "%.4f", result.chosen.validationAccuracy)
    #expect(
      shown.output.split(separator: "\n").contains {
        $0.hasPrefix("  chosen ")
          && $0.hasSuffix("  step \(result.chosen.step), validation accuracy \(accuracy)")
      }, "\(shown.output)")
    #expect(shown.output.contains("4 of 4"), "\(shown.output)")
    let verified = try small.run("verify", "small.yaml")
    #expect(verified.status == 0 && verified.output.hasSuffix(" 0 differ\n"), "\(verified.output)")
    // Nothing is chosen where the last one is taken.
    let last = try self.made()
    let other = try run("little-narrow-cosface-conventional-seed1-", of: last)
    #expect(try !last.run("runs", "show", other).output.contains("\n  chosen "))
  }

  @Test func whatNoExperimentRefersToIsListedAndRemovedOnlyWhenAsked() throws {
    let small = try made()
    #expect(try small.run("run", "small.yaml", "--set", "seeds=[3]", "--only", "seed=3").status == 0)
    let all = try small.runs()
    let orphans = all.filter { $0.contains("-seed3-") }
    #expect(all.count == 8 && orphans.count == 2)
    let stale = "untrained-little-0123456789abcdef"
    let untrained = try run("untrained-", of: small)
    try FileManager.default.copyItem(
      atPath: small.folder.file("results/runs/\(untrained)"),
      toPath: small.folder.file("results/runs/\(stale)"))
    try AtomicFile.write("mine", to: small.folder.file("results/runs/notes.txt"))

    let listed = try small.run("runs", "prune", "small.yaml")
    #expect(listed.status == 0 && listed.errors == "", "\(listed.errors)")
    for name in orphans {
      #expect(listed.output.contains("would remove \(name) (no experiment refers to it)\n"))
    }
    #expect(listed.output.contains("would remove \(stale) (stale: semantics unknown, now 1)\n"))
    #expect(
      listed.output.contains("\n3 runs, ") && listed.output.hasSuffix("; 6 kept; --delete removes them\n"))
    #expect(try small.runs() == (all + [stale, "notes.txt"]).sorted())

    // An experiment whose data are missing keeps every run that trains as it does.
    try AtomicFile.write(
      SmallExperiment.text.replacing(
        "world: {definition: world.yaml, train: train}", with: "stores: {train: absent.h5}"
      ).replacing("set: test", with: "store: absent.h5, lists: lists").replacing(
        "seeds: [1, 2]", with: "seeds: [3]"), to: small.folder.file("elsewhere.yaml"))
    let careful = try small.run("runs", "prune", "small.yaml", "elsewhere.yaml")
    #expect(
      careful.output.contains(
        "elsewhere.yaml: its stores, or the world it would generate, are not at hand"), "\(careful.output)")
    #expect(careful.output.contains("\n1 run, "))

    let removed = try small.run("runs", "prune", "small.yaml", "--delete")
    #expect(removed.status == 0 && removed.output.contains("removed \(orphans[0])"), "\(removed.errors)")
    #expect(try small.runs() == (all.filter { !orphans.contains($0) } + ["notes.txt"]).sorted())
    #expect(try small.run("run", "small.yaml").output == "small: 6 runs, 0 made now\n")

    // All experiments of the folder; claims beside them are none.
    let folder = small.folder.file("experiments")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try AtomicFile.write("{extends: ../small.yaml, name: small}\n", to: "\(folder)/small.yaml")
    try AtomicFile.write("{level: 0.95, claims: []}\n", to: "\(folder)/claims.yaml")
    let none = try small.run("runs", "prune")
    #expect(none.status == 0 && none.output.hasPrefix("nothing to remove; "), "\(none.errors)\(none.output)")
    try FileManager.default.removeItem(atPath: folder)

    // Nobody's runs go because no experiment was found, or because one cannot be read.
    #expect(try small.run("runs", "prune", "--delete").status == 66)
    try AtomicFile.write("name: broken\n", to: small.folder.file("broken.yaml"))
    #expect(try small.run("runs", "prune", "broken.yaml", "--delete").status == 65)
    #expect(try small.runs().count == 7)
  }

  @Test func runsMadeAgainAreComparedByteByByte() throws {
    let small = try SmallExperiment()
    #expect(try small.run("verify", "small.yaml").status == 66)
    #expect(try small.run("run", "small.yaml").status == 0)
    let same = try small.run("verify", "small.yaml", "--sample", "3")
    #expect(same.status == 0, "\(same.errors)\(same.output)")
    #expect(same.output.components(separatedBy: ": 4 files the same\n").count == 4, "\(same.output)")
    #expect(same.output.hasSuffix("small: 3 of 4 finished runs made again, 0 differ\n"))
    // The same draw for the same seed.
    #expect(try small.run("verify", "small.yaml", "--sample", "3").output == same.output)

    let name = try run("little-narrow-normface-conventional-seed1-", of: small)
    let folder = small.folder.file("results/runs/\(name)")
    let evaluation = try #require(
      FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix("evaluation-") })
    let file = "\(folder)/\(evaluation)"
    try AtomicFile.write(try String(contentsOfFile: file, encoding: .utf8) + " ", to: file)
    let differing = try small.run("verify", "small.yaml", "--sample", "9")
    #expect(differing.status == 2, "\(differing.errors)")
    #expect(differing.output.contains("\(name): differs in \(evaluation)\n"), "\(differing.output)")
    #expect(
      differing.output.hasSuffix(
        "small: 4 of 4 finished runs made again, 1 differs; --sample 9 asks for more: finished are 4 of the 4 that train\n"
      ), "\(differing.output)")
    // Not mended: the stored files are only read.
    #expect(try String(contentsOfFile: file, encoding: .utf8).hasSuffix(" "))
    #expect(try small.run("verify", "small.yaml", "--only", "loss=cosface").status == 0)
  }

  /// The forward pass as the documentation of the weights states it, in double precision.
  private static let script = """
    import json, sys
    import numpy as np

    weights = np.load("net.npz")
    about = json.loads(weights["network.json"])
    x = np.fromfile("features.f32", "<f4").reshape(-1, about["inputs"]).astype("f8")
    for place, layer in enumerate(about["network"]["layers"]):
        array = lambda name: weights[f"network.{place}.{name}"].astype("f8")
        (kind, options), = layer.items() if isinstance(layer, dict) else [(layer, {})]
        if kind == "linear":
            x = x @ array("weight").T + (array("bias") if options["bias"] else 0)
        elif kind == "batchNorm":
            spread = np.sqrt(array("running-variance") + options["epsilon"])
            x = array("gain") * (x - array("running-mean")) / spread + array("shift")
        elif kind == "prelu":
            x = np.where(x > 0, x, array("slope") * x)
        else:
            sys.exit(f"the layer {kind}")
    expected = np.fromfile("embedding.f32", "<f4").reshape(-1, about["outputs"])
    assert np.abs(x - expected).max() < 1e-5 * np.abs(x).max(), np.abs(x - expected).max()
    try:
        import h5py
    except ImportError:
        h5py = None
    if h5py:
        with h5py.File("net.h5") as store:
            assert json.loads(store.attrs["network.json"]) == about
            names = [name for name in weights.files if name != "network.json"]
            assert sorted(store) == sorted(names)
            for name in names:
                assert store[name].dtype == "f4" and np.array_equal(store[name][()], weights[name])
    print("same", len(x))
    """

  static let hasNumPy: Bool = {
    let probe = try? ProcessResult(
      "/usr/bin/env", ["python3", "-c", "import numpy"], environment: ProcessInfo.processInfo.environment)
    return probe?.status == 0
  }()

  /// A run, its embedding of the test store, and the exported weights.
  private func exported() throws -> (small: SmallExperiment, input: FeatureStore, output: FeatureStore) {
    let small = try made()
    let name = try run("little-narrow-cosface-conventional-seed1-", of: small)
    let world = try #require(
      FileManager.default.contentsOfDirectory(atPath: small.folder.file("results/worlds")).first)
    let store = "results/worlds/\(world)/test.h5"
    let embedded = try small.run("embed", name, store, "--output", "embedded.h5")
    try #require(
      embedded.status == 0 && embedded.output == "embedded.h5: 48 rows embedded by \(name)\n",
      "\(embedded.errors)")
    for file in ["net.npz", "net.h5"] {
      let result = try small.run("export", name, "--weights", file)
      try #require(
        result.status == 0 && result.output == "\(file): the network of \(name)\n", "\(result.errors)")
    }
    return (
      small, try FeatureStore(opening: StoreLocation(small.folder.file(store))),
      try FeatureStore(opening: StoreLocation(small.folder.file("embedded.h5")))
    )
  }

  @Test func anEmbeddedStoreIsWhatTheRunWasEvaluatedOn() throws {
    let (small, input, output) = try exported()
    #expect(output.rowCount == input.rowCount && output.dimension == 4)
    #expect(output.names == input.names && output.labels == input.labels)
    #expect(output.attributes.extractor?.contains("Likeness run little-narrow-cosface") == true)
    let world = (input.location.path as NSString).deletingLastPathComponent
    let evaluated = try small.run(
      "evaluate", "embedded.h5", "--protocol", "pairs.yaml", "--lists", "\(world)/lists/test", "--format",
      "json")
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    struct Figures: Decodable, Equatable { var auc: Double }
    struct Record: Decodable { var result: Figures }
    let name = try run("little-narrow-cosface-conventional-seed1-", of: small)
    let file = try #require(
      FileManager.default.contentsOfDirectory(atPath: small.folder.file("results/runs/\(name)")).first {
        $0.hasPrefix("evaluation-")
      })
    let stored = try JSONDecoder().decode(
      Record.self, from: Data(small.text("results/runs/\(name)/\(file)").utf8))
    let own = try JSONDecoder().decode(Figures.self, from: Data(evaluated.output.utf8))
    #expect(own == stored.result)

    let again = try small.run("embed", name, input.location.path, "--output", "embedded.h5")
    #expect(again.status == 73 && again.errors.contains("something is there already"))
    let wrong = try small.run("embed", name, "embedded.h5", "--output", "twice.h5")
    #expect(wrong.status == 65 && wrong.errors.contains("rows of 4 columns; expected 8"), "\(wrong.errors)")
    let untrained = try small.run("export", run("untrained-", of: small), "--weights", "no.npz")
    #expect(untrained.status == 66 && untrained.errors.contains("no trained network"))
    #expect(try small.run("export", name, "--weights", "net.txt").status == 64)
    #expect(try small.run("export", name).status == 64)
  }

  @Test(.enabled(if: hasNumPy, "needs python3 with numpy"))
  func numPyReadsTheWeightsAndReproducesTheEmbedding() throws {
    let (small, input, output) = try exported()
    try Data(try input.features().littleEndianBytes).write(
      to: URL(fileURLWithPath: small.folder.file("features.f32")))
    try Data(try output.features().littleEndianBytes).write(
      to: URL(fileURLWithPath: small.folder.file("embedding.f32")))
    try AtomicFile.write(Self.script, to: small.folder.file("forward.py"))
    let result = try ProcessResult(
      "/usr/bin/env", ["python3", "forward.py"], environment: ProcessInfo.processInfo.environment,
      folder: small.folder.path)
    #expect(result.status == 0 && result.output == "same 48\n", "\(result.errors)")
  }

  @Test func exportedWeightsAreTheSameBytesEachTime() throws {
    let (small, _, _) = try exported()
    let name = try run("little-narrow-cosface-conventional-seed1-", of: small)
    for file in ["net.npz", "net.h5"] {
      let before = FileManager.default.contents(atPath: small.folder.file(file))
      #expect(try small.run("export", name, "--weights", file).status == 0)
      #expect(FileManager.default.contents(atPath: small.folder.file(file)) == before)
    }
  }

  @Test func anInterruptedRunIsShownWithTheStepOfItsCheckpoint() throws {
    let steps = 100_000_000
    let small = try SmallExperiment(SmallExperiment.text.replacing("steps: 4", with: "steps: \(steps)"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: LikenessProgram.path)
    process.arguments = ["run", "small.yaml", "--jobs", "1"]
    process.currentDirectoryURL = URL(fileURLWithPath: small.folder.path)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // The specification of a trained run stands when its training begins.
    while process.isRunning,
      !((try? FileManager.default.subpathsOfDirectory(atPath: small.folder.file("results/runs"))) ?? [])
        .contains(where: { $0.contains("seed1") && $0.hasSuffix("/specification.json") })
    {
      usleep(1000)
    }
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let name = try run("little-narrow-normface-conventional-seed1-", of: small)
    let status = try small.run("status", "small.yaml")
    #expect(status.status == 0, "\(status.errors)")
    let lines = status.output.split(separator: "\n")
    #expect(
      lines.contains {
        $0.hasPrefix("pending: \(name): a checkpoint is there, at step ") && $0.hasSuffix(" of \(steps)")
      }, "\(status.output)")
    #expect(lines.count { $0.hasPrefix("pending: ") } == 1)
    #expect(
      lines.filter { $0.contains("1 pending with a checkpoint") }.map { $0.contains("NormFace") } == [true],
      "\(status.output)")
    // One that cannot be read is none.
    try AtomicFile.write("damaged", to: small.folder.file("results/runs/\(name)/checkpoint.bin"))
    #expect(try !small.run("status", "small.yaml").output.contains("checkpoint"))
  }

  private static let hasFlock: Bool = {
    let probe = try? ProcessResult(
      "/usr/bin/env", ["flock", "--version"], environment: ProcessInfo.processInfo.environment)
    return probe?.status == 0
  }()

  @Test(.enabled(if: hasFlock, "needs flock of util-linux"))
  func aRunAtWorkIsShownWithTheTimeThatIsLeft() throws {
    let small = try made()
    let name = try run("little-narrow-cosface-conventional-seed1-", of: small)
    let folder = small.folder.file("results/runs/\(name)")
    // As it lies there while it trains: held, without a result, and with a log.
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file != "lock" {
      try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
    }
    let time = Date.now.formatted(.iso8601)
    try AtomicFile.write(
      """
      {"event":"started","step":0,"steps":1000000,"time":"\(time)"}
      {"event":"stepped","loss":3.25,"secondsPerStep":1,"step":1000,"steps":1000000,"time":"\(time)"}

      """, to: "\(folder)/events.jsonl")
    let status = try ProcessResult(
      "/usr/bin/env", ["flock", "\(folder)/lock", LikenessProgram.path, "status", "small.yaml"],
      environment: ProcessInfo.processInfo.environment, folder: small.folder.path)
    #expect(status.status == 0, "\(status.errors)")
    #expect(
      status.output.contains("running: \(name): step 1000 of 1000000, loss 3.2500, ETA 277 h "),
      "\(status.output)")
    #expect(try !small.run("status", "small.yaml").output.contains("running: "))
  }
}
