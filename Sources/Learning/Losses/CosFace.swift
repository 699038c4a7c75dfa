public import LinearAlgebra

/// Softmax cross-entropy with an additive margin on the target's cosine (CosFace, AM-softmax).
///
/// z_y = s·(cos θ_y − m), z_j = s·cos θ_j. Sources: Wang et al., "CosFace: large margin cosine loss for deep face
/// recognition", 2018; Wang, Cheng, Liu and Liu, "Additive margin softmax for face verification", 2018.
public struct CosFace: Loss {
  public static let description = MethodDescription(
    name: "cosface", title: "CosFace",
    summary: "additive cosine margin, z_y = s·(cos θ_y − m)",
    options: [
      OptionDescription(
        "scale", .positive, default: .number(64), "s (insightface, TFace, MultiFace; FaceX-Zoo: 32)"),
      OptionDescription(
        "margin", .number(0...2), default: .number(0.35),
        "m (the papers, FaceX-Zoo, MultiFace, ElasticFace; insightface torch and TFace: 0.4)"),
      OptionDescription(
        "easy", .flag, default: .flag(false), "apply the margin only where cos θ_y > 0 (SV-X, easy margin)"),
    ] + CosineTreatment.options,
    presets: [
      Preset(
        "insightface", ["scale": .number(64), "margin": .number(0.4)],
        "insightface, arcface_torch/losses.py CosFace"),
      Preset("facexzoo", ["scale": .number(32), "margin": .number(0.35)], "FaceX-Zoo, head/AM_Softmax.py"),
      Preset("tface", ["scale": .number(64), "margin": .number(0.4)], "TFace, localfc/cosface.py"),
      Preset("multiface", ["scale": .number(64), "margin": .number(0.35)], "MultiFace, model.py Am_softmax"),
      Preset(
        "multiface-groups", ["scale": .number(64), "margin": .number(0.3)],
        "MultiFace, train.py: the margin of its multi variants"),
      Preset(
        "adaface", ["scale": .number(64), "margin": .number(0.4), "cosine-limit": .number(1e-4)],
        "AdaFace repository, head.py CosFace"),
      Preset(
        "svx", ["scale": .number(32), "margin": .number(0.35), "easy": .flag(true)],
        "SV-X-Softmax, fc_layers.py AM with easy margin"),
    ])

  private let scale: Double
  private let margin: Double
  private let easy: Bool
  private let treatment: CosineTreatment

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    margin = options.number("margin")
    easy = options.flag("easy")
    treatment = CosineTreatment(options)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let scale = Element(scale)
    let margin = Element(margin)
    let easy = easy
    let treatment = treatment
    return SoftmaxCrossEntropy.evaluate(
      &batch, scale: scale, workers: workers,
      others: { _, _, values, slopes in treatment.limitOthers(&values, &slopes) },
      target: { _, cosine in
        let (cosine, slope) = treatment.target(cosine)
        return TargetLogit(
          logit: scale * (easy && cosine <= 0 ? cosine : cosine - margin), slope: scale * slope)
      })
  }
}
