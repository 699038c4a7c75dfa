import FeatureStores
import Metrics

/// Kind `pair-verification`: pairs of images in folds; accuracy by cross-validation, AUC, EER and TAR at FARs.
///
/// ```yaml
/// lists: {format: lfw, pairs: pairs.txt}   # and, if wanted, sha256: {pairs.txt: …}
/// folds: 10
/// balanced: true          # each fold must have as many genuine as impostor pairs (the default)
/// pairs: 6000             # the number of pairs that the list must have, if given
/// names: {prefix: "", suffix: ""}          # put around an image id to get a store's name
/// similarity: cosine      # default: that of the convention
/// convention: likeness    # a preset, or fields over one
/// far: [0.1, 0.01, 0.001]
/// missing: error          # or reject-pair, or score-minimum
/// interval: subjects      # or binomial, none, or a mapping (`IntervalSettings`)
/// ```
public struct PairVerification: ProtocolKind {
  public static let name = "pair-verification"
  public static let keys = [
    "lists", "folds", "balanced", "pairs", "names", "similarity", "convention", "far", "missing",
    "interval",
  ]

  /// What is done with a pair that names an image which is not among the features.
  public enum MissingPolicy: String, Codable, CaseIterable, Sendable {
    /// Refuse to evaluate.
    case error
    /// Leave the pair out and report the number.
    case rejectPair = "reject-pair"
    /// Give the pair a score below every other (a failure to enrol) and report the number.
    case scoreMinimum = "score-minimum"
  }

  public var lists: PairLists
  public var folds: Int
  public var balanced: Bool
  public var pairs: Int?
  public var convention: VerificationConvention
  /// Target false accept rates, in (0, 1], descending, each once.
  public var targetFARs: [Double]
  public var missing: MissingPolicy
  public var interval: IntervalSettings

  public init(_ fields: ConfigurationMapping) throws {
    lists = try PairLists(lists: fields.required("lists"), names: fields["names"])
    folds = try fields.required("folds").integer(in: 1...10_000)
    balanced = try fields.value("balanced", default: true) { try $0.boolean() }
    pairs = try fields.value("pairs", default: nil) { try $0.integer(in: 1...(.max)) }
    convention = try VerificationConvention(fields["convention"])
    convention.similarity = try fields.value("similarity", default: convention.similarity) {
      try $0.choice(Similarity.self)
    }
    targetFARs = try fields.required("far").rates(of: "a false accept rate")
    missing = try fields.value("missing", default: .error) { try $0.choice(MissingPolicy.self) }
    interval = try IntervalSettings(fields["interval"], level: convention.confidence)
    convention.confidence = interval.level
  }

  public func listDigests(folder: String) throws -> [ListDigest] {
    try lists.digests(folder: folder, folds: folds)
  }

  public func task(
    _ definition: ProtocolDefinition, lists folder: String, names: [String], source: String
  ) throws -> any EvaluationTask {
    try VerificationTask(definition, self, lists: folder, names: names, source: source)
  }

  public func using(_ similarity: Similarity) throws -> Self {
    var result = self
    result.convention.similarity = try checked(similarity, among: Similarity.allCases)
    return result
  }
}
