import FeatureStores

/// A small world with every effect and media, and a set of each kind.
enum WorldFixture {
  static let text = """
    name: small
    version: 1
    seed: 7
    dimension: 12
    identity: {dimensions: 4, between: 1.2, within: 0.5}
    nuisances:
      - {name: pose, dimensions: 2, standard-deviation: 1.5}
      - {name: age, dimensions: 2, standard-deviation: 1.0}
      - {name: illumination, dimensions: 4, standard-deviation: 0.7}
    map: {layers: 2, slope: 0.3}
    media-share: 0.4
    effects:
      - {of: pose, on: pose, shift: 3}
      - {of: pose, on: identity, axes: 2, scale: 2}
      - {of: age, on: age, shift: 0.5}
      - {of: age, on: identity, scale: 1.1}
      - {of: quality, on: identity, scale: 3}
      - {of: quality, on: illumination, scale: 2}
    sets:
    """

  /// The world with the given entries of `sets`.
  static func definition(_ sets: String...) throws -> WorldDefinition {
    let lines = sets.map { "  - {\($0)}\n" }.joined()
    return try WorldDefinition(ConfigurationNode(text: text + "\n" + lines, file: "small.yaml"))
  }

  static let mixed = "images: {profile: 0.4, ages: [15, 65], quality: [0.2, 1]}"
}
