import Foundation

/// A synthetic population of faces, read from `worlds/*.yaml`.
///
/// Every image has a latent vector u of `dimension` independent Gaussian coordinates:
/// - `identity.dimensions` identity axes: a value shared by all images of a person (standard deviation
///   `identity.between`) plus noise of each image (`identity.within`);
/// - the axes of each nuisance (pose, age, illumination, …): noise of each image alone.
///
/// Images have attributes (pose, age, quality), which shift known axes and scale the noise on them (`effects`). Images of one medium
/// share a plan of their noise (`mediaShare`). The stored feature is f(u), where f is an invertible map drawn once from the seed: orthogonal rotations with leaky
/// rectifiers between them. All noise enters before f, so the best possible verification score is known (`BayesOracle`).
/// The seed fixes the world; a training run's seed never changes it.
public struct WorldDefinition: Sendable, Codable, Equatable {
  /// The identity axes, in standard deviations.
  public struct Identity: Sendable, Codable, Equatable {
    public var dimensions: Int
    public var between: Double
    public var within: Double
  }

  /// A group of axes that say nothing about the person.
  public struct Nuisance: Sendable, Codable, Equatable {
    public var name: String
    public var dimensions: Int
    public var standardDeviation: Double
  }

  /// The invertible map from latent to stored feature: `layers` leaky rectifiers of slope `slope`, each between two
  /// rotations. With 0 layers the map is one rotation.
  public struct Map: Sendable, Codable, Equatable {
    public var layers: Int
    public var slope: Double
  }

  public var name: String
  public var title: String
  public var version: Int
  public var seed: UInt64
  public var dimension: Int
  public var identity: Identity
  public var nuisances: [Nuisance]
  public var map: Map
  /// What the images' attributes do to the axes.
  public var effects: [WorldEffect]
  /// The share of the noise's variance, on every axis, that images of one medium have in common.
  public var mediaShare: Double
  public var sets: [WorldSet]

  /// Reads and checks the definition in the YAML file at `path`.
  public init(file path: String) throws {
    try self.init(ConfigurationNode(file: path))
  }

  /// Reads and checks a definition.
  public init(_ root: ConfigurationNode) throws {
    let top = try root.mapping(keys: [
      "name", "title", "version", "seed", "dimension", "identity", "nuisances", "map", "effects",
      "media-share", "sets",
    ])
    name = try top.required("name").string()
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
      throw try top.required("name").error(
        found: "the name ‘\(name)’", expected: "ASCII letters, digits and ‘-’")
    }
    title = try top.value("title", default: name) { try $0.string() }
    version = try top.required("version").integer(in: 1...Int.max)
    seed = UInt64(try top.required("seed").integer(in: 0...Int.max))
    dimension = try top.required("dimension").integer(in: 1...16_384)
    let identityNode = try top.required("identity").mapping(keys: ["dimensions", "between", "within"])
    identity = Identity(
      dimensions: try identityNode.required("dimensions").integer(in: 1...dimension),
      between: try identityNode.value("between", default: 1) { try $0.number(in: 1e-6...1e6) },
      within: try identityNode.required("within").number(in: 1e-6...1e6))
    nuisances = try top.value("nuisances", default: []) { node in
      try node.list().map { element in
        let entry = try element.mapping(keys: ["name", "dimensions", "standard-deviation"])
        return Nuisance(
          name: try entry.required("name").string(),
          dimensions: try entry.required("dimensions").integer(in: 1...16_384),
          standardDeviation: try entry.required("standard-deviation").number(in: 1e-6...1e6))
      }
    }
    let axes = identity.dimensions + nuisances.reduce(0) { $0 + $1.dimensions }
    guard axes == dimension else {
      throw root.error(
        found: "\(axes) identity and nuisance axes", expected: "their sum to be the dimension, \(dimension)")
    }
    let mapNode = try top.required("map").mapping(keys: ["layers", "slope"])
    map = Map(
      layers: try mapNode.required("layers").integer(in: 0...64),
      slope: try mapNode.value("slope", default: 0.3) { try $0.number(in: 0.01...1) })
    mediaShare = try top.value("media-share", default: 0) { try $0.number(in: 0...0.999) }
    effects = []
    sets = try top.required("sets").list().map(WorldSet.init)
    if let repeated = Self.firstRepetition(sets.map(\.name)) {
      throw try top.required("sets").error(found: "two sets named ‘\(repeated)’", expected: "different names")
    }
    // Each store's name also names its random streams and its oracle.
    if let repeated = Self.firstRepetition(
      sets.map(\.name).flatMap { [$0, WorldGenerator.oracle(of: $0)] })
    {
      throw try top.required("sets").error(
        found: "two stores that would be named ‘\(repeated)’", expected: "different names")
    }
    if let repeated = Self.firstRepetition(axisGroups.map(\.name)) {
      throw try top.required("nuisances").error(
        found: "two groups of axes named ‘\(repeated)’", expected: "different names, and none ‘identity’")
    }
    let groups = axisGroups
    effects = try top.value("effects", default: []) { node in
      try node.list().map { try WorldEffect($0, groups: groups) }
    }
  }

  private static func firstRepetition(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }

  /// The SHA-256 of everything that decides the generated numbers (not of `title`), in hexadecimal.
  public func digest() throws -> String {
    var definition = self
    definition.title = ""
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var data = Data("likeness world, generator \(WorldGenerator.version)\n".utf8)
    data.append(try encoder.encode(definition))
    return Digest.sha256(data)
  }
}
