import FeatureStores
import LinearAlgebra

extension DistractorTask {
  /// The embeddings of the probe photos, as they are compared.
  func probeEmbeddings(_ embeddings: any EmbeddingSource) throws -> Matrix<Float> {
    var result = try comparedRows.read(probes.map { $0.row }, embeddings)
    let replaced = Set(replacedProbes)
    var stream = RandomStream(seed: 0, name: "noise.probes")
    for probe in replacedProbes {
      let clean = probes.indices.filter {
        probes[$0].identity == probes[probe].identity && !replaced.contains($0)
      }
      var sum = [Double](repeating: 0, count: result.columns)
      for row in clean {
        result.withRow(row) { values in
          for column in values.indices { sum[column] += Double(values[column]) }
        }
      }
      if settings.convention.noise == .insightface {
        for column in sum.indices { sum[column] += stream.uniform(in: -0.001..<0.001) }
      }
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else {
        throw HarnessError(
          .badInput, file: embeddings.source, place: "features, row \(probes[probe].row)",
          found: "`\(embeddings.names[probes[probe].row])`, mislabelled, of an identity without other photos",
          expected: "photos to replace it by", advice: "Use `noise: exclude`.")
      }
      result.withMutableRow(probe) { values in
        for column in values.indices { values[column] = Float(sum[column] / length) }
      }
    }
    return result
  }

  /// The embeddings of the distractors `block`, as they are compared.
  func distractorEmbeddings(_ embeddings: any EmbeddingSource, _ block: Range<Int>) throws -> Matrix<Float> {
    var result = try comparedRows.read(distractors[block].map { Int($0) }, embeddings)
    guard settings.convention.noise != .insightface else { return result }
    for replaced in replacedDistractors where block.contains(replaced) {
      result.withMutableRow(replaced - block.lowerBound) { values in
        for column in values.indices { values[column] = 0 }
      }
    }
    return result
  }

  /// The distractors of `block`, from its beginning, that are farther from every probe than all others.
  func farthest(in block: Range<Int>) -> Set<Int> {
    guard settings.convention.noise == .insightface else { return [] }
    return Set(replacedDistractors.filter(block.contains).map { $0 - block.lowerBound })
  }

  private var comparedRows: ComparedRows { ComparedRows(similarity: settings.convention.similarity) }
}
