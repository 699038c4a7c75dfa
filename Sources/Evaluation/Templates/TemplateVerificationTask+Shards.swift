import FeatureStores
import LinearAlgebra

/// Shards are ranges of the pairs, all splits one after the other; each pools the templates that its pairs compare.
extension TemplateVerificationTask: ShardedTask {
  /// Pairs are summed one at a time in one order.
  static var dependsOnCore: Bool { false }

  private var pairCount: Int { splits.reduce(0) { $0 + $1.pairs.count } }

  func part(_ shard: Shard, of embeddings: any EmbeddingSource, workers: Workers) throws -> TemplateScoresPart
  {
    let range = shard.range(of: pairCount)
    var part = TemplateScoresPart(scores: [])
    part.scores.reserveCapacity(range.count)
    var start = 0
    for split in splits {
      let own = range.clamped(to: start..<start + split.pairs.count)
      let pairs = own.isEmpty ? 0..<0 : own.lowerBound - start..<own.upperBound - start
      start += split.pairs.count
      let share = share(split, pairs, shard)
      let templates = try pooler().templates(share.templates, of: embeddings, workers: workers)
      part.scores += try scores(
        of: Split(
          templates: share.templates, pairs: TemplatePairs(split.pairs, pairs, places: share.places)),
        templates: templates, workers: workers)
    }
    return part
  }

  private func share(_ split: Split, _ pairs: Range<Int>, _ shard: Shard) -> TemplateShare {
    let (first, second) = (split.pairs.first, split.pairs.second)
    func marks(_ range: Range<Int>) -> [Bool] {
      TemplateShare.marks(split.templates.count, [first[range], second[range]].joined())
    }
    return TemplateShare(
      split.templates, needed: marks(pairs), used: marks(0..<split.pairs.count), shard: shard)
  }

  func part(_ shard: Shard, reading file: AccumulatorFile) throws -> TemplateScoresPart {
    TemplateScoresPart(scores: try file.reals("scores", count: shard.range(of: pairCount).count))
  }

  func result(
    merging part: TemplateScoresPart, of embeddings: any EmbeddingSource, digest: String?, workers: Workers
  ) throws -> any EvaluationResult {
    var start = 0
    let ends = splits.map { split in
      start += split.pairs.count
      return start
    }
    return result(
      digest: { digest }, workers,
      scores: { Array(part.scores[ends[$0] - splits[$0].pairs.count..<ends[$0]]) })
  }
}
