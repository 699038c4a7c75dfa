import LinearAlgebra

/// Softmax cross-entropy with a learned additive cosine margin for each class.
///
/// z_y = s·(cos θ_y − m_y), z_j = s·cos θ_j; L = CE + λ·(1 − mean_c m_c). Before each step the margins are put back into [0, 1],
/// where they stay: the gradient does not know of it (FaceX-Zoo).
/// Source: Liu, Zhu, Lei and Li, "AdaptiveFace: adaptive margin and sampling for face recognition", 2019.
public struct AdaMSoftmax: Loss {
  public static let description = MethodDescription(
    name: "adam-softmax", title: "AdaM-softmax",
    summary: "a learned additive cosine margin for each class, z_y = s·(cos θ_y − m_y)",
    options: [
      OptionDescription(
        "scale", .positive, default: .number(30), "s (FaceX-Zoo's class; head_conf.yaml: 32)"),
      OptionDescription(
        "margin-weight", .number(0...1e6), default: .number(70),
        "λ (FaceX-Zoo): how much large margins are worth"),
    ],
    presets: [
      Preset(
        "facexzoo", ["scale": .number(32), "margin-weight": .number(70)],
        "FaceX-Zoo, head/AdaM_Softmax.py with head_conf.yaml")
    ])

  private let scale: Double
  private let weight: Double

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    weight = options.number("margin-weight")
  }

  public var traits: LossTraits {
    LossTraits(
      similarity: .cosine,
      parameters: [LossParameter("class-margins", .perClass, kind: .lossParameter, initial: 0.3...0.4)])
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let total = batch.parameters[0].value.withMutableElements { margins in
      var sum: Element = 0
      for index in margins.indices {
        margins[index] = min(max(margins[index], 0), 1)
        sum += margins[index]
      }
      return sum
    }
    let scale = Element(scale)
    let (margins, targets) = (batch.parameters[0].value, batch.targets)
    let loss = SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) { row, cosine in
      TargetLogit(logit: scale * (cosine - margins[0, targets[row]]), slope: scale)
    }
    let classes = Element(margins.count)
    let rows = batch.rows
    batch.parameters[0].gradient.withMutableElements { gradient in
      for index in gradient.indices { gradient[index] -= Element(weight) / classes }
      for (row, target) in targets.enumerated() { gradient[target] -= rows[row].targetGradient * scale }
    }
    return loss + Element(weight) * (1 - total / classes)
  }
}
