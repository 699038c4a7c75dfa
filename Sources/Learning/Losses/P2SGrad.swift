public import LinearAlgebra

/// The mean squared error of cosines against their targets, 1 for the sample's class and 0 for the others: no softmax.
///
/// L = mean over rows and classes of (cos θ_j − [j = y])². Its gradient is the probability-to-similarity gradient with
/// the cosines for probabilities. The row's sum of squares is of C terms, so `samples` has C times the gradient of `pairs`.
/// Sources: Zhang et al., "P2SGrad: refined gradients for optimizing deep face models", 2019, whose Eq. 11 gives the
/// gradient; Wang and Yamagishi (project-NN-Pytorch-scripts), whose mean squared error has it.
public struct P2SGrad: Loss {
  public static let isSoftmaxFamily = false

  public static let description = MethodDescription(
    name: "p2sgrad", title: "P2SGrad", summary: "mean squared error of cosines against the one-hot label",
    options: [
      OptionDescription(
        "average", .choice(["pairs", "samples"]), default: .text("pairs"),
        "over rows and classes (both implementations: an MSE), or over rows alone (the sum of their documentation)"
      )
    ],
    presets: [
      Preset("nii", ["average": .text("pairs")], "nii-yamagishilab project-NN-Pytorch-scripts, p2sgrad.py"),
      Preset(
        "pytorch-metric-learning", ["average": .text("pairs")], "pytorch-metric-learning P2SGradLoss"),
    ])

  private let averagesClasses: Bool

  public init(options: Options, classes: Int, stream: RandomStream) {
    averagesClasses = options.text("average") == "pairs"
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    batch.prepareScratch()
    let targets = batch.targets
    let count = batch.similarities.rows * (averagesClasses ? batch.similarities.columns : 1)
    let share = 1 / Element(count)
    batch.similarities.updateRows(scratch: &batch.scratch, results: &batch.rows, workers: workers) {
      row, values, _ in
      values[targets[row]] -= 1
      let sum = VectorKernels.dot(values.span, values.span)
      VectorKernels.scale(&values, by: 2 * share)
      return SoftmaxRow(loss: sum * share, targetGradient: values[targets[row]])
    }
    return batch.rows.reduce(0) { $0 + $1.loss }
  }
}
