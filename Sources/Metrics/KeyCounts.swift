import CKernels

/// How many scores share each upper half of a key (`ScoreKey`): the ranks of scores that were never sorted, as far as halves tell them.
struct KeyCounts: Sendable {
  /// Scores of each half or a higher one; behind the last half 0.
  private let atLeast: [Int]

  /// Counts `scores` in `pieces` that `perform` may work on at the same time. A NaN is a programming error. O(n), and `pieces` times half a MiB.
  init(_ scores: [Float], pieces: Int, perform: ScoreSummary.Perform) {
    let size = 2 * ScoreKey.halves
    var counters = [UInt32](repeating: 0, count: pieces * size)
    scores.withUnsafeBufferPointer { scores in
      counters.withUnsafeMutableBufferPointer { counters in
        nonisolated(unsafe) let (scores, counters) = (scores, counters)
        perform(pieces) { piece in
          let range = ScoreSummary.range(of: piece, of: pieces, count: scores.count)
          guard !range.isEmpty, let first = scores.baseAddress, let own = counters.baseAddress else { return }
          precondition(range.count <= UInt32.max, "a piece of \(range.count) scores")
          let counted = ck_count_keys_f32(first + range.lowerBound, range.count, own + piece * size)
          precondition(counted == range.count, "a score is NaN")
        }
      }
    }
    self.init { half in
      stride(from: half, to: counters.count, by: ScoreKey.halves).reduce(0) { $0 + Int(counters[$1]) }
    }
  }

  /// The counts of scores that have these keys.
  init(keys: some Sequence<UInt32>) {
    var counts = [Int](repeating: 0, count: ScoreKey.halves)
    for key in keys { counts[ScoreKey.half(key)] += 1 }
    self.init { counts[$0] }
  }

  private init(_ count: (_ half: Int) -> Int) {
    var sums = [Int](repeating: 0, count: ScoreKey.halves + 1)
    for half in (0..<ScoreKey.halves).reversed() { sums[half] = sums[half + 1] + count(half) }
    atLeast = sums
  }

  var total: Int { atLeast[0] }

  /// Scores of `half`.
  func count(_ half: Int) -> Int { atLeast[half] - atLeast[half + 1] }

  /// Scores of `half` or a higher one.
  func atLeast(_ half: Int) -> Int { atLeast[half] }

  /// Scores of a higher half.
  func above(_ half: Int) -> Int { atLeast[half + 1] }

  /// The half of the score of `rank`, from 1 for the highest to `total`.
  func half(ofRank rank: Int) -> Int {
    precondition((1...total).contains(rank), "rank \(rank) of \(total) scores")
    var (low, high) = (0, ScoreKey.halves - 1)
    // The highest half of which so many are at least as high.
    while low < high {
      let middle = (low + high + 1) / 2
      if atLeast[middle] >= rank { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// `half` and the nearest halves above and below it, those of them that hold scores.
  func neighbourhood(_ half: Int) -> [Int] {
    [
      above(half) > 0 ? self.half(ofRank: above(half)) : nil, count(half) > 0 ? half : nil,
      atLeast(half) < total ? self.half(ofRank: atLeast(half) + 1) : nil,
    ].compactMap(\.self)
  }
}
