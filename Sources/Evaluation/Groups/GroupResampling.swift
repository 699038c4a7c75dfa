import LinearAlgebra
import Metrics

/// Resamples the people of all groups together: a person who is in two groups is drawn for both.
///
/// Thresholds are those of the whole list, and a gap is between the two groups between which it was found.
struct GroupResampling: Sendable {
  /// What is decided about one group.
  private struct Group: Sendable {
    var accuracy: SubjectDecisions?
    /// At the common threshold of each target; nil where there is none.
    var genuine: [SubjectDecisions?]
    var impostor: [SubjectDecisions?]
  }

  private let groups: [Group]
  private let result: GroupResult.Numbers
  private let subjects: SubjectNumbering

  /// `scores` holds for each group those of each fold, `people` those whom its pairs compare, in the order of `task`.
  init(
    _ task: GroupTask, scores: [[LabelledScores]], numbers: GroupResult.Numbers, subjects: SubjectNumbering,
    people: [PairSubjects]
  ) {
    self.subjects = subjects
    result = numbers
    groups = task.groups.indices.map { index in
      let accuracy = numbers.groups[index].accuracy
      var decisions = SubjectDecisions(subjects: subjects.count, groups: task.settings.folds)
      let none = SubjectDecisions(subjects: subjects.count, groups: 1)
      var genuine = numbers.thresholds.map { $0.rates.isEmpty ? nil : none }
      var impostor = genuine
      for fold in 0..<task.settings.folds {
        let places = task.groups[index].pairs.indices.filter { task.groups[index].pairs[$0].fold == fold }
        for (score, place) in zip(scores[index][fold].scores.indices, places) {
          let value = scores[index][fold].scores[score]
          let isGenuine = scores[index][fold].isGenuine[score]
          let (first, second) = (people[index].first[place], people[index].second[place])
          if let accuracy {
            decisions.add(
              first, second, group: fold,
              isRight: ThresholdConvention.likeness.isRight(
                value, isGenuine: isGenuine, at: accuracy.thresholds[fold]))
          }
          for (target, common) in numbers.thresholds.enumerated() {
            guard let threshold = common.overall.threshold, !common.rates.isEmpty else { continue }
            if isGenuine {
              genuine[target]?.add(first, second, group: 0, isRight: value >= threshold)
            } else {
              impostor[target]?.add(first, second, group: 0, isRight: value >= threshold)
            }
          }
        }
      }
      return Group(accuracy: accuracy == nil ? nil : decisions, genuine: genuine, impostor: impostor)
    }
  }

  private static func rate(_ count: Int, _ of: Int) -> Double? {
    of == 0 ? nil : Double(count) / Double(of)
  }

  func intervals(_ settings: IntervalSettings, workers: Workers) -> SubjectIntervals {
    var estimates: [(name: String, value: Double?)] = result.groups.map {
      (NumberName.accuracy(of: $0.name), $0.accuracy?.mean)
    }
    estimates.append((NumberName.accuracy, result.accuracy?.mean))
    for common in result.thresholds {
      let target = common.overall.targetFAR
      for (index, group) in result.groups.enumerated() {
        let rates = common.rates.isEmpty ? nil : common.rates[index]
        let tar = rates.flatMap { Self.rate($0.acceptedGenuine, $0.genuine) }
        let far = rates.flatMap { Self.rate($0.acceptedImpostor, $0.impostor) }
        estimates.append((NumberName.tar(target, of: group.name), tar))
        estimates.append((NumberName.far(target, of: group.name), far))
      }
      estimates.append((NumberName.tarGap(target), common.tarGap?.difference))
      estimates.append((NumberName.farGap(target), common.farGap?.difference))
    }
    let (groups, thresholds) = (groups, result.thresholds)
    return SubjectIntervals(
      subjects: subjects, settings: settings, thresholds: .kept, estimates: estimates, workers: workers
    ) { counts in
      let accuracies = groups.map { $0.accuracy?.meanRate(counts) }
      let known = accuracies.compactMap(\.self)
      var values: [Double?] = accuracies
      values.append(known.count == groups.count ? known.reduce(0, +) / Double(known.count) : nil)
      for target in thresholds.indices {
        let genuine = groups.map { $0.genuine[target]?.meanRate(counts) }
        let impostor = groups.map { $0.impostor[target]?.meanRate(counts) }
        for (tar, far) in zip(genuine, impostor) { values += [tar, far] }
        func gap(_ rates: [Double?], _ extremes: (high: Int, low: Int)?) -> Double? {
          guard let extremes, let high = rates[extremes.high], let low = rates[extremes.low] else {
            return nil
          }
          return high - low
        }
        values.append(gap(genuine, thresholds[target].extremes { ($0.acceptedGenuine, $0.genuine) }))
        values.append(gap(impostor, thresholds[target].extremes { ($0.acceptedImpostor, $0.impostor) }))
      }
      return values
    }
  }
}

extension NumberName {
  static func accuracy(of group: String) -> String { "accuracy of \(group)" }
  static func tar(_ targetFAR: Double, of group: String) -> String { "TAR of \(group) at FAR \(targetFAR)" }
  static func far(_ targetFAR: Double, of group: String) -> String { "FAR of \(group) at FAR \(targetFAR)" }
  static func tarGap(_ targetFAR: Double) -> String { "gap of TAR at FAR \(targetFAR)" }
  static func farGap(_ targetFAR: Double) -> String { "gap of FAR at FAR \(targetFAR)" }
}
