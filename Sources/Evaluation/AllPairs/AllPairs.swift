import FeatureStores

/// Kind `all-pairs`: every image of a list compared with every other (BLUFR's trials, MFR): a pair is genuine where both show one person.
///
/// ```yaml
/// lists: {format: labelled-images, images: "trial{n}.txt", trials: 10}   # `image identity` a line; {n} is the number of the trial
///                         # or {format: lfw-people, people: people.txt, folds: 10}: each fold's people
/// names: {prefix: "", suffix: "", extension: drop}
/// convention: likeness    # a preset, or fields over one (`ScoreConvention`)
/// far: [1.0e-3]
/// interval: subjects      # or binomial, none, {method: subjects, replicates: 1000} (`IntervalSettings`)
/// ```
public struct AllPairs: ProtocolKind {
  public static let name = "all-pairs"
  public static let keys = ["lists", "names", "convention", "far", "interval"]

  public var lists: AllPairsLists
  var expectedDigests: ExpectedDigests
  public var naming: ImageNaming
  public var convention: ScoreConvention
  /// Target false accept rates, in (0, 1], descending, each once.
  public var targetFARs: [Double]
  public var interval: IntervalSettings

  static let similarities: [Similarity] = [.cosine, .innerProduct]

  public init(_ fields: ConfigurationMapping) throws {
    let node = try fields.required("lists")
    guard let formatNode = try node.entries().first(where: { $0.key == "format" })?.value else {
      throw node.error(found: "no ‘format’", expected: "the key ‘format’")
    }
    let format = try formatNode.choice(of: AllPairsLists.formats)
    let mapping = try node.mapping(keys: ["format", "sha256"] + AllPairsLists.keys(format))
    lists = try AllPairsLists(mapping, format: format)
    expectedDigests = try ExpectedDigests(mapping["sha256"])
    naming = try ImageNaming(fields["names"])
    convention = try ScoreConvention(
      fields["convention"], similarities: Self.similarities, farRules: DistractorConvention.farRules)
    targetFARs = try fields.required("far").rates(of: "a false accept rate")
    interval = try IntervalSettings(fields["interval"], level: convention.confidence)
  }

  public func listDigests(folder: String) throws -> [ListDigest] {
    try expectedDigests.digests(of: lists.files, folder: folder)
  }

  public func task(
    _ definition: ProtocolDefinition, lists folder: String, names: [String], source: String
  ) throws -> any EvaluationTask {
    try AllPairsTask(definition, self, lists: folder, names: names, source: source)
  }

  public func using(_ similarity: Similarity) throws -> Self {
    var result = self
    result.convention.similarity = try checked(similarity, among: Self.similarities)
    return result
  }
}
