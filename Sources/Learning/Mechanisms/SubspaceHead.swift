import LinearAlgebra

/// The losses of all subspaces: from embeddings and prototypes to the loss and its gradients.
///
/// The part of a training step that every prototype source shares. A source calls `begin` with embeddings, `evaluate`
/// once for each group with that group's prototypes, and `finish` for the gradient at the embeddings.
struct SubspaceHead<Element: Scalar>: Sendable {
  let subspaces: Subspaces
  let width: Int
  /// One loss a group.
  var losses: [any Loss]
  /// The learned numbers of each group's loss.
  var parameters: [[Parameter<Element>]]
  let traits: LossTraits
  /// What the columns are where the prototypes are other samples, for losses that need pairs.
  var pairs: PairColumns?
  /// What leaves small elements out of the gradient's products; nil where all take part.
  private(set) var skipping: GradientSkipping<Element>?
  /// Whether what that changes is measured, and what was since this was set.
  var measuresSkipping = false { didSet { skippingErrors = [] } }
  private(set) var skippingErrors: [SkippingError] = []

  private var batch = LossBatch<Element>()
  private var norms: [Element] = []
  private var normGradients: [Element] = []
  /// The embeddings as the similarity takes them, whole, and the gradient there.
  private var unit = Matrix<Element>(rows: 0, columns: 0)
  /// The parts of the groups and the gradients there, where there is more than one group.
  private var parts: [Matrix<Element>]
  private var partGradients: [Matrix<Element>]
  private var partNorms: [[Element]]
  /// What the gradients of a loss's parameters were before it was evaluated.
  private var earlier: [Matrix<Element>] = []

  /// The head for embeddings of `width` columns, which the number of groups must divide.
  ///
  /// `loss` makes the loss of a group. `classes` counts the classes of the prototypes; parameters of the losses start
  /// from streams of `seed`. With a `skipping` bound small elements of the gradient are left out (`GradientSkipping`).
  init(
    loss: (_ group: Int) -> any Loss, subspaces: Subspaces, width: Int, classes: Int, seed: UInt64,
    skipping: Double? = nil
  ) {
    self.subspaces = subspaces
    self.skipping = skipping.map { GradientSkipping(bound: $0) }
    self.width = width
    losses = (0..<subspaces.count).map { loss($0) }
    let traits = losses[0].traits
    self.traits = traits
    parameters = (0..<subspaces.count).map { group in
      traits.parameters.map { Self.makeParameter($0, group: group, classes: classes, seed: seed) }
    }
    let empty = Matrix<Element>(rows: 0, columns: 0)
    parts = Array(repeating: empty, count: subspaces.count)
    partGradients = parts
    partNorms = Array(repeating: [], count: subspaces.count)
  }

  private static func makeParameter(
    _ parameter: LossParameter, group: Int, classes: Int, seed: UInt64
  ) -> Parameter<Element> {
    let name = "loss.\(group).\(parameter.name)"
    var value = Matrix<Element>(
      rows: 1, columns: parameter.shape == .perClass ? classes : 1,
      repeating: Element(parameter.initial.lowerBound))
    if parameter.initial.lowerBound < parameter.initial.upperBound {
      var stream = RandomStream(seed: seed, name: name)
      stream.fillUniform(&value, in: parameter.initial.lowerBound..<parameter.initial.upperBound)
    }
    return Parameter(name: name, kind: parameter.kind, value: value)
  }

  /// Takes in the embeddings of a batch, a sample a row.
  mutating func begin(_ embeddings: Matrix<Element>, workers: Workers) {
    precondition(embeddings.columns == width, "embeddings of another width")
    let rows = embeddings.rows
    if norms.count != rows {
      norms = Array(repeating: 0, count: rows)
      normGradients = norms
      for group in partNorms.indices { partNorms[group] = norms }
    }
    if traits.needs.contains(.norms) {
      for row in normGradients.indices { normGradients[row] = 0 }
    }
    let isCosine = traits.similarity == .cosine
    if isCosine || traits.needs.contains(.norms) {
      unit.reshape(rows, width)
      RowNormalization.forward(embeddings, into: &unit, norms: &norms, workers: workers)
    }
    let normalisesGroups = isCosine && subspaces.normalisation == .group && subspaces.count > 1
    for group in 0..<subspaces.count {
      let columns = subspaces.columns(of: group, width: width)
      partGradients[group].reshape(rows, columns.count)
      if subspaces.count == 1 {
        parts[0] = isCosine ? unit : embeddings
        continue
      }
      parts[group].reshape(rows, columns.count)
      if normalisesGroups {
        // The gradient's memory holds the raw part for a moment.
        embeddings.copyColumns(columns, into: &partGradients[group], workers: workers)
        RowNormalization.forward(
          partGradients[group], into: &parts[group], norms: &partNorms[group], workers: workers)
      } else {
        (isCosine ? unit : embeddings).copyColumns(columns, into: &parts[group], workers: workers)
      }
    }
  }

  /// The loss of one group against `prototypes` (a prototype a row, of unit length for cosines), times `weight`.
  ///
  /// Writes the gradient with respect to the prototypes to `prototypeGradient`, which has their shape.
  mutating func evaluate(
    group: Int, prototypes: Matrix<Element>, targets: [Int], weight: Element,
    prototypeGradient: inout Matrix<Element>, workers: Workers
  ) -> Element {
    let loss = evaluate(
      group: group, prototypes: prototypes, targets: targets, weight: weight, workers: workers)
    let factor = factor(weight)
    if skipping == nil {
      gemm(
        alpha: factor, batch.similarities, .transposed, parts[group], into: &prototypeGradient,
        workers: workers)
    } else {
      skipping?.multiplyTransposed(
        alpha: factor, batch.similarities, embeddings: parts[group], into: &prototypeGradient,
        workers: workers)
      if measuresSkipping {
        skippingErrors[skippingErrors.count - 1].prototypes = skipping?.prototypesError(
          batch.similarities, embeddings: parts[group], workers: workers)
      }
    }
    if traits.needs.contains(.prototypes) {
      if factor != 1 {
        ElementwiseKernels.scale(&batch.prototypeGradients, by: factor, workers: workers)
      }
      ElementwiseKernels.add(batch.prototypeGradients, to: &prototypeGradient, workers: workers)
    }
    return loss
  }

  /// What the loss of one group is multiplied by.
  private func factor(_ weight: Element) -> Element {
    subspaces.reduction == .mean ? weight / Element(subspaces.count) : weight
  }

  /// The same for prototypes that are not learned.
  mutating func evaluate(
    group: Int, prototypes: Matrix<Element>, targets: [Int], weight: Element, workers: Workers
  ) -> Element {
    let factor = factor(weight)
    batch.similarities.reshape(parts[group].rows, prototypes.rows)
    batch.targets = targets
    batch.pairs = pairs
    batch.embeddingGradients.removeAll(keepingCapacity: true)
    gemm(parts[group], .asIs, prototypes, .transposed, into: &batch.similarities, workers: workers)
    if traits.needs.contains(.norms) {
      batch.norms = norms
      batch.clearNormGradients()
    }
    let needsPrototypes = traits.needs.contains(.prototypes)
    if needsPrototypes {
      batch.prototypes = prototypes
      batch.prototypeGradients.reshape(prototypes.rows, prototypes.columns)
      ElementwiseKernels.clear(&batch.prototypeGradients)
    }
    swap(&batch.parameters, &parameters[group])
    // What is there already must not be scaled with what the loss adds.
    if factor != 1 { setEarlierGradientsAside() }
    let loss = losses[group].evaluate(&batch, workers: workers)
    if factor != 1 {
      for index in batch.parameters.indices {
        ElementwiseKernels.scale(&batch.parameters[index].gradient, by: factor, workers: workers)
        ElementwiseKernels.add(earlier[index], to: &batch.parameters[index].gradient, workers: workers)
      }
    }
    swap(&batch.parameters, &parameters[group])
    if traits.needs.contains(.norms) {
      for row in normGradients.indices { normGradients[row] += factor * batch.normGradients[row] }
    }
    // No second owner may keep memory from being reused.
    batch.targets = []
    batch.norms = []
    if needsPrototypes { batch.prototypes = Matrix(rows: 0, columns: 0) }
    if skipping == nil {
      gemm(
        alpha: factor, batch.similarities, .asIs, prototypes, into: &partGradients[group], workers: workers)
    } else {
      skipping?.choose(
        gradient: batch.similarities, targets: targets, columnsPerClass: traits.columnsPerClass,
        embeddings: parts[group], prototypes: prototypes, areUnit: traits.similarity == .cosine,
        workers: workers)
      skipping?.multiply(
        alpha: factor, batch.similarities, prototypes: prototypes, into: &partGradients[group],
        workers: workers)
      if measuresSkipping, let skipping {
        skippingErrors.append(
          SkippingError(
            group: group, share: skipping.share,
            embeddings: skipping.embeddingsError(
              batch.similarities, prototypes: prototypes, workers: workers)))
      }
    }
    for entry in batch.embeddingGradients {
      prototypes.withRow(entry.column) { prototype in
        partGradients[group].withMutableRow(entry.row) { gradient in
          for column in gradient.indices { gradient[column] += factor * entry.value * prototype[column] }
        }
      }
    }
    return factor * loss
  }

  /// Moves the gradients of the loss's parameters to `earlier` and starts them from 0.
  private mutating func setEarlierGradientsAside() {
    for index in batch.parameters.indices {
      let (rows, columns) = batch.parameters[index].gradient.shape
      if index == earlier.count { earlier.append(Matrix(rows: rows, columns: columns)) }
      earlier[index].reshape(rows, columns)
      swap(&earlier[index], &batch.parameters[index].gradient)
      ElementwiseKernels.clear(&batch.parameters[index].gradient)
    }
  }

  /// Writes the gradient at the embeddings that `begin` took to `gradient`, which has their shape.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  mutating func finish(gradient: inout Matrix<Element>, workers: Workers) {
    let isCosine = traits.similarity == .cosine
    let normalisesGroups = isCosine && subspaces.normalisation == .group && subspaces.count > 1
    if subspaces.count == 1 {
      ElementwiseKernels.copy(partGradients[0], to: &gradient, workers: workers)
      // No second owner may keep the embeddings' memory from being reused.
      parts[0] = Matrix(rows: 0, columns: 0)
    } else {
      for group in 0..<subspaces.count {
        if normalisesGroups {
          RowNormalization.backward(
            unit: parts[group], norms: partNorms[group], gradient: &partGradients[group], workers: workers)
        }
        gradient.replaceColumns(
          from: subspaces.columns(of: group, width: width).lowerBound, with: partGradients[group],
          workers: workers)
      }
    }
    if isCosine && !normalisesGroups {
      RowNormalization.backward(unit: unit, norms: norms, gradient: &gradient, workers: workers)
    }
    if traits.needs.contains(.norms) {
      // ∂‖x‖/∂x = x̂.
      for row in 0..<gradient.rows {
        let factor = normGradients[row]
        unit.withRow(row) { direction in
          gradient.withMutableRow(row) { values in
            for column in values.indices { values[column] += factor * direction[column] }
          }
        }
      }
    }
  }
}
