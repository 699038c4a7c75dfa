/// Similarity scores of comparisons, each with whether it is genuine, in the order of their list.
///
/// The order carries no meaning for any metric; it is kept so that a score can be traced to its pair.
public struct LabelledScores: Equatable, Sendable {
  public private(set) var scores: [Double]
  public private(set) var isGenuine: [Bool]

  /// As many scores as labels; no score is NaN.
  public init(scores: [Double] = [], isGenuine: [Bool] = []) {
    precondition(scores.count == isGenuine.count, "\(scores.count) scores for \(isGenuine.count) labels")
    precondition(!scores.contains { $0.isNaN }, "a score is NaN")
    self.scores = scores
    self.isGenuine = isGenuine
  }

  public var count: Int { scores.count }

  public mutating func append(contentsOf other: LabelledScores) {
    scores += other.scores
    isGenuine += other.isGenuine
  }

  /// The exact curve of these scores. O(n log n).
  public var roc: ROCCurve { ROCCurve(ScoreCounts(scores: scores, isGenuine: isGenuine)) }
}
