public import LinearAlgebra

/// Softmax cross-entropy over scaled cosines, without a margin (also called normalised softmax or COCO).
///
/// z_j = s·cos θ_j. Source: Wang, Xiang, Cheng and Yuille, "NormFace: L2 hypersphere embedding for face verification", 2017.
public struct NormFace: Loss {
  public static let description = MethodDescription(
    name: "normface", title: "NormFace",
    summary: "softmax cross-entropy over scaled cosines, z = s·cos θ",
    options: [
      OptionDescription(
        "scale", .positive, default: .number(64), "s (TFace, insightface and MultiFace use 64; opensphere 30)"
      )
    ],
    presets: [
      Preset("tface", ["scale": .number(64)], "TFace, torchkit/head/distfc/normface.py"),
      Preset("insightface", ["scale": .number(64)], "insightface, nsoftmax"),
      Preset("multiface", ["scale": .number(64)], "MultiFace, model.py Softmax"),
      Preset("opensphere", ["scale": .number(30)], "opensphere, module/head/cocoloss.py"),
      Preset(
        "pytorch-metric-learning", ["scale": .number(20)],
        "pytorch-metric-learning NormalizedSoftmaxLoss, temperature 0.05"),
    ])

  private let scale: Double

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let scale = Element(scale)
    return SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) { _, cosine in
      TargetLogit(logit: scale * cosine, slope: scale)
    }
  }
}
