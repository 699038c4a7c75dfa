import FeatureStores
import Metrics

/// The rules of searches in galleries of templates, field by field. Every result carries them.
public struct IdentificationConvention: Codable, Equatable, Sendable {
  /// Which scores a threshold is chosen on.
  public enum Threshold: String, Codable, CaseIterable, Sendable {
    /// The best score of each non-mated search, gallery by gallery: FPIR as ISO/IEC 19795-1 defines it (the default).
    case nonMatedSearches = "non-mated-searches"
    /// The scores of all pairs of different people, all galleries together, of which the ⌈FPIR·searches⌉-th highest is exceeded; no condition on
    /// the rank. It is no FPIR: every search has its mate in such a gallery. For comparison with figures made that way only.
    case closedSetPairs = "closed-set-pairs"
  }

  public var name: String
  public var pooling: TemplatePooling
  public var similarity: Similarity
  public var ties: CumulativeMatch.Ties
  public var threshold: Threshold
  /// How a threshold is read at a target FPIR.
  public var fpirRule: FARRule
  public var interval: BinomialInterval.Method
  public var confidence: Double

  public init(
    name: String, pooling: TemplatePooling = .init(detectorScore: true), similarity: Similarity = .cosine,
    ties: CumulativeMatch.Ties = .pessimistic, threshold: Threshold = .nonMatedSearches,
    fpirRule: FARRule = .atMost, interval: BinomialInterval.Method = .clopperPearson,
    confidence: Double = 0.95
  ) {
    self.name = name
    self.pooling = pooling
    self.similarity = similarity
    self.ties = ties
    self.threshold = threshold
    self.fpirRule = fpirRule
    self.interval = interval
    self.confidence = confidence
  }

  public static let likeness = IdentificationConvention(name: "likeness")
  private static let janus = TemplatePooling(flip: .sum, detectorScore: true)

  /// All presets, the default first.
  public static let presets: [IdentificationConvention] = [
    likeness,
    // `ijb_evals.py evaluation_1N`.
    IdentificationConvention(name: "insightface", pooling: janus, fpirRule: .aboveKth),
    // `DIR_FAR`, on insightface's templates, since PFE's own need uncertainties.
    IdentificationConvention(name: "pfe", pooling: janus, fpirRule: .rounded),
    IdentificationConvention(name: "bob", pooling: janus, fpirRule: .atMostImpostorScore),
    // The old `ijb_1n.py`, which AdaFace and OpenSphere copied.
    IdentificationConvention(
      name: "insightface-closed-set-threshold", pooling: janus, threshold: .closedSetPairs),
  ]

  public static func preset(_ name: String) -> IdentificationConvention? {
    presets.first { $0.name == name }
  }

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
        "preset", "similarity", "ties", "threshold", "fpir-rule", "interval", "confidence",
      ])
    let base = try mapping.value("preset", default: .likeness, Self.preset)
    self = base
    pooling = try TemplatePooling(mapping, base: base.pooling)
    similarity = try mapping.value("similarity", default: similarity, TemplateConvention.similarity)
    ties = try mapping.value("ties", default: ties) { try $0.choice(CumulativeMatch.Ties.self) }
    threshold = try mapping.value("threshold", default: threshold) { try $0.choice(Threshold.self) }
    fpirRule = try mapping.value("fpir-rule", default: fpirRule) { try $0.choice(FARRule.self) }
    interval = try mapping.value("interval", default: interval) {
      try $0.choice(BinomialInterval.Method.self)
    }
    confidence = try mapping.value("confidence", default: confidence, TemplateConvention.confidence)
    if self != base { name = "custom" }
  }

  private static func preset(_ node: ConfigurationNode) throws -> IdentificationConvention {
    let name = try node.choice(of: presets.map(\.name))
    guard let preset = preset(name) else { throw node.error(found: node.excerpt) }
    return preset
  }
}
