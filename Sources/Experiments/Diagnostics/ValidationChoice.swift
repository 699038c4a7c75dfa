import FeatureStores

/// Whom an experiment validates on: identities that neither train nor are tested.
public struct ValidationChoice: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// A set of the world.
    case set(String)
    /// So many of the training identities, drawn by a stream of their own; for fold-wise data of those of each fold.
    case heldOut(identities: Int)
  }

  public var source: Source
  /// Genuine pairs, and as many impostor pairs, at most.
  public var pairs: Int

  /// What to do where an experiment needs validation identities and names none.
  static let advice =
    "Name a set of the world (validation: {set: validation}) or hold out identities (validation: {held-out: 100})."

  /// Reads `{set: NAME}` or `{held-out: IDENTITIES}`, with `pairs`.
  init(_ node: ConfigurationNode, data: ExperimentData, tested: [String]) throws {
    let mapping = try node.mapping(keys: ["set", "held-out", "pairs"])
    switch (mapping["set"], mapping["held-out"]) {
    case (let set?, nil):
      guard case .worlds = data else {
        throw set.error(
          found: "a set, but the data are no world", expected: "held-out: the number of training identities")
      }
      let free = data.freeSets.map(\.name).filter { !tested.contains($0) }
      guard !free.isEmpty else {
        throw set.error(
          found: "no set of the world that neither trains nor is tested",
          expected: "held-out: the number of training identities")
      }
      source = .set(try set.choice(of: free))
    case (nil, let identities?): source = .heldOut(identities: try identities.integer(in: 2...10_000_000))
    default:
      throw node.error(
        found: mapping["set"] == nil ? "no identities" : "set and held-out", expected: "one of set, held-out")
    }
    pairs = try mapping.value("pairs", default: 1000) { try $0.integer(in: 10...1_000_000) }
  }
}
