public import LinearAlgebra

/// Softmax cross-entropy with multiplicative angular, additive angular and additive cosine margins on the target.
///
/// z_y = s·(cos(m₁·θ_y + m₂) − m₃), z_j = s·cos θ_j: (1, m, 0) is ArcFace, (1, 0, m) CosFace, (1, 0, 0) NormFace. Where
/// `wrap` replaces the target function, m₃ is not subtracted, as in cavaface.
/// Source: insightface (arcface_mxnet, `combined`).
public struct CombinedMargin: Loss {
  public static let description = MethodDescription(
    name: "combined-margin", title: "Combined margin",
    summary: "combined margins, z_y = s·(cos(m1·θ_y + m2) − m3)",
    options: [
      OptionDescription("scale", .positive, default: .number(64), "s (insightface mxnet sample_config.py)"),
      OptionDescription(
        "m1", .number(0.1...4), default: .number(1), "factor of the angle (insightface mxnet, `combined`)"),
      OptionDescription(
        "m2", .number(0...Double.pi), default: .number(0.3),
        "added to the angle (insightface mxnet, `combined`)"),
      OptionDescription(
        "m3", .number(0...2), default: .number(0.2),
        "subtracted from the cosine (insightface mxnet, `combined`)"),
      OptionDescription(
        "gradient", .choice(["true", "straight-through"]), default: .text("true"), "as for arcface"),
      OptionDescription(
        "wrap", .choice(MarginWrap.allCases.map(\.rawValue)), default: .text(MarginWrap.none.rawValue),
        "as for arcface, with m2 for m; none: insightface mxnet"),
      OptionDescription("wrap-penalty", .number(0...2), default: .number(0), "as for arcface"),
      OptionDescription("clip-epsilon", .number(0...0.1), default: .number(1e-4), "as for arcface"),
    ] + CosineTreatment.options,
    presets: [
      Preset(
        "insightface-mxnet",
        ["scale": .number(64), "m1": .number(1), "m2": .number(0.3), "m3": .number(0.2)],
        "insightface, arcface_mxnet/sample_config.py combined"),
      Preset(
        "cavaface",
        ["scale": .number(64), "m2": .number(0.3), "m3": .number(0.2), "wrap": .text("threshold")],
        "cavaface, head/metrics.py Combined"),
    ])

  private let scale: Double
  private let margin: AngularMargin
  private let treatment: CosineTreatment

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    margin = AngularMargin(
      options, multiplier: options.number("m1"), margin: options.number("m2"),
      cosineMargin: options.number("m3"))
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
