import LinearAlgebra
import Metrics

/// Resamples the people of a protocol of template comparisons.
struct TemplateResampling {
  let task: TemplateVerificationTask
  let subjects: SubjectNumbering
  let people: TemplateSubjects
  let thresholds: SubjectIntervals.Thresholds

  /// Nil where the protocol asks for no such intervals, or it is unknown who is compared.
  init?(_ task: TemplateVerificationTask, thresholds: SubjectIntervals.Thresholds) {
    guard task.settings.interval.method == .subjects, case .known(let subjects, let people) = task.subjects
    else { return nil }
    self.task = task
    self.subjects = subjects
    self.people = people
    self.thresholds = thresholds
  }

  /// What resamples need of a split: with thresholds kept only its genuine comparisons.
  func part(split: Int, _ scores: [Float], _ points: [OperatingPoint]) -> PairResampling.Part {
    let pairs = task.splits[split].pairs
    let of = people.ofTemplates[split]
    let places = scores.indices.filter { thresholds == .chosenAnew || pairs.isGenuine[$0] }
    return PairResampling.Part(
      scores: LabelledScores(
        scores: places.map { Double(scores[$0]) }, isGenuine: places.map { pairs.isGenuine[$0] }),
      first: places.map { of[Int(pairs.first[$0])] }, second: places.map { of[Int(pairs.second[$0])] },
      thresholds: points.map(\.threshold))
  }

  /// The intervals of the numbers averaged over splits.
  func intervals(
    _ parts: [PairResampling.Part], of result: TemplateVerificationResult.Averages, workers: Workers
  ) -> SubjectIntervals {
    let convention = task.settings.convention
    let kept = result.tar.indices.filter { result.tar[$0] != nil }
    return PairResampling(
      subjects: subjects, settings: task.settings.interval,
      parts: parts.map { part in
        var part = part
        part.thresholds = kept.map { part.thresholds[$0] }
        return part
      }, thresholds: thresholds,
      targets: kept.map { task.settings.targetFARs[$0] }, rule: convention.farRule,
      interpolation: convention.equalErrorRate
    ).intervals(
      accuracy: nil, auc: result.auc, eer: result.eer, tar: kept.map { result.tar[$0] }, workers: workers)
  }
}
