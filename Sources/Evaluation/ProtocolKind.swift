import FeatureStores

/// A kind of evaluation protocol: what it reads beside the common fields, and how it turns features into a result.
///
/// A new kind is one file with a conforming type and a line in `ProtocolKinds`.
public protocol ProtocolKind: Codable, Equatable, Sendable {
  /// The name in a protocol's `kind`.
  static var name: String { get }
  /// The top-level keys that it reads beside those common to all kinds.
  static var keys: [String] { get }

  /// Reads its keys.
  init(_ fields: ConfigurationMapping) throws

  /// The content of the list files that a result depends on; missing or unexpected files are an error.
  func listDigests(folder: String) throws -> [ListDigest]

  /// Evaluates features under `definition`, whose kind this is, with the list files in `folder`.
  func evaluate(_ table: EmbeddingTable, definition: ProtocolDefinition, lists folder: String) throws
    -> any EvaluationResult
}

/// The known kinds of protocols.
public enum ProtocolKinds {
  public static let all: [any ProtocolKind.Type] = [PairVerification.self]

  public static func named(_ name: String) -> (any ProtocolKind.Type)? { all.first { $0.name == name } }
}
