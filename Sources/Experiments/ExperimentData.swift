import FeatureStores
import Foundation

/// Where an experiment's training images come from, and how training and test are kept apart.
public enum ExperimentData: Sendable, Equatable {
  /// Sets of synthetic worlds that are trained on, a block of rows for each; tests are on other sets of the same world.
  case worlds([TrainingSet])
  /// A training store, in the folder given with `--data`; every protocol names its own test store.
  case stores(train: String)
  /// Fold-wise on stores that hold training and test identities alike, in the folder given with `--data`.
  ///
  /// For fold k of the protocols' lists: train on the identities of all folds but k and k+1 (cyclically), choose the threshold on
  /// fold k+1 with that model, test on fold k. An identity that a protocol has in fold k or k+1 never trains, whatever the other
  /// protocols say. Each store is a block of rows of its own.
  case folds(stores: [String], unlisted: UnlistedIdentities)

  /// A set of a world that is trained on.
  public struct TrainingSet: Sendable, Equatable {
    public var definition: WorldDefinition
    /// The set's name.
    public var train: String
    /// What tables call it: what tells it from the other sets of the experiment, the world's name where it is alone.
    public var name: String
  }

  /// What becomes of identities that no list names.
  public enum UnlistedIdentities: String, Sendable, Codable, CaseIterable {
    case train
    case exclude
  }

  /// Reads what there is besides the rows to take of it (`derive`).
  init(_ node: ConfigurationNode) throws {
    let top = try node.mapping(keys: ["world", "stores", "folds", "derive"])
    let present = ["world", "stores", "folds"].filter { top[$0] != nil }
    guard present.count == 1 else {
      throw node.error(
        found: present.isEmpty ? "no data" : present.joined(separator: " and "),
        expected: "one of world, stores, folds")
    }
    if let world = top["world"] {
      self = .worlds(try Self.trainingSets(world))
    } else if let stores = top["stores"] {
      self = .stores(train: try stores.mapping(keys: ["train"]).required("train").string())
    } else {
      let mapping = try top.required("folds").mapping(keys: ["stores", "unlisted"])
      let files = try mapping.required("stores").list().map { try $0.string() }
      guard !files.isEmpty, Set(files).count == files.count else {
        throw try mapping.required("stores").error(
          found: "no stores, or one twice", expected: "different stores")
      }
      self = .folds(stores: files, unlisted: try mapping.required("unlisted").choice(UnlistedIdentities.self))
    }
  }

  /// Every set of every world, where lists stand for several of either.
  private static func trainingSets(_ node: ConfigurationNode) throws -> [TrainingSet] {
    let mapping = try node.mapping(keys: ["definition", "train"])
    let files = try mapping.required("definition")
    let worlds = try files.listOrValue().map { try WorldDefinition(file: try $0.existingFile()) }
    try requireDifferent(worlds.map(\.name), files)
    let sets = try mapping.required("train")
    let names = try sets.listOrValue().map { try $0.choice(of: Self.sets(of: worlds).map(\.name)) }
    try requireDifferent(names, sets)
    return worlds.flatMap { world in
      names.map { name in
        let words =
          (worlds.count > 1 || names.count == 1 ? [world.name] : []) + (names.count > 1 ? [name] : [])
        return TrainingSet(definition: world, train: name, name: words.joined(separator: "-"))
      }
    }
  }

  private static func requireDifferent(_ names: [String], _ node: ConfigurationNode) throws {
    guard !names.isEmpty, Set(names).count == names.count else {
      throw node.error(
        found: names.isEmpty ? "an empty list" : "‘\(names.joined(separator: "’, ‘"))’",
        expected: "different names, at least one")
    }
  }

  /// The sets that all of `worlds` have, by name and kind.
  private static func sets(of worlds: [WorldDefinition]) -> [WorldSet] {
    (worlds.first?.sets ?? []).filter { set in
      worlds.allSatisfy { world in world.sets.contains { $0.name == set.name && $0.isTest == set.isTest } }
    }
  }

  /// For worlds: the sets that all of them have and that are not trained on. Empty for other data.
  var freeSets: [WorldSet] {
    guard case .worlds(let training) = self else { return [] }
    let trained = Set(training.map(\.train))
    return Self.sets(of: training.map(\.definition)).filter { !trained.contains($0.name) }
  }

  /// Whether a run trains for one fold only.
  public var isFoldwise: Bool {
    if case .folds = self { true } else { false }
  }
}

/// A protocol of an experiment, with the store and the lists that it reads.
public struct ProtocolUse: Sendable, Hashable {
  /// The protocol's YAML file.
  public var file: String
  /// For worlds: the set that is tested. For stores: the store's file.
  public var source: String
  /// For stores: the folder of the lists. A world has its own.
  public var lists: String?

  /// What tells this use of a protocol from another.
  var place: String { source.isEmpty ? lists ?? "" : (source as NSString).deletingPathExtension }

  init(_ node: ConfigurationNode, data: ExperimentData) throws {
    switch data {
    case .worlds:
      let mapping = try node.mapping(keys: ["protocol", "set"])
      file = try mapping.required("protocol").existingFile()
      source = try mapping.required("set").choice(of: data.freeSets.filter(\.isTest).map(\.name))
    case .stores:
      let mapping = try node.mapping(keys: ["protocol", "store", "lists"])
      file = try mapping.required("protocol").existingFile()
      source = try mapping.required("store").string()
      lists = try mapping.required("lists").string()
    case .folds:
      let mapping = try node.mapping(keys: ["protocol", "lists"])
      file = try mapping.required("protocol").existingFile()
      source = ""
      lists = try mapping.required("lists").string()
    }
  }
}

extension ConfigurationNode {
  /// The path of a file that is there; an error with the nearest name in its folder where it is not.
  func existingFile() throws -> String {
    let text = try string()
    let path = relative(text)
    if FileManager.default.fileExists(atPath: path) { return path }
    let folder = (path as NSString).deletingLastPathComponent
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let nearest = NearestName.suggestion(for: (path as NSString).lastPathComponent, among: names)
    let prefix = (text as NSString).deletingLastPathComponent
    var failure = error(
      found: "‘\(text)’, but there is no file \(path)",
      advice: nearest.map { "Did you mean ‘\((prefix as NSString).appendingPathComponent($0))’?" })
    failure.kind = .missingInput
    throw failure
  }

  /// A path, relative to the folder of the file that names it.
  private func relative(_ text: String) -> String {
    if text.hasPrefix("/") { return text }
    return ((folder as NSString).appendingPathComponent(text) as NSString).standardizingPath
  }
}
