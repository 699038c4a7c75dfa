import FeatureStores

/// Kind `template-verification`: comparisons of templates, which are sets of images of one person (IJB-A, IJB-B and IJB-C 1:1).
///
/// ```yaml
/// lists: {format: ijb, media: ijbc_face_tid_mid.txt, detector-scores: ijbc_name_5pts_score.txt,
///         pairs: ijbc_template_pair_label.txt}            # or format: ijb-a; and, if wanted, sha256: {FILE: …}
/// templates: 23124        # the number of templates that the lists must have, if given
/// pairs: 15658489         # the number of pairs of a split that the lists must have, if given
/// names: {prefix: "", suffix: "", extension: drop}        # from an image of the list to its name in a store
/// convention: {preset: likeness, flip: sum}               # a preset, or fields over one (`TemplateConvention`)
/// far: [1.0e-1, 1.0e-2, 1.0e-3, 1.0e-4, 1.0e-5, 1.0e-6]
/// missing: error          # or score-minimum
/// interval: subjects      # or binomial, none, or a mapping (`IntervalSettings`)
/// ```
public struct TemplateVerification: ProtocolKind {
  public static let name = "template-verification"
  public static let keys = [
    "lists", "templates", "pairs", "names", "convention", "far", "missing", "interval",
  ]

  public var lists: TemplateLists
  var expectedDigests: ExpectedDigests
  public var templates: Int?
  public var pairs: Int?
  public var naming: ImageNaming
  public var convention: TemplateConvention
  /// Target false accept rates, in (0, 1], descending, each once.
  public var targetFARs: [Double]
  public var missing: MissingImagePolicy
  public var interval: IntervalSettings

  public init(_ fields: ConfigurationMapping) throws {
    let node = try fields.required("lists")
    guard let formatNode = try node.entries().first(where: { $0.key == "format" })?.value else {
      throw node.error(found: "no ‘format’", expected: "the key ‘format’")
    }
    let format = try formatNode.choice(of: TemplateLists.formats)
    let mapping = try node.mapping(keys: ["format", "sha256"] + TemplateLists.keys(format))
    lists = try TemplateLists(mapping, format: format)
    expectedDigests = try ExpectedDigests(mapping["sha256"])
    templates = try fields.value("templates", default: nil) { try $0.integer(in: 1...(.max)) }
    pairs = try fields.value("pairs", default: nil) { try $0.integer(in: 1...(.max)) }
    naming = try ImageNaming(fields["names"])
    convention = try TemplateConvention(fields["convention"])
    targetFARs = try fields.required("far").rates(of: "a false accept rate")
    missing = try fields.value("missing", default: .error) { try $0.choice(MissingImagePolicy.self) }
    interval = try IntervalSettings(fields["interval"], level: convention.confidence)
    convention.confidence = interval.level
    if convention.pooling.detectorScore, !lists.hasDetectorScores {
      throw node.error(
        found: "no ‘detector-scores’", expected: "the file that the convention weights images by",
        advice: "Name the file, or set `detector-score: false` in `convention`.")
    }
  }

  public func listDigests(folder: String) throws -> [ListDigest] {
    try expectedDigests.digests(of: lists.files, folder: folder)
  }

  public func task(
    _ definition: ProtocolDefinition, lists folder: String, names: [String], source: String
  ) throws -> any EvaluationTask {
    try TemplateVerificationTask(definition, self, lists: folder, names: names, source: source)
  }

  public func using(_ similarity: Similarity) throws -> Self {
    var result = self
    result.convention.similarity = try checked(similarity, among: TemplateConvention.similarities)
    return result
  }
}
