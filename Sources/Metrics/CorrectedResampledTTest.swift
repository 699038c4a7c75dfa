/// The corrected resampled t-test of Nadeau and Bengio (2003) for two methods that were trained and tested fold by fold.
///
/// Training sets of different folds overlap, so the folds' differences are not independent, and their variance over the number of folds is too small a
/// variance of the mean. With k differences of mean d̄ and sample variance s²: t = d̄/√(s² (1/k + n_test/n_train)), k − 1 degrees of freedom.
public struct CorrectedResampledTTest: Codable, Equatable, Sendable {
  /// The mean over folds of the first method's number less the second's.
  public let difference: Double
  public let standardError: Double
  /// The interval of the difference at `level`.
  public let lower: Double
  public let upper: Double
  public let level: Double
  /// Two-sided. Without any spread 1 for no difference, else 0.
  public let p: Double
  public let folds: Int
  /// n_test/n_train.
  public let testToTraining: Double

  /// The test of `differences`, one a fold, finite. Nil with fewer than two.
  public init?(differences: [Double], testToTraining: Double, level: Double) {
    precondition(testToTraining >= 0 && testToTraining.isFinite, "a ratio of \(testToTraining)")
    precondition(level > 0 && level < 1, "a level of \(level)")
    guard let spread = Spread(differences), let deviation = spread.sampleSD else { return nil }
    let error = deviation * (1 / Double(spread.count) + testToTraining).squareRoot()
    let freedom = spread.count - 1
    let half = error * StudentT.twoSidedQuantile(1 - level, degreesOfFreedom: freedom)
    difference = spread.mean
    standardError = error
    lower = spread.mean - half
    upper = spread.mean + half
    self.level = level
    p =
      error > 0
      ? StudentT.twoSidedP(spread.mean / error, degreesOfFreedom: freedom) : spread.mean == 0 ? 1 : 0
    folds = spread.count
    self.testToTraining = testToTraining
  }
}
