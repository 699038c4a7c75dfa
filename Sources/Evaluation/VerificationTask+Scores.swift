import LinearAlgebra
import Metrics

/// Results of scores that no similarity of two rows gives, such as the log likelihood ratio of a synthetic world's oracle.
extension VerificationTask {
  /// The scores of a fold's pairs, in the order of the list, as `score` gives them for the rows of the two images.
  ///
  /// A pair with a missing image is left out or scores −∞, as the protocol says. `score` must not return NaN.
  public func scores<Failure: Error>(
    fold: Int, by score: (_ first: Int, _ second: Int) throws(Failure) -> Double
  ) throws(Failure) -> LabelledScores {
    var scores: [Double] = []
    var isGenuine: [Bool] = []
    for index in scoredPairs(fold: fold) {
      if let first = pairs[index].firstRow, let second = pairs[index].secondRow {
        scores.append(try score(first, second))
      } else {
        scores.append(-.infinity)
      }
      isGenuine.append(pairs[index].listed.isGenuine)
    }
    return LabelledScores(scores: scores, isGenuine: isGenuine)
  }

  /// The places in `pairs` of those of a fold that have a score, in the order of the list.
  public func scoredPairs(fold: Int) -> [Int] {
    precondition(fold >= 0 && fold < foldCount, "no fold \(fold)")
    return pairs.indices.filter { index in
      let pair = pairs[index]
      guard pair.listed.fold == fold else { return false }
      return (pair.firstRow != nil && pair.secondRow != nil) || settings.missing == .scoreMinimum
    }
  }

  /// The result of scores given fold by fold, as `scores(fold:by:)` orders them.
  public func result(
    of folds: [LabelledScores], embeddingDigest: String? = nil, workers: Workers = .one
  ) -> VerificationResult {
    precondition(folds.count == foldCount, "\(folds.count) folds of scores for \(foldCount)")
    return VerificationResult(self, folds: folds, embeddingDigest: embeddingDigest, workers: workers)
  }

  /// The intervals of numbers that are read from `folds` with the thresholds of `accuracy`. `parts` are those that numbers are averaged over: all
  /// folds together, or each; `points` are theirs.
  func intervals(
    _ folds: [LabelledScores], _ interval: IntervalSettings, pooled: Bool, accuracy: FoldAccuracy?,
    auc: Double?, eer: Double?,
    tar: [Double?], points: [[OperatingPoint]], workers: Workers
  ) -> ResultIntervals {
    ResultIntervals(interval, subjects) { numbering, people in
      let scored = (0..<foldCount).map(scoredPairs)
      let convention = settings.convention
      // What the list cannot support has no interval.
      let kept = tar.indices.filter { tar[$0] != nil }
      let parts = (pooled ? [Array(folds.indices)] : folds.indices.map { [$0] }).enumerated().map {
        place, members in
        var all = LabelledScores()
        for fold in members { all.append(contentsOf: folds[fold]) }
        let places = members.flatMap { scored[$0] }
        return PairResampling.Part(
          scores: all, first: places.map { people.first[$0] }, second: places.map { people.second[$0] },
          thresholds: kept.map { points[$0][place].threshold })
      }
      var decisions = SubjectDecisions(subjects: numbering.count, groups: foldCount)
      for (fold, threshold) in (accuracy?.thresholds ?? []).enumerated() {
        for (place, index) in scored[fold].enumerated() {
          decisions.add(
            people.first[index], people.second[index], group: fold,
            isRight: convention.threshold.isRight(
              folds[fold].scores[place], isGenuine: folds[fold].isGenuine[place], at: threshold))
        }
      }
      return PairResampling(
        subjects: numbering, settings: interval, parts: parts,
        thresholds: SubjectIntervals.thresholds(
          comparisons: parts.reduce(0) { $0 + $1.scores.count }, interval),
        targets: kept.map { settings.targetFARs[$0] }, rule: convention.farRule,
        interpolation: convention.equalErrorRate
      ).intervals(
        accuracy: accuracy.map { ($0.mean, decisions) }, auc: auc, eer: eer, tar: kept.map { tar[$0] },
        workers: workers)
    }
  }
}
