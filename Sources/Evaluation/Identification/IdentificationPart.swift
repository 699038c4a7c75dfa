import FeatureStores
import Metrics

/// What probes, or a shard of them, find in each of the searched galleries.
struct IdentificationPart: ShardPart {
  var galleries: [GallerySearch.Found]

  mutating func merge(_ next: IdentificationPart) {
    for gallery in galleries.indices { galleries[gallery].merge(next.galleries[gallery]) }
  }

  func write(to file: inout AccumulatorFile) {
    for (gallery, found) in galleries.enumerated() {
      file.add("gallery\(gallery).mated", found.searches.mated.map(\.score))
      // 0 for a mate that could not be compared.
      file.add("gallery\(gallery).ranks", found.searches.mated.map { $0.rank ?? 0 })
      file.add("gallery\(gallery).non-mated", found.searches.nonMated)
      if let highest = found.highest { file.add("gallery\(gallery)", highest) }
    }
  }

  /// Of `mated` mated and `nonMated` non-mated searches in each gallery, of whose pairs of different people the `highestPairs` highest scores are kept.
  init(
    reading file: AccumulatorFile, galleries: [(mated: Int, nonMated: Int, highestPairs: Int)]
  ) throws {
    self.galleries = try galleries.enumerated().map { gallery, expected in
      var found = GallerySearch.Found()
      let ranks = try file.integers("gallery\(gallery).ranks", count: expected.mated)
      for (score, rank) in zip(
        try file.reals("gallery\(gallery).mated", count: expected.mated), ranks)
      {
        found.searches.add(.init(score: score, rank: rank == 0 ? nil : rank))
      }
      for best in try file.reals("gallery\(gallery).non-mated", count: expected.nonMated) {
        found.searches.add(nonMated: best)
      }
      if expected.highestPairs > 0 {
        found.highest = try file.highest("gallery\(gallery)", capacity: expected.highestPairs)
      }
      return found
    }
  }

  init(galleries: [GallerySearch.Found]) { self.galleries = galleries }
}
