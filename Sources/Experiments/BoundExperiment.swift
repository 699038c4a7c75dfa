import Evaluation
import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// An experiment with its data in memory and its grid laid out: ready to run, to be looked at, or to be reported.
public struct BoundExperiment: Sendable {
  public let definition: ExperimentDefinition
  public let datasets: [BoundDataset]
  public let grid: Grid
  /// The call that makes its missing runs.
  public let runCommand: RunCommand

  /// Binds an experiment to its data.
  ///
  /// - Parameters:
  ///   - data: the folder of real stores and lists (`--data`); worlds need none.
  ///   - results: the folder under which worlds are generated, in `worlds/`.
  ///   - generatesWorlds: whether a world that is missing is generated; without it nothing can have run, which is an error.
  ///   - note: is told what takes time.
  ///   - progress: hears how many images of how many are written of a world that is generated.
  public init(
    _ definition: ExperimentDefinition, data: String?, results: String, workers: Workers = .one,
    generatesWorlds: Bool = true,
    note: (String) -> Void = { _ in },
    progress: (_ images: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    self.definition = definition
    runCommand = RunCommand(definition, data: data, results: results)
    let binder = DataBinder(
      definition: definition, data: data, results: results, workers: workers,
      generatesWorlds: generatesWorlds)
    datasets = try binder.bind(note: note, progress: progress)
    grid = try Grid(definition, datasets: datasets)
    for run in grid.runs {
      let inputs = datasets[run.dataset].features.columns
      for diagnostic in diagnostics(of: run) {
        if let reason = diagnostic.unsupportedReason(run.specification.training, inputs: inputs) {
          throw HarnessError(
            .badInput, file: definition.file, place: "diagnostics", found: "\(diagnostic.name): \(reason)")
        }
      }
    }
  }

  /// The diagnostics that a run needs, in the experiment's order.
  ///
  /// Rows of stored features have those that measure an embedding, for fold-wise data none; ceilings have none.
  public func diagnostics(of run: GridRun) -> [RunDiagnostic] {
    let dataset = datasets[run.dataset]
    return definition.diagnostics.compactMap { configuration in
      let diagnostic = configuration.diagnostic
      switch run.specification.kind {
      case .ceiling: return nil
      case .untrained where !diagnostic.servesStoredFeatures || dataset.foldCount != nil: return nil
      case .untrained, .trained:
        return RunDiagnostic(
          configuration: configuration,
          validation: diagnostic.needsValidation ? dataset.validation(fold: run.fold) : nil)
      }
    }
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
