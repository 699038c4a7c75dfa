import Evaluation
import Experiments
import LinearAlgebra

/// Embeddings of another source; a progress is told of the rows that are read.
struct WatchedEmbeddings: EmbeddingSource {
  let base: any EmbeddingSource
  let progress: RowProgress

  var source: String { base.source }
  var names: [String] { base.names }
  var dimension: Int { base.dimension }
  var hasFlipped: Bool { base.hasFlipped }

  func embeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
    let result = try base.embeddings(ofRows: rows)
    progress.add(rows.count)
    return result
  }

  func flippedEmbeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
    try base.flippedEmbeddings(ofRows: rows)
  }

  func contentDigest() throws -> String? { try base.contentDigest() }
}
