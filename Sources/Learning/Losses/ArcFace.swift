public import LinearAlgebra

/// Softmax cross-entropy with an additive margin on the target's angle.
///
/// z_y = s·cos(θ_y + m), z_j = s·cos θ_j, with a named treatment of θ_y + m > π and of the gradient (see `AngularMargin`).
/// Source: Deng, Guo, Xue and Zafeiriou, "ArcFace: additive angular margin loss for deep face recognition", 2019.
public struct ArcFace: Loss {
  public static let description = MethodDescription(
    name: "arcface", title: "ArcFace",
    summary: "additive angular margin, z_y = s·cos(θ_y + m)",
    options: [
      OptionDescription(
        "scale", .positive, default: .number(64), "s (the paper and most code; FaceX-Zoo: 32)"),
      OptionDescription(
        "margin", .number(0...Double.pi), default: .number(0.5),
        "m in radians (the paper and most code; FaceX-Zoo: 0.35)"),
    ] + AngularMargin.options + CosineTreatment.options,
    presets: [
      Preset(
        "insightface",
        [
          "scale": .number(64), "margin": .number(0.5), "gradient": .text("straight-through"),
          "wrap": .text("none"),
        ],
        "insightface, arcface_torch/losses.py ArcFace"),
      Preset(
        "facexzoo", ["scale": .number(32), "margin": .number(0.35), "wrap": .text("penalty")],
        "FaceX-Zoo, head/ArcFace.py with head_conf.yaml"),
      Preset(
        "tface", ["scale": .number(64), "margin": .number(0.5), "wrap": .text("threshold")],
        "TFace, localfc/arcface.py"),
      Preset(
        "multiface", ["scale": .number(64), "margin": .number(0.5), "wrap": .text("threshold")],
        "MultiFace, model.py Arcface"),
      Preset(
        "multiface-groups", ["scale": .number(64), "margin": .number(0.3), "wrap": .text("threshold")],
        "MultiFace, train.py: the margin of its multi variants"),
      Preset(
        "elasticface", ["scale": .number(64), "margin": .number(0.5), "wrap": .text("none")],
        "ElasticFace, utils/losses.py ArcFace"),
      Preset(
        "adaface",
        [
          "scale": .number(64), "margin": .number(0.5), "wrap": .text("clip"), "clip-epsilon": .number(1e-4),
          "cosine-limit": .number(1e-4),
        ], "AdaFace repository, head.py ArcFace"),
      Preset(
        "opensphere",
        [
          "scale": .number(64), "margin": .number(0.5), "gradient": .text("straight-through"),
          "wrap": .text("clip"),
          "clip-epsilon": .number(1e-5), "cosine-limit": .number(1e-5),
        ], "opensphere, module/head/arcface.py"),
      Preset(
        "svx", ["scale": .number(32), "margin": .number(0.35), "wrap": .text("easy")],
        "SV-X-Softmax, fc_layers.py Arc with easy margin"),
      Preset(
        "pytorch-metric-learning",
        [
          "scale": .number(64), "margin": .number(28.6 * Double.pi / 180), "wrap": .text("none"),
          "cosine-limit": .number(1e-7), "limited": .text("target"),
        ], "pytorch-metric-learning ArcFaceLoss, 28.6 degrees"),
    ])

  private let scale: Double
  private let margin: AngularMargin
  private let treatment: CosineTreatment

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    margin = AngularMargin(options, margin: options.number("margin"))
    treatment = CosineTreatment(options, passesGradient: margin.straightThrough)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    margin.crossEntropy(&batch, scale: Element(scale), treatment: treatment, workers: workers)
  }
}

extension AngularMargin {
  /// Softmax cross-entropy with this function of the target's cosine; with `columnsPerClass` above 1 a class has the largest of
  /// its columns.
  func crossEntropy<Element: Scalar>(
    _ batch: inout LossBatch<Element>, scale: Element, columnsPerClass: Int = 1, treatment: CosineTreatment,
    workers: Workers
  ) -> Element {
    SoftmaxCrossEntropy.evaluate(
      &batch, scale: scale, columnsPerClass: columnsPerClass, workers: workers,
      others: { _, _, values, slopes in treatment.limitOthers(&values, &slopes) },
      target: { _, cosine in
        let (cosine, clampSlope) = treatment.target(cosine)
        let (value, slope) = self(cosine)
        return TargetLogit(logit: scale * value, slope: scale * (slope * clampSlope))
      })
  }

  /// Softmax cross-entropy with a function of its own for each row's target, `margin` of the row.
  static func crossEntropy<Element: Scalar>(
    _ batch: inout LossBatch<Element>, scale: Element, treatment: CosineTreatment, workers: Workers,
    margin: @Sendable (_ row: Int) -> AngularMargin
  ) -> Element {
    SoftmaxCrossEntropy.evaluate(
      &batch, scale: scale, workers: workers,
      others: { _, _, values, slopes in treatment.limitOthers(&values, &slopes) },
      target: { row, cosine in
        let (cosine, clampSlope) = treatment.target(cosine)
        let (value, slope) = margin(row)(cosine)
        return TargetLogit(logit: scale * value, slope: scale * (slope * clampSlope))
      })
  }
}
