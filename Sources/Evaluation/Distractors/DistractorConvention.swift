import FeatureStores
import Metrics

/// The rules of identification among distractors, field by field. Every result carries them.
public struct DistractorConvention: Codable, Equatable, Sendable {
  /// What is done with images that the noise lists name.
  public enum Noise: String, Codable, CaseIterable, Sendable {
    /// They are neither probes, nor mates, nor distractors (the default).
    case exclude
    /// Nothing: the lists are not read.
    case keep
    /// FaceX-Zoo's replacement: a probe's embedding becomes the normalised sum of the others of its identity, a distractor's zero, so that its
    /// score is 0.
    case replace
    /// insightface's replacement, as distances see it: a probe's embedding becomes the sum of the others of its identity with noise in
    /// (−0.001, 0.001) added to each component, normalised; a distractor gets a further component of 100, so that it is farther from every probe
    /// than all others. It is in no rank and above no threshold, and counts as an impostor. The noise comes from the stream `noise.probes` of seed 0;
    /// insightface's own has no seed.
    case insightface
  }

  public var name: String
  /// Cosine or inner product.
  public var similarity: Similarity
  public var ties: CumulativeMatch.Ties
  public var noise: Noise
  public var farRule: FARRule
  public var interval: BinomialInterval.Method
  public var confidence: Double

  public init(
    name: String, similarity: Similarity = .cosine, ties: CumulativeMatch.Ties = .pessimistic,
    noise: Noise = .exclude, farRule: FARRule = .atMost,
    interval: BinomialInterval.Method = .clopperPearson, confidence: Double = 0.95
  ) {
    self.name = name
    self.similarity = similarity
    self.ties = ties
    self.noise = noise
    self.farRule = farRule
    self.interval = interval
    self.confidence = confidence
  }

  /// The default rules: listed images excluded, ties against the mate, exact rates.
  public static let likeness = DistractorConvention(name: "likeness")

  /// All presets, the default first.
  public static let presets: [DistractorConvention] = [
    likeness,
    // The reading that plots of the devkit's output suggest, on all images.
    DistractorConvention(name: "megaface-next", ties: .optimistic, noise: .keep, farRule: .next),
    DistractorConvention(name: "facexzoo", ties: .optimistic, noise: .replace, farRule: .nearest),
    DistractorConvention(name: "bob", farRule: .atMostImpostorScore),
  ]

  public static func preset(_ name: String) -> DistractorConvention? { presets.first { $0.name == name } }

  /// The rules that need no more than the highest impostor scores, and so can be exact on a stream.
  public static let farRules: [FARRule] = [
    .atMost, .atMostImpostorScore, .nearest, .linear, .logLinear, .next, .rounded, .aboveKth,
  ]

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
      "preset", "similarity", "ties", "noise", "far-rule", "interval", "confidence",
    ])
    let base = try mapping.value("preset", default: .likeness, Self.preset)
    self = base
    similarity = try mapping.value("similarity", default: similarity) { node in
      try node.choice(of: ["cosine", "inner-product"]) == "cosine" ? .cosine : .innerProduct
    }
    ties = try mapping.value("ties", default: ties) { try $0.choice(CumulativeMatch.Ties.self) }
    noise = try mapping.value("noise", default: noise) { try $0.choice(Noise.self) }
    farRule = try mapping.value("far-rule", default: farRule, Self.farRule)
    interval = try mapping.value("interval", default: interval) {
      try $0.choice(BinomialInterval.Method.self)
    }
    confidence = try mapping.value("confidence", default: confidence, TemplateConvention.confidence)
    if self != base { name = "custom" }
  }

  private static func preset(_ node: ConfigurationNode) throws -> DistractorConvention {
    let name = try node.choice(of: presets.map(\.name))
    guard let preset = preset(name) else { throw node.error(found: node.excerpt) }
    return preset
  }

  private static func farRule(_ node: ConfigurationNode) throws -> FARRule {
    let name = try node.choice(of: farRules.map(\.rawValue))
    guard let rule = FARRule(rawValue: name) else { throw node.error(found: node.excerpt) }
    return rule
  }
}
