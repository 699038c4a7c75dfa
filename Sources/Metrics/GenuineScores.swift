/// The distinct genuine scores of a verification, from the highest on.
struct GenuineScores: Sendable {
  /// Strictly descending.
  let keys: [UInt32]
  /// Genuine comparisons with at least each of the scores.
  let accepted: [Int]
  /// How many distinct scores there are of each half.
  private let distinct: KeyCounts

  /// No score is NaN. O(n).
  init(_ scores: [Float]) {
    var sorted = scores
    sortDescending(&sorted)
    var (keys, accepted): ([UInt32], [Int]) = ([], [])
    for (index, score) in sorted.enumerated() {
      let key = ScoreKey.key(score)
      if keys.last == key {
        accepted[accepted.count - 1] = index + 1
      } else {
        keys.append(key)
        accepted.append(index + 1)
      }
    }
    self.keys = keys
    self.accepted = accepted
    distinct = KeyCounts(keys: keys)
  }

  /// The distinct scores of `half`.
  func range(_ half: Int) -> Range<Int> { distinct.above(half)..<distinct.atLeast(half) }

  /// The first of `range` that is not above the score of `key`; its end where all are.
  func place(_ key: UInt32, in range: Range<Int>) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] <= key { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Genuine comparisons of `half` or a higher one.
  func accepted(downTo half: Int) -> Int {
    let number = distinct.atLeast(half)
    return number == 0 ? 0 : accepted[number - 1]
  }
}
