import LinearAlgebra

/// Softmax cross-entropy over inner products with a multiplicative margin on the angle to the target's weights.
///
/// z_y = ‖w_y‖‖x‖·(λ·cos θ_y + ψ(θ_y))/(1 + λ), z_j = w_j·x with ψ of `MultiplicativeMargin`. Neither features nor weights are
/// normalised. A feature or weight of length 0 has the logit 0.
/// Source: Liu, Wen, Yu and Yang, "Large-margin softmax loss for convolutional neural networks", 2016.
public struct LSoftmax: Loss {
  public static let description = MethodDescription(
    name: "l-softmax", title: "L-softmax",
    summary: "multiplicative angular margin without normalisation, z_y = ‖w_y‖‖x‖·ψ(θ_y)",
    options: [
      OptionDescription(
        "margin", .integer(1...8), default: .number(4), "m (the paper, pytorch-metric-learning)"),
      OptionDescription(
        "scale", .positive, default: .number(1), "multiplies all logits (pytorch-metric-learning)"),
    ] + MarginAnnealing.options,
    presets: [
      Preset(
        "pytorch-metric-learning",
        ["margin": .number(4), "scale": .number(1), "lambda-base": .number(0), "lambda-min": .number(0)],
        "pytorch-metric-learning LargeMarginSoftmaxLoss: no annealing")
    ])

  private let margin: MultiplicativeMargin
  private let scale: Double
  private let annealing: MarginAnnealing
  private var iteration = 0.0

  public init(options: Options, classes: Int, stream: RandomStream) {
    margin = MultiplicativeMargin(multiplier: options.number("margin"))
    scale = options.number("scale")
    annealing = MarginAnnealing(options)
  }

  public var traits: LossTraits { LossTraits(similarity: .innerProduct, needs: [.norms, .prototypes]) }

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
    let lambda = annealing.lambda(iteration: iteration)
    let scale = Element(scale)
    let (margin, targets, norms) = (margin, batch.targets, batch.norms)
    batch.rowScales.removeAll(keepingCapacity: true)
    batch.rowScales.append(contentsOf: norms)
    batch.directions.reshape(targets.count, batch.prototypes.columns)
    RowNormalization.forward(
      batch.prototypes, rows: targets, into: &batch.directions, norms: &batch.rowScales, workers: workers)
    let weightNorms = batch.rowScales
    batch.keepTargetSimilarities { row, similarity in
      let length = norms[row] * weightNorms[row]
      return length > 0 && length.isFinite ? min(max(similarity / length, -1), 1) : 0
    }
    let cosines = batch.targetSimilarities
    let loss = SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) { row, _ in
      let (value, slope) = margin.annealed(cosines[row], lambda: lambda, straightThrough: false)
      return TargetLogit(logit: scale * (norms[row] * (weightNorms[row] * value)), slope: scale * slope)
    }
    // z = ab·f(s/(ab)): ∂z/∂a = b·(f − c·f′), and so for b.
    batch.rowFactors.removeAll(keepingCapacity: true)
    for row in targets.indices {
      let (value, slope) = margin.annealed(cosines[row], lambda: lambda, straightThrough: false)
      let rest = value - cosines[row] * slope
      let factor = batch.rows[row].targetGradient * scale * rest
      batch.normGradients[row] = factor * weightNorms[row]
      batch.rowFactors.append(factor * norms[row])
    }
    batch.prototypeGradients.addRows(
      of: &batch.directions, scaledBy: batch.rowFactors, at: targets, workers: workers)
    return loss
  }
}
