import Foundation
public import LinearAlgebra

/// Binary classification for every class instead of one softmax over all.
///
/// With g(c) = 2·((c + 1)/2)^t − 1, weight w = lw·C/r and a learned b, L is the mean over rows and classes of
/// w·λ·ln(1 + e^{−a_y}) at the target and w·(1 − λ)·ln(1 + e^{a_j}) at the others, with
/// `C` a_y = r·(g(cos θ_y) − m) + b, a_j = r·(g(cos θ_j) + m) + b;
/// `A` a_y = r·g(cos min(θ_y + m, π)) + b, a_j = r·g(cos θ_j) + b; `M` the same with m·θ_y for θ_y + m.
/// b starts where the loss of a row with all cosines 0 is least. The gradient is `straight-through` by default: g and the
/// margin count as constants added to the cosine, ∂a/∂cos θ = r.
/// Source: Wen, Liu, Weller, Raj and Singh, "SphereFace2: binary classification is all you need for deep face recognition",
/// 2022; opensphere.
public struct SphereFace2: Loss {
  public static let isSoftmaxFamily = false

  enum Margin: String, CaseIterable {
    case cosine = "C"
    case additive = "A"
    case multiplicative = "M"
  }

  public static let description = MethodDescription(
    name: "sphereface2", title: "SphereFace2",
    summary: "a binary cross-entropy for every class, with a margin on both sides and a learned bias",
    options: [
      OptionDescription(
        "type", .choice(Margin.allCases.map(\.rawValue)), default: .text(Margin.cosine.rawValue),
        "of the margin: C cosine, A additive angular, M multiplicative angular (opensphere: C)"),
      OptionDescription(
        "lambda", .number(0.001...0.999), default: .number(0.7),
        "λ, weight of the target against the others (opensphere's class; its MS1M configuration: 0.8)"),
      OptionDescription(
        "scale", .positive, default: .number(40), "r (opensphere's class; its MS1M configuration: 64)"),
      OptionDescription(
        "margin", .number(0...4), default: .number(0.4),
        "m (opensphere's class; its MS1M configuration: 0.5; for M a factor, e.g. 1.7)"),
      OptionDescription(
        "t", .number(1...8), default: .number(3), "t, the exponent of g; 1: g(c) = c (opensphere)"),
      OptionDescription(
        "weight", .positive, default: .number(50),
        "lw, the factor of the loss (opensphere's class; its VGGFace2 configuration: 10)"),
      OptionDescription(
        "gradient", .choice(["straight-through", "true"]), default: .text("straight-through"),
        "straight-through: g and the margin are constants (opensphere); true: through both"),
    ],
    presets: [
      Preset(
        "opensphere",
        ["lambda": .number(0.7), "scale": .number(40), "margin": .number(0.4), "weight": .number(50)],
        "opensphere, module/head/sphereface2.py"),
      Preset(
        "opensphere-ms1m",
        ["lambda": .number(0.8), "scale": .number(64), "margin": .number(0.5), "weight": .number(50)],
        "opensphere, configuration of MS1M with iResNet-100"),
      Preset(
        "opensphere-vggface2",
        ["lambda": .number(0.7), "scale": .number(40), "margin": .number(0.4), "weight": .number(10)],
        "opensphere, configuration of VGGFace2 with SFNet-20"),
    ])

  private let type: Margin
  private let lambda: Double
  private let scale: Double
  private let margin: Double
  private let t: Double
  private let weight: Double
  private let straightThrough: Bool
  private let initialBias: Double

  public init(options: Options, classes: Int, stream: RandomStream) {
    type = options.choice("type", Margin.self)
    lambda = options.number("lambda")
    scale = options.number("scale")
    margin = options.number("margin")
    t = options.number("t")
    weight = options.number("weight")
    straightThrough = options.text("gradient") == "straight-through"
    initialBias = Self.bias(
      type: type, lambda: lambda, scale: scale, margin: margin, t: t, classes: classes)
  }

  public var traits: LossTraits {
    LossTraits(
      similarity: .cosine,
      parameters: [LossParameter("bias", .scalar, kind: .bias, initial: initialBias...initialBias)])
  }

  /// The b of least loss for a row whose cosines are all 0: with z = λ/((1 − λ)(C − 1)) and a the logits without b,
  /// b = ln 2z − a_j − ln(1 − z + √((1 − z)² + 4z·e^{a_y − a_j})).
  private static func bias(
    type: Margin, lambda: Double, scale: Double, margin: Double, t: Double, classes: Int
  ) -> Double {
    func g(_ cosine: Double) -> Double { 2 * pow((cosine + 1) / 2, t) - 1 }
    let target: Double
    let other: Double
    switch type {
    case .cosine: (target, other) = (scale * (g(0) - margin), scale * (g(0) + margin))
    case .additive: (target, other) = (scale * g(cos(min(.pi / 2 + margin, .pi))), scale * g(0))
    case .multiplicative: (target, other) = (scale * g(cos(min(margin * .pi / 2, .pi))), scale * g(0))
    }
    let z = lambda / ((1 - lambda) * Double(max(classes - 1, 1)))
    // 1 − z + √((1 − z)² + w) is w/(√((1 − z)² + w) − (1 − z)), which keeps its digits where z > 1. ln w = ln 4z + a_y − a_j
    // is taken apart, so that a w too small for a number does no harm.
    let logW = log(4 * z) + target - other
    let root = ((1 - z) * (1 - z) + exp(logW)).squareRoot()
    let logSum = z <= 1 ? log(1 - z + root) : logW - log(root + z - 1)
    return log(2 * z) - other - (logSum.isFinite ? logSum : logW / 2)
  }

  /// The target's g with its margin, and its derivative by the cosine, both without r.
  private func goal<Element: Scalar>(_ cosine: Element) -> (value: Element, slope: Element) {
    let c = min(max(cosine, -1), 1)
    var moved: (value: Element, slope: Element) = (c, 1)
    let smallestSine = Element.ulpOfOne.squareRoot()
    let sine = max(((1 - c) * (1 + c)).squareRoot(), smallestSine)
    switch type {
    case .cosine: break
    case .additive, .multiplicative:
      let factor = type == .multiplicative ? Element(margin) : 1
      let angle = factor * Element.acos(c) + (type == .additive ? Element(margin) : 0)
      moved = angle < .pi ? (Element.cos(angle), factor * Element.sin(angle) / sine) : (-1, 0)
      if type == .multiplicative && c > 0 && sine == smallestSine { moved.slope = factor * factor }
    }
    let spread = g(moved.value)
    let value = type == .cosine ? spread.value - Element(margin) : spread.value
    return (value, straightThrough ? 1 : spread.slope * moved.slope)
  }

  /// g and its derivative.
  private func g<Element: Scalar>(_ cosine: Element) -> (value: Element, slope: Element) {
    let p = max((cosine + 1) / 2, 0)
    let q = t == 1 ? 1 : Element.pow(p, Element(t - 1))
    return (2 * (q * p) - 1, Element(t) * q)
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    batch.prepareScratch()
    let copy = self
    let targets = batch.targets
    let scale = Element(scale)
    let bias = batch.parameters[0].value[0, 0]
    let offset = type == .cosine ? scale * Element(margin) : 0
    // lw·C/r over the mean of B·C terms.
    let share = Element(weight) / (scale * Element(batch.similarities.rows))
    let (positive, negative) = (Element(lambda) * share, Element(1 - lambda) * share)
    batch.similarities.updateRows(scratch: &batch.scratch, results: &batch.rows, workers: workers) {
      row, values, slopes in
      let column = targets[row]
      let goal = copy.goal(values[column])
      copy.spread(&values, &slopes)
      values[column] = -Element.infinity
      let others = VectorKernels.softplus(&values, scale: scale, shift: -(offset + bias))
      if copy.straightThrough {
        VectorKernels.scale(&values, by: negative * scale)
      } else {
        VectorKernels.scale(&values, by: negative * scale, masked: slopes)
      }
      let logit = scale * goal.value + bias
      let e = Element.exp(-logit.magnitude)
      let loss = max(-logit, 0) + Element.log(onePlus: e)
      let slope = logit > 0 ? -e / (1 + e) : -1 / (1 + e)
      values[column] = positive * slope * scale * goal.slope
      return SoftmaxRow(
        loss: positive * loss + negative * others.sum,
        targetGradient: positive * slope + negative * others.logistics)
    }
    batch.parameters[0].gradient[0, 0] += batch.rows.reduce(0) { $0 + $1.targetGradient }
    return batch.rows.reduce(0) { $0 + $1.loss }
  }

  /// c ← g(c), with the derivatives in the slopes.
  private func spread<Element: Scalar>(
    _ values: inout MutableSpan<Element>, _ slopes: inout MutableSpan<Element>
  ) {
    if t == t.rounded() {
      VectorKernels.spreadPower(&values, slopes: &slopes, power: Int(t))
    } else {
      for index in values.indices { (values[index], slopes[index]) = g(values[index]) }
    }
  }
}
