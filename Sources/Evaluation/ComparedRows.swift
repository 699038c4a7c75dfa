import FeatureStores
import LinearAlgebra

/// Reads embeddings in the form in which their inner products are scores: of unit length where the similarity is the cosine.
struct ComparedRows {
  let similarity: Similarity

  /// The embeddings of `rows`. One that is not finite or has no direction is an error that names the image.
  func read(_ rows: [Int], _ embeddings: any EmbeddingSource) throws -> Matrix<Float> {
    var result = try embeddings.embeddings(ofRows: rows)
    var norms = [Float](repeating: 0, count: result.rows)
    if similarity == .cosine {
      RowNormalization.normalize(&result, norms: &norms)
    } else {
      var unit = result
      RowNormalization.normalize(&unit, norms: &norms)
    }
    for (index, norm) in norms.enumerated() where !(norm > 0) || !norm.isFinite {
      // A norm beyond the largest number is infinite, its row none the less fit to be normalised.
      if norm == .infinity, similarity == .cosine, result.row(index).allSatisfy(\.isFinite) { continue }
      throw HarnessError(
        .badInput, file: embeddings.source, place: "features, row \(rows[index])",
        found: "`\(embeddings.names[rows[index]])` has an embedding of length \(norm)",
        expected: "finite embeddings with a direction",
        advice: "A network that diverged gives such embeddings, as does a failed extraction.")
    }
    return result
  }
}
