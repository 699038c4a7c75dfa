import FeatureStores
import LinearAlgebra

/// Shards are ranges of the images of every trial with about equally many pairs: each image is compared with those after it, which a shard reads, too.
extension AllPairsTask: ShardedTask {
  static var dependsOnCore: Bool { true }

  private func rows(of shard: Shard, _ trial: Trial) -> Range<Int> {
    shard.range(of: trial.rows.count) { trial.rows.count - 1 - $0 }
  }

  func part(_ shard: Shard, of embeddings: any EmbeddingSource, workers: Workers) throws -> AllPairsPart {
    AllPairsPart(
      trials: try trials.map { try scores($0, rows(of: shard, $0), of: embeddings, workers) })
  }

  func part(_ shard: Shard, reading file: AccumulatorFile) throws -> AllPairsPart {
    try AllPairsPart(
      reading: file,
      trials: trials.map { trial in
        (trial.genuineCount(of: rows(of: shard, trial)), try neededImpostors(trial))
      }, people: trials.reduce(0) { max($0, 1 + Int($1.persons.max() ?? -1)) })
  }

  func result(
    merging part: AllPairsPart, of embeddings: any EmbeddingSource, digest: String?, workers: Workers
  ) throws -> any EvaluationResult {
    try result(digest: { digest }, workers, scores: { part.trials[$0] })
  }
}
