import FeatureStores
import Foundation
import Learning

/// How far an experiment is, read from its results folder.
public struct ExperimentStatus: Sendable {
  public let experiment: BoundExperiment
  public let results: String

  public init(_ experiment: BoundExperiment, results: String) {
    self.experiment = experiment
    self.results = results
  }

  /// Whether a run has its trained network, or needs none.
  public func isTrained(_ run: GridRun) -> Bool {
    let folder = RunFolder(results: results, identity: run.identity)
    return run.specification.training == nil
      || folder.exists(folder.resultFile) && folder.exists(folder.modelFile)
  }

  /// Whether a run is trained, evaluated by every protocol, and diagnosed.
  public func isComplete(_ run: GridRun) throws -> Bool {
    let folder = RunFolder(results: results, identity: run.identity)
    guard isTrained(run) else { return false }
    return try folder.exists(folder.environmentFile)
      && experiment.evaluations(of: run).allSatisfy {
        folder.exists(folder.evaluationFile(name: $0.name, hash: try $0.hash()))
      }
      && experiment.diagnostics(of: run).allSatisfy { folder.exists(try $0.file(in: folder)) }
  }

  /// Where a run stands.
  public func state(of run: GridRun) throws -> RunState {
    if try isComplete(run) { return .finished }
    let folder = RunFolder(results: results, identity: run.identity)
    guard folder.exists(folder.path) else { return .pending }
    if try FileLock.isHeld(folder.lockFile) { return .running }
    if folder.exists(folder.failureFile) {
      return .failed(reason: try CanonicalJSON.decode(RunFailure.self, from: folder.failureFile).reason)
    }
    return .pending
  }

  /// The steps of a run's training that its checkpoint has done, from which the next call goes on; nil where training is over, and without a checkpoint that
  /// can be read and is this run's.
  public func checkpointSteps(of run: GridRun) -> Int? {
    let folder = RunFolder(results: results, identity: run.identity)
    guard let training = run.specification.training, !folder.exists(folder.resultFile),
      let data = FileManager.default.contents(atPath: folder.checkpointFile),
      (try? Trainer<Float>.configuration(ofCheckpoint: data)) == training
    else { return nil }
    return try? Trainer<Float>.progress(ofCheckpoint: data).steps
  }

  /// The state of every run, in the order of the grid.
  public func states() throws -> [(run: GridRun, state: RunState)] {
    try experiment.grid.runs.map { ($0, try state(of: $0)) }
  }
}
