import Foundation
import LinearAlgebra

/// Writes the stores and lists of a world into a folder.
///
/// | file | holds |
/// |---|---|
/// | `SET.h5` | the features of a set, in the store schema, with `pose` and `quality` where they vary |
/// | `SET-oracle.h5` | for test sets: the identity latents of the same images, and where they vary the axes' total variances beside them, which only the ceiling row reads |
/// | `lists/SET/…` | for test sets: the lists, in the data set's own format |
/// | `world.json` | the definition, its digest and the population's ceiling; written last |
///
/// The same definition gives the same bytes on every machine. Every file is replaced whole; where `world.json` is there with
/// the same digest, the world is complete.
public struct WorldGenerator {
  /// Raised whenever the same definition gives other numbers.
  public static let version = 2

  /// What `world.json` holds.
  public struct Manifest: Codable, Sendable, Equatable {
    public var digest: String
    public var definition: WorldDefinition
    /// The best verification accuracy possible in the population.
    public var ceilingAccuracy: Double
  }

  public let definition: WorldDefinition
  public let folder: String

  public init(_ definition: WorldDefinition, folder: String) {
    self.definition = definition
    self.folder = folder
  }

  /// The file of a set's store.
  public func store(of set: String) -> String { "\(folder)/\(set).h5" }
  /// The file of what the oracle knows of a test set.
  public func oracleStore(of set: String) -> String { store(of: Self.oracle(of: set)) }
  static func oracle(of store: String) -> String { "\(store)-oracle" }
  /// The folder of a set's lists.
  public func lists(of set: String) -> String { "\(folder)/lists/\(set)" }
  private var manifestFile: String { "\(folder)/world.json" }

  /// Whether the folder holds this world, complete.
  public func isComplete() throws -> Bool {
    guard let data = FileManager.default.contents(atPath: manifestFile),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: data)
    else { return false }
    return try manifest.digest == definition.digest()
  }

  /// Writes everything. `report` is told of each set before it is made; `progress` hears how many images of how many are written, and may end it by
  /// throwing.
  public func generate(
    workers: Workers = .one, report: (WorldSet) -> Void = { _ in },
    progress: (_ images: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    if FileManager.default.fileExists(atPath: manifestFile) {
      // The mark of completeness goes first: a world half replaced must not pass for either.
      do { try FileManager.default.removeItem(atPath: manifestFile) } catch {
        throw HarnessError(
          .cannotWrite, file: manifestFile,
          found: "the file cannot be replaced (\(error.localizedDescription))")
      }
    }
    let map = WorldMap(definition)
    var firstPerson = 0
    let plans = definition.sets.map { set in
      let plan = SetPlan(set, seed: definition.seed, firstPerson: firstPerson)
      firstPerson += plan.identities
      return plan
    }
    let total = plans.reduce(0) { $0 + $1.count }
    var written = 0
    for (set, plan) in zip(definition.sets, plans) {
      report(set)
      try write(plan, map: map, workers: workers) { images in
        written += images
        try progress(written, total)
      }
      try WorldLists(definition: definition, set: set, plan: plan, folder: lists(of: set.name)).write()
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let manifest = Manifest(
      digest: try definition.digest(), definition: definition,
      ceilingAccuracy: BayesCeiling(definition).accuracy)
    try AtomicFile.write(try encoder.encode(manifest) + Data("\n".utf8), to: manifestFile)
  }

  private func write(
    _ plan: SetPlan, map: WorldMap, workers: Workers, progress: (_ images: Int) throws -> Void
  ) throws {
    try Self.makeFolder(folder)
    let metadata = metadata(of: plan)
    let features = try StoreWriter(
      to: StoreLocation(path: store(of: plan.name)), rowCount: plan.count, dimension: definition.dimension,
      metadata: metadata)
    var oracle: StoreWriter?
    if plan.isTest {
      // Who is on an image, and in which medium: what the oracle needs, under the names of the features' store.
      var known = metadata
      known.attributes.extractor =
        definition.identityNoiseVaries
        ? "none: identity latents, then their total variances, readable by the ceiling row only"
        : "none: identity latents, readable by the ceiling row only"
      oracle = try StoreWriter(
        to: StoreLocation(path: oracleStore(of: plan.name)), rowCount: plan.count,
        dimension: WorldSampler.oracleColumns(definition), metadata: known)
    }
    var sampler = WorldSampler(definition, plan: plan, map: map)
    while let next = sampler.next(rows: 8192, workers: workers) {
      try features.append(next.features)
      try oracle?.append(next.oracle)
      try progress(next.features.rows)
    }
    try features.finish()
    try oracle?.finish()
  }

  private func metadata(of plan: SetPlan) -> StoreMetadata {
    var metadata = StoreMetadata(
      labels: plan.counts.enumerated().flatMap { [Int32](repeating: Int32($0.offset), count: $0.element) },
      names: plan.counts.enumerated().flatMap { identity, count in
        (0..<count).map { plan.imageName(identity, $0) }
      },
      identities: plan.counts.indices.map(plan.identityName))
    if let layout = plan.templates {
      metadata.media = layout.media
      metadata.templates = layout.templates
    }
    if plan.storesPose { metadata.pose = (0..<plan.count).map { plan.attributes(of: $0).pose } }
    if plan.storesQuality {
      let best = Double(ImageAttributes.bestQuality)
      metadata.quality = (0..<plan.count).map { Float(Double(plan.attributes(of: $0).quality) / best) }
    }
    metadata.attributes = StoreAttributes(
      source: "synthetic world \(definition.name) version \(definition.version), set \(plan.name)",
      licence: "CC0-1.0",
      extractor: "none: an invertible map of Gaussian latents, seed \(definition.seed)")
    return metadata
  }

  static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw HarnessError(
        .cannotWrite, file: path, found: "the folder cannot be made (\(error.localizedDescription))",
        advice: "Check permissions and free space, or choose another folder with --output.")
    }
  }
}
