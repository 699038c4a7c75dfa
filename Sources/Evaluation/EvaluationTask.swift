import FeatureStores
import LinearAlgebra

/// A protocol with its lists read and its images found: bound once, then evaluated with as many embeddings as wanted.
public protocol EvaluationTask: Sendable {
  var definition: ProtocolDefinition { get }
  /// The content of the list files.
  var listDigests: [ListDigest] { get }
  /// What a reader of a result should know of the lists.
  var warnings: [String] { get }

  /// The result of `embeddings`, which have the names that the task was bound to. The same for any number of workers.
  func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
}

extension VerificationTask: EvaluationTask {
  public func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try evaluate(embeddings.table())
  }
}
