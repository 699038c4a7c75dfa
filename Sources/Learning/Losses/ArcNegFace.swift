import LinearAlgebra

/// ArcFace with the other classes weighted by how near their cosine is to the target's with its margin.
///
/// z_y = s·a, a = cos(θ_y + m); z_j = s·(t_j·cos θ_j + t_j − 1) with t_j = α·exp(−(cos θ_j − a)²/σ). t_j is a constant for the
/// gradient (FaceX-Zoo).
/// Source: Liu, Zhu, Lei, Cui and Li, "Towards flops-constrained face recognition", 2019, and FaceX-Zoo.
public struct ArcNegFace: Loss {
  public static let description = MethodDescription(
    name: "arcnegface", title: "ArcNegFace",
    summary: "additive angular margin, other classes weighted by a Gaussian around the target",
    options: [
      OptionDescription("scale", .positive, default: .number(64), "s (FaceX-Zoo)"),
      OptionDescription(
        "margin", .number(0...Double.pi), default: .number(0.5), "m in radians (FaceX-Zoo)"),
      OptionDescription("alpha", .number(0...10), default: .number(1.2), "α (FaceX-Zoo)"),
      OptionDescription("sigma", .positive, default: .number(2), "σ (FaceX-Zoo)"),
    ] + AngularMargin.options,
    presets: [
      Preset(
        "facexzoo",
        ["scale": .number(64), "margin": .number(0.5), "alpha": .number(1.2), "sigma": .number(2)],
        "FaceX-Zoo, head/ArcNegFace.py")
    ])

  private let scale: Double
  private let alpha: Double
  private let sigma: Double
  private let margin: AngularMargin

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    alpha = options.number("alpha")
    sigma = options.number("sigma")
    margin = AngularMargin(options, margin: options.number("margin"))
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let scale = Element(scale)
    let (factor, rate) = (Element(alpha), Element(1 / sigma))
    let margin = margin
    // Filtering takes columns out after the preparation.
    let isFiltered = batch.modifiers.filter > 0
    return SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) { _, cosine, values, slopes in
      let target = margin.logit(cosine, scale: scale)
      let centre = target.logit / scale
      let nearest = VectorKernels.maximum(values)
      // t·(c + 1) rises with c up to here, so up to here the largest c has the largest logit, which saves a pass.
      let peak = (centre - 1 + ((1 + centre) * (1 + centre) + 2 / rate).squareRoot()) / 2
      guard !isFiltered && nearest <= peak && nearest > -Element.infinity else {
        let largest = VectorKernels.emphasise(
          &values, near: centre, factor: factor, rate: rate, slopes: &slopes)
        return PreparedRow(target: target, hasSlopes: true, largest: largest)
      }
      let weight = factor * Element.exp(-rate * (nearest - centre) * (nearest - centre))
      let largest = weight * nearest + weight - 1
      let sum = VectorKernels.emphasiseAndExponentiate(
        &values, near: centre, factor: factor, rate: rate, scale: scale,
        shift: max(scale * largest, target.logit))
      return PreparedRow(target: target, largest: largest, sum: sum)
    }
  }
}
