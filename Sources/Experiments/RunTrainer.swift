import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// Trains one run into its folder, going on from a checkpoint where there is one.
struct RunTrainer {
  /// How an attempt ended.
  enum Outcome {
    case finished(TrainedModel<Float>)
    /// The user asked to stop; a checkpoint is written.
    case interrupted
  }

  let run: GridRun
  let folder: RunFolder
  let dataset: BoundDataset
  let workers: Workers
  let interruption: Interruption
  /// Seconds between checkpoints.
  let checkpointInterval: TimeInterval
  let show: @Sendable (RunnerEvent) -> Void

  /// Trains to the end, or until the user interrupts. The caller holds the folder's lock.
  func train(_ configuration: TrainingConfiguration) throws -> Outcome {
    let rows = dataset.rows(fold: run.fold)
    let features = rows.map { dataset.features.gathering(rows: $0) } ?? dataset.features
    let labels = rows.map { rows in rows.map { dataset.labels[$0] } } ?? dataset.labels
    var trainer = try resumed(configuration, features, labels)
    show(.started(run: folder.identity.folderName, step: trainer.completedSteps, steps: configuration.steps))
    var saved = Date.now
    while !trainer.isFinished {
      if interruption.isRequested || Task.isCancelled {
        try AtomicFile.write(try trainer.checkpoint(), to: folder.checkpointFile)
        return .interrupted
      }
      let progress = try trainer.step()
      show(
        .stepped(
          run: folder.identity.folderName, step: progress.step, loss: progress.loss,
          samples: configuration.batch))
      if Date.now.timeIntervalSince(saved) > checkpointInterval {
        try AtomicFile.write(try trainer.checkpoint(), to: folder.checkpointFile)
        saved = Date.now
      }
    }
    let model = try trainer.model.encoded()
    try AtomicFile.write(model, to: folder.modelFile)
    let result = TrainingResult(
      identity: folder.identity.hash, semantics: Semantics.version, images: labels.count,
      identities: trainer.classes, checkpoint: configuration.checkpoint, history: trainer.history,
      modelDigest: Digest.sha256(model))
    try AtomicFile.write(try CanonicalJSON.encodeIndented(result), to: folder.resultFile)
    return .finished(trainer.model)
  }

  /// A trainer at the checkpoint, or at step 0 where there is none that can be used.
  private func resumed(
    _ configuration: TrainingConfiguration, _ features: Matrix<Float>, _ labels: [Int]
  ) throws -> Trainer<Float> {
    if let data = FileManager.default.contents(atPath: folder.checkpointFile) {
      do {
        guard try Trainer<Float>.configuration(ofCheckpoint: data) == configuration else {
          throw HarnessError(.badInput, file: folder.checkpointFile, found: "a checkpoint of another run")
        }
        return try Trainer(resuming: data, features: features, labels: labels, workers: workers)
      } catch let error as HarnessError {
        show(.note("\(folder.checkpointFile) cannot be used (\(error)); the run starts again"))
      }
    }
    return try Trainer(configuration: configuration, features: features, labels: labels, workers: workers)
  }
}
