import Evaluation
import Metrics

/// The outcomes of two rows at the seeds that both have. A row without randomness has one, for every seed of the other.
public struct OutcomePair: Sendable {
  public let first: [ExperimentResults.Outcome]
  public let second: [ExperimentResults.Outcome]
  /// How many seeds both have; nil where neither row is trained.
  public let seeds: Int?

  /// The first row's number less the second's, with its interval and a two-sided p.
  public struct Difference: Sendable, Equatable {
    public var value: Double
    public var lower: Double
    public var upper: Double
    public var p: Double
  }

  public init(_ first: [ExperimentResults.Outcome], _ second: [ExperimentResults.Outcome]) {
    let known = Set(first.compactMap(\.seed)).union(second.compactMap(\.seed)).sorted()
    func at(_ seed: UInt64, _ outcomes: [ExperimentResults.Outcome]) -> ExperimentResults.Outcome? {
      outcomes.first { $0.seed == seed || $0.seed == nil }
    }
    guard !known.isEmpty else {
      (self.first, self.second, seeds) = (first, second, nil)
      return
    }
    let common = known.compactMap { seed in
      at(seed, first).flatMap { a in at(seed, second).map { (a, $0) } }
    }
    (self.first, self.second, seeds) = (common.map { $0.0 }, common.map { $0.1 }, common.count)
  }

  /// The difference of the number called `name` (see `NumberName`) by resampling seeds and people; nil without a common seed or without resamples.
  public func resampled(_ name: String, level: Double) -> Difference? {
    let test = PairedBootstrap(of: name, first.map(\.intervals), minus: second.map(\.intervals), level: level)
    return test.map {
      Difference(value: $0.difference, lower: $0.interval.lower, upper: $0.interval.upper, p: $0.normalP)
    }
  }

  /// The difference of the number called `name` over folds, the mean over common seeds in each, by the corrected resampled t-test; nil where a fold lacks the number.
  public func foldwise(_ name: String, testToTraining: Double, level: Double) -> Difference? {
    func means(_ outcomes: [ExperimentResults.Outcome]) -> [Double]? {
      let perSeed = outcomes.compactMap { outcome in outcome.perFold.first { $0.name == name }?.values }
      guard perSeed.count == outcomes.count, let folds = perSeed.first?.count else { return nil }
      let means = (0..<folds).compactMap { fold -> Double? in
        let values = perSeed.compactMap { $0[fold] }
        return values.count == perSeed.count ? Spread(values)?.mean : nil
      }
      return means.count == folds ? means : nil
    }
    guard let a = means(first), let b = means(second), a.count == b.count else { return nil }
    let test = CorrectedResampledTTest(
      differences: zip(a, b).map { $0 - $1 }, testToTraining: testToTraining, level: level)
    return test.map { Difference(value: $0.difference, lower: $0.lower, upper: $0.upper, p: $0.p) }
  }
}
