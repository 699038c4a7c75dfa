/// Resamples of the people in a test set: each replicate draws as many people as there are, with replacement.
///
/// Comparisons share people, so resampling comparisons, or taking them as independent, makes intervals too narrow. Here a comparison of one
/// person (a genuine pair, a search) counts as often as the person was drawn, and one of two people (an impostor pair) as often as the
/// product of both: the bootstrap of a two-sample statistic (Bolle, Ratha and Pankanti 2004 resample subjects; the product weight is that of Owen 2007,
/// “The pigeonhole bootstrap”).
///
/// The random numbers come from the caller. A replicate depends on its number alone, so replicates may be made in any order, and two
/// methods that are tested on the same people see the same draws.
public struct SubjectBootstrap: Sendable {
  /// How many people there are, at least 1.
  public let subjects: Int
  /// How many resamples are made, at least 1.
  public let replicates: Int
  private let draw: @Sendable (_ replicate: Int) -> [Int]

  /// `draw` gives, for the number of a replicate, `subjects` independent uniform numbers in 0..<`subjects`.
  public init(subjects: Int, replicates: Int, draw: @escaping @Sendable (_ replicate: Int) -> [Int]) {
    precondition(subjects > 0 && replicates > 0, "\(replicates) resamples of \(subjects) people")
    self.subjects = subjects
    self.replicates = replicates
    self.draw = draw
  }

  /// How often each person is in a replicate: `subjects` counts with the sum `subjects`.
  public func multiplicities(_ replicate: Int) -> [Int32] {
    precondition(replicate >= 0 && replicate < replicates, "no replicate \(replicate) of \(replicates)")
    let drawn = draw(replicate)
    precondition(drawn.count == subjects, "\(drawn.count) draws of \(subjects) people")
    var counts = [Int32](repeating: 0, count: subjects)
    for subject in drawn { counts[subject] += 1 }
    return counts
  }
}
