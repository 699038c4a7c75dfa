import FeatureStores
import LinearAlgebra

/// Shards are ranges of the probes; each pools these and the galleries.
extension IdentificationTask: ShardedTask {
  static var dependsOnCore: Bool { true }

  func part(_ shard: Shard, of embeddings: any EmbeddingSource, workers: Workers) throws -> IdentificationPart
  {
    let range = shard.range(of: content.probes.count)
    let enrolled = content.galleries.joined().map(\.template)
    func marks(_ probes: ArraySlice<IdentificationLists.Member>) -> [Bool] {
      TemplateShare.marks(content.templates.count, [enrolled, probes.map(\.template)].joined())
    }
    let share = TemplateShare(
      content.templates, needed: marks(content.probes[range]), used: marks(content.probes[...]), shard: shard)
    let templates = try pooler.templates(share.templates, of: embeddings, workers: workers)
    return IdentificationPart(
      galleries: searchedGalleries.map { run($0, by: range, templates, places: share.places, workers) })
  }

  func part(_ shard: Shard, reading file: AccumulatorFile) throws -> IdentificationPart {
    let range = shard.range(of: content.probes.count)
    return try IdentificationPart(
      reading: file,
      galleries: searchedGalleries.map { gallery in
        let mated = isMated(in: gallery.members)[range].count { $0 }
        return (mated, range.count - mated, gallery.highestPairs)
      })
  }

  func result(
    merging part: IdentificationPart, of embeddings: any EmbeddingSource, digest: String?, workers: Workers
  ) throws -> any EvaluationResult {
    result(embeddingDigest: digest, workers) { part.galleries[$0] }
  }
}
