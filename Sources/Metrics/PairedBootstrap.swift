import Foundation

/// The difference of two methods on the same people, by a bootstrap of two levels: seeds, then people.
///
/// In replicate b the seeds that both methods were trained with are drawn with replacement, and of each drawn seed the difference is taken
/// of what both methods reach on the people of replicate b, who are the same for both methods and all seeds; the replicate is the mean of these.
/// With one seed nothing is known of the variance between trainings, and the interval does not cover it. With few seeds it is
/// covered in part: a bootstrap of n values has (n − 1)/n of their variance.
public struct PairedBootstrap: Codable, Equatable, Sendable {
  /// What one seed of a method gave: the number itself, and what it is in each resample of people, nil where it is undefined.
  public struct Sample: Sendable {
    public var estimate: Double
    public var replicates: [Double?]

    public init(estimate: Double, replicates: [Double?]) {
      self.estimate = estimate
      self.replicates = replicates
    }
  }

  /// The mean over seeds of the first method's number less the second's.
  public let difference: Double
  /// Of the difference.
  public let interval: PercentileInterval
  /// The standard deviation of the replicates.
  public let standardError: Double
  /// Two-sided, by counting: twice the smaller share of replicates on either side of 0, those at 0 on both, the difference itself taken in as one
  /// more replicate on the far side. Never below 2/(replicates + 1).
  public let p: Double
  /// Two-sided, of a normal distribution with the standard error: for corrections over more comparisons than counting can
  /// resolve. Without any spread 1 for no difference, else 0.
  public let normalP: Double
  /// Seeds that both methods have.
  public let seeds: Int

  /// Compares `first` with `second`, of which elements of the same index have the same seed, and replicates of the same index the same people.
  ///
  /// `seedDraws` gives, for the number of a replicate, as many uniform numbers in 0..<n as there are seeds; it is not asked for one seed. Nil where
  /// fewer than half of the replicates have a value.
  public init?(
    _ first: [Sample], minus second: [Sample], level: Double, seedDraws: (_ replicate: Int) -> [Int]
  ) {
    let replicates = first.first?.replicates.count ?? 0
    precondition(
      !first.isEmpty && first.count == second.count
        && (first + second).allSatisfy { $0.replicates.count == replicates },
      "\(first.count) and \(second.count) seeds, or other numbers of replicates")
    let count = first.count
    let differences = (0..<replicates).map { replicate -> Double? in
      let drawn = count == 1 ? [0] : seedDraws(replicate)
      precondition(drawn.count == count, "\(drawn.count) draws of \(count) seeds")
      var sum = 0.0
      for seed in drawn {
        guard let a = first[seed].replicates[replicate], let b = second[seed].replicates[replicate] else {
          return nil
        }
        sum += a - b
      }
      return sum / Double(count)
    }
    guard let interval = PercentileInterval(differences, level: level),
      let spread = Spread(differences.compactMap(\.self))
    else { return nil }
    let known = differences.compactMap(\.self)
    let difference = zip(first, second).reduce(0) { $0 + $1.0.estimate - $1.1.estimate } / Double(count)
    let (below, above) = (known.count { $0 <= 0 }, known.count { $0 >= 0 })
    p = min(1, 2 * Double(1 + min(below, above)) / Double(known.count + 1))
    let error = spread.sampleSD ?? 0
    normalP =
      error > 0 ? erfc(abs(difference) / error / 2.0.squareRoot()) : difference == 0 ? 1 : 0
    self.difference = difference
    self.interval = interval
    standardError = error
    seeds = count
  }
}
