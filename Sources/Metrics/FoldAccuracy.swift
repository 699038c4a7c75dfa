/// Accuracy by cross-validation over folds: the threshold for each fold is chosen on others.
public struct FoldAccuracy: Codable, Equatable, Sendable {
  /// The mean of the folds' accuracies, each fold counting once.
  public let mean: Double
  /// √(Σ(x−x̄)²/n) over folds, which insightface prints.
  public let populationSD: Double
  /// √(Σ(x−x̄)²/(n−1)) over folds; nil for one fold.
  public let sampleSD: Double?
  /// sampleSD/√n, LFW's official standard error of the mean; nil for one fold.
  public let sem: Double?
  public let perFold: [Double]
  /// The threshold used on each fold, in the units of the similarity score.
  @ExtendedReals public private(set) var thresholds: [Double]

  /// The accuracies of folds and the thresholds used on them: equally many, at least one, accuracies finite.
  public init(perFold: [Double], thresholds: [Double]) {
    precondition(perFold.count == thresholds.count, "\(perFold.count) folds, \(thresholds.count) thresholds")
    guard let spread = Spread(perFold) else { preconditionFailure("the accuracy of no folds") }
    mean = spread.mean
    populationSD = spread.populationSD
    sampleSD = spread.sampleSD
    sem = spread.sem
    self.perFold = perFold
    self.thresholds = thresholds
  }

  private enum CodingKeys: String, CodingKey {
    case mean, populationSD, sampleSD, sem, perFold, thresholds
  }
}

extension ThresholdConvention {
  /// Accuracy over `folds`, each tested at the threshold chosen on all the others together.
  ///
  /// Nil with fewer than two folds, for an empty fold, and where the convention finds no threshold.
  public func crossValidatedAccuracy(_ folds: [LabelledScores]) -> FoldAccuracy? {
    accuracy(folds) { fold in
      var training = LabelledScores()
      for (other, scores) in folds.enumerated() where other != fold { training.append(contentsOf: scores) }
      return training
    }
  }

  /// Accuracy over `folds`, fold k tested at the threshold chosen on `selection[k]`: the scores that the same model
  /// gives on a fold that it neither trained on nor is tested on.
  ///
  /// Nil without folds, for an empty fold, and where the convention finds no threshold. Equally many of both.
  public func accuracy(_ folds: [LabelledScores], choosingOn selection: [LabelledScores]) -> FoldAccuracy? {
    precondition(folds.count == selection.count, "\(selection.count) selection sets, \(folds.count) folds")
    return accuracy(folds) { selection[$0] }
  }

  private func accuracy(
    _ folds: [LabelledScores], training: (Int) -> LabelledScores
  ) -> FoldAccuracy? {
    var accuracies: [Double] = []
    var thresholds: [Double] = []
    for (index, fold) in folds.enumerated() {
      guard fold.count > 0, let choice = bestThreshold(on: training(index)) else { return nil }
      accuracies.append(Double(correct(at: choice.threshold, on: fold)) / Double(fold.count))
      thresholds.append(choice.threshold)
    }
    return accuracies.isEmpty ? nil : FoldAccuracy(perFold: accuracies, thresholds: thresholds)
  }
}
