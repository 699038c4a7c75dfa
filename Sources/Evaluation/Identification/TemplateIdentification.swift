import FeatureStores

/// Kind `template-identification`: searches of galleries of templates (IJB-B and IJB-C 1:N mixed), or of single images (TinyFace).
///
/// Each gallery is searched by every probe; probes whose person is not in it are its non-mated searches.
///
/// ```yaml
/// lists: {format: ijb, media: ijbc_face_tid_mid.txt, detector-scores: ijbc_name_5pts_score.txt,
///         galleries: [ijbc_1N_gallery_G1.csv, ijbc_1N_gallery_G2.csv], probes: ijbc_1N_probe_mixed.csv}
/// names: {prefix: "", suffix: "", extension: drop}
/// ranks: [1, 5, 10]
/// fpir: [1.0e-1, 1.0e-2]  # left out for closed sets
/// convention: {preset: likeness, flip: sum}     # a preset, or fields over one (`IdentificationConvention`)
/// missing: error          # or score-minimum
/// interval: subjects      # of the probes; or binomial, none, or a mapping (`IntervalSettings`)
/// ```
public struct TemplateIdentification: ProtocolKind {
  public static let name = "template-identification"
  public static let keys = ["lists", "names", "ranks", "fpir", "convention", "missing", "interval"]

  public var lists: IdentificationLists
  var expectedDigests: ExpectedDigests
  public var naming: ImageNaming
  /// Ascending.
  public var ranks: [Int]
  /// Target false positive identification rates, descending; empty for closed sets.
  public var targetFPIRs: [Double]
  public var convention: IdentificationConvention
  public var missing: MissingImagePolicy
  public var interval: IntervalSettings

  public init(_ fields: ConfigurationMapping) throws {
    let node = try fields.required("lists")
    guard let formatNode = try node.entries().first(where: { $0.key == "format" })?.value else {
      throw node.error(found: "no ‘format’", expected: "the key ‘format’")
    }
    let format = try formatNode.choice(of: IdentificationLists.formats)
    let mapping = try node.mapping(keys: ["format", "sha256"] + IdentificationLists.keys(format))
    lists = try IdentificationLists(mapping, format: format)
    expectedDigests = try ExpectedDigests(mapping["sha256"])
    naming = try ImageNaming(fields["names"])
    ranks = try fields.required("ranks").counts(1...100_000)
    targetFPIRs = try fields.value("fpir", default: []) {
      try $0.rates(of: "a false positive identification rate")
    }
    convention = try IdentificationConvention(fields["convention"])
    missing = try fields.value("missing", default: .error) { try $0.choice(MissingImagePolicy.self) }
    interval = try IntervalSettings(fields["interval"], level: convention.confidence)
    convention.confidence = interval.level
    if convention.pooling.detectorScore, !lists.hasDetectorScores {
      throw node.error(
        found: "no ‘detector-scores’", expected: "the file that the convention weights images by",
        advice: "Name the file, or set `detector-score: false` in `convention`.")
    }
  }

  /// What the rates of a result are called, averaged over galleries: identification rates at the ranks, then for each rank the open-set rates at the
  /// targets; the rates of the old rule instead of these.
  public var rateNames: [String] {
    let closed = ranks.map(Self.rankName)
    guard convention.threshold == .nonMatedSearches else {
      return closed + targetFPIRs.map(IdentificationResult.ClosedSetRate.name)
    }
    return closed + ranks.flatMap { rank in targetFPIRs.map { Self.tpirName($0, rank: rank) } }
  }

  static func rankName(_ rank: Int) -> String { "rank \(rank)" }
  static func tpirName(_ target: Double, rank: Int) -> String { "TPIR at FPIR \(target), rank \(rank)" }

  public func listDigests(folder: String) throws -> [ListDigest] {
    try expectedDigests.digests(of: lists.files, folder: folder)
  }

  public func task(
    _ definition: ProtocolDefinition, lists folder: String, names: [String], source: String
  ) throws -> any EvaluationTask {
    try IdentificationTask(definition, self, lists: folder, names: names, source: source)
  }

  public func using(_ similarity: Similarity) throws -> Self {
    var result = self
    result.convention.similarity = try checked(similarity, among: TemplateConvention.similarities)
    return result
  }
}
