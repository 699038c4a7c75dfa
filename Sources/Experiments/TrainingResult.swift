import Learning

/// What training a run gave: `result.json`. The same run gives the same bytes, whoever computes it.
public struct TrainingResult: Codable, Sendable, Equatable {
  /// The run's full hash.
  public var identity: String
  public var semantics: Int
  /// Images and identities that trained.
  public var images: Int
  public var identities: Int
  public var checkpoint: CheckpointRule
  public var history: TrainingHistory
  /// The SHA-256 of `model.bin`.
  public var modelDigest: String
}
