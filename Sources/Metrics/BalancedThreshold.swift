/// The thresholds at which bob.measure balances false accepts against false rejects.
///
/// Its walk over the sorted scores adds and subtracts 1/N and 1/G step by step, and the last of the equally good
/// thresholds wins; so the rounding of those running sums decides between thresholds that are equally good in exact
/// arithmetic, and it is restated here. Accept ⇔ score ≥ threshold.
public enum BalancedThreshold: String, CaseIterable, Sendable {
  /// The smallest |FAR − FRR| (`eer_threshold`).
  case equalErrors
  /// The smallest FAR + FRR (`min_hter_threshold`).
  case leastHalfTotalError

  /// The threshold on `counts`; nil with a class empty. O(number of comparisons).
  public func threshold(_ counts: ScoreCounts) -> Double? {
    let (genuineCount, impostorCount) = (counts.genuineCount, counts.impostorCount)
    guard genuineCount > 0, impostorCount > 0, let lowest = counts.scores.last else { return nil }
    var (far, frr) = (1.0, 0.0)
    let (farStep, frrStep) = (1 / Double(impostorCount), 1 / Double(genuineCount))
    var (genuineLeft, impostorLeft) = (genuineCount, impostorCount)
    var threshold = lowest
    var best = (value: Double.infinity, threshold: lowest)
    for index in counts.scores.indices.reversed() {
      let value = value(far: far, frr: frr)
      if value <= best.value { best = (value, threshold) }
      for _ in 0..<counts.impostor[index] { far -= farStep }
      for _ in 0..<counts.genuine[index] { frr += frrStep }
      impostorLeft -= counts.impostor[index]
      genuineLeft -= counts.genuine[index]
      if index > 0 { threshold = (counts.scores[index] + counts.scores[index - 1]) / 2 }
      if genuineLeft == 0 || impostorLeft == 0 { break }
    }
    // One class is used up: once more here, and beyond all scores, but only if strictly better.
    if self.value(far: far, frr: frr) < best.value { best = (self.value(far: far, frr: frr), threshold) }
    if genuineLeft + impostorLeft > 0, self.value(far: 0, frr: 1) < best.value {
      best = (self.value(far: 0, frr: 1), counts.scores[0].nextUp)
    }
    return best.threshold
  }

  private func value(far: Double, frr: Double) -> Double {
    switch self {
    case .equalErrors: abs(far - frr)
    case .leastHalfTotalError: 0.5 * far + 0.5 * frr
    }
  }
}
