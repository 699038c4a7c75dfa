import FeatureStores
import Foundation

/// What a shard's content depends on: shards are merged only where all of this is the same.
struct ShardIdentity: Encodable {
  /// The content of a store.
  struct Store: Encodable {
    let sha256: String
    let images: Int
    let dimension: Int
  }

  /// Raised when shards hold other things.
  let format = 1
  /// `Semantics.version`.
  let semantics: Int
  /// With the similarity in use, and without its notes: prose changes no number.
  let `protocol`: ProtocolDefinition
  let lists: [ListDigest]
  let store: Store
  /// From 1.
  let shard: Int
  let shards: Int

  init(_ task: any EvaluationTask, semantics: Int, store: Store, shard: Shard) {
    self.semantics = semantics
    var definition = task.definition
    definition.notes = nil
    `protocol` = definition
    lists = task.listDigests
    self.store = store
    self.shard = shard.number
    shards = shard.count
  }

  /// As JSON with sorted keys: equal identities have equal text.
  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// What two texts of identities differ in, by the paths to it: `shard: 1`, and what is expected there; the first four things. Nil where they are equal.
  static func difference(_ found: String, _ expected: String) -> (found: String, expected: String)? {
    guard found != expected else { return nil }
    let (theirs, mine) = (leaves(found), leaves(expected))
    let places = Set(mine.keys).union(theirs.keys).sorted().filter { mine[$0] != theirs[$0] }
    guard !places.isEmpty else { return (found, expected) }
    func text(_ values: [String: String]) -> String {
      places.prefix(4).map { "\($0): \(values[$0] ?? "nothing")" }.joined(separator: ", ")
        + (places.count > 4 ? ", …" : "")
    }
    return (text(theirs), text(mine))
  }

  /// The values of a JSON text by the paths to them, such as `protocol.fields.far.0`.
  private static func leaves(_ text: String) -> [String: String] {
    guard let root = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else { return [:] }
    var result: [String: String] = [:]
    func visit(_ value: Any, _ path: String) {
      func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
      if let object = value as? [String: Any] {
        for (key, value) in object { visit(value, below(key)) }
      } else if let array = value as? [Any] {
        for (index, value) in array.enumerated() { visit(value, below("\(index)")) }
      } else {
        result[path] = "\(value)"
      }
    }
    visit(root, "")
    return result
  }
}
