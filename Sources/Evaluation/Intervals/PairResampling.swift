import LinearAlgebra
import Metrics

/// Resamples the people of comparisons whose scores are known, one list or several of which numbers are averaged: folds of a fold-wise result, or splits.
struct PairResampling: Sendable {
  /// One list: its scores with the people who are compared.
  struct Part: Sendable {
    var scores: LabelledScores
    var first: [Int32]
    var second: [Int32]
    /// The thresholds of `targets` on the whole list; nil for a rule that has none.
    var thresholds: [Double?]
  }

  let subjects: SubjectNumbering
  let settings: IntervalSettings
  let parts: [Part]
  let thresholds: SubjectIntervals.Thresholds
  /// The target FARs at which every part has a TAR.
  let targets: [Double]
  let rule: FARRule
  let interpolation: EqualErrorRate.Interpolation

  /// The intervals of AUC, EER and TAR, and of the accuracy of `decisions` where there are any.
  func intervals(
    accuracy: (estimate: Double, decisions: SubjectDecisions)?, auc: Double?, eer: Double?, tar: [Double?],
    workers: Workers
  ) -> SubjectIntervals {
    var estimates: [(name: String, value: Double?)] = []
    if let accuracy { estimates.append((NumberName.accuracy, accuracy.estimate)) }
    if thresholds == .chosenAnew { estimates += [(NumberName.auc, auc), (NumberName.eer, eer)] }
    estimates += zip(targets, tar).map { (NumberName.tar($0), $1) }
    let decisions = accuracy?.decisions
    let rates: @Sendable ([Int32]) -> [Double?]
    if thresholds == .chosenAnew {
      let sorted = parts.map {
        SubjectComparisons($0.scores, first: $0.first, second: $0.second, subjects: subjects.count)
      }
      rates = { counts in numbers(sorted.map { $0.curve(counts) }) }
    } else {
      let accepted = targets.indices.map(acceptedGenuine)
      rates = { counts in accepted.map { $0?.meanRate(counts) } }
    }
    return SubjectIntervals(
      subjects: subjects, settings: settings, thresholds: thresholds, estimates: estimates, workers: workers
    ) { counts in
      (decisions.map { [$0.meanRate(counts)] } ?? []) + rates(counts)
    }
  }

  /// AUC, EER and the TARs, averaged over the parts; nil where one lacks it. A target that the whole list supports is read from a resample also where
  /// this has fewer impostors: as at no false accept.
  private func numbers(_ curves: [ROCCurve]) -> [Double?] {
    func mean(_ value: (ROCCurve) -> Double?) -> Double? {
      var sum = 0.0
      for curve in curves {
        guard let value = value(curve) else { return nil }
        sum += value
      }
      return sum / Double(curves.count)
    }
    return [mean { $0.auc }, mean { $0.equalErrorRate(interpolation: interpolation)?.value }]
      + targets.map { target in mean { $0.reading(at: target, rule: rule)?.tar } }
  }

  /// Whether the genuine comparisons of each part are accepted at its threshold of a target; nil for a rule without thresholds.
  private func acceptedGenuine(_ target: Int) -> SubjectDecisions? {
    guard parts.allSatisfy({ $0.thresholds[target] != nil }) else { return nil }
    var decisions = SubjectDecisions(subjects: subjects.count, groups: parts.count)
    for (group, part) in parts.enumerated() {
      guard let threshold = part.thresholds[target] else { continue }
      for index in part.scores.scores.indices where part.scores.isGenuine[index] {
        decisions.add(
          part.first[index], part.second[index], group: group,
          isRight: part.scores.scores[index] >= threshold)
      }
    }
    return decisions
  }
}
