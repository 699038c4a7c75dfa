import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// Records the diagnostics that follow training, point by point.
///
/// A point depends on the state of the trainer alone, so a run that goes on from a checkpoint records what an uninterrupted one does. What is
/// recorded so far is saved before each checkpoint, and cut back to the checkpoint's step when training goes on.
struct TrainingObserver {
  /// What is recorded, with the step up to which it is.
  private struct Saved: Codable {
    var step: Int
    /// By the diagnostics' hashes.
    var records: [String: DiagnosticRecord]
  }

  private let diagnostics: [RunDiagnostic]
  private let hashes: [String]
  private(set) var records: [DiagnosticRecord]
  private let workers: Workers

  /// For diagnostics that follow training.
  init(_ diagnostics: [RunDiagnostic], workers: Workers) throws {
    self.diagnostics = diagnostics
    self.workers = workers
    hashes = try diagnostics.map { try $0.hash() }
    records = diagnostics.map { DiagnosticRecord($0.configuration) }
  }

  /// The records with the diagnostics that they are of.
  var outcome: [(diagnostic: RunDiagnostic, record: DiagnosticRecord)] { Array(zip(diagnostics, records)) }

  /// Records what is due after the steps that the trainer has done.
  mutating func observe(_ trainer: Trainer<Float>) {
    let step = trainer.completedSteps
    for (index, diagnostic) in diagnostics.enumerated()
    where diagnostic.configuration.isDue(step: step, of: trainer.configuration.steps) {
      observe(diagnostic, trainer, step: step, in: &records[index])
    }
  }

  private func observe(
    _ diagnostic: RunDiagnostic, _ trainer: Trainer<Float>, step: Int, in record: inout DiagnosticRecord
  ) {
    let options = diagnostic.configuration.options
    switch diagnostic.diagnostic {
    case .curve:
      guard let validation = diagnostic.validation else { preconditionFailure("a curve without images") }
      let losses = trainer.history.losses[(record.curve?.last?.step ?? 0)...]
      let embeddings = trainer.currentModel.embed(validation.features, workers: workers)
      record.curve =
        (record.curve ?? []) + [
          DiagnosticRecord.CurvePoint(
            step: step, loss: losses.isEmpty ? nil : losses.reduce(0, +) / Double(losses.count),
            validation: validation.accuracy(of: embeddings))
        ]
    case .headGradients:
      record.headGradients =
        (record.headGradients ?? []) + [
          DiagnosticRecord.HeadGradientPoint(step: step, heads: trainer.headGradients())
        ]
    case .smoothness:
      record.smoothness =
        (record.smoothness ?? []) + [
          DiagnosticRecord.SmoothnessPoint(
            step: step, line: trainer.gradientLine(rates: options.numbers("rates")))
        ]
    case .landscape:
      let points = options.integer("points")
      let extent = options.number("extent")
      record.landscape = trainer.lossSlice(
        steps: (0..<points).map { extent * (2 * Double($0) / Double(points - 1) - 1) })
    case .compactness, .spectrum, .groups, .clusters, .cost: break
    }
  }

  /// Writes what is recorded up to the trainer's step.
  func save(to file: String, step: Int) throws {
    guard !diagnostics.isEmpty else { return }
    let saved = Saved(step: step, records: Dictionary(uniqueKeysWithValues: zip(hashes, records)))
    try AtomicFile.write(try CanonicalJSON.encode(saved, allowingNonFinite: true), to: file)
  }

  /// Goes on from what was recorded up to `step`; false, with nothing changed, where that is not known of every diagnostic.
  mutating func restore(from file: String, step: Int) -> Bool {
    if diagnostics.isEmpty { return true }
    guard let saved = try? CanonicalJSON.decode(Saved.self, from: file), saved.step >= step else {
      return false
    }
    let known = hashes.compactMap { saved.records[$0] }
    guard known.count == hashes.count else { return false }
    records = known
    for index in records.indices { records[index].truncate(after: step) }
    return true
  }
}
