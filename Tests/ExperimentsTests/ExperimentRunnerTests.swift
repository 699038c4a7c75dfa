import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Running experiments")
struct ExperimentRunnerTests {
  @Test func `Everything is made once, and a second call does nothing`() async throws {
    let tiny = try TinyExperiment()
    let log = EventLog()
    // Untrained, ceiling, and two losses by two seeds.
    #expect(try await tiny.run(show: log.add) == ExperimentRunner.Outcome(finished: 6))
    #expect(log.events.first == .planned(runs: 6, missing: 6, training: 4, steps: 160))
    let states = try ExperimentStatus(tiny.bind(), results: tiny.results).states()
    #expect(states.map(\.state) == Array(repeating: .finished, count: 6))
    #expect(states.map(\.run.row.kind) == [.untrained, .ceiling, .trained, .trained, .trained, .trained])
    let before = try tiny.snapshot()
    let second = EventLog()
    #expect(try await tiny.run(show: second.add) == ExperimentRunner.Outcome())
    #expect(second.events == [.planned(runs: 6, missing: 0, training: 0, steps: 0)])
    #expect(try tiny.snapshot() == before)
  }

  @Test func `A finished run holds what its folder's description says, and nothing more`() async throws {
    let tiny = try TinyExperiment()
    try await tiny.run()
    let experiment = try tiny.bind()
    for run in experiment.grid.runs {
      let names = try FileManager.default.contentsOfDirectory(atPath: tiny.path(of: run)).sorted()
      let evaluation = try #require(experiment.evaluations(of: run).first)
      let file = "evaluation-tiny-lfw-\(try evaluation.hash().prefix(16)).json"
      let trained = run.row.kind == .trained ? ["model.bin", "result.json"] : []
      #expect(
        names
          == (["environment.json", "events.jsonl", file, "lock", "log.txt", "specification.json"] + trained)
          .sorted())
      guard run.row.kind == .trained else { continue }
      let folder = RunFolder(results: tiny.results, identity: run.identity)
      let result = try CanonicalJSON.decode(TrainingResult.self, from: folder.resultFile)
      #expect(result.identity == run.identity.hash && result.semantics == Semantics.version)
      #expect(result.images == 144 && result.identities == 24)
      #expect(result.history.losses.count == 40)
      let model = try #require(FileManager.default.contents(atPath: folder.modelFile))
      #expect(result.modelDigest == Digest.sha256(model))
      let specification = try CanonicalJSON.decode(RunSpecification.self, from: folder.specificationFile)
      #expect(specification == run.specification)
      let environment = try CanonicalJSON.decode(RunEnvironment.self, from: folder.environmentFile)
      #expect(!environment.blasCore.isEmpty && environment.threads >= 1 && environment.peakMemory > 0)
    }
  }

  @Test func `One, two or three runs at a time, and checkpoints at every step, give identical bytes`()
    async throws
  {
    var expected: [String: String]?
    for jobs in 1...3 {
      let tiny = try TinyExperiment()
      let interval: TimeInterval = jobs == 3 ? 0 : 30
      #expect(try await tiny.run(jobs: jobs, checkpointInterval: interval).finished == 6)
      let digests = try tiny.snapshot().digests
      // An evaluation and a specification of each of six runs, a result and a model of the four trained ones.
      let files: Int = 6 * 2 + 4 * 2
      #expect(digests.count == files)
      if let expected { #expect(digests == expected, "\(jobs) at a time") }
      expected = digests
    }
  }

  @Test func `Two calls at once share the work without doing any of it twice`() async throws {
    let tiny = try TinyExperiment()
    // The world is there, as it is for the second of two calls.
    _ = try tiny.bind()
    let (a, b) = (EventLog(), EventLog())
    async let first = tiny.run(jobs: 1, show: a.add)
    async let second = tiny.run(jobs: 1, show: b.add)
    let outcomes = try await [first, second]
    #expect(outcomes.allSatisfy { $0.failed == 0 && !$0.interrupted })
    #expect(Set(a.starts.keys).isDisjoint(with: b.starts.keys))
    // What one held while the other passed by is made now at the latest.
    #expect(try await tiny.run().heldElsewhere == 0)
    let alone = try TinyExperiment()
    try await alone.run()
    #expect(try tiny.snapshot().digests == alone.snapshot().digests)
  }

  /// A learning rate at which softmax leaves the finite numbers and the normalised loss does not.
  private static var diverging: TinyExperiment.Parts {
    var parts = TinyExperiment.Parts()
    parts.networks = "{small: [{linear: 8}]}"
    parts.losses = "[softmax, {name: cosface, scale: 8, margin: 0.2}]"
    parts.training =
      "{steps: 200, batch: 16, optimiser: {learning-rate: 1000, momentum: 0, weight-decay: 0}}"
    parts.seeds = "[1]"
    return parts
  }

  @Test func `A run that diverges is recorded with its reason, the others finish, and the next call retries`()
    async throws
  {
    let tiny = try TinyExperiment(Self.diverging)
    let log = EventLog()
    #expect(try await tiny.run(show: log.add) == ExperimentRunner.Outcome(finished: 3, failed: 1))
    let experiment = try tiny.bind()
    let results = try ExperimentResults(experiment, results: tiny.results)
    let row = try #require(results.rows.first { $0.row.loss == "Softmax" })
    guard case .failed(let reason) = row.state else {
      Issue.record("\(row.state)")
      return
    }
    #expect(reason.hasPrefix("diverged at step "))
    #expect(row.gap == "failed: \(reason)")
    #expect(row.entries["tiny-lfw"]?.outcomes.isEmpty == true)
    let failed = row.runs[0].run.identity.folderName
    #expect(log.events.contains(.failed(run: failed, reason: reason)))
    for other in results.rows where other.row != row.row {
      #expect(other.gap == nil && other.state == .finished)
      #expect(other.entries["tiny-lfw"]?.outcomes.count == 1)
    }
    // Never taken for a result.
    let names = try FileManager.default.contentsOfDirectory(atPath: tiny.path(of: row.runs[0].run))
    #expect(names.contains("failure.json") && !names.contains("result.json"))
    let again = EventLog()
    #expect(try await tiny.run(show: again.add) == ExperimentRunner.Outcome(failed: 1))
    #expect(again.missing == 1 && Set(again.starts.keys) == [failed])
  }

  @Test func `A failure that is gone leaves no trace`() async throws {
    let tiny = try TinyExperiment()
    let experiment = try tiny.bind()
    let run = experiment.grid.runs[2]
    let folder = RunFolder(results: tiny.results, identity: run.identity)
    try folder.create()
    try AtomicFile.write(#"{"reason": "out of luck"}"#, to: folder.failureFile)
    let status = ExperimentStatus(experiment, results: tiny.results)
    #expect(try status.state(of: run) == .failed(reason: "out of luck"))
    #expect(try await tiny.run().finished == 6)
    #expect(try status.state(of: run) == .finished)
    #expect(!folder.exists(folder.failureFile))
  }

  @Test func `A run that another holds is left alone`() async throws {
    let tiny = try TinyExperiment()
    let run = try tiny.bind().grid.runs[3]
    let lock = try #require(try RunFolder(results: tiny.results, identity: run.identity).lock())
    let log = EventLog()
    #expect(try await tiny.run(show: log.add) == ExperimentRunner.Outcome(finished: 5, heldElsewhere: 1))
    #expect(log.events.contains(.heldElsewhere(run: run.identity.folderName)))
    #expect(try FileManager.default.contentsOfDirectory(atPath: tiny.path(of: run)) == ["lock"])
    #expect(try ExperimentStatus(tiny.bind(), results: tiny.results).state(of: run) == .running)
    withExtendedLifetime(lock) {}
  }

  @Test func `Results where a file is in the way cannot be written`() async throws {
    let tiny = try TinyExperiment()
    try AtomicFile.write("", to: tiny.results)
    let world = try harnessError { try tiny.bind() }
    #expect(world.kind == .cannotWrite && world.file.hasPrefix(tiny.results))

    let other = try TinyExperiment()
    _ = try other.bind()
    try AtomicFile.write("", to: other.results + "/runs")
    let error = await #expect(throws: HarnessError.self) { try await other.run() }
    #expect(error?.kind == .cannotWrite)
  }

  @Test func `A folder that cannot be written ends the whole call, the runs at work with a checkpoint`()
    async throws
  {
    let tiny = try TinyExperiment()
    let runs = try tiny.bind().grid.runs
    try FileManager.default.createDirectory(
      atPath: tiny.results + "/runs", withIntermediateDirectories: true)
    try AtomicFile.write("", to: tiny.path(of: runs[3]))
    let log = EventLog()
    let error = await #expect(throws: HarnessError.self) { try await tiny.run(jobs: 2, show: log.add) }
    #expect(error?.kind == .cannotWrite && error?.file == tiny.path(of: runs[3]))
    // The queue ends there: of the last two runs at most the one at hand was started.
    #expect(log.starts[runs[5].identity.folderName] == nil)
    try FileManager.default.removeItem(atPath: tiny.path(of: runs[3]))
    _ = try await tiny.run()
    let alone = try TinyExperiment()
    try await alone.run()
    #expect(try tiny.snapshot().digests == alone.snapshot().digests)
  }

  @Test(.enabled(if: geteuid() != 0, "root writes everywhere"))
  func `A results folder that may only be read is an error, and can be looked at`() async throws {
    let tiny = try TinyExperiment()
    _ = try tiny.bind()
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: tiny.results)
    let error = await #expect(throws: HarnessError.self) { try await tiny.run() }
    #expect(error?.kind == .cannotWrite)
    let states = try ExperimentStatus(tiny.bind(), results: tiny.results).states()
    #expect(states.allSatisfy { $0.state == .pending })
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tiny.results)
  }

  @Test func `What killed writers left does no harm and goes`() async throws {
    let tiny = try TinyExperiment()
    let runs = try tiny.bind().grid.runs
    for run in runs {
      try RunFolder(results: tiny.results, identity: run.identity).create()
      try AtomicFile.write("half of a resu", to: tiny.path(of: run) + "/.partial-0123")
    }
    try AtomicFile.write("", to: tiny.results + "/runs/.partial-4567")
    try AtomicFile.write("not a run", to: tiny.results + "/runs/notes.txt")
    #expect(try await tiny.run().finished == 6)
    for run in runs {
      let names = try FileManager.default.contentsOfDirectory(atPath: tiny.path(of: run))
      #expect(!names.contains { $0.hasPrefix(".partial") })
    }
    let alone = try TinyExperiment()
    try await alone.run()
    let digests = try tiny.snapshot().digests.filter { $0.key.contains("/") }
    #expect(try digests == alone.snapshot().digests)
  }

  @Test func `A missing evaluation is made again without training`() async throws {
    let tiny = try TinyExperiment()
    try await tiny.run()
    let before = try tiny.snapshot()
    let evaluation = try #require(
      before.keys.sorted().first { $0.contains("normface") && $0.contains("/evaluation-") })
    try FileManager.default.removeItem(atPath: "\(tiny.results)/runs/\(evaluation)")
    let log = EventLog()
    #expect(try await tiny.run(show: log.add) == ExperimentRunner.Outcome(finished: 1))
    #expect(log.starts.values.map(\.self) == [40])
    let after = try tiny.snapshot()
    #expect(after.digests == before.digests)
    let model = evaluation.split(separator: "/")[0] + "/model.bin"
    #expect(after[String(model)] == before[String(model)])
  }

  @Test func `A damaged network is noted and trained again to the same bytes`() async throws {
    let tiny = try TinyExperiment()
    try await tiny.run()
    let before = try tiny.snapshot()
    let run = try tiny.bind().grid.runs[2]
    let folder = RunFolder(results: tiny.results, identity: run.identity)
    var model = try #require(FileManager.default.contents(atPath: folder.modelFile))
    model[model.count / 2] ^= 1
    try AtomicFile.write(model, to: folder.modelFile)
    for (path, _) in before where path.hasPrefix(run.identity.folderName + "/evaluation-") {
      try FileManager.default.removeItem(atPath: "\(tiny.results)/runs/\(path)")
    }
    let log = EventLog()
    #expect(try await tiny.run(show: log.add) == ExperimentRunner.Outcome(finished: 1))
    #expect(log.notes.count == 1 && log.notes[0].hasPrefix(folder.modelFile))
    #expect(log.starts == [run.identity.folderName: 0])
    #expect(try tiny.snapshot().digests == before.digests)
  }
}
