import FeatureStores
import Foundation

/// Where an experiment's training images come from, and how training and test are kept apart.
public enum ExperimentData: Sendable, Equatable {
  /// A synthetic world: training on one of its sets, tests on others.
  case world(definition: WorldDefinition, train: String)
  /// A training store, in the folder given with `--data`; every protocol names its own test store.
  case stores(train: String)
  /// Fold-wise on stores that hold training and test identities alike, in the folder given with `--data`.
  ///
  /// For fold k of the protocols' lists: train on the identities of all folds but k and k+1 (cyclically), choose the threshold on
  /// fold k+1 with that model, test on fold k. An identity that a protocol has in fold k or k+1 never trains, whatever the other
  /// protocols say. Each store is a block of rows of its own.
  case folds(stores: [String], unlisted: UnlistedIdentities)

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
      let mapping = try world.mapping(keys: ["definition", "train"])
      let definition = try WorldDefinition(file: try mapping.required("definition").existingFile())
      let train = try mapping.required("train").choice(of: definition.sets.map(\.name))
      self = .world(definition: definition, train: train)
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
    case .world(let definition, let train):
      let mapping = try node.mapping(keys: ["protocol", "set"])
      file = try mapping.required("protocol").existingFile()
      let tests = definition.sets.filter { $0.isTest && $0.name != train }.map(\.name)
      source = try mapping.required("set").choice(of: tests)
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
