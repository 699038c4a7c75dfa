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
/// ```
public struct PairVerification: ProtocolKind {
  public static let name = "pair-verification"
  public static let keys = [
    "lists", "folds", "balanced", "pairs", "names", "similarity", "convention", "far", "missing",
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

  public init(_ fields: ConfigurationMapping) throws {
    lists = try PairLists(lists: fields.required("lists"), names: fields["names"])
    folds = try fields.required("folds").integer(in: 1...10_000)
    balanced = try fields.value("balanced", default: true) { try $0.boolean() }
    pairs = try fields.value("pairs", default: nil) { try $0.integer(in: 1...(.max)) }
    convention = try VerificationConvention(fields["convention"])
    convention.similarity = try fields.value("similarity", default: convention.similarity) {
      try $0.choice(Similarity.self)
    }
    targetFARs = try Self.targets(fields.required("far"))
    missing = try fields.value("missing", default: .error) { try $0.choice(MissingPolicy.self) }
  }

  private static func targets(_ node: ConfigurationNode) throws -> [Double] {
    var targets: [Double] = []
    for element in try node.list() {
      let target = try element.number()
      guard target > 0, target <= 1 else {
        throw element.error(found: element.excerpt, expected: "a false accept rate above 0, at most 1")
      }
      guard !targets.contains(target) else {
        throw element.error(found: "\(element.excerpt) a second time", expected: "each rate once")
      }
      targets.append(target)
    }
    guard !targets.isEmpty else { throw node.error(found: "no rates", expected: "at least one") }
    return targets.sorted(by: >)
  }

  public func listDigests(folder: String) throws -> [ListDigest] {
    try lists.digests(folder: folder, folds: folds)
  }

  public func evaluate(
    _ table: EmbeddingTable, definition: ProtocolDefinition, lists folder: String
  ) throws -> any EvaluationResult {
    let task = try VerificationTask(
      definition, self, lists: folder, names: table.names, source: table.source)
    return try task.evaluate(table)
  }
}
