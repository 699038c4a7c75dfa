import FeatureStores
import Metrics

/// The rules by which verification scores become numbers, field by field. Every result carries them.
///
/// A protocol names a preset, or gives fields that differ from one. The presets restate the rules of published code on given
/// scores; how features are fused or flipped beforehand is not part of them.
public struct VerificationConvention: Codable, Equatable, Sendable {
  /// Which scores the accuracy threshold of a fold is chosen on.
  public enum Selection: String, Codable, CaseIterable, Sendable {
    /// All other folds together (LFW's protocol).
    case otherFolds = "other-folds"
    /// All pairs, those that it is tested on among them: optimistic.
    case allPairs = "all-pairs"
  }

  /// What is subtracted from features before they are compared.
  public enum Centring: String, Codable, CaseIterable, Sendable {
    /// For each fold the mean of the images of all other folds' pairs, an image counting as often as pairs name it (MagFace's option). Scores of different
    /// folds then come from different features.
    case otherFolds = "other-folds"
  }

  /// The preset's name, or `custom` where a field differs from it.
  public var name: String
  public var similarity: Similarity
  /// Nil where features are compared as they are.
  public var centring: Centring?
  public var threshold: ThresholdConvention
  public var selection: Selection
  public var farRule: FARRule
  public var equalErrorRate: EqualErrorRate.Interpolation
  public var interval: BinomialInterval.Method
  public var confidence: Double

  public init(
    name: String, similarity: Similarity = .cosine, centring: Centring? = nil,
    threshold: ThresholdConvention = .likeness,
    selection: Selection = .otherFolds, farRule: FARRule = .atMost,
    equalErrorRate: EqualErrorRate.Interpolation = .linear,
    interval: BinomialInterval.Method = .clopperPearson, confidence: Double = 0.95
  ) {
    self.name = name
    self.similarity = similarity
    self.centring = centring
    self.threshold = threshold
    self.selection = selection
    self.farRule = farRule
    self.equalErrorRate = equalErrorRate
    self.interval = interval
    self.confidence = confidence
  }

  /// The default rules.
  public static let likeness = VerificationConvention(name: "likeness")

  /// All presets, the default first.
  public static let presets: [VerificationConvention] = [
    likeness,
    VerificationConvention(
      name: "insightface", similarity: .negativeSquaredL2Normalised, threshold: .insightface,
      farRule: .nearestThinned),
    VerificationConvention(
      name: "facenet", similarity: .negativeSquaredL2Normalised, threshold: .insightface,
      farRule: .nearestThinned),
    VerificationConvention(name: "facexzoo", threshold: .facexzoo, farRule: .nearestThinned),
    VerificationConvention(
      name: "magface", similarity: .negativeAngle, threshold: .insightface,
      farRule: .nearestThinned),
    VerificationConvention(
      name: "magface-subtract-mean", similarity: .negativeAngle, centring: .otherFolds,
      threshold: .insightface,
      farRule: .nearestThinned),
    VerificationConvention(name: "pfe", threshold: .pfeFolds, farRule: .rounded),
    VerificationConvention(name: "opensphere", selection: .allPairs, farRule: .linear),
    VerificationConvention(name: "bob", farRule: .atMostImpostorScore, equalErrorRate: .nearestPoint),
  ]

  public static func preset(_ name: String) -> VerificationConvention? {
    presets.first { $0.name == name }
  }

  /// Reads a protocol's `convention`: a preset's name, or a mapping of fields over one.
  init(_ node: ConfigurationNode?) throws {
    guard let node else {
      self = .likeness
      return
    }
    guard node.isMapping else {
      self = try Self.preset(node)
      return
    }
    let mapping = try node.mapping(keys: [
      "preset", "centring", "threshold", "selection", "far-rule", "equal-error-rate", "interval",
      "confidence",
    ])
    let base = try mapping.value("preset", default: .likeness, Self.preset)
    self = base
    centring = try mapping.value("centring", default: base.centring) { node in
      try node.string() == "none" ? nil : node.choice(Centring.self)
    }
    threshold = try mapping.value("threshold", default: base.threshold) {
      try ThresholdConvention($0, base: base.threshold)
    }
    selection = try mapping.value("selection", default: selection) { try $0.choice(Selection.self) }
    farRule = try mapping.value("far-rule", default: farRule) { try $0.choice(FARRule.self) }
    equalErrorRate = try mapping.value("equal-error-rate", default: equalErrorRate) {
      try $0.choice(EqualErrorRate.Interpolation.self)
    }
    interval = try mapping.value("interval", default: interval) {
      try $0.choice(BinomialInterval.Method.self)
    }
    confidence = try mapping.value("confidence", default: confidence) { node in
      let value = try node.number()
      guard value > 0, value < 1 else {
        throw node.error(found: node.excerpt, expected: "a number between 0 and 1, such as 0.95")
      }
      return value
    }
    if self != base { name = "custom" }
  }

  private static func preset(_ node: ConfigurationNode) throws -> VerificationConvention {
    let name = try node.choice(of: presets.map(\.name))
    guard let preset = preset(name) else { throw node.error(found: node.excerpt) }
    return preset
  }
}

extension ThresholdConvention {
  /// Reads a mapping of fields over `base`.
  fileprivate init(_ node: ConfigurationNode, base: ThresholdConvention) throws {
    let mapping = try node.mapping(keys: ["candidates", "accept", "maximise", "ties", "single-precision"])
    self = base
    candidates = try mapping.value("candidates", default: candidates, Self.candidates)
    acceptance = try mapping.value("accept", default: acceptance) { try $0.choice(Acceptance.self) }
    objective = try mapping.value("maximise", default: objective) { try $0.choice(Objective.self) }
    ties = try mapping.value("ties", default: ties) { try $0.choice(Ties.self) }
    rounding = try mapping.value("single-precision", default: rounding) { try $0.choice(Rounding.self) }
  }

  private static func candidates(_ node: ConfigurationNode) throws -> Candidates {
    guard node.isMapping else {
      return try node.choice(of: ["midpoints", "genuine-scores"]) == "midpoints" ? .midpoints : .genuineScores
    }
    let mapping = try node.mapping(keys: ["span", "distance-grid"])
    if let span = mapping["span"], mapping["distance-grid"] == nil {
      return .span(count: try span.integer(in: 1...1_000_000))
    }
    guard mapping["span"] == nil, let grid = mapping["distance-grid"] else {
      throw node.error(found: "not one kind of candidates", expected: "either `span` or `distance-grid`")
    }
    let fields = try grid.mapping(keys: ["step", "count"])
    let stepNode = try fields.required("step")
    let step = try stepNode.number()
    guard step > 0 else { throw stepNode.error(found: stepNode.excerpt, expected: "a positive number") }
    return .distanceGrid(
      step: step, count: try fields.required("count").integer(in: 1...1_000_000))
  }
}
