import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics

/// All finished results of an experiment, row by row: what reports are made of.
public struct ExperimentResults: Sendable {
  /// One row under one protocol.
  public struct Entry: Sendable {
    /// One outcome a seed that is finished; one for rows without randomness.
    public var outcomes: [Outcome]
  }

  /// What one seed of a row gave under one protocol.
  public struct Outcome: Sendable {
    public var seed: UInt64?
    public var accuracy: Double?
    public var auc: Double?
    public var eer: Double?
    /// At the protocol's targets.
    public var tar: [Target]
    /// The curves of every kind that the result has; for fold-wise data one a fold, for galleries one a gallery, among distractors those of the
    /// largest list. They are never pooled.
    public var resultCurves: [ResultCurve]
    /// For searches: identification rates and open-set rates, in the order of `BoundTest.searchRateNames`. Empty for comparisons.
    public var rates: [Rate] = []
    /// The numbers in resamples of people, where these are known; what a paired comparison is made of.
    public var intervals: SubjectIntervals?
    /// For fold-wise data: the numbers fold by fold.
    public var perFold: [FoldNumbers] = []

    /// One number of a fold-wise outcome on each fold; nil where it does not exist.
    public struct FoldNumbers: Sendable, Equatable {
      /// As in `NumberName`.
      public var name: String
      public var values: [Double?]
    }

    /// A rate of searches.
    public struct Rate: Codable, Sendable, Equatable {
      /// Nil where the data cannot support it.
      public var value: Double?
      public var interval: BinomialInterval?
    }

    /// The ROC curves, each of which keeps every rate.
    public var curves: [ROCCurve] {
      resultCurves.compactMap { if case .roc(let curve, _) = $0.content { curve } else { nil } }
    }

    /// The TAR at one target; nil where the data cannot support it.
    public struct Target: Sendable, Equatable {
      public var targetFAR: Double
      public var tar: Double?
      public var minimumAttainableFAR: Double?
      /// The operating points behind it: one, or one a fold.
      public var points: [OperatingPoint]
    }
  }

  /// A row of the tables with everything that is known of it.
  public struct Row: Sendable {
    public var row: GridRow
    /// Every run with its state.
    public var runs: [(run: GridRun, state: RunState)]
    /// By protocol name.
    public var entries: [String: Entry]
    public var environments: [RunEnvironment]

    /// Where the row stands as a whole: unsupported, else failed if a run is (with the first one's reason), running if one is,
    /// finished if all are, else pending.
    public var state: RunState {
      if let reason = row.unsupportedReason { return .unsupported(reason: reason) }
      let states = runs.map(\.state)
      for case .failed(let reason) in states { return .failed(reason: reason) }
      if states.contains(.running) { return .running }
      return states.allSatisfy { $0 == .finished } ? .finished : .pending
    }

    /// Why a cell has no number: the reason of a failure or of being unsupported, or what is missing.
    public var gap: String? {
      switch state {
      case .finished: return nil
      case .failed(let reason), .unsupported(let reason): return "\(state.word): \(reason)"
      case .pending, .running:
        return "\(runs.count { $0.state != .finished }) of \(CountedNoun(runs.count, "run")) missing"
      }
    }
  }

  public let experiment: BoundExperiment
  /// The folder that holds `runs/`.
  public let folder: String
  public let rows: [Row]

  /// Reads what is finished in `results`. Nothing is trained or evaluated. Without `intervals` fold-wise outcomes have none; otherwise people are resampled
  /// where `likeness run` did not keep what that gave.
  public init(
    _ experiment: BoundExperiment, results: String, intervals: Bool = true, workers: Workers = .one
  ) throws {
    self.experiment = experiment
    folder = results
    let status = ExperimentStatus(experiment, results: results)
    let states = try status.states()
    rows = try experiment.grid.rows.map { row in
      let runs = states.filter { $0.run.row == row }
      let finished = runs.filter { $0.state == .finished }.map(\.run)
      let environments = try finished.map { run in
        try CanonicalJSON.decode(
          RunEnvironment.self, from: RunFolder(results: results, identity: run.identity).environmentFile)
      }
      let dataset = experiment.datasets.first { $0.name == row.dataset }
      var entries: [String: Entry] = [:]
      for test in dataset?.tests ?? [] {
        entries[test.name] = Entry(
          outcomes: try Self.outcomes(
            test, finished, experiment: experiment, results: results, intervals: intervals, workers: workers))
      }
      return Row(row: row, runs: runs, entries: entries, environments: environments)
    }
  }

  /// The outcomes of the seeds that are finished; of fold-wise ones those with all folds.
  private static func outcomes(
    _ test: BoundTest, _ runs: [GridRun], experiment: BoundExperiment, results: String, intervals: Bool,
    workers: Workers
  ) throws -> [Outcome] {
    if experiment.definition.data.isFoldwise {
      return try FoldwiseEvaluation.all(test, runs, of: experiment, results: results).map {
        Outcome(seed: $0.seed, try $0.evaluation.result(intervals: intervals, workers: workers))
      }
    }
    return try runs.compactMap { run in
      let folder = RunFolder(results: results, identity: run.identity)
      guard let evaluation = experiment.evaluations(of: run).first(where: { $0.test.name == test.name })
      else { return nil }
      let file = folder.evaluationFile(name: evaluation.name, hash: try evaluation.hash())
      return Outcome(seed: run.seed, try CanonicalJSON.decode(EvaluationRecord.self, from: file))
    }
  }

  /// The commit and date of the latest run, the machine's BLAS cores: what a footnote says. Empty while nothing is finished.
  public var provenance: (commits: [String], lastDate: String?, cores: [String]) {
    let environments = rows.flatMap(\.environments)
    return (
      Array(Set(environments.map(\.commit))).sorted(), environments.map(\.date).max(),
      Array(Set(environments.map(\.blasCore))).sorted()
    )
  }
}
