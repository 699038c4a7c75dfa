/// How an accuracy threshold is chosen on training scores and how a decision counts at it, field by field.
///
/// The default (`likeness`) is "accept ⇔ score ≥ t" with t among the midpoints between consecutive distinct scores,
/// and beyond both ends; of the tied best, the highest. The named conventions restate what published code does with
/// the same scores.
public struct ThresholdConvention: Codable, Equatable, Sendable {
  /// Which thresholds are tried. Of infinite scores, which stand for comparisons that could not be made, only `midpoints`
  /// takes notice.
  public enum Candidates: Equatable, Sendable {
    /// Halfway between consecutive distinct training scores, +∞ (accept nothing) and −∞ (accept everything).
    case midpoints
    /// The training scores of genuine comparisons, each as often as it occurs.
    case genuineScores
    /// `count` equal steps from the lowest training score, which is left out, to the highest.
    case span(count: Int)
    /// The distances `step`·i for i in 0..<`count`, taken as negative similarities.
    case distanceGrid(step: Double, count: Int)
  }

  /// When a comparison is decided rightly at t.
  public enum Acceptance: String, Codable, CaseIterable, Sendable {
    /// Accept ⇔ score ≥ t.
    case atLeast
    /// Accept ⇔ score > t; for a distance, accept ⇔ distance < −t.
    case above
    /// Genuine right ⇔ score > t, impostor right ⇔ score < t: a score of exactly t is wrong for both.
    case strictForBoth
  }

  /// What the best threshold maximises on the training scores.
  public enum Objective: String, Codable, CaseIterable, Sendable {
    /// The share of right decisions.
    case accuracy
    /// TAR − FAR (Youden's J), which is not accuracy when the classes differ in size.
    case youden
  }

  /// Which of equally good thresholds is taken.
  public enum Ties: String, Codable, CaseIterable, Sendable {
    case highest, lowest
    /// Their arithmetic mean, repeated candidates counted as often as they occur.
    case mean
  }

  /// What is rounded to single precision on the way.
  public enum Rounding: String, Codable, CaseIterable, Sendable {
    case none
    /// The scores, and the ends and the step of a span.
    case scores
    /// The chosen threshold.
    case threshold
  }

  public var candidates: Candidates
  public var acceptance: Acceptance
  public var objective: Objective
  public var ties: Ties
  public var rounding: Rounding

  public init(
    candidates: Candidates = .midpoints, acceptance: Acceptance = .atLeast,
    objective: Objective = .accuracy, ties: Ties = .highest, rounding: Rounding = .none
  ) {
    self.candidates = candidates
    self.acceptance = acceptance
    self.objective = objective
    self.ties = ties
    self.rounding = rounding
  }

  /// The default.
  public static let likeness = ThresholdConvention()
  /// insightface and facenet: squared L2 of unit vectors on the grid 0, 0.01, …, 3.99, strict, the lowest distance.
  /// MagFace uses the same grid on arccos(cos)/π.
  public static let insightface = ThresholdConvention(
    candidates: .distanceGrid(step: 0.01, count: 400), acceptance: .above)
  /// FaceX-Zoo: cosine in single precision, 1,000 steps over the training span, Youden's J, the lowest, both wrong at t.
  public static let facexzoo = ThresholdConvention(
    candidates: .span(count: 1000), acceptance: .strictForBoth, objective: .youden, ties: .lowest,
    rounding: .scores)
  /// PFE `metrics.accuracy`: genuine scores, the mean of the tied best.
  public static let pfe = ThresholdConvention(candidates: .genuineScores, ties: .mean)
  /// PFE `LFWTest`: the same with the threshold stored in single precision.
  public static let pfeFolds = ThresholdConvention(
    candidates: .genuineScores, ties: .mean, rounding: .threshold)
}

extension ThresholdConvention.Candidates: Codable {
  private enum CodingKeys: String, CodingKey { case span, distanceGrid }
  private struct Grid: Codable {
    let step: Double
    let count: Int
  }

  /// `"midpoints"`, `"genuine-scores"`, `{"span": 1000}` or `{"distanceGrid": {"step": 0.01, "count": 400}}`.
  public init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      switch name {
      case "midpoints": self = .midpoints
      case "genuine-scores": self = .genuineScores
      default:
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "the unknown candidates \(name)"))
      }
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let span = try container.decodeIfPresent(Int.self, forKey: .span) {
      self = .span(count: span)
    } else {
      let grid = try container.decode(Grid.self, forKey: .distanceGrid)
      self = .distanceGrid(step: grid.step, count: grid.count)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .midpoints, .genuineScores:
      var container = encoder.singleValueContainer()
      try container.encode(self == .midpoints ? "midpoints" : "genuine-scores")
    case .span(let count):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(count, forKey: .span)
    case .distanceGrid(let step, let count):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(Grid(step: step, count: count), forKey: .distanceGrid)
    }
  }
}
