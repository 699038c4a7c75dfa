import Metrics

/// Metrics restated from their definitions, in quadratic time.
enum NaiveMetrics {
  /// The share of genuine–impostor couples in which the genuine score is higher, ties counting half.
  static func auc(_ scores: LabelledScores) -> Double {
    let (genuine, impostor) = split(scores)
    var sum = 0.0
    for g in genuine { for i in impostor { sum += g > i ? 1 : g == i ? 0.5 : 0 } }
    return sum / Double(genuine.count * impostor.count)
  }

  /// Where false accepts and false rejects are equally frequent, on the straight line between the two operating points beside it.
  static func equalErrorRate(_ scores: LabelledScores) -> Double {
    let (genuine, impostor) = split(scores)
    var previous = (far: 0.0, frr: 1.0)
    for threshold in Set(scores.scores).sorted(by: >) {
      let far = Double(impostor.count { $0 >= threshold }) / Double(impostor.count)
      let frr = Double(genuine.count { $0 < threshold }) / Double(genuine.count)
      if far >= frr {
        let before = previous.frr - previous.far
        let after = far - frr
        let share = before / (before + after)
        return previous.far + share * (far - previous.far)
      }
      previous = (far, frr)
    }
    return previous.far
  }

  /// The greatest share of genuine pairs accepted at a threshold at which at most `target` of the impostors are.
  static func tar(_ scores: LabelledScores, target: Double) -> Double {
    let (genuine, impostor) = split(scores)
    var best = 0.0
    for threshold in Set(scores.scores) {
      let far = Double(impostor.count { $0 >= threshold }) / Double(impostor.count)
      if far <= target {
        best = max(best, Double(genuine.count { $0 >= threshold }) / Double(genuine.count))
      }
    }
    return best
  }

  /// The most accurate threshold among −∞, the midpoints of consecutive scores and +∞; the highest of the best.
  static func threshold(_ scores: LabelledScores) -> Double {
    let sorted = Set(scores.scores).sorted()
    let candidates =
      [-Double.infinity] + zip(sorted, sorted.dropFirst()).map { ($0 + $1) / 2 } + [Double.infinity]
    let best = candidates.map { accuracy(scores, at: $0) }.max() ?? 0
    return candidates.last { accuracy(scores, at: $0) == best } ?? .nan
  }

  /// The share of pairs that are decided rightly when scores of at least `threshold` are accepted.
  static func accuracy(_ scores: LabelledScores, at threshold: Double) -> Double {
    let right = zip(scores.scores, scores.isGenuine).count { ($0 >= threshold) == $1 }
    return Double(right) / Double(scores.count)
  }

  private static func split(_ scores: LabelledScores) -> (genuine: [Double], impostor: [Double]) {
    let pairs = Array(zip(scores.scores, scores.isGenuine))
    return (pairs.filter(\.1).map(\.0), pairs.filter { !$0.1 }.map(\.0))
  }
}
