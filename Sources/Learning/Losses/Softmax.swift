public import LinearAlgebra

/// Softmax cross-entropy over inner products with a bias a class: the plain linear classifier.
///
/// z_j = w_j·x + b_j, L = −mean ln softmax(z)_y. Neither features nor weights are normalised. Finite for every finite logit.
public struct Softmax: Loss {
  public static let description = MethodDescription(
    name: "softmax", title: "Softmax",
    summary: "softmax cross-entropy over inner products, z = W·x + b",
    options: [
      OptionDescription(
        "bias", .flag, default: .flag(true),
        "learn a bias for each class, starting at 0 (face.evoLVe, insightface mxnet); false: opensphere")
    ],
    presets: [
      Preset("evolve", ["bias": .flag(true)], "face.evoLVe, head/metrics.py Softmax"),
      Preset("opensphere", ["bias": .flag(false)], "opensphere, module/head/softmaxloss.py"),
    ])

  private let hasBias: Bool

  public init(options: Options, classes: Int, stream: RandomStream) {
    hasBias = options.flag("bias")
  }

  public var traits: LossTraits {
    LossTraits(
      similarity: .innerProduct,
      parameters: hasBias ? [LossParameter("bias", .perClass, kind: .bias, initial: 0...0)] : [])
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    guard hasBias else {
      return SoftmaxCrossEntropy.evaluate(&batch, scale: 1, workers: workers) { _, similarity in
        TargetLogit(logit: similarity, slope: 1)
      }
    }
    let bias = batch.parameters[0].value
    let targets = batch.targets
    return SoftmaxCrossEntropy.evaluate(&batch, scale: 1, workers: workers, bias: 0) {
      row, similarity, values, _ in
      let largest = bias.withElements { VectorKernels.addReturningMaximum($0, to: &values) }
      return PreparedRow(
        target: TargetLogit(logit: similarity + bias[0, targets[row]], slope: 1), largest: largest)
    }
  }
}
