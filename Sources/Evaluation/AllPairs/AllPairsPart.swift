import FeatureStores
import Metrics

/// The scores of all pairs of the images of each trial, or of a shard of them.
struct AllPairsPart: ShardPart {
  /// Those of one trial.
  struct Scores: Sendable {
    /// Of the genuine pairs, in no order.
    var genuine: [Float] = []
    /// The person of each genuine pair.
    var people: [Int32] = []
    var impostor: HighestScores
    /// Of the impostor pairs.
    var histogram = ScoreHistogram()
  }

  var trials: [Scores]

  mutating func merge(_ next: AllPairsPart) {
    for (trial, other) in next.trials.enumerated() {
      trials[trial].genuine += other.genuine
      trials[trial].people += other.people
      trials[trial].impostor.merge(other.impostor)
      trials[trial].histogram.merge(other.histogram)
    }
  }

  func write(to file: inout AccumulatorFile) throws {
    for (trial, scores) in trials.enumerated() {
      file.add("trial\(trial).genuine", scores.genuine)
      file.add("trial\(trial).people", scores.people.map { Int($0) })
      file.add("trial\(trial)", scores.impostor)
      try file.add("trial\(trial)", scores.histogram)
    }
  }

  /// Of trials with so many genuine pairs, of which the `capacity` highest impostor scores are kept; people are numbers below `people`.
  init(
    reading file: AccumulatorFile, trials: [(genuine: Int, capacity: Int)], people: Int
  ) throws {
    self.trials = try trials.enumerated().map { trial, expected in
      let persons = try file.integers("trial\(trial).people", count: expected.genuine)
      guard persons.allSatisfy({ (0..<people).contains($0) }) else {
        throw file.error(
          "trial\(trial).people", found: "a number outside 0 to \(people - 1)", expected: "numbers of people")
      }
      return Scores(
        genuine: try file.reals("trial\(trial).genuine", count: expected.genuine),
        people: persons.map { Int32($0) },
        impostor: try file.highest("trial\(trial)", capacity: expected.capacity),
        histogram: try file.histogram("trial\(trial)"))
    }
  }

  init(trials: [Scores]) { self.trials = trials }
}
