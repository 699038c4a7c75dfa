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

  /// Reads the list files in `folder` for `definition`, whose kind this is, and finds their images among `names`, of which `names[r]` is row r of
  /// `source`.
  func task(_ definition: ProtocolDefinition, lists folder: String, names: [String], source: String) throws
    -> any EvaluationTask

  /// The list files, relative to their folder, whose digests the protocol gives.
  var pinnedLists: Set<String> { get }

  /// Checks the lists by themselves and against the validation's store; digests are checked already. Throws what keeps it from going on.
  func validate(_ validation: ProtocolValidation, into findings: inout Findings) throws

  /// The same with another similarity; an error for one that the kind does not have.
  func using(_ similarity: Similarity) throws -> Self
}

extension ProtocolKind {
  /// `similarity` where it is among `known`, else an error.
  func checked(_ similarity: Similarity, among known: [Similarity]) throws -> Similarity {
    guard known.contains(similarity) else {
      throw HarnessError(
        .usage, found: "the similarity ‘\(similarity.rawValue)’ for the kind ‘\(Self.name)’",
        expected: "one of \(known.map(\.rawValue).joined(separator: ", "))")
    }
    return similarity
  }
}

/// The known kinds of protocols.
public enum ProtocolKinds {
  public static let all: [any ProtocolKind.Type] = [
    PairVerification.self, TemplateVerification.self, TemplateIdentification.self,
    DistractorIdentification.self, AllPairs.self, GroupVerification.self,
  ]

  public static func named(_ name: String) -> (any ProtocolKind.Type)? { all.first { $0.name == name } }
}
