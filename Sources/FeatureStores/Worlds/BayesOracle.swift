/// The best possible verification score in a world: the log likelihood ratio of "same person" against "different persons",
/// given the latent vectors.
///
/// The map from latents to features is invertible and the same for all images, so its Jacobian cancels in the ratio and
/// the oracle may read the latents. Nuisance axes are independent between images and cancel too. On identity axis k,
/// with between-variance b and image totals t₁, t₂ (b plus that image's within-variance), an image pair (z₁, z₂)
/// contributes
///
///     ½[ln(t₁t₂/(t₁t₂−b²)) + z₁²/t₁ + z₂²/t₂ − (t₂z₁² + t₁z₂² − 2b·z₁z₂)/(t₁t₂−b²)].
///
/// Templates are scored as images are, after `template(_:)`. No score computed from the features orders pairs better in the long run
/// (Neyman and Pearson); on a finite set of pairs a method can exceed it by chance.
public struct BayesOracle: Sendable, Equatable {
  /// The variance of each identity axis between people.
  public let between: [Double]
  /// The variance of each identity axis between media of one person: the noise that images of one medium share.
  public let media: [Double]

  /// `media` is 0 on all axes where it is not given.
  public init(between: [Double], media: [Double]? = nil) {
    precondition(media.map { $0.count == between.count } ?? true, "one media variance an identity axis")
    self.between = between
    self.media = media ?? [Double](repeating: 0, count: between.count)
  }

  /// The oracle of a world.
  public init(_ definition: WorldDefinition) {
    let identity = definition.identity
    self.init(
      between: [Double](repeating: identity.between * identity.between, count: identity.dimensions),
      media: [Double](
        repeating: definition.mediaShare * identity.within * identity.within, count: identity.dimensions))
  }

  /// The log likelihood ratio of two images with identity latents `z1`, `z2` and total variances `t1`, `t2`.
  ///
  /// All spans have one element an identity axis; totals must exceed the between-variance.
  public func score(_ z1: Span<Double>, totals t1: Span<Double>, _ z2: Span<Double>, totals t2: Span<Double>)
    -> Double
  {
    precondition(
      z1.count == between.count && z2.count == between.count && t1.count == between.count
        && t2.count == between.count, "one latent and one total an identity axis")
    var sum = 0.0
    for axis in between.indices {
      let (b, a, c) = (between[axis], t1[axis], t2[axis])
      let (x, y) = (z1[axis], z2[axis])
      let determinant = a * c - b * b
      sum += x * x / a + y * y / c - (c * x * x + a * y * y - 2 * b * x * y) / determinant
      // ln(ac/determinant) = −ln(1 − b²/ac): exact also for a small b.
      sum += -logOnePlus(-b * b / (a * c))
    }
    return sum / 2
  }

  /// The log likelihood ratio of two templates that have no medium in common.
  public func score(_ first: TemplateEvidence, _ second: TemplateEvidence) -> Double {
    score(
      first.latents.span, totals: first.totals.span, second.latents.span, totals: second.totals.span)
  }
}
