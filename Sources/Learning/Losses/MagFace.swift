import LinearAlgebra

/// Softmax cross-entropy with a margin that grows with the length of the embedding, and a regulariser that wants it long.
///
/// a = ‖x‖ kept in [l_a, u_a], m(a) = l_m + (u_m − l_m)·(a − l_a)/(u_a − l_a). Arc: z_y = s·cos(θ_y + m(a)); Cos: z_y = s·(cos θ_y − m(a)). L = CE +
/// λ·mean(a/u_a² + 1/a). The gradient reaches ‖x‖ through the margin and the regulariser, not outside [l_a, u_a].
/// Source: Meng, Zhao, Huang and Zhou, "MagFace: a universal representation for face recognition and quality assessment",
/// 2021.
public struct MagFace: Loss {
  enum Form: String, CaseIterable { case arc, cos }

  public static let description = MethodDescription(
    name: "magface", title: "MagFace",
    summary: "a margin that grows with the embedding's length, and a regulariser of that length",
    options: [
      OptionDescription(
        "form", .choice(Form.allCases.map(\.rawValue)), default: .text("arc"),
        "arc: z_y = s·cos(θ_y + m(a)); cos: z_y = s·(cos θ_y − m(a)), which of wrap knows easy alone"),
      OptionDescription("scale", .positive, default: .number(64), "s (the paper; FaceX-Zoo's class: 32)"),
      OptionDescription("lower-norm", .positive, default: .number(10), "l_a (the paper)"),
      OptionDescription("upper-norm", .positive, default: .number(110), "u_a (the paper), above lower-norm"),
      OptionDescription(
        "lower-margin", .number(0...2), default: .number(0.45), "l_m (the paper; cos: 0.35)"),
      OptionDescription("upper-margin", .number(0...2), default: .number(0.8), "u_m (the paper)"),
      OptionDescription(
        "norm-weight", .number(0...1e6), default: .number(35),
        "λ_g (the paper, run.sh; FaceX-Zoo: 20, cos: 150)"),
    ] + AngularMargin.options(wrap: .easy, "the authors' default: easy; FaceX-Zoo: penalty"),
    presets: [
      Preset("authors", ["wrap": .text("easy"), "norm-weight": .number(35)], "MagFace, run/run.sh"),
      Preset(
        "authors-cos",
        [
          "form": .text("cos"), "lower-margin": .number(0.35), "norm-weight": .number(150),
          "wrap": .text("none"),
        ],
        "MagFace, run/run_dist_cos.sh"),
      Preset(
        "facexzoo", ["scale": .number(64), "norm-weight": .number(20), "wrap": .text("penalty")],
        "FaceX-Zoo, head/MagFace.py with head_conf.yaml"),
    ])

  private let form: Form
  private let scale: Double
  private let norms: ClosedRange<Double>
  private let margins: (lower: Double, upper: Double)
  private let normWeight: Double
  private let margin: AngularMargin

  public init(options: Options, classes: Int, stream: RandomStream) {
    form = options.choice("form", Form.self)
    scale = options.number("scale")
    let lower = options.number("lower-norm")
    norms = lower...max(lower, options.number("upper-norm"))
    margins = (options.number("lower-margin"), options.number("upper-margin"))
    normWeight = options.number("norm-weight")
    margin = AngularMargin(options, margin: 0)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine, needs: .norms) }

  /// dm/da.
  private var growth: Double {
    norms.upperBound > norms.lowerBound
      ? (margins.upper - margins.lower) / (norms.upperBound - norms.lowerBound) : 0
  }

  /// a of an embedding.
  private func length<Element: Scalar>(norm: Element) -> Double {
    min(max(Double(norm), norms.lowerBound), norms.upperBound)
  }

  /// The target's function with the margin m(a).
  private func function(length: Double) -> AngularMargin {
    var function = margin
    let value = margins.lower + growth * (length - norms.lowerBound)
    switch form {
    case .arc: function.margin = value
    case .cos:
      function.cosineMargin = value
      if function.wrap != .easy { function.wrap = .none }
    }
    return function
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    batch.keepTargetSimilarities()
    let (rowNorms, present) = (batch.norms, self)
    let loss = AngularMargin.crossEntropy(
      &batch, scale: Element(scale), treatment: .none, workers: workers
    ) { present.function(length: present.length(norm: rowNorms[$0])) }
    let share = normWeight / Double(rowNorms.count)
    let square = norms.upperBound * norms.upperBound
    var penalty = 0.0
    for row in rowNorms.indices {
      let length = length(norm: rowNorms[row])
      let cosine = batch.targetSimilarities[row]
      let function = function(length: length)
      penalty += share * (length / square + 1 / length)
      guard norms.contains(Double(batch.norms[row])) else {
        batch.normGradients[row] = 0
        continue
      }
      let slope =
        form == .arc
        ? function.marginSlope(cosine)
        : (function.wrap == .easy && cosine <= 0 ? 0 : -1)
      batch.normGradients[row] =
        batch.rows[row].targetGradient * Element(scale * growth) * slope
        + Element(share * (1 / square - 1 / (length * length)))
    }
    return loss + Element(penalty)
  }
}
