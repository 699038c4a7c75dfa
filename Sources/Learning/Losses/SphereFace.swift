import LinearAlgebra

/// Softmax cross-entropy with a multiplicative margin on the target's angle (SphereFace, A-softmax).
///
/// z_y = r·(λ·cos θ_y + ψ(θ_y))/(1 + λ), z_j = r·cos θ_j with ψ of `MultiplicativeMargin`. As published, r = ‖x‖ (the features
/// keep their length) and λ falls during training; the later form has r = s, no annealing, and a margin that is not
/// back-propagated. Lengths outside the range of `FeatureScale` count as its ends.
/// Source: Liu et al., "SphereFace: deep hypersphere embedding for face recognition", 2017.
public struct SphereFace: Loss {
  static let options =
    [
      OptionDescription(
        "margin", .number(1...8), default: .number(4),
        "m (the paper and most code; opensphere 1.7, 1.5), whole or not"),
      OptionDescription(
        "normalise-features", .flag, default: .flag(false),
        "false: logits are multiplied by ‖x‖ (the paper); true: by scale (opensphere, SV-X)"),
      OptionDescription(
        "scale", .positive, default: .number(30), "s of normalise-features (opensphere; SV-X: 32)"),
      OptionDescription(
        "gradient", .choice(["true", "straight-through"]), default: .text("true"),
        "true: through ψ; straight-through: as if z_y = r·cos θ_y (opensphere)"),
    ] + MarginAnnealing.options + CosineTreatment.options

  public static let description = MethodDescription(
    name: "sphereface", title: "SphereFace",
    summary: "multiplicative angular margin, z_y = ‖x‖·ψ(θ_y) or s·ψ(θ_y)",
    options: options,
    presets: [
      Preset(
        "evolve",
        [
          "margin": .number(4), "lambda-base": .number(1000), "lambda-gamma": .number(0.12),
          "lambda-power": .number(1), "lambda-min": .number(5),
        ], "face.evoLVe, head/metrics.py SphereFace"),
      Preset(
        "clcarwin",
        [
          "margin": .number(4), "lambda-base": .number(1500), "lambda-gamma": .number(0.1),
          "lambda-power": .number(1), "lambda-min": .number(5),
        ], "clcarwin/sphereface_pytorch, net_sphere.py"),
      Preset(
        "svx",
        [
          "margin": .number(4), "normalise-features": .flag(true), "scale": .number(32),
          "lambda-base": .number(1000), "lambda-gamma": .number(1e-4), "lambda-power": .number(2),
          "lambda-min": .number(5),
        ], "SV-X-Softmax, fc_layers.py SphereFace"),
      Preset("opensphere", opensphere(scale: 30, margin: 1.7), "opensphere, module/head/sphereface.py"),
      Preset(
        "opensphere-vggface2", opensphere(scale: 30, margin: 1.5), "opensphere, vggface2 configurations"),
      Preset("opensphere-ms1m", opensphere(scale: 64, margin: 1.7), "opensphere, ms1m configurations"),
      Preset(
        "pytorch-metric-learning",
        ["margin": .number(4), "lambda-base": .number(0), "lambda-min": .number(0)],
        "pytorch-metric-learning SphereFaceLoss"),
    ])

  /// The later form: normalised features, no annealing, the margin as a constant.
  static func opensphere(scale: Double, margin: Double) -> [String: OptionValue] {
    [
      "margin": .number(margin), "normalise-features": .flag(true), "scale": .number(scale),
      "gradient": .text("straight-through"), "lambda-base": .number(0), "lambda-min": .number(0),
      "cosine-limit": .number(1e-5),
    ]
  }

  private let margin: MultiplicativeMargin
  private let scale: FeatureScale
  private let straightThrough: Bool
  private let annealing: MarginAnnealing
  private let treatment: CosineTreatment
  private var iteration = 0.0

  public init(options: Options, classes: Int, stream: RandomStream) {
    margin = MultiplicativeMargin(multiplier: options.number("margin"))
    scale = options.flag("normalise-features") ? .constant(options.number("scale")) : .norm
    straightThrough = options.text("gradient") == "straight-through"
    annealing = MarginAnnealing(options)
    treatment = CosineTreatment(options, passesGradient: straightThrough)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine, needs: scale.needs) }

  public var state: LossState {
    get { ["iteration": [iteration]] }
    set { iteration = newValue["iteration"]?.first ?? 0 }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    iteration += 1
    let (margin, treatment, straightThrough) = (margin, treatment, straightThrough)
    let lambda = annealing.lambda(iteration: iteration)
    return scale.crossEntropy(
      &batch, workers: workers,
      others: { _, _, values, slopes in treatment.limitOthers(&values, &slopes) },
      target: { _, cosine in
        let (cosine, clampSlope) = treatment.target(cosine)
        let (value, slope) = margin.annealed(cosine, lambda: lambda, straightThrough: straightThrough)
        return (value, slope * clampSlope)
      })
  }
}
