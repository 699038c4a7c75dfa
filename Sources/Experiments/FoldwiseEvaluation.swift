import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// One seed of a row under a protocol, fold by fold: the scores of all folds, of which one result is made.
///
/// Resampling people for the result's intervals takes the longest, so `likeness run` keeps them, in the folder of the first fold's run; reports of
/// many rows then take seconds.
struct FoldwiseEvaluation {
  private let task: VerificationTask
  /// The record of each fold, in their order.
  private let records: [String]
  private let intervalsFile: String

  /// What the intervals depend on: all folds' runs and evaluations.
  private struct Identity: Encodable {
    var semantics = Semantics.version
    var runs: [String]
    var evaluations: [String]
  }

  /// Of `runs`, finished ones of one seed. Nil unless `test` is evaluated fold by fold and every fold is there.
  init?(_ test: BoundTest, _ runs: [GridRun], of experiment: BoundExperiment, results: String) throws {
    guard let task = test.verification else { return nil }
    let parts = runs.flatMap { run in
      experiment.evaluations(of: run).filter { $0.test.name == test.name && $0.fold != nil }.map {
        (run: run, evaluation: $0)
      }
    }.sorted { ($0.evaluation.fold ?? 0) < ($1.evaluation.fold ?? 0) }
    guard let first = parts.first, parts.count == task.foldCount else { return nil }
    self.task = task
    let hashes = try parts.map { try $0.evaluation.hash() }
    records = zip(parts, hashes).map { part, hash in
      RunFolder(results: results, identity: part.run.identity)
        .evaluationFile(name: part.evaluation.name, hash: hash)
    }
    let identity = Identity(runs: parts.map { $0.run.identity.hash }, evaluations: hashes)
    intervalsFile = RunFolder(results: results, identity: first.run.identity)
      .intervalsFile(name: test.task.definition.name, hash: Digest.sha256(try CanonicalJSON.encode(identity)))
  }

  /// All that `runs`, finished ones of one row, hold under `test`, with the seed of each.
  static func all(
    _ test: BoundTest, _ runs: [GridRun], of experiment: BoundExperiment, results: String
  ) throws -> [(seed: UInt64?, evaluation: FoldwiseEvaluation)] {
    var seeds: [UInt64?] = []
    for run in runs where !seeds.contains(run.seed) { seeds.append(run.seed) }
    return try seeds.compactMap { seed in
      try FoldwiseEvaluation(test, runs.filter { $0.seed == seed }, of: experiment, results: results).map {
        (seed, $0)
      }
    }
  }

  /// Whether intervals are kept.
  var hasIntervals: Bool { FileManager.default.fileExists(atPath: intervalsFile) }

  /// The result. Without `intervals` it has none; kept ones are read, others are computed and not kept.
  func result(intervals: Bool, workers: Workers) throws -> FoldwiseResult {
    let kept =
      intervals && hasIntervals ? try CanonicalJSON.decode(ResultIntervals.self, from: intervalsFile) : nil
    let models = try records.map { file in
      let record = try CanonicalJSON.decode(EvaluationRecord.self, from: file)
      guard let scores = record.scores else {
        throw HarnessError(
          .badInput, file: file, found: "no scores of a fold", expected: "the record of one fold",
          advice: "Remove the run's folder, and run the experiment again.")
      }
      return scores.model
    }
    return task.foldwiseResult(
      models, interval: intervals ? nil : IntervalSettings(method: .none), intervals: kept, workers: workers)
  }

  /// Computes the intervals and keeps them.
  func keepIntervals(workers: Workers) throws {
    let intervals = try result(intervals: true, workers: workers).intervals
    try AtomicFile.write(try CanonicalJSON.encodeIndented(intervals), to: intervalsFile)
  }
}
