import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Experiments

/// The built program, beside the tests.
private let program: String? = {
  let folders = [
    Bundle.main.executableURL?.deletingLastPathComponent().path,
    SharedData.repositoryRoot + "/.build/release", SharedData.repositoryRoot + "/.build/debug",
  ].compactMap(\.self)
  return folders.map { $0 + "/likeness" }.first { FileManager.default.isExecutableFile(atPath: $0) }
}()

@Suite("Killed processes", .enabled(if: program != nil, "needs the built program"))
struct KilledProcessTests {
  /// Starts `likeness run` on an experiment.
  private func start(_ tiny: TinyExperiment) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(program))
    process.arguments = ["run", tiny.file, "--results", tiny.results, "--jobs", "2"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    // Nothing that is compared depends on the commit, and asking git for it takes time.
    process.environment = ProcessInfo.processInfo.environment.merging(["LIKENESS_COMMIT": "test"]) { $1 }
    try process.run()
    return process
  }

  /// Starts `likeness run` and comes back when both of its runs with seed 1 train.
  private func startTraining(_ tiny: TinyExperiment) throws -> Process {
    let process = try start(tiny)
    // Specifications of trained runs stand when their training begins.
    while process.isRunning,
      ((try? FileManager.default.subpathsOfDirectory(atPath: tiny.results + "/runs")) ?? [])
        .count(where: { $0.contains("seed1") && $0.hasSuffix("/specification.json") }) < 2
    {
      usleep(1000)
    }
    return process
  }

  /// How many times files have appeared, changed their length or gone since `seen`.
  private func changes(_ root: String, _ seen: inout [String: Int]) -> Int {
    var now: [String: Int] = [:]
    for path in (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? [] {
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")
      now[path] = attributes?[.size] as? Int ?? -1
    }
    defer { seen = now }
    return Set(now.keys).union(seen.keys).count { now[$0] != seen[$0] }
  }

  private static var parts: TinyExperiment.Parts {
    var parts = TinyExperiment.Parts()
    parts.training = "{steps: 300, batch: 32, optimiser: {learning-rate: 0.05}, schedule: cosine}"
    parts.seeds = "[1, 2, 3]"
    return parts
  }

  @Test(arguments: ["last", "{name: best-validation, every: 7}"])
  func `Killed at any instant, it ends with the bytes of an undisturbed run`(checkpoint: String) async throws
  {
    var parts = Self.parts
    parts.seeds += "\nvalidation: {set: validation}\ncheckpoint: \(checkpoint)"
    let undisturbed = try TinyExperiment(parts)
    #expect(try await undisturbed.run().finished == 8)

    let tiny = try TinyExperiment(parts)
    // Instants are counted in changes of the results folder, not in seconds: the same on every machine, more or less.
    var stream = RandomStream(seed: 5, name: "kills")
    var kills = 0
    var seen: [String: Int] = [:]
    for round in 0..<6 {
      let process = try start(tiny)
      var left = 1 + stream.integer(below: 9)
      while process.isRunning && left > 0 {
        left -= changes(tiny.results, &seen)
        usleep(200)
      }
      // Every third gets the signal of Ctrl-C or of a batch system, which leaves checkpoints for the next ones to find.
      kill(process.processIdentifier, round % 3 == 1 ? (round % 2 == 1 ? SIGINT : SIGTERM) : SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .uncaughtSignal || process.terminationStatus == 130 { kills += 1 }
    }
    #expect(kills >= 3, "the program was too fast to be killed")
    let last = try start(tiny)
    last.waitUntilExit()
    #expect(last.terminationReason == .exit && last.terminationStatus == 0)
    #expect(
      try tiny.snapshot().digests == undisturbed.snapshot().digests)
    let states = try ExperimentStatus(tiny.bind(), results: tiny.results).states()
    #expect(states.allSatisfy { $0.state == .finished })
  }

  @Test(arguments: [[SIGINT], [SIGTERM], [SIGTERM, SIGTERM, SIGTERM], [SIGINT, SIGTERM]])
  func `Ctrl-C and termination end with status 130 and a checkpoint, however often a batch system asks`(
    signals: [Int32]
  ) throws {
    var parts = Self.parts
    parts.training = "{steps: 100000000, batch: 32, optimiser: {learning-rate: 0.01}}"
    parts.seeds = "[1]"
    let tiny = try TinyExperiment(parts)
    let process = try startTraining(tiny)
    for signal in signals {
      kill(process.processIdentifier, signal)
      usleep(1000)
    }
    process.waitUntilExit()
    let runs = tiny.results + "/runs"
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    let files = try FileManager.default.subpathsOfDirectory(atPath: runs)
    #expect(files.count { $0.hasSuffix("/checkpoint.bin") } == 2)
    let states = try ExperimentStatus(tiny.bind(), results: tiny.results).states()
    #expect(states.map(\.state) == [.finished, .finished, .pending, .pending])
  }

  @Test func `A second Ctrl-C ends the process at once, and nothing is damaged`() async throws {
    var parts = Self.parts
    parts.training = "{steps: 100000000, batch: 32, optimiser: {learning-rate: 0.01}}"
    parts.seeds = "[1]"
    // The first Ctrl-C may have ended a process before it hears of the second; then another one.
    for attempt in 1...20 {
      let tiny = try TinyExperiment(parts)
      let process = try startTraining(tiny)
      while process.isRunning {
        kill(process.processIdentifier, SIGINT)
        usleep(100)
      }
      process.waitUntilExit()
      guard process.terminationReason == .uncaughtSignal else {
        #expect(process.terminationStatus == 130)
        #expect(attempt < 20, "no process has heard of a second Ctrl-C")
        continue
      }
      #expect(process.terminationStatus == SIGINT)
      let states = try ExperimentStatus(tiny.bind(), results: tiny.results).states()
      #expect(states.map(\.state) == [.finished, .finished, .pending, .pending])
      let interruption = Interruption()
      let outcome = try await tiny.run(interruption: interruption) { event in
        if case .stepped = event { interruption.request() }
      }
      #expect(outcome.interrupted && outcome.failed == 0)
      return
    }
  }
}
