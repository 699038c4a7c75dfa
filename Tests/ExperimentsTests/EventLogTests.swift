import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Event logs")
struct EventLogTests {
  @Test func `A run's log tells of its steps, evaluations and end, with the numbers of its result`()
    async throws
  {
    let tiny = try TinyExperiment()
    try await tiny.run()
    for run in try tiny.bind().grid.runs {
      let folder = RunFolder(results: tiny.results, identity: run.identity)
      let events = folder.events()
      #expect(events.suffix(2).map(\.event) == [.evaluated, .finished])
      #expect(events.dropLast().last?.what == "tiny-lfw")
      guard run.specification.training != nil else {
        #expect(events.count == 2)
        continue
      }
      #expect(events.map(\.event).prefix(2) == [.started, .stepped])
      #expect(events.first?.step == 0 && events.first?.steps == 40)
      let steps = events.filter { $0.event == .stepped }
      #expect(steps.map(\.step) == Array(1...40))
      let history = try CanonicalJSON.decode(TrainingResult.self, from: folder.resultFile).history
      #expect(steps.map(\.loss) == history.losses && steps.map(\.gradientNorm) == history.gradientNorms)
      // Warm-up over four steps to 0.05.
      #expect(steps.count == 40)
      for (index, event) in steps.prefix(4).enumerated() {
        let rate = try #require(event.learningRate)
        #expect(abs(rate - 0.0125 * Double(index + 1)) < 1e-15)
      }
      #expect(steps.allSatisfy { ($0.samplesPerSecond ?? 0) > 0 })
      // Nothing is left to train.
      #expect(folder.lastStep() == nil)
    }
  }

  @Test func `Every attempt is logged, with the reason of its end`() async throws {
    let tiny = try TinyExperiment()
    let run = try tiny.bind().grid.runs[2]
    let folder = RunFolder(results: tiny.results, identity: run.identity)
    let interruption = Interruption()
    _ = try await tiny.run(interruption: interruption) { event in
      if case .stepped(run.identity.folderName, 10, _, _) = event { interruption.request() }
    }
    #expect(
      folder.events().map(\.event) == [.started] + Array(repeating: .stepped, count: 10) + [.interrupted])
    #expect(folder.lastStep()?.step == 10)
    try await tiny.run()
    let events = folder.events()
    #expect(events.filter { $0.event == .started }.map(\.step) == [0, 10])
    #expect(events.filter { $0.event == .stepped }.map(\.step) == Array(1...40))

    var parts = TinyExperiment.Parts()
    parts.networks = "{small: [{linear: 8}]}"
    parts.losses = "[softmax]"
    parts.training =
      "{steps: 200, batch: 16, optimiser: {learning-rate: 1000, momentum: 0, weight-decay: 0}}"
    parts.seeds = "[1]"
    let diverging = try TinyExperiment(parts)
    #expect(try await diverging.run().failed == 1)
    let failed = RunFolder(results: diverging.results, identity: try diverging.bind().grid.runs[2].identity)
    let last = try #require(failed.events().last)
    #expect(last.event == .failed && last.reason?.hasPrefix("diverged at step ") == true)
  }

  @Test(arguments: Verbosity.allCases)
  func `The plain log tells as much as its level says`(verbosity: Verbosity) async throws {
    let tiny = try TinyExperiment()
    let runner = try ExperimentRunner(
      tiny.bind(), results: tiny.results, jobs: 1, verbosity: verbosity, checkpointInterval: 0)
    _ = try await runner.run()
    let folder = RunFolder(results: tiny.results, identity: try tiny.bind().grid.runs[2].identity)
    let data = try #require(FileManager.default.contents(atPath: folder.logFile))
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map { line in
      line.split(separator: " ", maxSplits: 1)
    }
    #expect(lines.allSatisfy { (try? Date(String($0[0]), strategy: .iso8601)) != nil })
    let words = lines.map { String($0[1]) }
    guard verbosity >= .info else {
      #expect(words.isEmpty)
      return
    }
    #expect(
      words.filter { $0.hasPrefix("info ") }
        == ["info started", "info trained", "info tiny-lfw done", "info finished"])
    let details = words.filter { $0.hasPrefix("debug ") }
    guard verbosity == .debug else {
      #expect(details.isEmpty)
      return
    }
    // A step and a checkpoint each, but for the last step, after which training is over.
    #expect(details.count { $0.hasPrefix("debug step ") } == 40)
    let losses = try CanonicalJSON.decode(TrainingResult.self, from: folder.resultFile).history.losses
    #expect(
      details[0].hasPrefix("debug step 1 of 40, loss \(String(format: "%.6g", losses[0])), learning rate "))
    #expect(details[1] == "debug checkpoint at step 1")
  }

  @Test func `A torn line is passed over, and an attempt without a step tells no progress`() throws {
    let tiny = try TinyExperiment()
    let folder = RunFolder(results: tiny.results, identity: try tiny.bind().grid.runs[2].identity)
    #expect(folder.events().isEmpty && folder.lastStep() == nil)
    try folder.create()
    var log: RunEventLog? = try RunEventLog(folder)
    try log?.record(.started) { ($0.step, $0.steps) = (0, 40) }
    try log?.record(.stepped) { ($0.step, $0.steps) = (7, 40) }
    log = nil
    let whole = try #require(FileManager.default.contents(atPath: folder.eventsFile))
    try AtomicFile.write(whole + Data(#"{"event":"step"#.utf8), to: folder.eventsFile)
    #expect(folder.events().map(\.event) == [.started, .stepped])
    #expect(folder.lastStep()?.step == 7)
    try AtomicFile.write(whole, to: folder.eventsFile)
    try RunEventLog(folder).record(.started) { ($0.step, $0.steps) = (7, 40) }
    #expect(folder.lastStep() == nil)
  }

  @Test func `The time that is left is that of the steps left, less what has passed since`() throws {
    let now = Date(timeIntervalSince1970: 1_000_000_000)
    var event = RunEvent(.stepped, at: now)
    #expect(event.time == "2001-09-09T01:46:40Z" && event.secondsLeft(at: now) == nil)
    (event.step, event.steps, event.secondsPerStep) = (10, 110, 0.5)
    #expect(event.secondsLeft(at: now) == 50)
    #expect(event.secondsLeft(at: now + 20) == 30)
    #expect(event.secondsLeft(at: now + 80) == 0)
    #expect(event.secondsLeft(at: now - 5) == 50)
  }
}
