import FeatureStores
import Metrics

/// The rules of protocols whose scores are only thresholded: which similarity, and how a rate is read. Every result carries them.
public struct ScoreConvention: Codable, Equatable, Sendable {
  /// The preset's name, or `custom` where a field differs from it.
  public var name: String
  public var similarity: Similarity
  public var farRule: FARRule
  public var interval: BinomialInterval.Method
  public var confidence: Double

  public init(
    name: String, similarity: Similarity = .cosine, farRule: FARRule = .atMost,
    interval: BinomialInterval.Method = .clopperPearson, confidence: Double = 0.95
  ) {
    self.name = name
    self.similarity = similarity
    self.farRule = farRule
    self.interval = interval
    self.confidence = confidence
  }

  public static let likeness = ScoreConvention(name: "likeness")

  /// All presets, the default first.
  public static let presets: [ScoreConvention] = [
    likeness, ScoreConvention(name: "bob", farRule: .atMostImpostorScore),
    ScoreConvention(name: "pfe", farRule: .rounded),
  ]

  public static func preset(_ name: String) -> ScoreConvention? { presets.first { $0.name == name } }

  /// Reads a protocol's `convention`, with the similarities and rules that its kind has.
  init(_ node: ConfigurationNode?, similarities: [Similarity], farRules: [FARRule]) throws {
    guard let node else {
      self = .likeness
      return
    }
    guard node.isMapping else {
      self = try Self.preset(node)
      return
    }
    let mapping = try node.mapping(keys: ["preset", "similarity", "far-rule", "interval", "confidence"])
    let base = try mapping.value("preset", default: .likeness, Self.preset)
    self = base
    similarity = try mapping.value("similarity", default: similarity) { node in
      let name = try node.choice(of: similarities.map(\.rawValue))
      guard let similarity = Similarity(rawValue: name) else { throw node.error(found: node.excerpt) }
      return similarity
    }
    farRule = try mapping.value("far-rule", default: farRule) { node in
      let name = try node.choice(of: farRules.map(\.rawValue))
      guard let rule = FARRule(rawValue: name) else { throw node.error(found: node.excerpt) }
      return rule
    }
    interval = try mapping.value("interval", default: interval) {
      try $0.choice(BinomialInterval.Method.self)
    }
    confidence = try mapping.value("confidence", default: confidence, TemplateConvention.confidence)
    if self != base { name = "custom" }
  }

  private static func preset(_ node: ConfigurationNode) throws -> ScoreConvention {
    let name = try node.choice(of: presets.map(\.name))
    guard let preset = preset(name) else { throw node.error(found: node.excerpt) }
    return preset
  }
}
