import FeatureStores
import Foundation

/// The folder of one run: `results/runs/PREFIX-HASH/`.
///
/// | file | holds |
/// |---|---|
/// | `specification.json` | everything that decides the result |
/// | `result.json` | training's outcome; its presence means that training finished |
/// | `model.bin` | the trained network |
/// | `evaluation-NAME-HASH.json` | one evaluation's outcome |
/// | `diagnostic-NAME-HASH.json` | one diagnostic's outcome |
/// | `intervals-NAME-HASH.json` | the intervals of a fold-wise result, with its first fold's run |
/// | `checkpoint.bin` | where an interrupted run goes on, with the best model so far where validation chooses it; removed at the end |
/// | `observations.json` | what diagnostics recorded up to the checkpoint; removed at the end |
/// | `failure.json` | why the last attempt failed |
/// | `events.jsonl` | what happened when, a line an event (`RunEvent`): never compared, never hashed |
/// | `log.txt` | the same for people, as much as `--log-level` says |
/// | `environment.json` | machine, versions, commit, date and times: never compared, never hashed |
///
/// Every file but the logs is written whole under a temporary name and renamed, so each is either complete or absent.
public struct RunFolder: Sendable {
  public let identity: RunIdentity
  public let path: String

  /// The folder of a run, whatever readable prefix it was made with: a network or a store that is renamed is the same run.
  public init(results: String, identity: RunIdentity) {
    self.identity = identity
    let runs = "\(results)/runs"
    let path = "\(runs)/\(identity.folderName)"
    if FileManager.default.fileExists(atPath: path) {
      self.path = path
    } else {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []
      let other = names.filter { $0.hasSuffix("-\(identity.hash.prefix(16))") }.min()
      self.path = other.map { "\(runs)/\($0)" } ?? path
    }
  }

  /// The folder at `path`; nil where its name is not that of a run's folder.
  init?(path: String) {
    guard let identity = RunIdentity(folderName: (path as NSString).lastPathComponent) else { return nil }
    self.identity = identity
    self.path = path
  }

  /// The files that differ from machine to machine and from call to call.
  static let unstable: Set = ["lock", "environment.json", "events.jsonl", "log.txt"]

  public var specificationFile: String { "\(path)/specification.json" }
  public var resultFile: String { "\(path)/result.json" }
  public var modelFile: String { "\(path)/model.bin" }
  public var checkpointFile: String { "\(path)/checkpoint.bin" }
  var observationsFile: String { "\(path)/observations.json" }
  public var failureFile: String { "\(path)/failure.json" }
  public var environmentFile: String { "\(path)/environment.json" }
  public var eventsFile: String { "\(path)/events.jsonl" }
  public var logFile: String { "\(path)/log.txt" }
  var lockFile: String { "\(path)/lock" }

  /// The file of one evaluation of the run.
  public func evaluationFile(name: String, hash: String) -> String {
    "\(path)/evaluation-\(RunIdentity.readable(name))-\(hash.prefix(16)).json"
  }

  /// The file of the intervals of a fold-wise result whose first fold is the run's.
  func intervalsFile(name: String, hash: String) -> String {
    "\(path)/intervals-\(RunIdentity.readable(name))-\(hash.prefix(16)).json"
  }

  /// The file of one diagnostic of the run.
  public func diagnosticFile(name: String, hash: String) -> String {
    "\(path)/diagnostic-\(RunIdentity.readable(name))-\(hash.prefix(16)).json"
  }

  /// Makes the folder.
  public func create() throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw HarnessError(
        .cannotWrite, file: path, found: "the folder cannot be made (\(error.localizedDescription))",
        advice: "Check permissions and free space, or choose another folder with --results.")
    }
  }

  /// The lock that a process holds while it works on the run; nil where another process holds it.
  public func lock() throws -> FileLock? {
    try create()
    // Whoever asks for the status touches the lock for an instant; a process at work keeps it.
    for _ in 0..<5 {
      if let lock = try FileLock.acquire(lockFile) { return lock }
      usleep(10_000)
    }
    return nil
  }

  public func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: file) }

  /// Removes a file that may not be there.
  func remove(_ file: String) throws {
    guard exists(file) else { return }
    do {
      try FileManager.default.removeItem(atPath: file)
    } catch {
      throw HarnessError(
        .cannotWrite, file: file, found: "the file cannot be removed (\(error.localizedDescription))")
    }
  }
}

/// Why an attempt at a run failed.
struct RunFailure: Codable, Sendable, Equatable {
  var reason: String
}
