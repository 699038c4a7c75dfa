public import LinearAlgebra

/// A part of the gradient at one similarity that reaches the embedding of the row alone, because the loss takes the
/// prototype for a constant there.
public struct EmbeddingGradient<Element: Scalar>: Sendable {
  public var row: Int
  public var column: Int
  public var value: Element
}

/// What a loss may want to know of all rows before it changes one.
struct RowSummary<Element: Scalar>: Sendable {
  /// The similarity to the target.
  var target: Element = 0
  /// The largest similarity to another class.
  var largest: Element = 0
  /// ln Σ_{j≠y} e^{s·c_j} with a scale s of the loss's.
  var logSum: Element = 0
}

/// What a loss works on: the similarities of a batch to prototypes, in place of which it leaves the gradient.
///
/// Row i is sample i; the columns of class k are k·K..<(k+1)·K for a loss with K columns a class. The memory is kept from
/// step to step.
public struct LossBatch<Element: Scalar>: Sendable {
  /// B × (C·K) similarities, then the gradient of the mean loss with respect to them.
  public var similarities: Matrix<Element>
  /// The class of each row.
  public var targets: [Int] = []
  /// The length of each whole embedding before normalisation, where the loss needs it; else empty.
  public var norms: [Element] = []
  /// The gradient of the mean loss with respect to the norms, where the loss needs them; else empty.
  public var normGradients: [Element] = []
  /// The prototypes that the columns are similarities to, a row a column, where the loss needs them; else empty. They have
  /// unit length for cosines.
  public var prototypes: Matrix<Element>
  /// To be added to by the loss, where it needs prototypes: the gradient of the mean loss with respect to them by other ways
  /// than the similarities.
  public var prototypeGradients: Matrix<Element>
  /// What the loss adds to the gradient at some similarities for the embeddings alone; emptied before each call.
  public var embeddingGradients: [EmbeddingGradient<Element>] = []
  /// What the columns are, for a loss that needs pairs; else nil.
  public var pairs: PairColumns?
  /// The loss's learned numbers, in the order it declares them.
  public var parameters: [Parameter<Element>] = []
  /// What changes the softmax core for the present call.
  var modifiers = SoftmaxModifiers()
  /// Working memory of the softmax core.
  var rows: [SoftmaxRow<Element>] = []
  var scratch: Matrix<Element>
  /// Working memory for a prototype a row.
  var directions: Matrix<Element>
  /// Working memory for a number a row: the similarities to the targets, where a loss keeps them.
  private(set) var targetSimilarities: [Element] = []
  /// Working memory for a scale and for a factor of each row, and for what is known of each row before the softmax.
  var rowScales: [Element] = []
  var rowFactors: [Element] = []
  var summaries: [RowSummary<Element>] = []
  /// Working memory of the energy of prototypes.
  var energy = HypersphericalEnergy.Memory<Element>()

  public init() {
    similarities = Matrix(rows: 0, columns: 0)
    prototypes = similarities
    prototypeGradients = similarities
    scratch = similarities
    directions = similarities
  }

  /// Makes the gradient with respect to the norms as many zeros as there are norms.
  mutating func clearNormGradients() {
    normGradients.removeAll(keepingCapacity: true)
    for _ in norms { normGradients.append(0) }
  }

  /// Keeps the similarities to the targets, of classes with one column, past the gradient that takes their place; `change` of the row and each, where
  /// it is given.
  mutating func keepTargetSimilarities(_ change: (_ row: Int, _ similarity: Element) -> Element = { $1 }) {
    targetSimilarities.removeAll(keepingCapacity: true)
    for (row, target) in targets.enumerated() {
      targetSimilarities.append(change(row, similarities[row, target]))
    }
  }

  /// Makes the working memory fit the similarities.
  mutating func prepareScratch() {
    if rows.count != similarities.rows {
      rows = Array(repeating: SoftmaxRow(loss: 0, targetGradient: 0), count: similarities.rows)
    }
    scratch.reshape(Matrix<Element>.scratchRows(for: similarities.rows), similarities.columns)
  }
}
