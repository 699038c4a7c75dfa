/// What a run recorded, step by step.
public struct TrainingHistory: Hashable, Sendable, Codable {
  /// One validation.
  public struct Validation: Hashable, Sendable, Codable {
    /// Steps done before it.
    public let step: Int
    public let value: Double
  }

  /// The loss of each step's batch, before the step.
  public internal(set) var losses: [Double] = []
  /// The joint norm of all gradients of each step, before clipping.
  public internal(set) var gradientNorms: [Double] = []
  public internal(set) var validations: [Validation] = []

  /// Steps that memory is taken for at once; a longer run's lists grow past it.
  private static let reservedSteps = 1 << 20

  /// Adds what a step of a run of `steps` steps did. The first one takes the memory for all.
  mutating func append(loss: Double, gradientNorm: Double, of steps: Int) {
    let count = min(steps, Self.reservedSteps)
    if losses.capacity < count { losses.reserveCapacity(count) }
    if gradientNorms.capacity < count { gradientNorms.reserveCapacity(count) }
    losses.append(loss)
    gradientNorms.append(gradientNorm)
  }
}

/// What one step did.
public struct TrainingProgress: Sendable {
  /// Steps done, this one included.
  public let step: Int
  /// Steps of the whole run.
  public let steps: Int
  /// The loss of the step's batch, before the step.
  public let loss: Double
  public let learningRate: Double
  /// The joint norm of all gradients, before clipping.
  public let gradientNorm: Double
  /// The value of the validation after this step, where there was one.
  public let validation: Double?
}

/// A run that cannot go on.
public enum TrainingFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The loss or the gradient of this step (counted from 1) was not finite. The weights are those before it.
  case diverged(step: Int)

  public var description: String {
    switch self {
    case .diverged(let step):
      "diverged at step \(step): the loss or its gradient is not a finite number. "
        + "A lower learning rate, a warm-up or a clip-norm may help."
    }
  }
}
