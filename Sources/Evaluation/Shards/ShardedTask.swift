import FeatureStores
import LinearAlgebra

/// A task whose work can be done in parts: what the shards find merges to the result of the whole, byte by byte.
///
/// Each score depends on its two embeddings only, and what is kept of the scores on the scores only, so neither the number of shards nor their limits
/// show in a result.
protocol ShardedTask: EvaluationTask {
  associatedtype Part: ShardPart

  /// Whether scores come from matrix products, whose last bits differ between BLAS cores.
  static var dependsOnCore: Bool { get }

  /// What `shard` finds. Nothing of the other shards is read but what all need.
  func part(_ shard: Shard, of embeddings: any EmbeddingSource, workers: Workers) throws -> Part

  /// What `shard` has written; arrays of other sizes than its are an error.
  func part(_ shard: Shard, reading file: AccumulatorFile) throws -> Part

  /// The result of what all shards found together; `digest` is that of the embeddings.
  func result(
    merging part: Part, of embeddings: any EmbeddingSource, digest: String?, workers: Workers
  ) throws -> any EvaluationResult
}

/// What a shard found.
protocol ShardPart: Sendable {
  /// Takes in what the next shard found.
  mutating func merge(_ next: Self)

  func write(to file: inout AccumulatorFile) throws
}

extension ShardedTask {
  /// `part(_:of:workers:)` as the file to be written.
  func file(of shard: Shard, of embeddings: any EmbeddingSource, workers: Workers) throws -> AccumulatorFile {
    var file = AccumulatorFile()
    try part(shard, of: embeddings, workers: workers).write(to: &file)
    return file
  }

  /// The result of the shards that `files` gives one by one, of which one at a time is in memory.
  func result(
    _ shards: [Shard], files: (Shard) throws -> AccumulatorFile, of embeddings: any EmbeddingSource,
    digest: String?, workers: Workers
  ) throws -> any EvaluationResult {
    var merged: Part?
    for shard in shards {
      let next = try part(shard, reading: files(shard))
      if merged == nil { merged = next } else { merged?.merge(next) }
    }
    guard let merged else { throw HarnessError(.fault, found: "no shards to merge") }
    return try result(merging: merged, of: embeddings, digest: digest, workers: workers)
  }
}
