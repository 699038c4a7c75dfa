import FeatureStores
import Metrics

/// Kind `distractor-identification`: MegaFace. Each photo of a probe identity in turn joins the distractors as the mate, the identity's other
/// photos search for it; and every such pair is a genuine comparison, every probe photo with every distractor an impostor one.
///
/// ```yaml
/// lists: {format: megaface, probes: facescrub_features_list.json, distractors: megaface_features_list.json, set: 1,
///         probe-noise: facescrub_noises.txt, distractor-noise: megaface_noises.txt}
/// sizes: [10, 100, 1_000, 10_000, 100_000, 1_000_000]     # the distractor lists, each the beginning of the next
/// ranks: [1, 5, 10, 20, 50, 100]
/// names: {probes: {prefix: facescrub/, suffix: "", extension: drop}, distractors: {prefix: megaface/}}
/// convention: likeness    # a preset, or fields over one (`DistractorConvention`)
/// far: [1.0e-4, 1.0e-5, 1.0e-6]
/// interval: subjects      # of the probes; or binomial, none, or a mapping (`IntervalSettings`)
/// screening: none         # or 8-bit: faster, without the histogram of impostor scores (`DistractorScreening`)
/// ```
public struct DistractorIdentification: ProtocolKind {
  public static let name = "distractor-identification"
  public static let keys = ["lists", "sizes", "ranks", "names", "convention", "far", "interval", "screening"]

  public var lists: MegaFaceLists
  var expectedDigests: ExpectedDigests
  /// Ascending.
  public var sizes: [Int]
  /// Ascending.
  public var ranks: [Int]
  public var probeNaming: ImageNaming
  public var distractorNaming: ImageNaming
  public var convention: DistractorConvention
  /// Target false accept rates, in (0, 1], descending, each once.
  public var targetFARs: [Double]
  public var interval: IntervalSettings
  /// Nil for none: every score is computed.
  public var screening: DistractorScreening?

  public init(_ fields: ConfigurationMapping) throws {
    let node = try fields.required("lists")
    let mapping = try node.mapping(keys: ["format", "sha256"] + MegaFaceLists.keys)
    _ = try mapping.required("format").choice(of: ["megaface"])
    lists = try MegaFaceLists(mapping)
    expectedDigests = try ExpectedDigests(mapping["sha256"])
    sizes = try fields.required("sizes").counts(1...(.max))
    ranks = try fields.required("ranks").counts(1...10_000)
    let naming = try fields["names"]?.mapping(keys: ["probes", "distractors"])
    probeNaming = try ImageNaming(naming?["probes"])
    distractorNaming = try ImageNaming(naming?["distractors"])
    convention = try DistractorConvention(fields["convention"])
    targetFARs = try fields.required("far").rates(of: "a false accept rate")
    interval = try IntervalSettings(fields["interval"], level: convention.confidence)
    convention.confidence = interval.level
    screening = try fields.value("screening", default: nil) { node in
      DistractorScreening(
        rawValue: try node.choice(of: ["none"] + DistractorScreening.allCases.map(\.rawValue)))
    }
  }

  /// What the rates of a result are called: of each size the identification rates at the ranks, then the TPRs at the targets.
  public var rateNames: [String] {
    sizes.flatMap { size in
      ranks.map { Self.rankName($0, size: size) } + targetFARs.map { Self.tprName($0, size: size) }
    }
  }

  static func rankName(_ rank: Int, size: Int) -> String { "rank \(rank) of \(size)" }
  static func tprName(_ target: Double, size: Int) -> String { "TPR at FAR \(target) of \(size)" }

  public func listDigests(folder: String) throws -> [ListDigest] {
    try expectedDigests.digests(
      of: lists.files(sizes: sizes, usingNoise: convention.noise != .keep), folder: folder)
  }

  public func task(
    _ definition: ProtocolDefinition, lists folder: String, names: [String], source: String
  ) throws -> any EvaluationTask {
    try DistractorTask(definition, self, lists: folder, names: names, source: source)
  }

  public func using(_ similarity: Similarity) throws -> Self {
    var result = self
    result.convention.similarity = try checked(similarity, among: [.cosine, .innerProduct])
    return result
  }
}
