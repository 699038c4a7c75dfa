import FeatureStores
import Foundation
import LinearAlgebra

/// An evaluation protocol, as a YAML file defines it: what is compared, in which list files, by which rules.
///
/// Reading is strict: an unknown key is an error with the file, the line and the nearest known key. The coded form leaves
/// out where the file was, so that equal protocols have equal encodings.
public struct ProtocolDefinition: Sendable {
  /// A short name for tables and file names.
  public var name: String
  /// Raised when results under the protocol may change.
  public var version: Int
  public var title: String
  /// For people: where lists come from, what is known of them, what was checked.
  public var notes: String?
  /// The kind with its own fields.
  public var kind: any ProtocolKind

  static let commonKeys = ["name", "version", "title", "notes", "kind"]

  public init(name: String, version: Int, title: String, notes: String? = nil, kind: any ProtocolKind) {
    self.name = name
    self.version = version
    self.title = title
    self.notes = notes
    self.kind = kind
  }

  /// Reads the YAML file at `path`.
  public init(file path: String) throws { try self.init(ConfigurationNode(file: path)) }

  /// Reads YAML `text`, named `file` in errors.
  public init(text: String, file: String) throws {
    try self.init(ConfigurationNode(text: text, file: file))
  }

  private init(_ root: ConfigurationNode) throws {
    guard let kindNode = try root.entries().first(where: { $0.key == "kind" })?.value else {
      throw root.error(found: "no ‘kind’", expected: "the key ‘kind’")
    }
    let kindName = try kindNode.choice(of: ProtocolKinds.all.map { $0.name })
    guard let type = ProtocolKinds.named(kindName) else { throw kindNode.error(found: kindNode.excerpt) }
    let fields = try root.mapping(keys: Self.commonKeys + type.keys)
    let nameNode = try fields.required("name")
    name = try nameNode.string()
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
    else {
      throw nameNode.error(
        found: nameNode.excerpt, expected: "a name of letters, digits, ‘-’, ‘_’ and ‘.’")
    }
    version = try fields.value("version", default: 1) { try $0.integer(in: 1...(.max)) }
    title = try fields.value("title", default: name) { try $0.string() }
    notes = try fields.value("notes", default: nil) { try $0.string() }
    kind = try type.init(fields)
  }

  /// The file of the protocol that `text` names, which need not be there.
  public static func path(of text: String, folder: String = "protocols") -> String {
    text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml") ? text : "\(folder)/\(text).yaml"
  }

  /// The protocol that `text` names: a path, or the name of a file in `folder` without its `.yaml`.
  ///
  /// Text with a slash or an extension is a path.
  public static func located(_ text: String, folder: String = "protocols") throws -> ProtocolDefinition {
    let path = path(of: text, folder: folder)
    if path == text || FileManager.default.fileExists(atPath: path) {
      return try ProtocolDefinition(file: path)
    }
    let known = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    throw HarnessError(
      .missingInput, file: path, found: "no protocol ‘\(text)’",
      expected: known.isEmpty
        ? "a folder ‘\(folder)’ with protocols, or the path of a file"
        : "one of \(known.joined(separator: ", "))",
      advice: NearestName.suggestion(for: text, among: known).map { "Did you mean ‘\($0)’?" })
  }

  /// Evaluates embeddings with the list files in `folder`.
  public func evaluate(_ embeddings: any EmbeddingSource, lists folder: String, workers: Workers = .one)
    throws
    -> any EvaluationResult
  {
    try task(lists: folder, names: embeddings.names, source: embeddings.source)
      .evaluation(of: embeddings, workers: workers)
  }

  /// The protocol bound to the list files in `folder` and to images, of which `names[r]` is row r of `source`. A list that is not there is an error with the
  /// protocol's notes.
  public func task(lists folder: String, names: [String], source: String) throws -> any EvaluationTask {
    try readingLists(in: folder) { try kind.task(self, lists: folder, names: names, source: source) }
  }

  /// The content of the list files that results depend on, as part of a run's identity. A list that is not there is an error with the protocol's notes.
  public func listDigests(folder: String) throws -> [ListDigest] {
    try readingLists(in: folder) { try kind.listDigests(folder: folder) }
  }

  private func readingLists<Value>(in folder: String, _ read: () throws -> Value) throws -> Value {
    do {
      return try read()
    } catch var error as HarnessError {
      // Only the protocol's notes know where a list comes from that is not there.
      if error.kind == .missingInput, error.file.hasPrefix(folder),
        !FileManager.default.fileExists(atPath: error.file)
      {
        error.expected = "a list of the protocol ‘\(name)’"
        error.advice =
          "Give the folder of its lists: --lists DIR, in an experiment ‘lists’ beside the protocol."
          + (notes.map { " The protocol's notes: \($0)" } ?? "")
      }
      throw error
    }
  }

  /// The kind's fields for a protocol of pairs; nil for other kinds.
  public var pairVerification: PairVerification? { kind as? PairVerification }
}

extension ProtocolDefinition: Codable, Equatable {
  private enum CodingKeys: String, CodingKey { case name, version, title, notes, kind, fields }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    version = try container.decode(Int.self, forKey: .version)
    title = try container.decode(String.self, forKey: .title)
    notes = try container.decodeIfPresent(String.self, forKey: .notes)
    let kindName = try container.decode(String.self, forKey: .kind)
    guard let type = ProtocolKinds.named(kindName) else {
      throw DecodingError.dataCorruptedError(
        forKey: .kind, in: container, debugDescription: "the unknown kind of protocol \(kindName)")
    }
    kind = try container.decode(type, forKey: .fields)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(version, forKey: .version)
    try container.encode(title, forKey: .title)
    try container.encodeIfPresent(notes, forKey: .notes)
    try container.encode(type(of: kind).name, forKey: .kind)
    try container.encode(kind, forKey: .fields)
  }

  public static func == (a: ProtocolDefinition, b: ProtocolDefinition) -> Bool {
    func same<Kind: ProtocolKind>(_ kind: Kind) -> Bool { kind == b.kind as? Kind }
    return a.name == b.name && a.version == b.version && a.title == b.title && a.notes == b.notes
      && same(a.kind)
  }
}

extension ProtocolDefinition {
  /// The same protocol with another similarity, which its results then carry. An error for one that its kind does not have.
  public func using(_ similarity: Similarity) throws -> ProtocolDefinition {
    var result = self
    result.kind = try kind.using(similarity)
    return result
  }
}
