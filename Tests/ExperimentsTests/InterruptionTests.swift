import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Interrupted experiments")
struct InterruptionTests {
  /// The files of an experiment that nothing disturbed.
  private static let undisturbed = Task {
    let tiny = try TinyExperiment()
    try await tiny.run()
    return try tiny.snapshot().digests
  }

  /// Where the user interrupts: at a step of the first trained run, or as it is evaluated.
  enum Moment: Sendable, CustomTestStringConvertible {
    case step(Int)
    case evaluation

    var testDescription: String {
      switch self {
      case .step(let step): "step \(step)"
      case .evaluation: "evaluation"
      }
    }
  }

  /// Interrupts at `moment` of the run with this name. Returns the outcome.
  private func interrupt(_ tiny: TinyExperiment, _ name: String, at moment: Moment) async throws
    -> ExperimentRunner.Outcome
  {
    let interruption = Interruption()
    return try await tiny.run(interruption: interruption) { event in
      switch (event, moment) {
      case (.stepped(name, let step, _, _), .step(let wanted)) where step == wanted: interruption.request()
      case (.evaluating(name, _), .evaluation): interruption.request()
      default: break
      }
    }
  }

  @Test(arguments: [.step(1), .step(4), .step(23), .step(39), .step(40), .evaluation] as [Moment])
  func `The next call goes on to the bytes of a run that was never interrupted`(moment: Moment) async throws {
    let tiny = try TinyExperiment()
    let runs = try tiny.bind().grid.runs
    let name = runs[2].identity.folderName
    let folder = RunFolder(results: tiny.results, identity: runs[2].identity)
    let outcome = try await interrupt(tiny, name, at: moment)
    #expect(outcome.interrupted && outcome.failed == 0)
    let status = ExperimentStatus(try tiny.bind(), results: tiny.results)
    let resumedAt: Int
    switch moment {
    case .step(let step) where step < 40:
      #expect(outcome.finished == 2)
      #expect(folder.exists(folder.checkpointFile) && !folder.exists(folder.resultFile))
      #expect(try status.state(of: runs[2]) == .pending)
      #expect(status.checkpointSteps(of: runs[2]) == step && status.checkpointSteps(of: runs[3]) == nil)
      resumedAt = step
    case .step:
      #expect(outcome.finished == 2)
      #expect(folder.exists(folder.resultFile))
      #expect(try status.state(of: runs[2]) == .pending)
      #expect(status.checkpointSteps(of: runs[2]) == nil)
      resumedAt = 40
    case .evaluation:
      // The one evaluation was under way and is kept.
      #expect(outcome.finished == 3)
      resumedAt = 40
    }
    let log = EventLog()
    let second = try await tiny.run(show: log.add)
    #expect(!second.interrupted && outcome.finished + second.finished == 6)
    if outcome.finished == 2 { #expect(log.starts[name] == resumedAt) }
    #expect(!folder.exists(folder.checkpointFile))
    #expect(try await tiny.snapshot().digests == Self.undisturbed.value)
  }

  @Test func `Interrupted again and again, it still ends with the same bytes`() async throws {
    let tiny = try TinyExperiment()
    var calls = 0
    var outcome = ExperimentRunner.Outcome()
    repeat {
      let interruption = Interruption()
      // Every call is interrupted seven steps after its start.
      let steps = EventLog()
      outcome = try await tiny.run(jobs: 2, interruption: interruption) { event in
        guard case .stepped = event else { return }
        steps.add(event)
        if steps.events.count >= 7 { interruption.request() }
      }
      calls += 1
    } while outcome.interrupted && calls < 100
    #expect(calls > 5 && !outcome.interrupted)
    #expect(try await tiny.snapshot().digests == Self.undisturbed.value)
  }

  @Test func `A wish to stop that comes when all is done is no interruption`() async throws {
    let tiny = try TinyExperiment()
    let last = try #require(try tiny.bind().grid.runs.last).identity.folderName
    let interruption = Interruption()
    let outcome = try await tiny.run(interruption: interruption) { event in
      if event == .finished(run: last) { interruption.request() }
    }
    #expect(interruption.isRequested)
    #expect(outcome == ExperimentRunner.Outcome(finished: 6))
  }

  @Test func `A wish to stop that comes first starts nothing`() async throws {
    let tiny = try TinyExperiment()
    let interruption = Interruption()
    interruption.request()
    let log = EventLog()
    let outcome = try await tiny.run(jobs: 2, interruption: interruption, show: log.add)
    #expect(outcome == ExperimentRunner.Outcome(interrupted: true))
    #expect(log.starts.isEmpty)
  }

  /// What became of the checkpoint while nobody looked.
  enum Damage: String, CaseIterable, Sendable {
    case truncated, flippedBit, garbage, empty, ofAnotherRun
  }

  @Test(arguments: Damage.allCases)
  func `A checkpoint that cannot be used is noted, and the run starts again`(damage: Damage) async throws {
    let tiny = try TinyExperiment()
    let runs = try tiny.bind().grid.runs
    let name = runs[2].identity.folderName
    let folder = RunFolder(results: tiny.results, identity: runs[2].identity)
    #expect(try await interrupt(tiny, name, at: .step(20)).interrupted)
    var data = try #require(FileManager.default.contents(atPath: folder.checkpointFile))
    switch damage {
    case .truncated: data = data.prefix(data.count * 2 / 3)
    case .flippedBit: data[data.count / 3] ^= 4
    case .garbage: data = Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 37) })
    case .empty: data = Data()
    case .ofAnotherRun:
      let other = try TinyExperiment()
      let foreign = try other.bind().grid.runs[3].identity
      #expect(try await interrupt(other, foreign.folderName, at: .step(9)).interrupted)
      data = try #require(
        FileManager.default.contents(
          atPath: RunFolder(results: other.results, identity: foreign).checkpointFile))
    }
    try AtomicFile.write(data, to: folder.checkpointFile)
    let log = EventLog()
    #expect(try await tiny.run(show: log.add).finished == 4)
    #expect(log.notes.count == 1 && log.notes[0].hasPrefix(folder.checkpointFile))
    #expect(log.starts[name] == 0)
    #expect(try await tiny.snapshot().digests == Self.undisturbed.value)
  }
}
