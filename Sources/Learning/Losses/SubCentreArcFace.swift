import LinearAlgebra

/// ArcFace against several prototypes a class, of which the nearest counts.
///
/// cos θ_j = max_k x̂·ŵ_{j,k} over the K sub-centres of class j, then as `ArcFace`. The nearest sub-centre of a class alone gets its
/// gradient, the first one of equal ones. After training, `DominantCentres` finds the samples that lie far from the
/// sub-centre that most of their class is near to: label noise, which a second training goes without.
/// Source: Deng, Guo, Liu, Gong and Zafeiriou, "Sub-center ArcFace: boosting face recognition by large-scale noisy web
/// faces", 2020.
public struct SubCentreArcFace: Loss {
  public static let description = MethodDescription(
    name: "subcentre-arcface", title: "Sub-centre ArcFace",
    summary: "additive angular margin, the nearest of K sub-centres a class",
    options: [
      OptionDescription("scale", .positive, default: .number(64), "s (the paper, insightface)"),
      OptionDescription(
        "margin", .number(0...Double.pi), default: .number(0.5), "m in radians (the paper, insightface)"),
      OptionDescription(
        "centres", .integer(1...32), default: .number(3),
        "K (the paper, insightface, pytorch-metric-learning)"),
    ] + AngularMargin.options(wrap: .none, "insightface: none") + CosineTreatment.options,
    presets: [
      Preset(
        "insightface",
        [
          "scale": .number(64), "margin": .number(0.5), "centres": .number(3), "gradient": .text("true"),
          "wrap": .text("none"),
        ], "insightface, recognition/subcenter_arcface"),
      Preset(
        "pytorch-metric-learning",
        [
          "scale": .number(64), "margin": .number(28.6 * Double.pi / 180), "centres": .number(3),
          "wrap": .text("none"), "cosine-limit": .number(1e-7), "limited": .text("target"),
        ], "pytorch-metric-learning SubCenterArcFaceLoss, 28.6 degrees"),
    ])

  private let scale: Double
  private let centres: Int
  private let margin: AngularMargin
  private let treatment: CosineTreatment

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    centres = options.integer("centres")
    margin = AngularMargin(options, margin: options.number("margin"))
    treatment = CosineTreatment(options, passesGradient: margin.straightThrough)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine, columnsPerClass: centres) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    margin.crossEntropy(
      &batch, scale: Element(scale), columnsPerClass: centres, treatment: treatment, workers: workers)
  }
}
