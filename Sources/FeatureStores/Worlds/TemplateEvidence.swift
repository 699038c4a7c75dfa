/// What the images of a template say about its person: on each identity axis one latent, the best linear unbiased estimate of the person's
/// value, and its total variance. The oracle's score of two templates reads nothing else.
///
/// Image i of medium j has z = a + m_j + w_i, with the person's a, the medium's m (variance v_m) and the image's own w (variance
/// v_i). Given a, the images are jointly Gaussian, and the likelihood of a depends on them through one number:
///
///     medium:    z̄_j = Σ z_i/v_i ÷ Σ 1/v_i,     V_j = v_m + 1/Σ 1/v_i
///     template:  ẑ = Σ z̄_j/V_j ÷ Σ 1/V_j,      total variance b + 1/Σ 1/V_j
///
/// so ẑ is sufficient, and two templates without a common medium compare as two images with these latents and totals.
public struct TemplateEvidence: Sendable, Equatable {
  public let latents: [Double]
  public let totals: [Double]
}

extension BayesOracle {
  /// One image of a template.
  public struct TemplateImage: Sendable {
    /// Identity latents and total variances (between people, of the medium and of the image's own).
    public var latents: [Double]
    public var totals: [Double]
    /// Which medium the image belongs to.
    public var medium: Int64

    public init(latents: [Double], totals: [Double], medium: Int64) {
      self.latents = latents
      self.totals = totals
      self.medium = medium
    }
  }

  /// The evidence of a template's images, in any order; there must be at least one, with own noise on every axis.
  public func template(_ images: [TemplateImage]) -> TemplateEvidence {
    precondition(!images.isEmpty, "a template has at least one image")
    // Media in the order of their first image, so that sums have one order.
    var order: [Int64: Int] = [:]
    for image in images where order[image.medium] == nil { order[image.medium] = order.count }
    let places = images.map { order[$0.medium] ?? 0 }
    var latents: [Double] = []
    var totals: [Double] = []
    for axis in between.indices {
      var precisions = [Double](repeating: 0, count: order.count)
      var sums = [Double](repeating: 0, count: order.count)
      for (image, place) in zip(images, places) {
        let own = image.totals[axis] - between[axis] - media[axis]
        precondition(own > 0, "an image without noise of its own")
        precisions[place] += 1 / own
        sums[place] += image.latents[axis] / own
      }
      var precision = 0.0
      var sum = 0.0
      for (mediumPrecision, mediumSum) in zip(precisions, sums) {
        let weight = 1 / (media[axis] + 1 / mediumPrecision)
        precision += weight
        sum += weight * mediumSum / mediumPrecision
      }
      latents.append(sum / precision)
      totals.append(between[axis] + 1 / precision)
    }
    return TemplateEvidence(latents: latents, totals: totals)
  }
}
