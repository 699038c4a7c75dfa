/// Scores of comparisons with the people who are compared, sorted once, so that the exact curve of any resample of people is read in one pass.
///
/// In a resample a comparison stands as often as its weight says: the multiplicity of its person, or the product of those of its two people.
/// Weights are integers, so every rule that reads a curve holds for resamples as it stands.
public struct SubjectComparisons: Sendable {
  public let subjects: Int
  /// The distinct scores, descending.
  private var scores: [Double] = []
  /// Where the comparisons of each distinct score end.
  private var ends: [Int] = []
  /// By descending score.
  private var first: [Int32] = []
  private var second: [Int32] = []
  private var isGenuine: [Bool] = []

  /// The comparisons `scores`, of which number i is of the people `first[i]` and `second[i]` in 0..<`subjects`. Equal numbers stand for a
  /// comparison of one person. O(n log n).
  public init(_ comparisons: LabelledScores, first: [Int32], second: [Int32], subjects: Int) {
    precondition(
      first.count == comparisons.count && second.count == comparisons.count,
      "people of \(first.count) and \(second.count) comparisons, of \(comparisons.count)")
    self.subjects = subjects
    // The order within a tie group has no meaning; the place makes it one order all the same.
    let order = comparisons.scores.indices.sorted {
      (comparisons.scores[$1], $0) < (comparisons.scores[$0], $1)
    }
    for (place, index) in order.enumerated() {
      let score = comparisons.scores[index] + 0
      if scores.last != score {
        if place > 0 { ends.append(place) }
        scores.append(score)
      }
      precondition(
        first[index] >= 0 && first[index] < subjects && second[index] >= 0 && second[index] < subjects,
        "a person who is none of \(subjects)")
      self.first.append(first[index])
      self.second.append(second[index])
      isGenuine.append(comparisons.isGenuine[index])
    }
    if !order.isEmpty { ends.append(order.count) }
  }

  /// The number of comparisons, each once.
  public var count: Int { first.count }

  /// The exact curve of the resample in which person s stands `multiplicities[s]` times. O(n).
  public func curve(_ multiplicities: [Int32]) -> ROCCurve {
    precondition(multiplicities.count == subjects, "\(multiplicities.count) people of \(subjects)")
    var thresholds: [Double] = []
    var acceptedGenuine: [Int] = []
    var acceptedImpostor: [Int] = []
    thresholds.reserveCapacity(scores.count)
    acceptedGenuine.reserveCapacity(scores.count)
    acceptedImpostor.reserveCapacity(scores.count)
    var (genuine, impostor, index) = (0, 0, 0)
    for place in scores.indices {
      let before = genuine + impostor
      let end = ends[place]
      while index < end {
        let weight = comparisonWeight(first[index], second[index], multiplicities)
        if isGenuine[index] { genuine += weight } else { impostor += weight }
        index += 1
      }
      guard genuine + impostor > before else { continue }
      thresholds.append(scores[place])
      acceptedGenuine.append(genuine)
      acceptedImpostor.append(impostor)
    }
    return ROCCurve(
      genuineCount: genuine, impostorCount: impostor, thresholds: thresholds,
      acceptedGenuine: acceptedGenuine, acceptedImpostor: acceptedImpostor)
  }
}

/// How often a comparison of two people, or of one where they are the same, stands in a resample.
@inline(__always)
func comparisonWeight(_ first: Int32, _ second: Int32, _ multiplicities: [Int32]) -> Int {
  let weight = Int(multiplicities[Int(first)])
  return first == second ? weight : weight * Int(multiplicities[Int(second)])
}
