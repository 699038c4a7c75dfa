import LinearAlgebra
import Testing

@testable import Learning

/// Everything that a loss may read of one batch, so that a test can change any number of it and see what the loss does.
struct LossProbe<Element: Scalar> {
  var similarities: Matrix<Element>
  var targets: [Int]
  /// Lengths of the embeddings, for losses that need them.
  var norms: [Element] = []
  /// Prototypes a column, for losses that need them.
  var prototypes = Matrix<Element>(rows: 0, columns: 0)
  /// The loss's learned numbers in the order it declares them; nil for the middle of where each starts.
  var parameters: [Matrix<Element>]?

  /// What the loss leaves of the batch.
  func run(_ loss: inout any Loss, workers: Workers = .one) -> LossOutcome<Element> {
    let traits = loss.traits
    let classes = similarities.columns / traits.columnsPerClass
    var batch = LossBatch<Element>()
    batch.similarities = similarities
    batch.targets = targets
    if traits.needs.contains(.norms) {
      batch.norms = norms
      batch.normGradients = Array(repeating: 0, count: norms.count)
    }
    if traits.needs.contains(.prototypes) {
      batch.prototypes = prototypes
      batch.prototypeGradients = Matrix(rows: prototypes.rows, columns: prototypes.columns)
    }
    for (index, parameter) in traits.parameters.enumerated() {
      let middle = Element((parameter.initial.lowerBound + parameter.initial.upperBound) / 2)
      let usual = Matrix<Element>(
        rows: 1, columns: parameter.shape == .perClass ? classes : 1, repeating: middle)
      batch.parameters.append(
        Parameter(
          name: parameter.name, kind: parameter.kind, value: parameters.map { $0[index] } ?? usual))
    }
    let value = loss.evaluate(&batch, workers: workers)
    return LossOutcome(
      loss: value, similarities: batch.similarities, norms: batch.normGradients,
      prototypes: batch.prototypeGradients, parameters: batch.parameters.map { $0.gradient },
      embeddingGradients: batch.embeddingGradients, rows: batch.rows)
  }

  /// The same numbers, rounded to another type.
  func converted<Other: Scalar>(to type: Other.Type) -> LossProbe<Other> {
    LossProbe<Other>(
      similarities: similarities.converted(to: type), targets: targets, norms: norms.map { Other($0) },
      prototypes: prototypes.converted(to: type),
      parameters: parameters.map { $0.map { $0.converted(to: type) } })
  }
}

/// A loss and its gradients with respect to all that a `LossProbe` holds.
struct LossOutcome<Element: Scalar> {
  var loss: Element
  var similarities: Matrix<Element>
  var norms: [Element]
  var prototypes: Matrix<Element>
  var parameters: [Matrix<Element>]
  /// What the loss adds to the gradient at similarities for the embeddings alone.
  var embeddingGradients: [EmbeddingGradient<Element>]
  /// What the softmax core left for each row; empty for a loss that does not use it.
  var rows: [SoftmaxRow<Element>]

  /// The gradient with respect to the similarities as the embeddings see it.
  var similaritiesOfEmbeddings: Matrix<Element> {
    embeddingGradients.reduce(into: similarities) { $0[$1.row, $1.column] += $1.value }
  }

  /// All numbers of the outcome.
  var isFinite: Bool {
    loss.isFinite && norms.allSatisfy { $0.isFinite } && embeddingGradients.allSatisfy { $0.value.isFinite }
      && ([similarities, prototypes] + parameters).allSatisfy { $0.elements.allSatisfy { $0.isFinite } }
  }
}

extension MethodConfiguration where Kind == LossRegistry {
  /// The loss as tests need it, where nothing is drawn.
  func makeLoss(classes: Int) -> any Loss { makeLoss(classes: classes, seed: 0) }
}
