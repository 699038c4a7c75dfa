import FeatureStores
import LinearAlgebra

/// A protocol with its lists read and its images found: bound once, then evaluated with as many embeddings as wanted.
public protocol EvaluationTask: Sendable {
  var definition: ProtocolDefinition { get }
  /// The content of the list files.
  var listDigests: [ListDigest] { get }
  /// What a reader of a result should know of the lists.
  var warnings: [String] { get }
  /// How many rows an evaluation reads; one that it reads twice counts twice.
  var rowsRead: Int { get }

  /// The result of `embeddings`, which have the names that the task was bound to. The same for any number of workers.
  func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult

  /// Whether a world's oracle can score the protocol.
  func hasCeiling(by oracle: WorldOracle) -> Bool
  /// The result of a world's oracle: log likelihood ratios in place of similarities, all else as for embeddings. Nil where there is no
  /// ceiling. The same for any number of workers.
  func ceiling(by oracle: WorldOracle, workers: Workers) throws -> (any EvaluationResult)?
}

extension EvaluationTask {
  public func hasCeiling(by oracle: WorldOracle) -> Bool { false }

  public func ceiling(by oracle: WorldOracle, workers: Workers) throws -> (any EvaluationResult)? { nil }
}

extension VerificationTask: EvaluationTask {
  public func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try evaluate(embeddings.table(), workers: workers)
  }

  public func hasCeiling(by oracle: WorldOracle) -> Bool { true }

  public func ceiling(by oracle: WorldOracle, workers: Workers) throws -> (any EvaluationResult)? {
    let folds = (0..<foldCount).map { fold in scores(fold: fold) { oracle.score($0, $1) } }
    return result(of: folds, embeddingDigest: oracle.digest, workers: workers)
  }
}
