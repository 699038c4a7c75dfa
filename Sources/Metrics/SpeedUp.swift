import Foundation

/// How many times fewer steps a method needs than its baseline to reach the same level: S, the geometric mean over seeds of baseline steps / method
/// steps, paired by seed, with a percentile bootstrap over seeds of log S.
///
/// A curve that never arrives is right-censored: all that is known is that it takes more than its last step. Such seeds are kept, with their last step in
/// place of the unknown one, which makes S a bound: from above where methods do not arrive, from below where baselines do not, and nothing where both
/// occur. The interval is open on the side that is not known. Leaving censored seeds out would count the lucky ones only.
///
/// Where a seed has several runs (folds) its log ratio is their mean. With n seeds the bootstrap has (n − 1)/n of their variance.
public struct SpeedUp: Equatable, Sendable {
  /// The passages of two runs that share seed, data and schedule.
  public struct Pair: Equatable, Sendable {
    public var baseline: FirstPassage
    public var method: FirstPassage

    public init(baseline: FirstPassage, method: FirstPassage) {
      self.baseline = baseline
      self.method = method
    }

    /// log(baseline steps / method steps), the last step standing for what is not known; nil where one is there before the first step.
    var logRatio: Double? {
      let (a, b) = (baseline.step ?? baseline.lastStep, method.step ?? method.lastStep)
      return a > 0 && b > 0 ? log(Double(a) / Double(b)) : nil
    }
  }

  /// What `estimate` says of S.
  public enum Certainty: String, Codable, Sendable {
    case exact
    /// Methods did not arrive.
    case atMost = "at most"
    /// Baselines did not arrive.
    case atLeast = "at least"
    /// Neither always arrived.
    case unknown
  }

  public let estimate: Double
  public let certainty: Certainty
  /// Of S; from 0, to infinity, where that side is not known. Nil with one seed: its variance is not known.
  public let interval: ClosedRange<Double>?
  public let level: Double
  public let seeds: Int
  public let pairs: Int
  /// Pairs whose baseline, or whose method, never arrived.
  public let censoredBaselines: Int
  public let censoredMethods: Int

  /// Compares the pairs of each seed.
  ///
  /// `seedDraws` gives, for the number of a replicate, as many uniform numbers in 0..<n as there are seeds; it is not asked for one seed. Nil without
  /// pairs, and where a curve is at the level before the first step: then there is nothing to speed up.
  public init?(
    _ pairs: [[Pair]], level: Double, replicates: Int, seedDraws: (_ replicate: Int) -> [Int]
  ) {
    precondition(replicates > 0, "no replicates")
    let known = pairs.filter { !$0.isEmpty }
    let ratios = known.compactMap { seed -> Double? in
      let logs = seed.compactMap(\.logRatio)
      return logs.count == seed.count ? logs.reduce(0, +) / Double(logs.count) : nil
    }
    guard !ratios.isEmpty, ratios.count == known.count else { return nil }
    let count = ratios.count
    seeds = count
    self.pairs = known.reduce(0) { $0 + $1.count }
    self.level = level
    let late = known.joined().count { $0.baseline.step == nil }
    let lateMethods = known.joined().count { $0.method.step == nil }
    (censoredBaselines, censoredMethods) = (late, lateMethods)
    certainty =
      switch (late > 0, lateMethods > 0) {
      case (false, false): .exact
      case (false, true): .atMost
      case (true, false): .atLeast
      case (true, true): .unknown
      }
    estimate = exp(ratios.reduce(0, +) / Double(count))
    guard count > 1 else {
      interval = nil
      return
    }
    let means = (0..<replicates).map { replicate -> Double? in
      let drawn = seedDraws(replicate)
      precondition(drawn.count == count, "\(drawn.count) draws of \(count) seeds")
      return drawn.reduce(0) { $0 + ratios[$1] } / Double(count)
    }
    interval = PercentileInterval(means, level: level).map { logs in
      let lower = lateMethods > 0 ? 0 : exp(logs.lower)
      let upper = late > 0 ? Double.infinity : exp(logs.upper)
      return lower...max(lower, upper)
    }
  }
}
