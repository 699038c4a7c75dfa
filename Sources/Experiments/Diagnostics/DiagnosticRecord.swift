import Learning

/// What one diagnostic of a run found: `diagnostic-NAME-HASH.json`. One of the optional fields is there, by the diagnostic's name.
///
/// A step counts the steps done before: 0 is the start. Numbers that are not finite are written as text.
public struct DiagnosticRecord: Codable, Sendable, Equatable {
  public var diagnostic: DiagnosticConfiguration
  public var curve: [CurvePoint]?
  public var compactness: Compactness?
  public var spectrum: EmbeddingSpectrum?
  public var groups: GroupMeasurement?
  public var clusters: ClusterMeasurement?
  public var headGradients: [HeadGradientPoint]?
  public var smoothness: [SmoothnessPoint]?
  public var landscape: LossSlice?
  public var cost: TrainingCost?

  init(_ diagnostic: DiagnosticConfiguration) { self.diagnostic = diagnostic }

  public struct CurvePoint: Codable, Sendable, Equatable {
    public var step: Int
    /// The mean of the batches' losses since the point before; nil before the first step.
    public var loss: Double?
    public var validation: ValidationAccuracy
  }

  /// The gradients of step `step`'s batch, at the weights before that step.
  public struct HeadGradientPoint: Codable, Sendable, Equatable {
    public var step: Int
    public var heads: [HeadGradient]
  }

  /// The gradient line of the batch that follows.
  public struct SmoothnessPoint: Codable, Sendable, Equatable {
    public var step: Int
    public var line: GradientLine
  }

  /// The groups of an embedding, on validation identities.
  public struct GroupMeasurement: Codable, Sendable, Equatable {
    public var whole: ValidationAccuracy
    /// Each group alone.
    public var alone: [ValidationAccuracy]
    public var comparison: GroupComparison
  }

  /// Images of a few validation identities, in the whole embedding and in its groups.
  public struct ClusterMeasurement: Codable, Sendable, Equatable {
    /// The identity of each image by its label among the validation images, in the order of all coordinates.
    public var labels: [Int]
    public var whole: IdentityClusters
    /// Each group alone.
    public var alone: [IdentityClusters]
  }

  /// Takes away the points after `step`.
  mutating func truncate(after step: Int) {
    curve?.removeAll { $0.step > step }
    headGradients?.removeAll { $0.step > step }
    smoothness?.removeAll { $0.step > step }
    if landscape != nil { landscape = nil }
  }
}
