import FeatureStores
import Foundation
import Learning

/// A run as it lies in a results folder, whatever experiment it was made for.
public struct StoredRun: Sendable {
  public let folder: RunFolder
  /// Nil where the file is not there or cannot be read.
  public let specification: RunSpecification?

  /// The folder's name.
  public var name: String { folder.identity.folderName }

  /// The runs of a results folder by name. Other folders and files are passed over; without `runs/` there are none.
  public static func all(in results: String) -> [StoredRun] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(results)/runs")) ?? []
    return names.sorted().compactMap { StoredRun(path: "\(results)/runs/\($0)") }
  }

  /// The run that `text` names: the whole name of its folder, with or without a path before it, or the beginning of its identity's hash where no other
  /// run's begins so.
  public static func find(_ text: String, in results: String) throws -> StoredRun {
    let all = all(in: results)
    let name = (text as NSString).lastPathComponent
    if let run = all.first(where: { $0.name == name }) { return run }
    let start = text.lowercased()
    let found = all.filter { run in
      // Of a stale run only the digits in its folder's name are known.
      let hash = run.isStale ? nil : run.identity?.hash
      return !start.isEmpty && (hash ?? run.folder.identity.hash).hasPrefix(start)
    }
    guard found.count < 2 else {
      throw HarnessError(
        .usage, file: "\(results)/runs", found: "\(found.count) runs whose hash begins with ‘\(text)’",
        expected: "one", advice: "Give more digits: \(found.prefix(10).map(\.name).joined(separator: ", ")).")
    }
    guard let run = found.first else {
      throw HarnessError(
        .missingInput, file: "\(results)/runs", found: "no run ‘\(text)’",
        expected: "the beginning of a run's hash, or the name of its folder",
        advice: "likeness run EXPERIMENT --dry-run lists the runs of an experiment.")
    }
    return run
  }

  /// The run in the folder at `path`; nil where its name is not one of a run's.
  init?(path: String) {
    guard let folder = RunFolder(path: path) else { return nil }
    self.folder = folder
    specification = try? CanonicalJSON.decode(RunSpecification.self, from: folder.specificationFile)
  }

  /// The identity of the specification by the present semantics; nil without one.
  public var identity: RunIdentity? {
    specification.flatMap { try? RunIdentity(of: $0, prefix: folder.identity.prefix) }
  }

  /// Whether a specification is there whose identity is another one now: a run of another semantics version, whose results are never used.
  public var isStale: Bool {
    identity.map { !$0.hash.hasPrefix(folder.identity.hash) } ?? false
  }

  /// The result of training; nil where it is missing or cannot be read.
  public var result: TrainingResult? {
    try? CanonicalJSON.decode(TrainingResult.self, from: folder.resultFile)
  }

  public var environment: RunEnvironment? {
    try? CanonicalJSON.decode(RunEnvironment.self, from: folder.environmentFile)
  }

  /// Where the run stands on its own: what else an experiment wants evaluated is not known here.
  public func state() throws -> RunState {
    if try FileLock.isHeld(folder.lockFile) { return .running }
    if folder.exists(folder.failureFile) {
      return .failed(reason: try CanonicalJSON.decode(RunFailure.self, from: folder.failureFile).reason)
    }
    return folder.exists(folder.environmentFile) ? .finished : .pending
  }

  /// What the course of training gave so far: of a run at work or interrupted up to its checkpoint; nil before the first one.
  public func history() throws -> (steps: Int, history: TrainingHistory)? {
    if let result { return (result.history.losses.count, result.history) }
    guard let data = FileManager.default.contents(atPath: folder.checkpointFile) else { return nil }
    return try Trainer<Float>.progress(ofCheckpoint: data)
  }

  /// The evaluations by the names of their files, without those that cannot be read.
  public func evaluations() -> [(name: String, record: EvaluationRecord)] {
    records("evaluation-")
  }

  /// The diagnostics by the names of their files, without those that cannot be read.
  public func diagnostics() -> [(name: String, record: DiagnosticRecord)] {
    records("diagnostic-")
  }

  private func records<Record: Decodable>(_ prefix: String) -> [(name: String, record: Record)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.sorted().compactMap { name in
      (try? CanonicalJSON.decode(Record.self, from: "\(folder.path)/\(name)")).map { record in
        // Without the hash and the ending.
        (String(name.dropFirst(prefix.count).dropLast(".json".count + 17)), record)
      }
    }
  }

  /// The bytes of all files in the folder.
  public var size: Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
      return sum + ((attributes?[.size] as? Int) ?? 0)
    }
  }
}
