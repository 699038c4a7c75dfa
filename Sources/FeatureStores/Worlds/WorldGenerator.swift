import Foundation
import LinearAlgebra

/// Writes the stores and lists of a world into a folder.
///
/// | file | holds |
/// |---|---|
/// | `SET.h5` | the features of a set, in the store schema |
/// | `SET-oracle.h5` | for verification sets: the identity latents of the same images, which only the ceiling row reads |
/// | `lists/SET/pairs.txt` | for sets of kind `lfw`: the pairs, in LFW's own format |
/// | `world.json` | the definition, its digest and the population's ceiling; written last |
///
/// The same definition gives the same bytes on every machine. Every file is replaced whole; where `world.json` is there with
/// the same digest, the world is complete.
public struct WorldGenerator {
  /// Raised whenever the same definition gives other numbers.
  public static let version = 1

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
  /// The file of the identity latents of a verification set.
  public func oracleStore(of set: String) -> String { "\(folder)/\(set)-oracle.h5" }
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

  /// Writes everything. `report` is told the name of each set before it is made.
  public func generate(workers: Workers = .one, report: (WorldSet) -> Void = { _ in }) throws {
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
    for set in definition.sets {
      report(set)
      try write(set, map: map, firstPerson: firstPerson, workers: workers)
      firstPerson += set.identities
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let manifest = Manifest(
      digest: try definition.digest(), definition: definition,
      ceilingAccuracy: BayesCeiling(definition).accuracy)
    try AtomicFile.write(try encoder.encode(manifest) + Data("\n".utf8), to: manifestFile)
  }

  private func write(_ set: WorldSet, map: WorldMap, firstPerson: Int, workers: Workers) throws {
    try makeFolder(folder)
    let people = (0..<set.identities).map { Self.name(ofPerson: firstPerson + $0) }
    let isVerification = set.kind != .deep
    var metadata = StoreMetadata(
      labels: (0..<set.count).map { Int32($0 / set.imagesPerIdentity) },
      names: people.flatMap { person in
        (1...set.imagesPerIdentity).map { Self.name(ofImage: $0, of: person) }
      },
      identities: people)
    metadata.attributes = StoreAttributes(
      source: "synthetic world \(definition.name) version \(definition.version), set \(set.name)",
      licence: "CC0-1.0",
      extractor: "none: an invertible map of Gaussian latents, seed \(definition.seed)")
    let features = try StoreWriter(
      to: StoreLocation(path: store(of: set.name)), rowCount: set.count, dimension: definition.dimension,
      metadata: metadata)
    metadata.attributes.extractor = "none: identity latents, readable by the ceiling row only"
    let oracle =
      isVerification
      ? try StoreWriter(
        to: StoreLocation(path: oracleStore(of: set.name)), rowCount: set.count,
        dimension: definition.identity.dimensions, metadata: metadata) : nil
    var sampler = WorldSampler(definition, set: set, map: map)
    let block = max(1, 8192 / set.imagesPerIdentity)
    while let next = sampler.next(identities: block, workers: workers) {
      try features.append(next.features)
      try oracle?.append(next.identityLatents)
    }
    try features.finish()
    try oracle?.finish()
    if case .lfw(let folds, let pairs) = set.kind {
      var stream = RandomStream(seed: definition.seed, name: "set/\(set.name)/pairs")
      let text = LFWPairsWriter(
        folds: folds, pairsPerFold: pairs, imagesPerIdentity: set.imagesPerIdentity, names: people
      ).text(&stream)
      try makeFolder(lists(of: set.name))
      try AtomicFile.write(Data(text.utf8), to: "\(lists(of: set.name))/pairs.txt")
    }
  }

  /// `Person_000123`, as LFW names people.
  static func name(ofPerson number: Int) -> String { "Person_" + padded(number, 6) }

  /// `Person_000123/Person_000123_0004`, as LFW names images.
  static func name(ofImage number: Int, of person: String) -> String {
    "\(person)/\(person)_\(padded(number, 4))"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw HarnessError(
        .cannotWrite, file: path, found: "the folder cannot be made (\(error.localizedDescription))",
        advice: "Check permissions and free space, or choose another folder with --output.")
    }
  }
}
