/// A threshold chosen on some scores, with how well it did on them.
public struct ThresholdChoice: Equatable, Sendable {
  /// In the units of the similarity score; ±∞ accept nothing and everything.
  public let threshold: Double
  /// Right decisions on the scores that it was chosen on.
  public let correct: Int
  /// The number of those scores.
  public let count: Int

  public var accuracy: Double { Double(correct) / Double(count) }
}

extension ThresholdConvention {
  /// The best threshold on `training`.
  ///
  /// Nil for no scores, and where the convention has no candidate or no objective: genuine scores of a set without
  /// any, Youden's J with a class empty. O(n log n).
  public func bestThreshold(on training: LabelledScores) -> ThresholdChoice? {
    let scores = rounded(training)
    let roc = scores.roc
    guard roc.count > 0, objective == .accuracy || (roc.genuineCount > 0 && roc.impostorCount > 0) else {
      return nil
    }
    var best: [(threshold: Double, value: Double)] = []
    // Descending, so that the first of the tied best is the highest.
    for threshold in descendingCandidates(roc) {
      let value = value(of: threshold, on: roc)
      guard let leader = best.first, value <= leader.value else {
        best = [(threshold, value)]
        continue
      }
      if value == leader.value { best.append((threshold, value)) }
    }
    guard let highest = best.first, let lowest = best.last else { return nil }
    var threshold =
      switch ties {
      case .highest: highest.threshold
      case .lowest: lowest.threshold
      case .mean: best.map(\.threshold).reduce(0, +) / Double(best.count)
      }
    if rounding == .threshold { threshold = Double(Float(threshold)) }
    return ThresholdChoice(
      threshold: threshold, correct: correct(at: threshold, on: roc), count: training.count)
  }

  /// How many of `scores` are decided rightly at `threshold`.
  public func correct(at threshold: Double, on scores: LabelledScores) -> Int {
    correct(at: threshold, on: rounded(scores).roc)
  }

  private func correct(at threshold: Double, on roc: ROCCurve) -> Int {
    let (genuine, impostor) = accepted(at: threshold, on: roc)
    return genuine + roc.impostorCount - impostor
  }

  private func value(of threshold: Double, on roc: ROCCurve) -> Double {
    switch objective {
    // Right decisions are at most 2⁵³, so comparing them as doubles is exact.
    case .accuracy: return Double(correct(at: threshold, on: roc))
    case .youden:
      let point = strictlyAbove(threshold, on: roc)
      return Double(point.acceptedGenuine) / Double(roc.genuineCount)
        - Double(point.acceptedImpostor) / Double(roc.impostorCount)
    }
  }

  /// Genuine comparisons decided rightly, impostors decided wrongly.
  private func accepted(at threshold: Double, on roc: ROCCurve) -> (genuine: Int, impostor: Int) {
    switch acceptance {
    case .atLeast:
      let point = roc.accepted(at: threshold)
      return (point.acceptedGenuine, point.acceptedImpostor)
    case .above:
      let point = strictlyAbove(threshold, on: roc)
      return (point.acceptedGenuine, point.acceptedImpostor)
    case .strictForBoth:
      return (
        strictlyAbove(threshold, on: roc).acceptedGenuine, roc.accepted(at: threshold).acceptedImpostor
      )
    }
  }

  private func strictlyAbove(_ threshold: Double, on roc: ROCCurve) -> ROCCurve.Point {
    threshold == .infinity ? ROCCurve.origin : roc.accepted(at: threshold.nextUp)
  }

  private func rounded(_ scores: LabelledScores) -> LabelledScores {
    guard rounding == .scores else { return scores }
    return LabelledScores(
      scores: scores.scores.map { Double(Float($0)) }, isGenuine: scores.isGenuine)
  }

  private func descendingCandidates(_ roc: ROCCurve) -> [Double] {
    let scores = roc.thresholds
    switch candidates {
    case .midpoints:
      return [.infinity] + zip(scores, scores.dropFirst()).map { Self.midpoint(above: $1, below: $0) }
        + [-.infinity]
    case .genuineScores:
      var previous = 0
      return zip(scores, roc.acceptedGenuine).flatMap { score, accepted in
        defer { previous = accepted }
        return repeatElement(score, count: score.isFinite ? accepted - previous : 0)
      }
    case .span(let steps):
      guard let highest = scores.first, let lowest = scores.last(where: \.isFinite), highest.isFinite else {
        return []
      }
      let step =
        rounding == .scores
        ? Double((Float(highest) - Float(lowest)) / Float(steps)) : (highest - lowest) / Double(steps)
      return (1...steps).reversed().map { lowest + step * Double($0) }
    case .distanceGrid(let step, let count):
      return (0..<count).map { -(Double($0) * step) }
    }
  }

  /// A threshold that separates two scores, `low` < `high`: their mean, or `high` itself where no number or no finite
  /// number lies between.
  static func midpoint(above low: Double, below high: Double) -> Double {
    let mean = (low + high) / 2
    return mean > low && mean <= high ? mean : high
  }
}
