import Foundation
public import LinearAlgebra

/// Unified cross-entropy: one threshold between all positive and all negative similarities.
///
/// With u_y = s·(cos θ_y − m) − b and u_j = s·cos θ_j − b, each clamped to ±s:
/// `uce` L = mean over rows of ln(1 + e^{−u_y}) + l·Σ_{j≠y} ln(1 + e^{u_j}) with one learned b;
/// `bce` the same with a learned b a class; `nsl` softmax cross-entropy of s·(cos θ_y − m) and s·cos θ_j, which is CosFace.
/// Every b starts at ln(10·C·r). A ratio r < 1 leaves ⌊r·C⌋ classes in a batch: the classes of its samples, all of
/// them, and others drawn anew each step.
/// Source: Zhou et al., "UniFace: unified cross-entropy loss for deep face recognition", 2023.
public struct UniFace: Loss {
  public static let isSoftmaxFamily = false

  enum Form: String, CaseIterable {
    case uce
    case bce
    case nsl
  }

  public static let description = MethodDescription(
    name: "uniface", title: "UniFace",
    summary: "unified cross-entropy with one learned threshold for all similarities",
    options: [
      OptionDescription(
        "form", .choice(Form.allCases.map(\.rawValue)), default: .text(Form.uce.rawValue),
        "uce: one threshold; bce: one a class; nsl: the normalised softmax of the comparison (the authors' three heads)"
      ),
      OptionDescription("scale", .positive, default: .number(64), "s (the authors)"),
      OptionDescription("margin", .number(0...2), default: .number(0.4), "m (the authors)"),
      OptionDescription(
        "negative-weight", .number(0...100), default: .number(1), "l, weight of the negatives (the authors)"),
      OptionDescription(
        "ratio", .number(0.001...1), default: .number(1), "r, the share of classes in a batch (the authors)"),
    ],
    presets: [
      Preset(
        "authors", ["form": .text("uce"), "scale": .number(64), "margin": .number(0.4)], "UniFace, head.py")
    ])

  private let form: Form
  private let scale: Double
  private let margin: Double
  private let negativeWeight: Double
  private let ratio: Double
  private let classes: Int
  private var stream: RandomStream

  public init(options: Options, classes: Int, stream: RandomStream) {
    form = options.choice("form", Form.self)
    scale = options.number("scale")
    margin = options.number("margin")
    negativeWeight = options.number("negative-weight")
    ratio = options.number("ratio")
    self.classes = classes
    self.stream = stream
  }

  public var traits: LossTraits {
    let start = log(10 * Double(classes) * ratio)
    switch form {
    case .uce:
      return LossTraits(
        similarity: .cosine, parameters: [LossParameter("bias", .scalar, kind: .bias, initial: start...start)]
      )
    case .bce:
      return LossTraits(
        similarity: .cosine,
        parameters: [LossParameter("bias", .perClass, kind: .bias, initial: start...start)])
    case .nsl: return LossTraits(similarity: .cosine)
    }
  }

  /// The place in the stream from which classes are drawn.
  public var state: LossState {
    get { ratio < 1 ? ["stream": [Double(stream.position)]] : [:] }
    set { stream.position = newValue["stream"]?.first.flatMap { UInt64(exactly: $0) } ?? stream.position }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let left = classesLeftOut(of: batch.similarities.columns, targets: batch.targets)
    guard form != .nsl else { return softmax(&batch, leaving: left, workers: workers) }
    batch.prepareScratch()
    let (form, targets) = (form, batch.targets)
    let (scale, margin, weight) = (Element(scale), Element(margin), Element(negativeWeight))
    let share = 1 / Element(batch.similarities.rows)
    var bias = batch.parameters[0].value
    // For one threshold a class, the row of −b_j that is added to s·cos θ_j.
    if form == .bce { ElementwiseKernels.scale(&bias, by: -1) }
    batch.similarities.updateRows(scratch: &batch.scratch, results: &batch.rows, workers: workers) {
      [bias] row, values, _ in
      let column = targets[row]
      let cosine = values[column]
      values[column] = -Element.infinity
      for index in left { values[index] = -Element.infinity }
      let others: (sum: Element, logistics: Element)
      let threshold: Element
      if form == .uce {
        threshold = bias[0, 0]
        others = VectorKernels.softplus(&values, scale: scale, shift: threshold, limit: scale)
      } else {
        threshold = -bias[0, column]
        VectorKernels.scale(&values, by: scale)
        bias.withElements { VectorKernels.add($0, to: &values) }
        others = VectorKernels.softplus(&values, scale: 1, shift: 0, limit: scale)
      }
      VectorKernels.scale(&values, by: weight * scale * share)
      let goal = Self.softplus(threshold - scale * (cosine - margin), limit: scale)
      values[column] = -goal.slope * scale * share
      return SoftmaxRow(
        loss: goal.value + weight * others.sum,
        targetGradient: (goal.slope - weight * others.logistics) * share)
    }
    addBiasGradients(to: &batch, workers: workers)
    return batch.rows.reduce(0) { $0 + $1.loss } * share
  }

  /// Adds the gradients of the thresholds: what the rows left for one, the columns' −1/s times for one a class.
  private func addBiasGradients<Element: Scalar>(to batch: inout LossBatch<Element>, workers: Workers) {
    if form == .uce {
      batch.parameters[0].gradient[0, 0] += batch.rows.reduce(0) { $0 + $1.targetGradient }
    } else {
      var sums = Matrix<Element>(rows: 1, columns: batch.similarities.columns)
      ColumnKernels.addSums(of: batch.similarities, to: &sums, workers: workers)
      ElementwiseKernels.scale(&sums, by: -1 / Element(scale))
      ElementwiseKernels.add(sums, to: &batch.parameters[0].gradient)
    }
  }

  /// ln(1 + e^u) of u clamped to ±limit, and its derivative by u, 0 where it was clamped.
  private static func softplus<Element: Scalar>(
    _ u: Element, limit: Element
  ) -> (value: Element, slope: Element) {
    let clamped = min(max(u, -limit), limit)
    let e = Element.exp(-clamped.magnitude)
    let value = max(clamped, 0) + Element.log(onePlus: e)
    let slope = clamped < 0 ? e / (1 + e) : 1 / (1 + e)
    return (value, u == clamped ? slope : 0)
  }

  private func softmax<Element: Scalar>(
    _ batch: inout LossBatch<Element>, leaving left: [Int], workers: Workers
  ) -> Element {
    let (scale, margin) = (Element(scale), Element(margin))
    return SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) { _, cosine, values, _ in
      for index in left { values[index] = -Element.infinity }
      return PreparedRow(target: TargetLogit(logit: scale * (cosine - margin), slope: scale))
    }
  }

  /// The classes that take no part in this step, in a random order; none where the ratio is 1.
  private mutating func classesLeftOut(of classes: Int, targets: [Int]) -> [Int] {
    guard ratio < 1 else { return [] }
    var isTarget = [Bool](repeating: false, count: classes)
    for target in targets { isTarget[target] = true }
    let order = stream.permutation(classes).filter { !isTarget[$0] }
    let positives = classes - order.count
    return Array(order.dropFirst(max(Int(Double(classes) * ratio) - positives, 0)))
  }
}
