import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// An experiment with its data in memory and its grid laid out: ready to run, to be looked at, or to be reported.
public struct BoundExperiment: Sendable {
  public let definition: ExperimentDefinition
  public let datasets: [BoundDataset]
  public let grid: Grid

  /// Binds an experiment to its data.
  ///
  /// - Parameters:
  ///   - data: the folder of real stores and lists (`--data`); worlds need none.
  ///   - results: the folder under which worlds are generated, in `worlds/`.
  ///   - note: is told what takes time.
  public init(
    _ definition: ExperimentDefinition, data: String?, results: String, workers: Workers = .one,
    note: (String) -> Void = { _ in }
  ) throws {
    self.definition = definition
    let binder = DataBinder(definition: definition, data: data, results: results, workers: workers)
    datasets = try binder.bind(note: note)
    grid = try Grid(definition, datasets: datasets)
  }

  /// The evaluations that a run needs, in the order of the protocols; for the untrained row of fold-wise data one a fold.
  public func evaluations(of run: GridRun) -> [RunEvaluation] {
    let dataset = datasets[run.dataset]
    return dataset.tests.flatMap { test -> [RunEvaluation] in
      // Not every protocol has a ceiling.
      if run.specification.kind == .ceiling, test.oracle == nil { return [] }
      guard let count = dataset.foldCount else { return [RunEvaluation(test: test, fold: nil)] }
      let folds = run.fold.map { [$0] } ?? Array(0..<count)
      return folds.map { RunEvaluation(test: test, fold: $0) }
    }
  }
}
