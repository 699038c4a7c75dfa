import LinearAlgebra
import Metrics

/// The searches and genuine comparisons of a protocol of distractors by the person of the probe: resamples of the probes' people, the distractors as they are.
///
/// Thresholds are those of all comparisons: the impostor scores among which they were chosen are not kept person by person.
struct DistractorTallies: Sendable {
  /// The person of each probe, from 0 without gaps.
  let probes: [Int]
  /// For each probe the scores of its mates.
  let mates: [[Float]]
  /// One a rank and target of each size, in the order of `DistractorIdentification.rateNames`; nil for a rule without threshold.
  private(set) var tallies: [SubjectTally?] = []
  /// Those of the ranks of the size at hand.
  private var ranks: [SubjectTally] = []

  init(probes: [Int], mates: [[Float]]) {
    // Probes that are left out may have left numbers out.
    var numbers: [Int: Int] = [:]
    self.probes = probes.map { identity in
      let number = numbers[identity] ?? numbers.count
      numbers[identity] = number
      return number
    }
    self.mates = mates
  }

  var subjects: KnownSubjects<Void> {
    .checked(
      SubjectNumbering(count: (probes.max() ?? -1) + 1, source: "the identities of the probes"), ())
  }

  /// Adds the searches of one probe among the distractors of the size at hand.
  mutating func add(_ match: CumulativeMatch, probe: Int, ranks kept: [Int]) {
    if ranks.isEmpty {
      ranks = kept.map { _ in SubjectTally(subjects: (probes.max() ?? -1) + 1) }
    }
    for (place, rank) in kept.enumerated() {
      ranks[place].add(probes[probe], right: match.hits[rank - 1], of: match.searches)
    }
  }

  /// Ends the size at hand, whose rates at targets are `points`.
  mutating func addRates(_ points: [OperatingPoint]) {
    tallies += ranks
    ranks = []
    tallies += points.map { point in
      guard point.attainable, let threshold = point.threshold else { return nil }
      var tally = SubjectTally(subjects: (probes.max() ?? -1) + 1)
      for (probe, scores) in mates.enumerated() {
        tally.add(
          probes[probe], right: scores.count { Double($0) >= threshold }, of: scores.count)
      }
      return tally
    }
  }

  /// The intervals of `values`, of the rates called `names`.
  func intervals(
    _ subjects: SubjectNumbering, names: [String], values: [Double?], settings: IntervalSettings,
    workers: Workers
  ) -> SubjectIntervals {
    let tallies = tallies
    return SubjectIntervals(
      subjects: subjects, settings: settings, thresholds: .kept,
      estimates: zip(names, values).map { ($0, $1) }, workers: workers
    ) { counts in tallies.map { $0?.rate(counts) } }
  }
}
