import FeatureStores
import LinearAlgebra

/// Shards are ranges of the distractors; all have all searches. Who searches for whom is scored when they are merged.
extension DistractorTask: ShardedTask {
  static var dependsOnCore: Bool { true }

  func part(_ shard: Shard, of embeddings: any EmbeddingSource, workers: Workers) throws -> DistractorPart {
    try part(shard, of: embeddings, workers: workers, blockRows: Self.blockRows)
  }

  func part(_ shard: Shard, of embeddings: any EmbeddingSource, workers: Workers, blockRows: Int) throws
    -> DistractorPart
  {
    var pass = try DistractorPass(
      self, among: shard.range(of: distractors.count), searches: probeEmbeddings(embeddings),
      workers: workers, blockRows: blockRows
    ) { try distractorEmbeddings(embeddings, $0) }
    var sizes: [DistractorPart.Found] = []
    for count in counts { sizes.append(try pass.found(amongFirst: count)) }
    return DistractorPart(ranks: highestRank, sizes: sizes, histogram: pass.histogram)
  }

  func part(_ shard: Shard, reading file: AccumulatorFile) throws -> DistractorPart {
    try DistractorPart(
      reading: file, sizes: counts.count, searches: probes.count, ranks: highestRank,
      capacity: neededImpostors, screened: settings.screening != nil)
  }

  func result(
    merging part: DistractorPart, of embeddings: any EmbeddingSource, digest: String?, workers: Workers
  ) throws -> any EvaluationResult {
    let probes = try probeEmbeddings(embeddings)
    return try result(
      mates: mateScores(probes, probes, workers), digest: { digest }, workers,
      found: { part.sizes[$0] }, histogram: { part.histogram })
  }
}
