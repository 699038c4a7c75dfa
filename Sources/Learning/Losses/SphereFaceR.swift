import LinearAlgebra

/// Softmax cross-entropy with one of the multiplicative margins of SphereFace-R, the features' length fixed, free or drawn
/// to s.
///
/// With m the margin, the target's function is v0: ψ(θ_y) of `MultiplicativeMargin`; v1: cos(min(mθ_y, π)); v2: cos θ_y, against cos(θ_j/m) of
/// the other classes. Feature norm hard: L = w·CE(s·f)/s; none: L = w·CE(‖x‖·f); soft: L = w·CE(‖x‖·f)/s + t·mean|‖x‖ − s|. With a
/// margin interval of n iterations, m is 1 for n iterations and then rises by the margin step every n, up to the margin.
/// Source: Liu, Wen, Raj, Singh and Weller, "SphereFace revived: unifying hyperspherical face recognition", 2022, and
/// opensphere.
public struct SphereFaceR: Loss {
  enum Version: String, CaseIterable { case v0, v1, v2 }
  enum FeatureNorm: String, CaseIterable { case hard, none, soft }

  public static let description = MethodDescription(
    name: "sphereface-r", title: "SphereFace-R",
    summary: "multiplicative margins with detached gradient, hard or soft feature normalisation",
    options: [
      OptionDescription(
        "version", .choice(Version.allCases.map(\.rawValue)), default: .text("v0"),
        "v0: ψ(θ_y); v1: cos(min(m·θ_y, π)); v2: cos θ_y against cos(θ_j/m) (opensphere's class: v0, configuration: v2)"
      ),
      OptionDescription(
        "feature-norm", .choice(FeatureNorm.allCases.map(\.rawValue)), default: .text("hard"),
        "hard: scale for ‖x‖; none: ‖x‖; soft: ‖x‖ with a penalty for its distance from scale (opensphere advises hard)"
      ),
      OptionDescription(
        "scale", .positive, default: .number(30), "s (opensphere's class; configuration: 60)"),
      OptionDescription(
        "margin", .number(1...8), default: .number(1.5), "m (opensphere's class; configuration: 1.4)"),
      OptionDescription(
        "margin-step", .number(0...1), default: .number(0.1), "by how much m rises in a margin interval"),
      OptionDescription(
        "margin-interval", .integer(0...1_000_000_000), default: .number(0),
        "iterations from one rise of m to the next, beginning at 1; 0: m is the margin from the start"),
      OptionDescription(
        "loss-weight", .positive, default: .number(50), "w (opensphere; 1 for feature-norm none)"),
      OptionDescription(
        "norm-weight", .number(0...1e6), default: .number(0.01), "t of feature-norm soft (opensphere)"),
      OptionDescription(
        "gradient", .choice(["true", "straight-through"]), default: .text("straight-through"),
        "straight-through: the margin as a constant (the paper, opensphere); true: through it"),
    ] + CosineTreatment.options(limit: 1e-5, "opensphere"),
    presets: [
      Preset(
        "opensphere",
        [
          "version": .text("v0"), "feature-norm": .text("hard"), "scale": .number(30), "margin": .number(1.5),
          "loss-weight": .number(50),
        ], "opensphere, model/head/spherefacer.py SphereFaceR_H"),
      Preset(
        "opensphere-config",
        [
          "version": .text("v2"), "feature-norm": .text("hard"), "scale": .number(60), "margin": .number(1.4),
          "loss-weight": .number(50),
        ], "opensphere, SphereFace-R configuration"),
    ])

  private let version: Version
  private let featureNorm: FeatureNorm
  private let scale: Double
  private let margin: Double
  private let marginStep: Double
  private let marginInterval: Int
  private let lossWeight: Double
  private let normWeight: Double
  private let straightThrough: Bool
  private let treatment: CosineTreatment
  private var iteration = 0.0

  public init(options: Options, classes: Int, stream: RandomStream) {
    version = options.choice("version", Version.self)
    featureNorm = options.choice("feature-norm", FeatureNorm.self)
    scale = options.number("scale")
    margin = options.number("margin")
    marginStep = options.number("margin-step")
    marginInterval = options.integer("margin-interval")
    lossWeight = options.number("loss-weight")
    normWeight = options.number("norm-weight")
    straightThrough = options.text("gradient") == "straight-through"
    treatment = CosineTreatment(options, passesGradient: straightThrough)
  }

  public var traits: LossTraits {
    LossTraits(similarity: .cosine, needs: featureNorm == .hard ? [] : .norms)
  }

  public var state: LossState {
    get { ["iteration": [iteration]] }
    set { iteration = newValue["iteration"]?.first ?? 0 }
  }

  /// m in the present iteration.
  private var presentMargin: Double {
    guard marginInterval > 0 else { return margin }
    let rises = ((iteration - 1) / Double(marginInterval)).rounded(.down)
    return min(margin, 1 + marginStep * rises)
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    iteration += 1
    let (version, treatment, straightThrough) = (version, treatment, straightThrough)
    let multiple = MultiplicativeMargin(multiplier: presentMargin)
    let featureScale = featureNorm == .hard ? FeatureScale.constant(scale) : .norm
    // What is done to the other cosines.
    let divided =
      version == .v2 && multiple.multiplier > 1
      ? DividedAngle<Element>(divisor: multiple.multiplier) : nil
    let weight = featureNorm == .none ? lossWeight : lossWeight / scale
    let loss = featureScale.crossEntropy(
      &batch, weight: Element(weight), workers: workers,
      others: { _, _, values, slopes in
        guard let divided else { return treatment.limitOthers(&values, &slopes) }
        if straightThrough {
          _ = treatment.limitOthers(&values, &slopes)
          divided.apply(to: &values)
          return false
        }
        // The function has a derivative at all cosines: nothing is limited.
        divided.apply(to: &values, slopes: &slopes)
        return true
      },
      target: { _, cosine in
        let (cosine, clampSlope) = treatment.target(cosine)
        let (value, slope) =
          switch version {
          case .v0: multiple(cosine)
          case .v1: multiple.clamped(cosine)
          case .v2: (value: min(max(cosine, -1), 1), slope: Element(1))
          }
        return (value, straightThrough ? 1 : slope * clampSlope)
      })
    return featureNorm == .soft ? loss + normPenalty(&batch) : loss
  }

  /// t·mean|‖x‖ − s|, its gradient added to that with respect to the norms.
  private func normPenalty<Element: Scalar>(_ batch: inout LossBatch<Element>) -> Element {
    let share = Element(normWeight) / Element(batch.norms.count)
    var sum: Element = 0
    for (row, norm) in batch.norms.enumerated() {
      let difference = min(norm, FeatureScale.bounds(Element.self).upperBound) - Element(scale)
      sum += share * difference.magnitude
      if difference != 0 { batch.normGradients[row] += difference > 0 ? share : -share }
    }
    return sum
  }
}

extension MultiplicativeMargin {
  /// cos(min(mθ, π)) at cosine `c` and its derivative, 0 where mθ exceeds π.
  func clamped<Element: Scalar>(_ c: Element) -> (value: Element, slope: Element) {
    let bounded = min(max(c, -1), 1)
    return Element(multiplier) * Element.acos(bounded) >= .pi ? (-1, 0) : self(bounded)
  }
}
