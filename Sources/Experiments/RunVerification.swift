import FeatureStores
import Foundation
import LinearAlgebra

/// Makes finished runs again, in a folder of its own, and compares every file that must be the same byte by byte.
///
/// Compared are the specification, the network, the training's result, every evaluation and every diagnostic that the experiment wants; not
/// the environment, the event log and the lock. The stored files are only read.
public struct RunVerification: Sendable {
  /// What became of one run.
  public struct Outcome: Sendable, Equatable {
    public var run: String
    /// The files that were compared.
    public var compared: [String]
    /// Those that differ or are not there.
    public var differing: [String]
    /// Why the run could not be made again; nil where it was.
    public var failure: String?
    /// The BLAS core that the stored run was made with, where it is not this machine's: other cores give other last bits.
    public var otherCore: String?

    public var isSame: Bool { differing.isEmpty && failure == nil }
  }

  let experiment: BoundExperiment
  let results: String
  let interruption: Interruption

  public init(_ experiment: BoundExperiment, results: String, interruption: Interruption = Interruption()) {
    self.experiment = experiment
    self.results = results
    self.interruption = interruption
  }

  /// The finished runs among `runs` that train, in their order: those that can be made again.
  public func finished(among runs: [GridRun]) throws -> [GridRun] {
    let status = ExperimentStatus(experiment, results: results)
    return try runs.filter { try $0.specification.training != nil && status.isComplete($0) }
  }

  /// A random `count` of `runs` in their order; all where they are fewer.
  public static func sample(_ count: Int, of runs: [GridRun], seed: UInt64) -> [GridRun] {
    var stream = RandomStream(seed: seed, name: "verify")
    return stream.permutation(runs.count).prefix(count).sorted().map { runs[$0] }
  }

  /// Makes `run` again and compares it. Nil where the user interrupts.
  public func verify(_ run: GridRun, show: @escaping @Sendable (RunnerEvent) -> Void = { _ in }) async throws
    -> Outcome?
  {
    let scratch = NSTemporaryDirectory() + "/likeness-verify-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let again = try await ExperimentRunner(
      experiment, runs: [run], results: scratch, jobs: 1, interruption: interruption, show: show
    ).run()
    if again.interrupted { return nil }
    let stored = RunFolder(results: results, identity: run.identity)
    let made = RunFolder(results: scratch, identity: run.identity)
    let core = try CanonicalJSON.decode(RunEnvironment.self, from: stored.environmentFile).blasCore
    var outcome = Outcome(run: (stored.path as NSString).lastPathComponent, compared: [], differing: [])
    if core != BLASCore.current.name { outcome.otherCore = core }
    if made.exists(made.failureFile) {
      outcome.failure = try CanonicalJSON.decode(RunFailure.self, from: made.failureFile).reason
      return outcome
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: made.path).sorted()
    for name in names where !RunFolder.unstable.contains(name) {
      outcome.compared.append(name)
      let own = FileManager.default.contents(atPath: "\(made.path)/\(name)")
      if own == nil || own != FileManager.default.contents(atPath: "\(stored.path)/\(name)") {
        outcome.differing.append(name)
      }
    }
    return outcome
  }
}
