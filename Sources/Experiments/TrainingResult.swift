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
  /// What the checkpoint rule chose; nil, and not encoded, where it chooses nothing.
  public var chosen: Choice?

  /// A model that validation chose among those of `history.validations`.
  public struct Choice: Codable, Sendable, Equatable {
    /// The steps that its weights have seen.
    public var step: Int
    public var validationAccuracy: Double
  }
}
