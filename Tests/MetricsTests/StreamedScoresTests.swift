import Metrics
import Testing

/// What is kept of a stream of scores gives the numbers of all of them.
@Suite("Streamed scores")
struct StreamedScoresTests {
  /// Scores with many ties where `steps` is small.
  static func scores(_ count: Int, steps: Int, seed: UInt64) -> [Float] {
    var generator = TestGenerator(state: seed)
    return (0..<count).map { _ in
      Float(Int.random(in: 0..<steps, using: &generator) - steps / 3) / Float(steps)
    }
  }

  @Test(arguments: [3, 50, 100_000], [1, 7, 400, 5000])
  func `The highest scores are those of the sorted stream, ties at the last of them included`(
    steps: Int, capacity: Int
  ) {
    let all = Self.scores(3000, steps: steps, seed: 1)
    var highest = HighestScores(capacity: capacity)
    for score in all { highest.insert(score) }
    let sorted = all.sorted(by: >)
    let expected = capacity < sorted.count ? sorted.filter { $0 >= sorted[capacity - 1] } : sorted
    #expect(highest.descending == expected)
    #expect(highest.count == 3000)
  }

  @Test(arguments: [3, 1000])
  func `Any split, order and order of merging keeps the same scores`(steps: Int) {
    let all = Self.scores(2000, steps: steps, seed: 2)
    var whole = HighestScores(capacity: 90)
    for score in all { whole.insert(score) }
    for parts in [2, 3, 17] {
      var accumulators = (0..<parts).map { _ in HighestScores(capacity: 90) }
      for (index, score) in all.reversed().enumerated() { accumulators[index % parts].insert(score) }
      var merged = HighestScores(capacity: 90)
      for part in accumulators.reversed() { merged.merge(part) }
      #expect(merged == whole)
      // Associative: a merge of merges.
      var left = accumulators[0]
      left.merge(accumulators[1])
      for part in accumulators.dropFirst(2) { left.merge(part) }
      #expect(left == whole)
    }
  }

  @Test func `Sorting by digits is sorting`() {
    var scores =
      Self.scores(5000, steps: 777, seed: 3) + [.infinity, -.infinity, 0, 0x1p-140, -0x1p-140, -3e38]
    let expected = scores.sorted(by: >)
    sortDescending(&scores)
    #expect(scores == expected)
    var few: [Float] = [0.5, -1, 2]
    sortDescending(&few)
    #expect(few == [2, 0.5, -1])
  }

  @Test(arguments: [5, 200, 1_000_000])
  func `A curve of single-precision lists is that of their counts`(steps: Int) {
    var genuine = Self.scores(300, steps: steps, seed: 4).map { $0 + 0.1 }
    var impostor = Self.scores(4000, steps: steps, seed: 5)
    let expected = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
    #expect(ROCCurve(genuine: &genuine, impostor: &impostor) == expected)
    var (none, nothing): ([Float], [Float]) = ([], [])
    #expect(ROCCurve(genuine: &none, impostor: &nothing).count == 0)
  }

  @Test(arguments: [4, 60, 1_000_000])
  func
    `Rates read from the highest impostors alone are those of the whole curve, by every rule that allows it`(
      steps: Int
    ) throws
  {
    let rules: [FARRule] = [
      .atMost, .atMostImpostorScore, .nearest, .linear, .logLinear, .next, .rounded, .aboveKth,
    ]
    var genuine = Self.scores(200, steps: steps, seed: 6).map { $0 + 0.2 }
    var impostor = Self.scores(5000, steps: steps, seed: 7)
    for target in [0.1, 0.05, 0.01, 0.001, 0.0002] {
      var highest = HighestScores(capacity: allowedFalseAccepts(targetFAR: target, impostors: 5000) + 2)
      for score in impostor { highest.insert(score) }
      let head = ROCCurve(genuine: &genuine, highestImpostors: highest)
      let whole = ROCCurve(genuine: &genuine, impostor: &impostor)
      #expect(head.genuineCount == 200 && head.impostorCount == 5000)
      for rule in rules {
        #expect(
          head.operatingPoint(at: target, rule: rule) == whole.operatingPoint(at: target, rule: rule),
          "\(rule) at \(target)")
      }
    }
  }

  @Test(arguments: [6, 90, 1_000_000])
  func `Thinned to its genuine scores a curve keeps every rate`(steps: Int) throws {
    var genuine = Self.scores(100, steps: steps, seed: 8).map { $0 + 0.1 }
    var impostor = Self.scores(3000, steps: steps, seed: 9)
    let exact = ROCCurve(genuine: &genuine, impostor: &impostor)
    let thinned = exact.thinned(.genuineScores)
    #expect(thinned.count <= Set(genuine).count + 1)
    let targets = (1...3000).map { Double($0) / 3000 } + [1e-4, 0.5, 1]
    #expect(thinned.tar(onGrid: targets) == exact.tar(onGrid: targets))
    #expect(thinned.genuineCount == 100 && thinned.impostorCount == 3000)
  }

  @Test func `Above the k-th highest impostor only what exceeds it is accepted`() throws {
    let roc = ROCCurve(
      ScoreCounts(genuine: [0.9, 0.8, 0.7, 0.6], impostor: [0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1, 0, 0, 0]))
    // ⌊0.1 · 10⌋ = 1: above 0.8, where no impostor is left.
    let first = roc.operatingPoint(at: 0.1, rule: .aboveKth)
    #expect(first.tar == 0.25 && first.realisedFAR == 0)
    let second = roc.operatingPoint(at: 0.2, rule: .aboveKth)
    #expect(second.tar == 0.5 && second.realisedFAR == 0.1)
    #expect(roc.reading(at: 0.01, rule: .aboveKth)?.tar == 0.25)
  }

  @Test(arguments: [1, 5, 64, 1000])
  func `A search keeps its best candidates`(capacity: Int) {
    let all = Self.scores(500, steps: 60, seed: 10)
    var heap = RankHeap(capacity: capacity)
    for score in all where score > heap.floor { heap.insert(score) }
    #expect(heap.descending == Array(all.sorted(by: >).prefix(capacity)))
    for score in all { heap.insert(-1000 + score) }
    #expect(heap.descending.prefix(500) == Array(all.sorted(by: >).prefix(capacity)).prefix(500))
  }

  @Test(arguments: CumulativeMatch.Ties.allCases)
  func `The rank of a mate counts the candidates ahead of it`(ties: CumulativeMatch.Ties) {
    let others = Self.scores(400, steps: 30, seed: 11).sorted(by: >)
    let mates = Self.scores(50, steps: 30, seed: 12)
    var match = CumulativeMatch(maximumRank: 20, ties: ties)
    for mate in mates { match.add(mate: mate, others: Array(others.prefix(20))) }
    match.add(rank: nil)
    #expect(match.searches == 51)
    for rank in 1...20 {
      let hits = mates.count { mate in
        others.count { ties == .pessimistic ? $0 >= mate : $0 > mate } < rank
      }
      #expect(match.hits[rank - 1] == hits)
      #expect(match.rate(rank: rank) == Double(hits) / 51)
    }
    #expect(CumulativeMatch(maximumRank: 1, ties: ties).rate(rank: 1) == nil)
  }

  @Test func `With all scores equal the optimistic rank is 1 and the pessimistic the last`() {
    for (ties, rank) in [(CumulativeMatch.Ties.optimistic, 1), (.pessimistic, 10)] {
      var match = CumulativeMatch(maximumRank: 10, ties: ties)
      match.add(mate: 0.5, others: [Float](repeating: 0.5, count: 9))
      #expect(match.hits.firstIndex(of: 1) == rank - 1)
    }
  }
}
