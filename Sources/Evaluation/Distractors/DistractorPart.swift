import FeatureStores
import Metrics

/// What searches find among distractors, or among a shard of them.
struct DistractorPart: ShardPart {
  /// What they find among the distractors of one size, those of the smaller sizes included.
  struct Found: Sendable {
    /// Of all searches with all of these distractors.
    var highest: HighestScores
    /// For each search its best scores, descending: at most as many as there are ranks to be told apart.
    var best: [[Float]]
  }

  /// Ranks that are told apart.
  let ranks: Int
  /// In the order of the protocol's sizes.
  var sizes: [Found]
  /// Of all scores; nil after screening.
  var histogram: ScoreHistogram?

  mutating func merge(_ next: DistractorPart) {
    for size in sizes.indices {
      sizes[size].highest.merge(next.sizes[size].highest)
      for search in sizes[size].best.indices where !next.sizes[size].best[search].isEmpty {
        var heap = RankHeap(capacity: ranks)
        for score in sizes[size].best[search] { heap.insert(score) }
        for score in next.sizes[size].best[search] { heap.insert(score) }
        sizes[size].best[search] = heap.descending
      }
    }
    if let other = next.histogram { histogram?.merge(other) }
  }

  func write(to file: inout AccumulatorFile) throws {
    for (size, found) in sizes.enumerated() {
      file.add("size\(size)", found.highest)
      file.add("size\(size).best", found.best.flatMap(\.self))
      file.add("size\(size).best.counts", found.best.map(\.count))
    }
    if let histogram { try file.add("all", histogram) }
  }

  /// Of `searches` searches among distractors of `sizes` sizes, of which the `capacity` highest scores are kept.
  init(
    reading file: AccumulatorFile, sizes count: Int, searches: Int, ranks: Int, capacity: Int,
    screened: Bool
  ) throws {
    self.ranks = ranks
    sizes = try (0..<count).map { size in
      let counts = try file.integers("size\(size).best.counts", count: searches)
      guard counts.allSatisfy({ (0...ranks).contains($0) }) else {
        throw file.error(
          "size\(size).best.counts", found: "a number of scores outside 0 to \(ranks)",
          expected: "how many of its best scores each search has")
      }
      let scores = try file.reals("size\(size).best", count: counts.reduce(0, +))
      var start = 0
      return Found(
        highest: try file.highest("size\(size)", capacity: capacity),
        best: counts.map { count in
          defer { start += count }
          return Array(scores[start..<start + count])
        })
    }
    histogram = screened ? nil : try file.histogram("all")
  }

  init(ranks: Int, sizes: [Found], histogram: ScoreHistogram?) {
    self.ranks = ranks
    self.sizes = sizes
    self.histogram = histogram
  }
}
