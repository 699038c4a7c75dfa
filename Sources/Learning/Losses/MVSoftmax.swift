public import LinearAlgebra

/// Softmax cross-entropy that mines misclassified vectors: classes nearer than the target with its margin weigh more.
///
/// The target is AM (cos θ_y − m) or Arc (cos(θ_y + m)). Another class is hard where its cosine exceeds that of the target
/// with the margin, whether or not `easy` applies the margin there. Hard classes have the logit s·((t + 1)·cos θ_j + t)
/// (`adaptive`) or s·(cos θ_j + t) (`fixed`), the others s·cos θ_j.
/// Source: Wang et al., "Mis-classified vector guided softmax loss for face recognition", 2020.
public struct MVSoftmax: Loss {
  enum Margin: String, CaseIterable {
    case am
    case arc
  }

  /// Where the target has its margin.
  enum Ease: String, CaseIterable {
    case none
    case positive
    case aboveMargin = "above-margin"
  }

  public static let description = MethodDescription(
    name: "mv-softmax", title: "MV-Softmax",
    summary: "AM or Arc margin with hard negatives z_j = s·((t + 1)·cos θ_j + t)",
    options: [
      OptionDescription(
        "scale", .positive, default: .number(32), "s (the paper, the authors' code, FaceX-Zoo)"),
      OptionDescription(
        "margin", .number(0...2), default: .number(0.35),
        "m, of the cosine for am, in radians for arc (the authors' code, FaceX-Zoo)"),
      OptionDescription(
        "target", .choice(Margin.allCases.map(\.rawValue)), default: .text(Margin.am.rawValue),
        "am: cos θ_y − m; arc: cos(θ_y + m) (FaceX-Zoo's head_conf.yaml: is_am = 1)"),
      OptionDescription(
        "t", .number(0...2), default: .number(0.2),
        "how much hard classes weigh (the authors' code; FaceX-Zoo: 0.12, its mv_weight 1.12)"),
      OptionDescription(
        "hard", .choice(["adaptive", "fixed"]), default: .text("adaptive"),
        "adaptive: (t + 1)·cos θ_j + t; fixed: cos θ_j + t (the paper's first form)"),
      OptionDescription(
        "easy", .choice(Ease.allCases.map(\.rawValue)), default: .text(Ease.positive.rawValue),
        "no margin on the target: none: never; positive: where cos θ_y ≤ 0 (the authors' easy margin; "
          + "FaceX-Zoo for arc); above-margin: where cos θ_y ≤ m (FaceX-Zoo for am)"),
    ],
    presets: [
      Preset(
        "authors",
        ["scale": .number(32), "margin": .number(0.35), "t": .number(0.2), "easy": .text("positive")],
        "SV-X-Softmax, fc_layers.py MV-AM"),
      Preset(
        "authors-arc",
        [
          "scale": .number(32), "margin": .number(0.35), "t": .number(0.2), "easy": .text("positive"),
          "target": .text("arc"),
        ], "SV-X-Softmax, fc_layers.py MV-Arc"),
      Preset(
        "facexzoo",
        ["scale": .number(32), "margin": .number(0.35), "t": .number(0.12), "easy": .text("above-margin")],
        "FaceX-Zoo, head/MV_Softmax.py with head_conf.yaml (is_am = 1)"),
      Preset(
        "facexzoo-arc",
        [
          "scale": .number(32), "margin": .number(0.35), "t": .number(0.12), "easy": .text("positive"),
          "target": .text("arc"),
        ], "FaceX-Zoo, head/MV_Softmax.py with is_am = 0"),
    ])

  private let scale: Double
  private let m: Double
  private let angle: AngularMargin?
  private let t: Double
  private let isAdaptive: Bool
  private let ease: Ease

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    m = options.number("margin")
    angle =
      options.choice("target", Margin.self) == .arc ? AngularMargin(margin: m, wrap: .none) : nil
    t = options.number("t")
    isAdaptive = options.text("hard") == "adaptive"
    ease = options.choice("easy", Ease.self)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let (scale, m, t) = (Element(scale), Element(m), Element(t))
    let factor: Element = isAdaptive ? 1 + t : 1
    let floor: Element =
      switch ease {
      case .none: -.infinity
      case .positive: 0
      case .aboveMargin: m
      }
    let angle = angle
    return SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) {
      _, cosine, values, slopes in
      let moved = angle.map { $0(cosine) } ?? (value: cosine - m, slope: 1)
      let hard = VectorKernels.harden(
        &values, slopes: &slopes, above: moved.value, square: 0, factor: factor, shift: t)
      let (value, slope) = cosine > floor ? moved : (cosine, 1)
      return PreparedRow(
        target: TargetLogit(logit: scale * value, slope: scale * slope), hasSlopes: true,
        largest: hard.largest)
    }
  }
}
