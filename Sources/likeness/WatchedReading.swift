import Evaluation
import Experiments
import FeatureStores
import LinearAlgebra

extension FeatureStore {
  /// Opens a store and checks it whole; a progress is shown where that takes long.
  init(watching location: StoreLocation) throws {
    try self.init(opening: location, validation: .structure)
    try RowProgress(total: featureRows).during { progress in try validateFeatures { progress.add($0) } }
  }
}

extension EmbeddingSource {
  /// The same embeddings; `progress` is told of the rows that are read.
  func watched(by progress: RowProgress) -> WatchedEmbeddings {
    WatchedEmbeddings(self) { progress.add($0) }
  }
}

extension EvaluationTask {
  /// The result of `embeddings`; a progress is shown where that takes long.
  func watchedEvaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try RowProgress(total: rowsRead).during {
      try evaluation(of: embeddings.watched(by: $0), workers: workers)
    }
  }
}
