import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// Trains one run into its folder, going on from a checkpoint where there is one.
struct RunTrainer {
  /// How an attempt ended.
  enum Outcome {
    case finished(TrainedModel<Float>, secondsPerStep: Double?)
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
  let log: RunEventLog
  let show: @Sendable (RunnerEvent) -> Void

  /// Trains to the end, or until the user interrupts, and writes what `diagnostics` record on the way. The caller holds the folder's lock.
  ///
  /// A model that is there already is only replaced by its own bytes: a machine that computes others cannot add diagnostics to it.
  func train(_ configuration: TrainingConfiguration, diagnostics: [RunDiagnostic], finished: TrainingResult?)
    throws -> Outcome
  {
    let rows = dataset.rows(fold: run.fold)
    let features = rows.map { dataset.features.gathering(rows: $0) } ?? dataset.features
    let labels = rows.map { rows in rows.map { dataset.labels[$0] } } ?? dataset.labels
    var observer = try TrainingObserver(diagnostics, workers: workers)
    var trainer = try resumed(configuration, features, labels, &observer)
    show(.started(run: folder.identity.folderName, step: trainer.completedSteps, steps: configuration.steps))
    let firstStep = trainer.completedSteps
    try log.record(.started) { ($0.step, $0.steps) = (firstStep, configuration.steps) }
    // About a hundred lines a run.
    let logEvery = max(1, configuration.steps / 100)
    var logged = (step: firstStep, seconds: 0.0)
    if firstStep == 0 { observer.observe(trainer) }
    var saved = Date.now
    var stepping = 0.0
    while !trainer.isFinished {
      if interruption.isRequested || Task.isCancelled {
        try save(trainer, observer)
        return .interrupted
      }
      let began = Date.now
      let progress = try trainer.step()
      stepping += Date.now.timeIntervalSince(began)
      observer.observe(trainer)
      show(
        .stepped(
          run: folder.identity.folderName, step: progress.step, loss: progress.loss,
          samples: configuration.batch))
      if progress.step % logEvery == 0 || progress.step == configuration.steps {
        let (steps, seconds) = (progress.step - logged.step, stepping - logged.seconds)
        try log.record(.stepped) { event in
          (event.step, event.steps, event.loss) = (progress.step, configuration.steps, progress.loss)
          (event.learningRate, event.gradientNorm) = (progress.learningRate, progress.gradientNorm)
          guard steps > 0, seconds > 0 else { return }
          event.secondsPerStep = seconds / Double(steps)
          event.samplesPerSecond = Double(steps * configuration.batch) / seconds
        }
        logged = (progress.step, stepping)
      }
      if Date.now.timeIntervalSince(saved) > checkpointInterval {
        try save(trainer, observer)
        try log.record(.checkpoint) { $0.step = progress.step }
        saved = Date.now
      }
    }
    try log.record(.trained) { $0.step = configuration.steps }
    let model = try trainer.model.encoded()
    if let finished, finished.modelDigest != Digest.sha256(model) {
      throw HarnessError(
        .badInput, file: folder.modelFile,
        found:
          "a model of other bytes than this machine trains, so that its training cannot be diagnosed here",
        advice: "Use the machine that trained it, or remove the folder to train it anew.")
    }
    for (diagnostic, record) in observer.outcome {
      try AtomicFile.write(
        try CanonicalJSON.encodeIndented(record, allowingNonFinite: true), to: try diagnostic.file(in: folder)
      )
    }
    let steps = configuration.steps - firstStep
    let secondsPerStep = steps > 0 ? stepping / Double(steps) : nil
    if finished != nil { return .finished(trainer.model, secondsPerStep: secondsPerStep) }
    try AtomicFile.write(model, to: folder.modelFile)
    let result = TrainingResult(
      identity: folder.identity.hash, semantics: Semantics.version, images: labels.count,
      identities: trainer.classes, checkpoint: configuration.checkpoint, history: trainer.history,
      modelDigest: Digest.sha256(model), chosen: chosen(by: trainer))
    try AtomicFile.write(try CanonicalJSON.encodeIndented(result), to: folder.resultFile)
    return .finished(trainer.model, secondsPerStep: secondsPerStep)
  }

  /// What judges models on the way, where the checkpoint rule asks for that.
  private func validation(_ configuration: TrainingConfiguration) -> Trainer<Float>.Validation? {
    guard configuration.checkpoint == .bestValidation, let set = dataset.validation(fold: run.fold) else {
      return nil
    }
    return { [workers] model in try set.accuracy(of: model, workers: workers) }
  }

  /// What the checkpoint rule of a finished training chose; nil where it chooses nothing.
  private func chosen(by trainer: Trainer<Float>) -> TrainingResult.Choice? {
    guard trainer.configuration.checkpoint == .bestValidation else { return nil }
    let step = trainer.model.steps
    return trainer.history.validations.first { $0.step == step }.map {
      TrainingResult.Choice(step: step, validationAccuracy: $0.value)
    }
  }

  /// Writes a checkpoint, which holds the best model so far where the checkpoint rule asks for one, so that the two are always of one step.
  /// What is observed goes first, so that it never lacks what a checkpoint has.
  private func save(_ trainer: Trainer<Float>, _ observer: TrainingObserver) throws {
    try observer.save(to: folder.observationsFile, step: trainer.completedSteps)
    try AtomicFile.write(try trainer.checkpoint(), to: folder.checkpointFile)
  }

  /// A trainer at the checkpoint, or at step 0 where there is none that can be used, or none with what its diagnostics recorded.
  private func resumed(
    _ configuration: TrainingConfiguration, _ features: Matrix<Float>, _ labels: [Int],
    _ observer: inout TrainingObserver
  ) throws -> Trainer<Float> {
    let validation = validation(configuration)
    if let data = FileManager.default.contents(atPath: folder.checkpointFile) {
      do {
        guard try Trainer<Float>.configuration(ofCheckpoint: data) == configuration else {
          throw HarnessError(.badInput, file: folder.checkpointFile, found: "a checkpoint of another run")
        }
        let trainer = try Trainer<Float>(
          resuming: data, features: features, labels: labels, workers: workers, validation: validation)
        if observer.restore(from: folder.observationsFile, step: trainer.completedSteps) { return trainer }
        show(.note("the diagnostics of \(folder.path) are not those of its checkpoint; the run starts again"))
      } catch let error as HarnessError {
        show(.note("\(folder.checkpointFile) cannot be used (\(error)); the run starts again"))
      }
    }
    return try Trainer(
      configuration: configuration, features: features, labels: labels, workers: workers,
      validation: validation)
  }
}
