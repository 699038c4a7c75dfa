import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Status of experiments")
struct ExperimentStatusTests {
  @Test func `A run is pending, running, failed and finished in turn`() async throws {
    let tiny = try TinyExperiment()
    let experiment = try tiny.bind()
    let status = ExperimentStatus(experiment, results: tiny.results)
    let run = experiment.grid.runs[2]
    let folder = RunFolder(results: tiny.results, identity: run.identity)
    #expect(try status.state(of: run) == .pending)
    var lock = try folder.lock()
    #expect(lock != nil)
    #expect(try status.state(of: run) == .running)
    withExtendedLifetime(lock) {}
    lock = nil
    #expect(try status.state(of: run) == .pending)
    try AtomicFile.write(#"{"reason": "why not"}"#, to: folder.failureFile)
    #expect(try status.state(of: run) == .failed(reason: "why not"))
    // Tried again.
    lock = try folder.lock()
    #expect(try status.state(of: run) == .running)
    withExtendedLifetime(lock) {}
    lock = nil
    try await tiny.run()
    #expect(try status.state(of: run) == .finished)
    #expect(try status.states().map(\.state.word) == Array(repeating: "finished", count: 6))
  }

  @Test func `Asking changes nothing`() throws {
    let tiny = try TinyExperiment()
    let experiment = try tiny.bind()
    let states = try ExperimentStatus(experiment, results: tiny.results).states()
    #expect(states.allSatisfy { $0.state == .pending })
    #expect(!FileManager.default.fileExists(atPath: tiny.results + "/runs"))
    #expect(try ExperimentResults(experiment, results: tiny.results).rows.allSatisfy { $0.state == .pending })
  }

  @Test func `A row that makes no sense is unsupported with its reason and is never trained`() async throws {
    var parts = TinyExperiment.Parts()
    parts.networks = "{small: [{linear: 8}], odd: [{residual: [{linear: 7}]}]}"
    parts.mechanisms = "[conventional, {name: multiface, groups: 5}]"
    parts.losses = "[{name: normface, scale: 8}]"
    parts.seeds = "[1]"
    let tiny = try TinyExperiment(parts)
    // Untrained, ceiling and the one row that makes sense.
    #expect(try await tiny.run() == ExperimentRunner.Outcome(finished: 3))
    let rows = try ExperimentResults(tiny.bind(), results: tiny.results).rows
    let groups = "5 groups do not divide an embedding of 8 columns"
    let sum = "a residual block gets 12 columns and gives 7: its sum needs the same number"
    #expect(
      rows.map(\.state) == [
        .finished, .finished, .finished, .unsupported(reason: groups), .unsupported(reason: sum),
        .unsupported(reason: sum),
      ])
    #expect(rows[3].gap == "unsupported: \(groups)")
    #expect(rows[3].runs.isEmpty && rows[3].entries["tiny-lfw"]?.outcomes.isEmpty == true)
    #expect(rows.map(\.state.word).last == "unsupported")
  }

  @Test func `A damaged evaluation is named, with what to do`() async throws {
    let tiny = try TinyExperiment()
    try await tiny.run()
    let path = try #require(try tiny.snapshot().keys.sorted().first { $0.contains("/evaluation-") })
    try AtomicFile.write("{\"result\": 7}", to: "\(tiny.results)/runs/\(path)")
    let error = try harnessError { try ExperimentResults(tiny.bind(), results: tiny.results) }
    #expect(error.file == "\(tiny.results)/runs/\(path)")
    #expect(error.advice?.hasPrefix("Remove the file") == true)
  }

  @Test func `A lock has one holder, and looking at it is not holding it`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("lock")
    #expect(try !FileLock.isHeld(path))
    #expect(try folder.contents().isEmpty)
    var lock = try FileLock.acquire(path)
    #expect(lock != nil)
    #expect(try FileLock.acquire(path) == nil)
    #expect(try FileLock.isHeld(path))
    withExtendedLifetime(lock) {}
    lock = nil
    #expect(try !FileLock.isHeld(path))
    lock = try FileLock.acquire(path, waiting: true)
    #expect(lock != nil)
    let error = try harnessError { try FileLock.acquire(folder.file("absent/lock")) }
    #expect(error.kind == .cannotWrite && error.file == folder.file("absent/lock"))
  }
}
