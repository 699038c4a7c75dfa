import Evaluation
import FeatureStores
import Foundation
import Learning
import LinearAlgebra
import Synchronization

/// Makes the runs of an experiment that are missing: trains and evaluates them, several at a time.
///
/// Each run is made by one process at a time, in its own folder (`RunFolder`). A run that fails is recorded with its reason and the
/// others go on; the next call tries it again. Nothing that is finished is done again.
public struct ExperimentRunner: Sendable {
  /// How a call ended.
  public struct Outcome: Sendable, Equatable {
    public var finished = 0
    public var failed = 0
    /// Runs that another process holds.
    public var heldElsewhere = 0
    public var interrupted = false
  }

  public let experiment: BoundExperiment
  /// The runs that the call is about.
  public let runs: [GridRun]
  public let results: String
  /// Runs at a time.
  public let jobs: Int
  /// Processors that the runs share.
  public let threads: Int
  public let interruption: Interruption
  let verbosity: Verbosity
  let checkpointInterval: TimeInterval
  let show: @Sendable (RunnerEvent) -> Void

  /// - Parameters:
  ///   - runs: what of the grid the call is about; nil for all of it.
  ///   - results: the folder that holds `runs/`.
  ///   - jobs: runs at a time. The results do not depend on it.
  ///   - threads: processors that are shared among them; all that the process may use by default. The results do not depend on it.
  ///   - verbosity: what the plain logs of runs tell.
  public init(
    _ experiment: BoundExperiment, runs: [GridRun]? = nil, results: String, jobs: Int,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, interruption: Interruption = Interruption(),
    verbosity: Verbosity = .info, checkpointInterval: TimeInterval = 30,
    show: @escaping @Sendable (RunnerEvent) -> Void = { _ in }
  ) {
    self.experiment = experiment
    self.runs = runs ?? experiment.grid.runs
    self.results = results
    self.jobs = max(1, jobs)
    self.threads = max(1, threads)
    self.interruption = interruption
    self.verbosity = verbosity
    self.checkpointInterval = checkpointInterval
    self.show = show
  }

  /// Makes what is missing and returns when that is done, or when the user interrupts.
  ///
  /// Throws only what concerns the whole call, such as a results folder that cannot be written.
  public func run() async throws -> Outcome {
    let status = ExperimentStatus(experiment, results: results)
    let missing = try runs.filter { try !status.isComplete($0) }
    let steps = missing.reduce(0) { $0 + ($1.specification.training?.steps ?? 0) }
    show(
      .planned(
        runs: runs.count, missing: missing.count, training: missing.count { !status.isTrained($0) },
        steps: steps))
    var outcome = missing.isEmpty ? Outcome() : try await make(missing)
    if !outcome.interrupted { outcome.interrupted = try !keepIntervals(status) }
    return outcome
  }

  private func make(_ missing: [GridRun]) async throws -> Outcome {
    let queue = Queue(missing)
    let workers = Workers(max(1, threads / min(jobs, missing.count)))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<min(jobs, missing.count) {
        group.addTask {
          while !interruption.isRequested && !Task.isCancelled, let run = queue.next() {
            do {
              queue.record(try make(run, workers: workers))
            } catch {
              queue.close()
              throw error
            }
          }
        }
      }
      // The first error ends the loop and the others with it, at their next step and with a checkpoint.
      while try await group.next() != nil {}
    }
    return queue.outcome
  }

  /// Keeps the intervals of all fold-wise results that are complete and have none; false when interrupted.
  private func keepIntervals(_ status: ExperimentStatus) throws -> Bool {
    guard experiment.definition.data.isFoldwise else { return true }
    let chosen = Set(runs.map(\.row))
    let missing = try experiment.grid.rows.filter(chosen.contains).flatMap { row in
      let finished = try experiment.grid.runs.filter { try $0.row == row && status.isComplete($0) }
      return try (experiment.datasets.first { $0.name == row.dataset }?.tests ?? []).flatMap {
        try FoldwiseEvaluation.all($0, finished, of: experiment, results: results).map(\.evaluation)
      }
    }.filter { !$0.hasIntervals }
    for (done, evaluation) in missing.enumerated() {
      show(.resampled(done: done, total: missing.count))
      if interruption.isRequested { return false }
      try evaluation.keepIntervals(workers: Workers(threads))
    }
    if !missing.isEmpty { show(.resampled(done: missing.count, total: missing.count)) }
    return true
  }

  /// What became of one run.
  enum RunOutcome { case finished, failed, heldElsewhere, interrupted }

  private final class Queue: Sendable {
    private let state: Mutex<(runs: [GridRun], outcome: Outcome)>

    init(_ runs: [GridRun]) { state = Mutex((runs.reversed(), Outcome())) }

    func next() -> GridRun? { state.withLock { $0.runs.popLast() } }

    /// No further run is begun.
    func close() { state.withLock { $0.runs.removeAll() } }

    func record(_ result: RunOutcome) {
      state.withLock { state in
        switch result {
        case .finished: state.outcome.finished += 1
        case .failed: state.outcome.failed += 1
        case .heldElsewhere: state.outcome.heldElsewhere += 1
        case .interrupted: state.outcome.interrupted = true
        }
      }
    }

    /// Interrupted where something is left to do because of it.
    var outcome: Outcome {
      state.withLock { state in
        var outcome = state.outcome
        outcome.interrupted = outcome.interrupted || !state.runs.isEmpty
        return outcome
      }
    }
  }

  private func make(_ run: GridRun, workers: Workers) throws -> RunOutcome {
    let folder = RunFolder(results: results, identity: run.identity)
    guard let lock = try folder.lock() else {
      show(.heldElsewhere(run: run.identity.folderName))
      return .heldElsewhere
    }
    defer { withExtendedLifetime(lock) {} }
    var log: RunEventLog?
    do {
      // Another process may have finished it since the grid was compared.
      if try ExperimentStatus(experiment, results: results).isComplete(run) {
        show(.finished(run: run.identity.folderName))
        return .finished
      }
      // What killed writers left; this process holds the lock.
      try AtomicFile.removeAbandoned(in: folder.path)
      let events = try RunEventLog(folder, verbosity: verbosity, show: show)
      log = events
      let specification = try CanonicalJSON.encodeIndented(run.specification)
      // A folder that only lacks an evaluation or a diagnostic keeps what it has.
      if FileManager.default.contents(atPath: folder.specificationFile) != specification {
        try AtomicFile.write(specification, to: folder.specificationFile)
      }
      guard try complete(run, folder, workers, events) else {
        try events.record(.interrupted)
        return .interrupted
      }
      try events.record(.finished)
      show(.finished(run: run.identity.folderName))
      return .finished
    } catch let error as HarnessError where error.kind == .cannotWrite {
      // The folder is at fault, not the run: the others would fare alike.
      throw error
    } catch {
      try AtomicFile.write(
        try CanonicalJSON.encodeIndented(RunFailure(reason: "\(error)")), to: folder.failureFile)
      try log?.record(.failed) { $0.reason = "\(error)" }
      show(.failed(run: run.identity.folderName, reason: "\(error)"))
      return .failed
    }
  }

  /// The network of a run whose training is finished; nil where it is not, and where its files are damaged.
  private func trainedModel(_ folder: RunFolder, _ log: RunEventLog) throws -> TrainedModel<Float>? {
    guard folder.exists(folder.resultFile), folder.exists(folder.modelFile) else { return nil }
    do { return try folder.model() } catch let error as HarnessError {
      log.warn("\(error) The run is trained again.")
      return nil
    }
  }

  /// Trains where that is missing and makes the missing evaluations and diagnostics; false when interrupted.
  private func complete(_ run: GridRun, _ folder: RunFolder, _ workers: Workers, _ log: RunEventLog) throws
    -> Bool
  {
    let dataset = experiment.datasets[run.dataset]
    let diagnostics = try experiment.diagnostics(of: run).filter { !folder.exists(try $0.file(in: folder)) }
    let followers = diagnostics.filter { $0.diagnostic.followsTraining }
    var model: TrainedModel<Float>?
    var secondsPerStep: Double?
    let began = Date.now
    if let configuration = run.specification.training {
      model = try trainedModel(folder, log)
      if model == nil || !followers.isEmpty {
        let finished =
          model == nil ? nil : try CanonicalJSON.decode(TrainingResult.self, from: folder.resultFile)
        let trainer = RunTrainer(
          run: run, folder: folder, dataset: dataset, workers: workers, interruption: interruption,
          checkpointInterval: checkpointInterval, log: log, show: show)
        let outcome = try trainer.train(configuration, diagnostics: followers, finished: finished)
        guard case .finished(let trained, let seconds) = outcome else { return false }
        (model, secondsPerStep) = (trained, seconds)
      } else {
        show(.started(run: run.identity.folderName, step: configuration.steps, steps: configuration.steps))
      }
    } else {
      show(.started(run: run.identity.folderName, step: 0, steps: 0))
    }
    let trainingSeconds = Date.now.timeIntervalSince(began)
    let evaluationBegan = Date.now
    for evaluation in experiment.evaluations(of: run) {
      let file = folder.evaluationFile(name: evaluation.name, hash: try evaluation.hash())
      if folder.exists(file) { continue }
      if interruption.isRequested { return false }
      show(.evaluating(run: run.identity.folderName, what: evaluation.name))
      let record = try evaluation.evaluate(run.specification.kind, model: model, workers: workers)
      try AtomicFile.write(try CanonicalJSON.encodeIndented(record), to: file)
      try log.record(.evaluated) { $0.what = evaluation.name }
    }
    for diagnostic in diagnostics where !diagnostic.diagnostic.followsTraining {
      if interruption.isRequested { return false }
      show(.evaluating(run: run.identity.folderName, what: diagnostic.name))
      let record = diagnostic.record(
        model: model, training: run.specification.training, inputs: dataset.features.columns,
        classes: dataset.identities(fold: run.fold), workers: workers)
      try AtomicFile.write(
        try CanonicalJSON.encodeIndented(record, allowingNonFinite: true), to: try diagnostic.file(in: folder)
      )
      try log.record(.evaluated) { $0.what = diagnostic.name }
    }
    var environment = RunEnvironment.current(
      threads: workers.count, trainingSeconds: trainingSeconds,
      evaluationSeconds: Date.now.timeIntervalSince(evaluationBegan))
    environment.secondsPerStep = secondsPerStep
    if let model, diagnostics.contains(where: { $0.diagnostic == .cost }) {
      environment.secondsPerEmbedding = secondsPerEmbedding(model, dataset.features, workers)
    }
    // A run that was only evaluated keeps the time and machine of its training.
    if let earlier = try? CanonicalJSON.decode(RunEnvironment.self, from: folder.environmentFile) {
      let evaluationSeconds = earlier.evaluationSeconds + environment.evaluationSeconds
      let costs = (environment.secondsPerStep, environment.secondsPerEmbedding)
      environment = earlier
      environment.secondsPerStep = earlier.secondsPerStep ?? costs.0
      environment.secondsPerEmbedding = costs.1 ?? earlier.secondsPerEmbedding
      environment.evaluationSeconds = evaluationSeconds
    }
    // The environment is the last mark of completeness, so what must be gone then goes before it.
    try folder.remove(folder.checkpointFile)
    try folder.remove(folder.observationsFile)
    try folder.remove(folder.failureFile)
    try AtomicFile.write(try CanonicalJSON.encodeIndented(environment), to: folder.environmentFile)
    return true
  }

  /// The time of embedding an image: the least of three passes over at most 4096 of them.
  private func secondsPerEmbedding(
    _ model: TrainedModel<Float>, _ features: Matrix<Float>, _ workers: Workers
  )
    -> Double
  {
    let images = features.rows(in: 0..<min(4096, features.rows))
    var least = Double.infinity
    for _ in 0..<3 {
      let began = Date.now
      _ = model.embed(images, workers: workers)
      least = min(least, Date.now.timeIntervalSince(began))
    }
    return least / Double(max(images.rows, 1))
  }
}
