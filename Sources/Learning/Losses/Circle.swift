public import LinearAlgebra

/// Circle loss with class-level labels: every similarity is weighted by how far it is from its optimum.
///
/// α_p = [1 + m − cos θ_y]₊ and α_n = [cos θ_j + m]₊, constants for the gradient;
/// z_y = γ·α_p·(cos θ_y − (1 − m)), z_j = γ·α_n·(cos θ_j − m); softmax cross-entropy. With one target a row,
/// the softplus form ln(1 + Σ_j e^{z_j}·e^{−z_y}) (cavaface) is the same function.
/// Source: Sun et al., "Circle loss: a unified perspective of pair similarity optimization", 2020.
public struct Circle: Loss {
  public static let description = MethodDescription(
    name: "circle", title: "Circle loss",
    summary: "softmax over γ·α·(cos θ − Δ) with weights α by the distance from the optimum",
    options: [
      OptionDescription(
        "margin", .number(0...1), default: .number(0.25), "m (the paper for face recognition, FaceX-Zoo)"),
      OptionDescription(
        "gamma", .positive, default: .number(256), "γ, the scale (the paper for face recognition, FaceX-Zoo)"),
    ],
    presets: [
      Preset(
        "facexzoo", ["margin": .number(0.25), "gamma": .number(256)],
        "FaceX-Zoo, head/CircleLoss.py with head_conf.yaml"),
      Preset(
        "pytorch-metric-learning", ["margin": .number(0.4), "gamma": .number(80)],
        "pytorch-metric-learning CircleLoss, whose pairs are here classes"),
    ])

  private let margin: Double
  private let gamma: Double

  public init(options: Options, classes: Int, stream: RandomStream) {
    margin = options.number("margin")
    gamma = options.number("gamma")
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let (margin, gamma) = (Element(margin), Element(gamma))
    return SoftmaxCrossEntropy.evaluate(&batch, scale: gamma, workers: workers) {
      _, cosine, values, slopes in
      let largest = VectorKernels.circle(&values, slopes: &slopes, margin: margin)
      let alpha = max(1 + margin - cosine, 0)
      return PreparedRow(
        target: TargetLogit(logit: gamma * alpha * (cosine - (1 - margin)), slope: gamma * alpha),
        hasSlopes: true, largest: largest)
    }
  }
}
