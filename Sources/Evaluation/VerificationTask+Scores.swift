import Metrics

/// Results of scores that no similarity of two rows gives, such as the log likelihood ratio of a synthetic world's oracle.
extension VerificationTask {
  /// The scores of a fold's pairs, in the order of the list, as `score` gives them for the rows of the two images.
  ///
  /// A pair with a missing image is left out or scores −∞, as the protocol says. `score` must not return NaN.
  public func scores(fold: Int, by score: (_ first: Int, _ second: Int) -> Double) -> LabelledScores {
    precondition(fold >= 0 && fold < foldCount, "no fold \(fold)")
    var scores: [Double] = []
    var isGenuine: [Bool] = []
    for pair in pairs where pair.listed.fold == fold {
      if let first = pair.firstRow, let second = pair.secondRow {
        scores.append(score(first, second))
      } else if settings.missing == .scoreMinimum {
        scores.append(-.infinity)
      } else {
        continue
      }
      isGenuine.append(pair.listed.isGenuine)
    }
    return LabelledScores(scores: scores, isGenuine: isGenuine)
  }

  /// The result of scores given fold by fold, as `scores(fold:by:)` orders them.
  public func result(of folds: [LabelledScores], embeddingDigest: String? = nil) -> VerificationResult {
    precondition(folds.count == foldCount, "\(folds.count) folds of scores for \(foldCount)")
    return VerificationResult(self, folds: folds, embeddingDigest: embeddingDigest)
  }
}
