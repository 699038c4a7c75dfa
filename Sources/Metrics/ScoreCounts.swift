/// How many genuine and how many impostor comparisons got each score.
///
/// The exact accumulator of verification scores. A score is a similarity: higher means more alike. Equal scores
/// form one tie group, so no order among them can leak into a result. `Float` scores are kept as the same numbers
/// in `Double`. −0 counts as 0; −∞ is a legal score (a comparison that could not be made, below every other);
/// NaN is a programming error, since readers of stores refuse it.
///
/// Memory grows with the number of *distinct* scores. `merge(_:)` is associative and commutative: whatever the
/// split of a score set into parts, the merged counts are equal.
public struct ScoreCounts: Equatable, Sendable {
  /// The distinct scores, strictly descending.
  public private(set) var scores: [Double] = []
  /// Genuine comparisons with exactly that score.
  public private(set) var genuine: [Int] = []
  /// Impostor comparisons with exactly that score.
  public private(set) var impostor: [Int] = []

  /// No scores.
  public init() {}

  /// The counts of two lists of scores. O(n log n).
  public init<Genuine: Sequence, Impostor: Sequence>(genuine: Genuine, impostor: Impostor)
  where Genuine.Element: BinaryFloatingPoint, Impostor.Element: BinaryFloatingPoint {
    self = Self.counting(genuine.map { Double($0) }, asGenuine: true)
    merge(Self.counting(impostor.map { Double($0) }, asGenuine: false))
  }

  /// The counts of scores with their labels. `scores` and `isGenuine` have the same length. O(n log n).
  public init(scores: [Double], isGenuine: [Bool]) {
    precondition(scores.count == isGenuine.count, "\(scores.count) scores for \(isGenuine.count) labels")
    var genuine: [Double] = []
    var impostor: [Double] = []
    for (score, same) in zip(scores, isGenuine) {
      if same { genuine.append(score) } else { impostor.append(score) }
    }
    self.init(genuine: genuine, impostor: impostor)
  }

  /// All genuine comparisons.
  public var genuineCount: Int { genuine.reduce(0, +) }
  /// All impostor comparisons.
  public var impostorCount: Int { impostor.reduce(0, +) }

  /// Adds the comparisons of `other`. O(distinct scores of both).
  public mutating func merge(_ other: ScoreCounts) {
    if scores.isEmpty {
      self = other
      return
    }
    var merged = ScoreCounts()
    merged.reserve(scores.count + other.scores.count)
    var i = 0
    var j = 0
    while i < scores.count || j < other.scores.count {
      let takesOwn = j == other.scores.count || (i < scores.count && scores[i] >= other.scores[j])
      let takesOther = i == scores.count || (j < other.scores.count && other.scores[j] >= scores[i])
      merged.append(
        takesOwn ? scores[i] : other.scores[j],
        genuine: (takesOwn ? genuine[i] : 0) + (takesOther ? other.genuine[j] : 0),
        impostor: (takesOwn ? impostor[i] : 0) + (takesOther ? other.impostor[j] : 0))
      if takesOwn { i += 1 }
      if takesOther { j += 1 }
    }
    self = merged
  }

  private static func counting(_ unordered: [Double], asGenuine: Bool) -> ScoreCounts {
    precondition(!unordered.contains { $0.isNaN }, "a score is NaN")
    var counts = ScoreCounts()
    for score in unordered.sorted(by: >) {
      if let last = counts.scores.last, last == score {
        if asGenuine {
          counts.genuine[counts.genuine.count - 1] += 1
        } else {
          counts.impostor[counts.impostor.count - 1] += 1
        }
      } else {
        // Adding 0 turns −0 into 0, so that equal counts have equal bytes.
        counts.append(score + 0, genuine: asGenuine ? 1 : 0, impostor: asGenuine ? 0 : 1)
      }
    }
    return counts
  }

  private mutating func reserve(_ count: Int) {
    scores.reserveCapacity(count)
    genuine.reserveCapacity(count)
    impostor.reserveCapacity(count)
  }

  private mutating func append(_ score: Double, genuine newGenuine: Int, impostor newImpostor: Int) {
    scores.append(score)
    genuine.append(newGenuine)
    impostor.append(newImpostor)
  }
}
