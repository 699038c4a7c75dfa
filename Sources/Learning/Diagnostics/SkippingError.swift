import LinearAlgebra

/// What leaving small elements of the gradient out (`TrainingConfiguration.gradientSkipping`) did to the gradients of one group of the embedding.
public struct SkippingError: Hashable, Sendable, Codable {
  /// The group, counted from 0.
  public let group: Int
  /// The part of the gradient at the similarities that took part in the product for the embeddings: 1 where nothing was left out.
  public let share: Double
  /// ‖dE − dE'‖/‖dE‖ (Frobenius), dE being the gradient at the embeddings as the similarity takes them and dE' what is left of it.
  public let embeddings: Double
  /// The same of the gradient at the prototypes as the similarity takes them; nil where these are not learned.
  public internal(set) var prototypes: Double?
}

extension Trainer {
  /// The errors of the step that comes next, a group each and for each side of a pair that is compared; empty where nothing is left out. The trainer
  /// stays as it is.
  ///
  /// Each is measured by a product of what was left out alone, so that rounding, which a difference of two gradients would show, is no
  /// part of it. It takes several times as long as a step, and as much memory again as the trainer has.
  public func skippingErrors() -> [SkippingError] {
    var copy = self
    copy.source.measuresSkipping = true
    copy.sampler.fill(&copy.rows)
    _ = copy.lossAndGradients(rows: copy.rows)
    return copy.source.skippingErrors
  }
}
