import FeatureStores
import Metrics

/// Kind `group-verification`: pairs within groups of people (RFW's races, BFW's subgroups), all judged at one threshold.
///
/// The threshold of a target FAR is chosen on the pairs of all groups together; each group's TAR and FAR at it, with the gaps between the groups, say
/// whom a system serves worse. Accuracy is cross-validated within each group with thresholds of its own, as the benchmarks report it.
///
/// ```yaml
/// lists: {format: rfw, groups: {African: African_pairs.txt, Asian: Asian_pairs.txt}}   # or {format: bfw, table: FILE}
/// folds: 10
/// names: {prefix: "", suffix: "", extension: drop}
/// convention: likeness    # a preset, or fields over one (`ScoreConvention`)
/// far: [1.0e-2, 1.0e-3]
/// interval: subjects      # or binomial, none, {method: subjects, replicates: 1000} (`IntervalSettings`)
/// ```
public struct GroupVerification: ProtocolKind {
  public static let name = "group-verification"
  public static let keys = ["lists", "folds", "names", "convention", "far", "interval"]

  public var lists: GroupLists
  var expectedDigests: ExpectedDigests
  public var folds: Int
  public var naming: ImageNaming
  public var convention: ScoreConvention
  /// Target false accept rates, in (0, 1], descending, each once.
  public var targetFARs: [Double]
  public var interval: IntervalSettings

  /// The rules that give a threshold.
  static let farRules: [FARRule] = FARRule.allCases.filter { !$0.interpolates }

  public init(_ fields: ConfigurationMapping) throws {
    var digests: ExpectedDigests?
    lists = try GroupLists(fields.required("lists")) { digests = try ExpectedDigests($0) }
    expectedDigests = try digests ?? ExpectedDigests(nil)
    folds = try fields.required("folds").integer(in: 1...10_000)
    naming = try ImageNaming(fields["names"])
    convention = try ScoreConvention(
      fields["convention"], similarities: Similarity.allCases, farRules: Self.farRules)
    targetFARs = try fields.required("far").rates(of: "a false accept rate")
    interval = try IntervalSettings(fields["interval"], level: convention.confidence)
  }

  public func listDigests(folder: String) throws -> [ListDigest] {
    try expectedDigests.digests(of: lists.files, folder: folder)
  }

  public func task(
    _ definition: ProtocolDefinition, lists folder: String, names: [String], source: String
  ) throws -> any EvaluationTask {
    try GroupTask(definition, self, lists: folder, names: names, source: source)
  }

  public func using(_ similarity: Similarity) throws -> Self {
    var result = self
    result.convention.similarity = similarity
    return result
  }
}
