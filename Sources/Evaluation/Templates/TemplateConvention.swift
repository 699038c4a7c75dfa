import FeatureStores
import Metrics

/// The rules by which images become templates and scores of templates become numbers, field by field. Every result carries them.
public struct TemplateConvention: Codable, Equatable, Sendable {
  /// The preset's name, or `custom` where a field differs from it.
  public var name: String
  public var pooling: TemplatePooling
  /// Cosine, inner product, or the negative angle.
  public var similarity: Similarity
  public var farRule: FARRule
  public var equalErrorRate: EqualErrorRate.Interpolation
  public var interval: BinomialInterval.Method
  public var confidence: Double

  public init(
    name: String, pooling: TemplatePooling, similarity: Similarity = .cosine, farRule: FARRule = .atMost,
    equalErrorRate: EqualErrorRate.Interpolation = .linear,
    interval: BinomialInterval.Method = .clopperPearson, confidence: Double = 0.95
  ) {
    self.name = name
    self.pooling = pooling
    self.similarity = similarity
    self.farRule = farRule
    self.equalErrorRate = equalErrorRate
    self.interval = interval
    self.confidence = confidence
  }

  /// The similarities that templates are compared with.
  public static let similarities: [Similarity] = [.cosine, .innerProduct, .negativeAngle]

  /// The default rules: images weighted by their detector score with their norm kept, no mirrored images, exact rates.
  public static let likeness = TemplateConvention(name: "likeness", pooling: .init(detectorScore: true))

  /// All presets, the default first. Each restates published code with the settings that it uses by itself.
  public static let presets: [TemplateConvention] = [
    likeness,
    // `ijb_evals.py` N0D1F1, which is N1D1F1 in `ijb_11.py`.
    TemplateConvention(
      name: "insightface", pooling: .init(flip: .sum, detectorScore: true), farRule: .nearestThinned),
    TemplateConvention(name: "facexzoo", pooling: .init(detectorScore: true), farRule: .nearestThinned),
    TemplateConvention(
      name: "magface", pooling: .init(mediaNorm: .normalise, template: .mean), similarity: .negativeAngle,
      farRule: .nearestThinned),
    TemplateConvention(
      name: "opensphere", pooling: .init(flip: .sum, template: .mean), farRule: .linear),
  ]

  public static func preset(_ name: String) -> TemplateConvention? { presets.first { $0.name == name } }

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
    let mapping = try node.mapping(
      keys: TemplatePooling.keys + [
        "preset", "similarity", "far-rule", "equal-error-rate", "interval", "confidence",
      ])
    let base = try mapping.value("preset", default: .likeness, Self.preset)
    self = base
    pooling = try TemplatePooling(mapping, base: base.pooling)
    similarity = try mapping.value("similarity", default: similarity, Self.similarity)
    farRule = try mapping.value("far-rule", default: farRule) { try $0.choice(FARRule.self) }
    equalErrorRate = try mapping.value("equal-error-rate", default: equalErrorRate) {
      try $0.choice(EqualErrorRate.Interpolation.self)
    }
    interval = try mapping.value("interval", default: interval) {
      try $0.choice(BinomialInterval.Method.self)
    }
    confidence = try mapping.value("confidence", default: confidence, Self.confidence)
    if self != base { name = "custom" }
  }

  private static func preset(_ node: ConfigurationNode) throws -> TemplateConvention {
    let name = try node.choice(of: presets.map(\.name))
    guard let preset = preset(name) else { throw node.error(found: node.excerpt) }
    return preset
  }

  static func similarity(_ node: ConfigurationNode) throws -> Similarity {
    let name = try node.choice(of: similarities.map(\.rawValue))
    guard let similarity = Similarity(rawValue: name) else { throw node.error(found: node.excerpt) }
    return similarity
  }

  static func confidence(_ node: ConfigurationNode) throws -> Double {
    let value = try node.number()
    guard value > 0, value < 1 else {
      throw node.error(found: node.excerpt, expected: "a number between 0 and 1, such as 0.95")
    }
    return value
  }
}

extension Similarity {
  /// The score of a pair of templates from their inner product (their cosine, where they are unit vectors).
  func templateScore(_ product: Float) -> Float {
    guard self == .negativeAngle else { return product }
    return Float(Similarity.negativeAngle(cosine: Double(product)))
  }
}
