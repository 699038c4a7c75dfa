import FeatureStores
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Experiments

/// A small experiment on a small world, in a folder of its own.
struct TinyExperiment {
  static let world = """
    name: tiny
    version: 1
    seed: 11
    dimension: 12
    identity: {dimensions: 4, within: 0.5}
    nuisances: [{name: pose, dimensions: 8, standard-deviation: 1.0}]
    map: {layers: 1, slope: 0.3}
    sets:
      - {name: train, kind: deep, identities: 24, images-per-identity: 6}
      - {name: validation, kind: lfw, identities: 12, images-per-identity: 3, folds: 3, pairs-per-fold: 8}
      - {name: test, kind: lfw, identities: 32, images-per-identity: 4, folds: 4, pairs-per-fold: 20}
    """

  static func verification(name: String, folds: Int) -> String {
    """
    name: \(name)
    kind: pair-verification
    lists: {format: lfw}
    folds: \(folds)
    far: [0.5, 0.25]
    """
  }

  /// The parts of the YAML file that tests vary.
  struct Parts {
    var name = "tiny"
    /// The block below `data`, its lines after the first indented by two.
    var data = "world: {definition: world.yaml, train: train}"
    var protocols = "[{protocol: tiny-lfw.yaml, set: test}]"
    var networks = "{small: [{linear: 8}, batch-norm, prelu, {dropout: 0.2}, {linear: 6}]}"
    var losses = "[{name: normface, scale: 8}, {name: cosface, scale: 8, margin: 0.2}]"
    var mechanisms = "[conventional]"
    var training =
      "{steps: 40, batch: 16, optimiser: {learning-rate: 0.05}, schedule: {name: cosine, warm-up: 4}}"
    var seeds = "[1, 2]"

    /// The experiment as YAML, on the world in the same folder.
    var text: String {
      """
      name: \(name)
      data:
        \(data)
      protocols: \(protocols)
      networks: \(networks)
      losses: \(losses)
      mechanisms: \(mechanisms)
      training: \(training)
      seeds: \(seeds)
      """
    }
  }

  let folder: TemporaryFolder
  var results: String { folder.file("results") }
  var file: String { folder.file("experiment.yaml") }

  /// Writes the world, its protocol and the experiment.
  init(_ parts: Parts = Parts()) throws {
    folder = try TemporaryFolder()
    try AtomicFile.write(Self.world, to: folder.file("world.yaml"))
    try AtomicFile.write(Self.verification(name: "tiny-lfw", folds: 4), to: folder.file("tiny-lfw.yaml"))
    try write(parts)
  }

  func write(_ parts: Parts) throws { try AtomicFile.write(parts.text, to: file) }

  func bind() throws -> BoundExperiment {
    try BoundExperiment(ExperimentDefinition(file: file), data: nil, results: results)
  }

  /// Makes what is missing.
  @discardableResult
  func run(
    jobs: Int = 1, interruption: Interruption = Interruption(), checkpointInterval: TimeInterval = 30,
    show: @escaping @Sendable (RunnerEvent) -> Void = { _ in }
  ) async throws -> ExperimentRunner.Outcome {
    try await ExperimentRunner(
      bind(), results: results, jobs: jobs, interruption: interruption,
      checkpointInterval: checkpointInterval,
      show: show
    ).run()
  }

  /// Everything in the results folder that must not depend on when, where and how often runs were made.
  func snapshot() throws -> [String: StoredFile] { try StoredFile.deterministic(under: results + "/runs") }

  /// The folder of a run.
  func path(of run: GridRun) -> String { RunFolder(results: results, identity: run.identity).path }
}

/// The content and the date of a file.
struct StoredFile: Equatable {
  var digest: String
  var date: Date

  /// All files under `root` by relative path, but locks, environments and event logs.
  static func deterministic(under root: String) throws -> [String: StoredFile] {
    var files: [String: StoredFile] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
      let name = (path as NSString).lastPathComponent
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")
      guard attributes[.type] as? FileAttributeType == .typeRegular, name != "lock",
        name != "environment.json", name != "events.jsonl", name != "log.txt"
      else { continue }
      let data = try #require(FileManager.default.contents(atPath: "\(root)/\(path)"))
      files[path] = StoredFile(
        digest: Digest.sha256(data), date: try #require(attributes[.modificationDate] as? Date))
    }
    return files
  }
}

extension [String: StoredFile] {
  var digests: [String: String] { mapValues(\.digest) }
}

/// The events of a call, in the order in which they came.
final class EventLog: Sendable {
  private let stored = Mutex<[RunnerEvent]>([])

  var events: [RunnerEvent] { stored.withLock { $0 } }
  func add(_ event: RunnerEvent) { stored.withLock { $0.append(event) } }

  var missing: Int? {
    for case .planned(_, let missing, _, _) in events { return missing }
    return nil
  }
  var notes: [String] { events.compactMap { if case .note(let text) = $0 { text } else { nil } } }
  /// The runs that started, with the step at which they did.
  var starts: [String: Int] {
    var starts: [String: Int] = [:]
    for case .started(let run, let step, _) in events { starts[run] = step }
    return starts
  }
}

/// The error that `body` throws, which must be a `HarnessError`.
func harnessError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> some Any
) throws -> HarnessError {
  let error = #expect(throws: HarnessError.self, sourceLocation: sourceLocation) { _ = try body() }
  return try #require(error, sourceLocation: sourceLocation)
}
