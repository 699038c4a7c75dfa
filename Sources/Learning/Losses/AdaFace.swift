import LinearAlgebra

/// Softmax cross-entropy with an angular and a cosine margin that follow the quality of a sample, told by the length of its
/// embedding.
///
/// n = ‖x‖ kept in [0.001, 100]; running mean μ and standard deviation σ of n (weight of the batch: t_α, updated before use);
/// ẑ = h·(n − μ)/(σ + 0.001) kept in [−1, 1]; g_angle = −m·ẑ, g_add = m + m·ẑ; z_y = s·(cos(θ_y + g_angle) − g_add), with cosines kept in ±(1 − ε) and
/// θ_y + g_angle in [ε, π − ε], without a gradient beyond. No gradient reaches the length. The batch's deviation is the unbiased one;
/// a batch of one sample has none and leaves σ as it is.
/// Source: Kim, Jain and Liu, "AdaFace: quality adaptive margin for face recognition", 2022.
public struct AdaFace: Loss {
  public static let description = MethodDescription(
    name: "adaface", title: "AdaFace",
    summary: "angular and cosine margins that follow the quality told by the embedding's length",
    options: [
      OptionDescription("scale", .positive, default: .number(64), "s (the authors)"),
      OptionDescription("margin", .number(0...1), default: .number(0.4), "m (the authors)"),
      OptionDescription("h", .number(0...10), default: .number(0.333), "concentration (the authors)"),
      OptionDescription(
        "t-alpha", .number(0...1), default: .number(0.01),
        "weight of the batch in the running mean and deviation (configuration: 0.01, class: 1)"),
      OptionDescription(
        "epsilon", .number(0...0.1), default: .number(1e-3),
        "how far cosines stay from ±1 and angles from 0 and π (the authors)"),
    ],
    presets: [
      Preset(
        "authors",
        ["scale": .number(64), "margin": .number(0.4), "h": .number(0.333), "t-alpha": .number(0.01)],
        "AdaFace, head.py with the published configuration"),
      Preset("authors-class", ["t-alpha": .number(1)], "AdaFace, head.py class defaults"),
    ])

  private let scale: Double
  private let margin: Double
  private let concentration: Double
  private let weight: Double
  private let epsilon: Double
  private var mean = 20.0
  private var deviation = 100.0

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    margin = options.number("margin")
    concentration = options.number("h")
    weight = options.number("t-alpha")
    epsilon = options.number("epsilon")
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine, needs: .norms) }

  public var state: LossState {
    get { ["batch_mean": [mean], "batch_std": [deviation]] }
    set {
      mean = newValue["batch_mean"]?.first ?? mean
      deviation = newValue["batch_std"]?.first ?? deviation
    }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let norms = batch.norms
    follow(norms)
    let treatment = CosineTreatment(limit: epsilon, limitsTargetOnly: false, passesGradient: false)
    let present = self
    return AngularMargin.crossEntropy(
      &batch, scale: Element(scale), treatment: treatment, workers: workers
    ) { present.function(length: Self.length(norm: norms[$0])) }
  }

  /// n of an embedding.
  private static func length<Element: Scalar>(norm: Element) -> Double { min(max(Double(norm), 1e-3), 100) }

  /// The target's function for an embedding of this length.
  private func function(length: Double) -> AngularMargin {
    let quality = min(max(concentration * ((length - mean) / (deviation + 1e-3)), -1), 1)
    return AngularMargin(
      multiplier: 1, margin: -margin * quality, cosineMargin: margin + margin * quality, wrap: .clip,
      penalty: 0, epsilon: epsilon, straightThrough: false)
  }

  /// Moves the running mean and deviation towards those of a batch.
  private mutating func follow<Element: Scalar>(_ norms: [Element]) {
    let count = Double(norms.count)
    var sum = 0.0
    for norm in norms { sum += Self.length(norm: norm) }
    let batchMean = sum / count
    mean = weight * batchMean + (1 - weight) * mean
    guard norms.count > 1 else { return }
    var squares = 0.0
    for norm in norms {
      let difference = Self.length(norm: norm) - batchMean
      squares += difference * difference
    }
    deviation = weight * (squares / (count - 1)).squareRoot() + (1 - weight) * deviation
  }
}
