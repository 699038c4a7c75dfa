public import LinearAlgebra

/// ArcFace whose hard negatives gain weight as training proceeds.
///
/// z_y = s·cos(θ_y + m), and s·(cos θ_y − m·sin m) where θ_y > π − m. Another class is hard where
/// cos θ_j > cos(θ_y + m): z_j = s·cos θ_j·(t + cos θ_j), with derivative s·(t + 2·cos θ_j); else s·cos θ_j. Before it is used,
/// t ← rate·mean(cos θ_y) + (1 − rate)·t, from t = 0; it is a constant for the gradient.
/// Source: Huang et al., "CurricularFace: adaptive curriculum learning loss for deep face recognition", 2020.
public struct CurricularFace: Loss {
  public static let description = MethodDescription(
    name: "curricularface", title: "CurricularFace",
    summary:
      "ArcFace with hard negatives z_j = s·cos θ_j·(t + cos θ_j), t the running mean of the target cosine",
    options: [
      OptionDescription("scale", .positive, default: .number(64), "s (the paper and all code)"),
      OptionDescription(
        "margin", .number(0...Double.pi), default: .number(0.5), "m in radians (the paper and all code)"),
      OptionDescription(
        "rate", .number(0...1), default: .number(0.01),
        "weight of a batch in the running mean t (authors, FaceX-Zoo; TFace: 0.1)"),
    ],
    presets: [
      Preset("authors", values(rate: 0.01), "CurricularFace, head/metrics.py"),
      Preset("facexzoo", values(rate: 0.01), "FaceX-Zoo, head/CurricularFace.py with head_conf.yaml"),
      Preset("tface", values(rate: 0.1), "TFace, localfc/curricularface.py"),
    ])

  private static func values(rate: Double) -> [String: OptionValue] {
    ["scale": .number(64), "margin": .number(0.5), "rate": .number(rate)]
  }

  private let scale: Double
  private let rate: Double
  private let margin: AngularMargin
  /// cos(θ + m) as it is, which says what is hard.
  private let bound: AngularMargin
  private var t = 0.0

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    rate = options.number("rate")
    margin = AngularMargin(margin: options.number("margin"), wrap: .threshold)
    bound = AngularMargin(margin: options.number("margin"), wrap: .none)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  public var state: LossState {
    get { ["t": [t]] }
    set { t = newValue["t"]?.first ?? t }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    var sum = 0.0
    for (row, target) in batch.targets.enumerated() {
      sum += min(max(Double(batch.similarities[row, target]), -1), 1)
    }
    if !batch.targets.isEmpty { t = rate * (sum / Double(batch.targets.count)) + (1 - rate) * t }
    let (scale, t) = (Element(scale), Element(t))
    let (margin, bound) = (margin, bound)
    return SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) {
      _, cosine, values, slopes in
      let hard = VectorKernels.harden(
        &values, slopes: &slopes, above: bound(cosine).value, square: 1, factor: t, shift: 0)
      return PreparedRow(target: margin.logit(cosine, scale: scale), hasSlopes: true, largest: hard.largest)
    }
  }
}
