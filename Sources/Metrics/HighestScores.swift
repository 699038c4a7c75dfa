/// The highest scores of a stream: exact, in memory that does not grow with the stream.
///
/// Keeps every score that is at least as high as the `capacity`-th highest; of those that equal it, which may be any number, only how many
/// there are. What is kept depends on the scores alone, not on their order or on how they were split among accumulators that are merged.
public struct HighestScores: Equatable, Sendable {
  /// How many of the highest scores are kept, at least.
  public let capacity: Int
  /// All scores seen.
  public private(set) var count = 0
  /// Scores that are lower need not be offered; −∞ until `capacity` scores were kept.
  public private(set) var floor = -Float.infinity
  /// Kept scores above the floor, in no order, and for a while some at or below it.
  private var kept: [Float] = []
  /// Scores equal to the floor, once there is one.
  private var atFloor = 0
  private var hasFloor = false

  /// Keeps the `capacity` highest scores, at least one.
  public init(capacity: Int) {
    precondition(capacity > 0, "an accumulator of no scores")
    self.capacity = capacity
  }

  /// Takes in `score`, which is not NaN.
  public mutating func insert(_ score: Float) {
    precondition(!score.isNaN, "a score is NaN")
    skip(1)
    if score >= floor { keep(score) }
  }

  /// Counts scores below the floor without looking at them.
  public mutating func skip(_ number: Int) { count += number }

  /// Keeps a score that `skip` counts and that is not below the floor.
  public mutating func keep(_ score: Float) {
    if hasFloor, score <= floor {
      if score == floor { atFloor += 1 }
      return
    }
    // Adding 0 turns −0 into 0, which equals it.
    kept.append(score + 0)
    if kept.count >= 2 * capacity { prune() }
  }

  /// Takes in all that `other` has seen. The result is the same whatever was merged in whatever order, for accumulators of one capacity.
  public mutating func merge(_ other: HighestScores) {
    precondition(other.capacity == capacity, "accumulators of \(capacity) and \(other.capacity) scores")
    count += other.count
    if other.hasFloor {
      // Below the other's floor it knows nothing: `capacity` of its scores are at or above it.
      if !hasFloor || other.floor > floor { raiseFloor(to: other.floor) }
      if other.floor == floor { atFloor += other.atFloor }
    }
    for score in other.kept { keep(score) }
  }

  /// Raises the floor to one that `capacity` scores of the whole stream are known to reach.
  public mutating func raiseFloor(to newFloor: Float) {
    guard !hasFloor || newFloor > floor else { return }
    var remaining: [Float] = []
    var ties = 0
    for score in kept {
      if score > newFloor { remaining.append(score) } else if score == newFloor { ties += 1 }
    }
    kept = remaining
    atFloor = ties
    floor = newFloor
    hasFloor = true
  }

  /// Takes `score` for the floor, which `number` scores equal and all that are kept are above.
  mutating func restoreFloor(_ score: Float, count number: Int) {
    floor = score
    atFloor = number
    hasFloor = true
  }

  /// Lets go of what is below the `capacity`-th highest score.
  public mutating func prune() {
    let total = kept.count + (hasFloor ? atFloor : 0)
    guard total > capacity, kept.count >= capacity else { return }
    raiseFloor(to: Self.highest(capacity, of: &kept))
  }

  /// The kept scores, descending, each as often as it was seen: of the whole stream all that are at least as high as the last of them.
  public var descending: [Float] {
    var copy = self
    copy.prune()
    var scores = copy.kept
    sortDescending(&scores)
    if copy.hasFloor { scores += repeatElement(copy.floor, count: copy.atFloor) }
    return scores
  }

  public static func == (a: HighestScores, b: HighestScores) -> Bool {
    a.capacity == b.capacity && a.count == b.count && a.descending == b.descending
  }

  /// The `rank`-th highest of `scores` (from 1), whose order is changed. Expected O(n).
  private static func highest(_ rank: Int, of scores: inout [Float]) -> Float {
    var (low, high) = (0, scores.count - 1)
    let target = rank - 1
    while low < high {
      // The median of three in the middle: no bad case for sorted or constant input.
      let middle = low + (high - low) / 2
      let pivot = max(
        min(scores[low], scores[middle]), min(max(scores[low], scores[middle]), scores[high]))
      var (i, j) = (low, high)
      while i <= j {
        while scores[i] > pivot { i += 1 }
        while scores[j] < pivot { j -= 1 }
        if i <= j {
          scores.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if target <= j { high = j } else if target >= i { low = i } else { return scores[target] }
    }
    return scores[target]
  }
}
