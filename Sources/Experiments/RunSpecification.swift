import FeatureStores
import Foundation
import Learning

/// Everything that decides what a run trains: what its identity is the hash of.
public struct RunSpecification: Codable, Sendable, Equatable {
  /// What stands in a row.
  public enum Kind: String, Codable, Sendable {
    /// A trained network.
    case trained
    /// The stored features as they are.
    case untrained
    /// The oracle of a world: the best attainable.
    case ceiling
  }

  public var kind: Kind
  /// The digest of the training store.
  public var store: String
  /// The digest of the rows of it that train; nil where all do.
  public var rows: String?
  /// Nil unless trained.
  public var training: TrainingConfiguration?
  /// The digest of the validation images and pairs that choose the checkpoint; nil, and not encoded, where none are asked.
  public var validation: String?

  /// The specification of a trained run on `rows` (nil: all) of the store with digest `store`.
  ///
  /// `validation` counts only where the checkpoint rule goes by it: diagnostics that measure on it change nothing that is trained.
  static func trained(
    _ configuration: TrainingConfiguration, store: String, rows: [Int]?, validation: ValidationSet? = nil
  ) -> RunSpecification {
    RunSpecification(
      kind: .trained, store: store,
      rows: rows.map { Digest.sha256(Data($0.map(String.init).joined(separator: ",").utf8)) },
      training: configuration,
      validation: configuration.checkpoint == .bestValidation ? validation?.digest : nil)
  }
}
