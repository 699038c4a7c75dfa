import Foundation
public import LinearAlgebra

/// Negative-positive cooperation: hard negatives weigh more, and the harder they are, the larger the target's margin.
///
/// Another class is hard where cos θ_j > cos(θ_y + m): z_j = s·(t·cos θ_j + a), else s·cos θ_j. The target's margin is
/// m_i = m₀ + m₁·(mean of the hard cosines, 0 without any), a constant for the gradient: z_y = s·cos(θ_y + m_i) where
/// cos θ_y > 0, else s·cos θ_y.
/// Source: Zeng, Shi, Du, Wang, Lei and Mei, "NPCFace: negative-positive collaborative training for large-scale face
/// recognition", 2020; FaceX-Zoo.
public struct NPCFace: Loss {
  public static let description = MethodDescription(
    name: "npcface", title: "NPCFace",
    summary: "hard negatives z_j = s·(t·cos θ_j + a) and a target margin m0 + m1·(their mean cosine)",
    options: [
      OptionDescription(
        "scale", .positive, default: .number(64), "s (FaceX-Zoo's class; its head_conf.yaml: 32)"),
      OptionDescription(
        "margin", .number(0...Double.pi), default: .number(0.5),
        "m in radians, which says what is hard (FaceX-Zoo's class; its head_conf.yaml: 0.35)"),
      OptionDescription(
        "m0", .number(0...Double.pi), default: .number(0.4),
        "the target's margin without hard negatives (FaceX-Zoo)"),
      OptionDescription(
        "m1", .number(0...Double.pi), default: .number(0.2),
        "what the mean cosine of the hard negatives adds to it (FaceX-Zoo)"),
      OptionDescription("t", .number(0...4), default: .number(1.1), "factor of hard cosines (FaceX-Zoo)"),
      OptionDescription("a", .number(0...2), default: .number(0.2), "added to hard cosines (FaceX-Zoo)"),
    ],
    presets: [
      Preset(
        "facexzoo", ["scale": .number(32), "margin": .number(0.35)],
        "FaceX-Zoo, head/NPCFace.py with head_conf.yaml"),
      Preset("facexzoo-class", ["scale": .number(64), "margin": .number(0.5)], "FaceX-Zoo, head/NPCFace.py"),
    ])

  private let scale: Double
  private let bound: AngularMargin
  private let m0: Double
  private let m1: Double
  private let t: Double
  private let a: Double

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    bound = AngularMargin(margin: options.number("margin"), wrap: .none)
    m0 = options.number("m0")
    m1 = options.number("m1")
    t = options.number("t")
    a = options.number("a")
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let (scale, t, a) = (Element(scale), Element(t), Element(a))
    let (bound, m0, m1) = (bound, m0, m1)
    return SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) {
      _, cosine, values, slopes in
      let limit = bound(cosine).value
      let hard = VectorKernels.harden(
        &values, slopes: &slopes, above: limit, square: 0, factor: t, shift: a)
      let mean = hard.count > 0 ? Double(hard.sum) / Double(hard.count) : 0
      let margin = AngularMargin(margin: m0 + m1 * mean, wrap: .easy)
      return PreparedRow(target: margin.logit(cosine, scale: scale), hasSlopes: true, largest: hard.largest)
    }
  }
}
