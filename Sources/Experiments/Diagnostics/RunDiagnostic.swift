import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// One diagnostic that a run needs.
public struct RunDiagnostic: Sendable {
  public let configuration: DiagnosticConfiguration
  /// The images that it measures, for those that measure any.
  let validation: ValidationSet?

  public var name: String { configuration.name }
  var diagnostic: Diagnostic { configuration.diagnostic }

  /// What the outcome depends on besides the run.
  private struct Identity: Encodable {
    var semantics = Semantics.version
    var diagnostic: DiagnosticConfiguration
    var validation: String?
  }

  /// The SHA-256 of what the outcome depends on besides the run.
  public func hash() throws -> String {
    Digest.sha256(
      try CanonicalJSON.encode(Identity(diagnostic: configuration, validation: validation?.digest)))
  }

  /// The file in the run's folder.
  func file(in folder: RunFolder) throws -> String {
    folder.diagnosticFile(name: name, hash: try hash())
  }

  /// What the finished model, or without one the features as they are stored, and the configuration say; not for those that follow training.
  ///
  /// `inputs` and `classes` are those of the data that trained.
  func record(
    model: TrainedModel<Float>?, training: TrainingConfiguration?, inputs: Int, classes: Int,
    workers: Workers
  ) -> DiagnosticRecord {
    var record = DiagnosticRecord(configuration)
    if diagnostic == .cost {
      record.cost = training.map { TrainingCost($0, inputs: inputs, classes: classes) }
      return record
    }
    guard let validation else { preconditionFailure("a diagnostic without its images") }
    let embeddings = model?.embed(validation.features, workers: workers) ?? validation.features
    switch diagnostic {
    case .compactness:
      let (rows, labels) = firstImages(embeddings, validation)
      record.compactness = Compactness(rows, labels: labels, workers: workers)
    case .spectrum:
      record.spectrum = EmbeddingSpectrum(embeddings, workers: workers)
    case .groups:
      let (rows, labels) = firstImages(embeddings, validation)
      record.groups = DiagnosticRecord.GroupMeasurement(
        whole: validation.accuracy(of: embeddings),
        alone: parts(of: embeddings, trained: training).map { validation.accuracy(of: $0) },
        comparison: GroupComparison(
          rows, labels: labels, groups: groups(trained: training), workers: workers))
    case .clusters:
      let options = configuration.options
      let rows = validation.rows(
        identities: options.integer("identities"), images: options.integer("images"))
      let chosen = embeddings.gathering(rows: rows)
      let labels = rows.map { validation.labels[$0] }
      record.clusters = DiagnosticRecord.ClusterMeasurement(
        labels: labels, whole: IdentityClusters(chosen, labels: labels, workers: workers),
        alone: parts(of: chosen, trained: training).map {
          IdentityClusters($0, labels: labels, workers: workers)
        })
    case .curve, .headGradients, .smoothness, .landscape, .cost:
      preconditionFailure("\(name) is no diagnostic of a finished model")
    }
    return record
  }

  /// Into how many groups the embedding is cut.
  private func groups(trained: TrainingConfiguration?) -> Int {
    let asked = configuration.options.integer("groups")
    return asked > 0 ? asked : trained?.mechanism.subspaces.count ?? 1
  }

  /// The groups of an embedding, each by itself.
  private func parts(of embeddings: Matrix<Float>, trained: TrainingConfiguration?) -> [Matrix<Float>] {
    let subspaces = Subspaces(count: groups(trained: trained))
    return (0..<subspaces.count).map {
      embeddings.columns(in: subspaces.columns(of: $0, width: embeddings.columns))
    }
  }

  private func firstImages(_ embeddings: Matrix<Float>, _ validation: ValidationSet) -> (Matrix<Float>, [Int])
  {
    let count = min(configuration.options.integer("images"), embeddings.rows)
    return (embeddings.rows(in: 0..<count), Array(validation.labels[0..<count]))
  }

  /// Why it cannot be made of a run; nil where it can.
  func unsupportedReason(_ training: TrainingConfiguration?, inputs: Int) -> String? {
    guard let training, diagnostic == .groups || diagnostic == .clusters else { return nil }
    let count = groups(trained: training)
    let width = training.network.outputs(inputs: inputs)
    return width % count == 0 ? nil : "\(count) groups do not divide an embedding of \(width) columns"
  }
}
