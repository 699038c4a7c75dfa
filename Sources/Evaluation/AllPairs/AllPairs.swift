import FeatureStores

/// Kind `all-pairs`: every image of a list compared with every other (BLUFR's trials, MFR): a pair is genuine where both show one person.
///
/// ```yaml
/// lists: {format: labelled-images, images: "trial{n}.txt", trials: 10}   # `image identity` a line; {n} is the number of the trial
/// names: {prefix: "", suffix: "", extension: drop}
/// convention: likeness    # a preset, or fields over one (`ScoreConvention`)
/// far: [1.0e-3]
/// ```
public struct AllPairs: ProtocolKind {
  public static let name = "all-pairs"
  public static let keys = ["lists", "names", "convention", "far"]

  public var images: String
  public var trials: Int
  var expectedDigests: ExpectedDigests
  public var naming: ImageNaming
  public var convention: ScoreConvention
  /// Target false accept rates, in (0, 1], descending, each once.
  public var targetFARs: [Double]

  static let similarities: [Similarity] = [.cosine, .innerProduct]

  public init(_ fields: ConfigurationMapping) throws {
    let lists = try fields.required("lists").mapping(keys: ["format", "images", "trials", "sha256"])
    _ = try lists.required("format").choice(of: ["labelled-images"])
    images = try lists.required("images").string()
    trials = try lists.value("trials", default: 1) { try $0.integer(in: 1...1000) }
    expectedDigests = try ExpectedDigests(lists["sha256"])
    naming = try ImageNaming(fields["names"])
    convention = try ScoreConvention(
      fields["convention"], similarities: Self.similarities, farRules: DistractorConvention.farRules)
    targetFARs = try fields.required("far").rates(of: "a false accept rate")
    if trials > 1, !images.contains("{n}") {
      throw try lists.required("images").error(
        found: "‘\(images)’ for \(trials) trials", expected: "`{n}` where the number of the trial stands")
    }
  }

  /// The list of a trial, from 1.
  func file(trial: Int) -> String { images.replacing("{n}", with: "\(trial)") }

  public func listDigests(folder: String) throws -> [ListDigest] {
    try expectedDigests.digests(of: (1...trials).map(file), folder: folder)
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
