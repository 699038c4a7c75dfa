public import LinearAlgebra

/// Prototypes that are learned: one row of weights for each column, the conventional classifier.
///
/// For cosines the rows enter by direction alone; their gradient passes through the normalisation. With sampled classes, rows of
/// the others take no part in a step and get no gradient from it; the optimiser's momentum and decay move them all the same.
public struct ClassWeights<Element: Scalar>: PrototypeSource {
  private var head: SubspaceHead<Element>
  private var weights: [Parameter<Element>]
  private var units: [Matrix<Element>]
  private var norms: [[Element]]
  /// The classes of the present step, their rows, and the gradient there; nil where all classes take part.
  var sample: ClassSample?
  private var sampledRows: [Int] = []
  private var sampled = Matrix<Element>(rows: 0, columns: 0)
  private var sampledGradient = Matrix<Element>(rows: 0, columns: 0)

  /// How class weights start.
  public enum Initialisation: String, CaseIterable, Sendable {
    /// `renorm` for cosines, `normal` for inner products.
    case automatic
    /// Uniform on (−1, 1), each row scaled to unit length (MultiFace, FaceX-Zoo, AdaFace).
    case renorm
    /// Normal with standard deviation 0.01 (insightface).
    case normal
    /// Uniform with variance 2/(inputs + outputs) (face.evoLVe).
    case xavier
  }

  /// `sampleRate` is the share of all classes that takes part in a step.
  init(
    head: SubspaceHead<Element>, classes: Int, initialisation: Initialisation, sampleRate: Double = 1,
    seed: UInt64
  ) {
    self.head = head
    if sampleRate < 1 {
      sample = ClassSample(
        count: ClassSample.count(rate: sampleRate, classes: classes), classes: classes, seed: seed)
    }
    let isCosine = head.traits.similarity == .cosine
    let rows = classes * head.traits.columnsPerClass
    let columns = head.width / head.subspaces.count
    weights = (0..<head.subspaces.count).map { group in
      let name = "prototypes.\(group)"
      var stream = RandomStream(seed: seed, name: name)
      var value = Matrix<Element>(rows: rows, columns: columns)
      switch initialisation == .automatic ? (isCosine ? .renorm : .normal) : initialisation {
      case .automatic, .renorm:
        var raw = value
        stream.fillUniform(&raw, in: -1..<1)
        var norms = [Element](repeating: 0, count: rows)
        RowNormalization.forward(raw, into: &value, norms: &norms)
      case .normal: stream.fillNormal(&value, standardDeviation: 0.01)
      case .xavier:
        let bound = (6 / Double(rows + columns)).squareRoot()
        stream.fillUniform(&value, in: -bound..<bound)
      }
      return Parameter(name: name, kind: .prototype, value: value)
    }
    let empty = Matrix<Element>(rows: 0, columns: 0)
    // With sampled classes one memory serves all groups in turn.
    let isWhole = isCosine && sample == nil
    units = weights.map { isWhole ? Matrix(rows: $0.value.rows, columns: $0.value.columns) : empty }
    norms = weights.map { Array(repeating: 0, count: isWhole ? $0.value.rows : 0) }
  }

  public var viewsPerSample: Int { 1 }

  public mutating func evaluate(_ batch: inout SourceBatch<Element>, workers: Workers) -> Element {
    guard sample != nil else { return evaluateAll(&batch, workers: workers) }
    sample?.draw(step: batch.step, rows: batch.classes)
    return evaluateSampled(&batch, workers: workers)
  }

  /// The loss against the classes that the sample holds.
  mutating func evaluateSampled(_ batch: inout SourceBatch<Element>, workers: Workers) -> Element {
    guard let sample else { preconditionFailure("no sampled classes") }
    let share = head.traits.columnsPerClass
    sampledRows.removeAll(keepingCapacity: true)
    for label in sample.chosen { sampledRows.append(contentsOf: label * share..<(label + 1) * share) }
    let isCosine = head.traits.similarity == .cosine
    head.begin(batch.embeddings[0], workers: workers)
    var total: Element = 0
    for group in weights.indices {
      let columns = weights[group].value.columns
      sampled.reshape(sampledRows.count, columns)
      sampledGradient.reshape(sampledRows.count, columns)
      weights[group].value.gather(rows: sampledRows, into: &sampled)
      if isCosine {
        units[0].reshape(sampledRows.count, columns)
        if norms[0].count != sampledRows.count { norms[0] = Array(repeating: 0, count: sampledRows.count) }
        RowNormalization.forward(sampled, into: &units[0], norms: &norms[0], workers: workers)
      }
      total += head.evaluate(
        group: group, prototypes: isCosine ? units[0] : sampled, targets: sample.targets, weight: 1,
        prototypeGradient: &sampledGradient, workers: workers)
      if isCosine {
        RowNormalization.backward(
          unit: units[0], norms: norms[0], gradient: &sampledGradient, workers: workers)
      }
      for (index, row) in sampledRows.enumerated() {
        sampledGradient.withRow(index) { part in
          weights[group].gradient.withMutableRow(row) { VectorKernels.add(part, to: &$0) }
        }
      }
    }
    head.finish(gradient: &batch.gradients[0], workers: workers)
    return total
  }

  private mutating func evaluateAll(_ batch: inout SourceBatch<Element>, workers: Workers) -> Element {
    head.begin(batch.embeddings[0], workers: workers)
    var total: Element = 0
    for group in weights.indices {
      let isCosine = head.traits.similarity == .cosine
      if isCosine {
        RowNormalization.forward(
          weights[group].value, into: &units[group], norms: &norms[group], workers: workers)
      }
      let prototypes = isCosine ? units[group] : weights[group].value
      total += head.evaluate(
        group: group, prototypes: prototypes, targets: batch.classes, weight: 1,
        prototypeGradient: &weights[group].gradient, workers: workers)
      if isCosine {
        RowNormalization.backward(
          unit: units[group], norms: norms[group], gradient: &weights[group].gradient, workers: workers)
      }
    }
    head.finish(gradient: &batch.gradients[0], workers: workers)
    return total
  }

  public mutating func clearGradients() {
    // Where all classes take part, the products write every number of the weights' gradients.
    let isWritten = sample == nil
    forEachParameter {
      if !(isWritten && $0.kind == .prototype) { ElementwiseKernels.clear(&$0.gradient) }
    }
  }

  public mutating func finishStep(network: Network<Element>) {}

  public mutating func forEachParameter(_ body: (inout Parameter<Element>) throws -> Void) rethrows {
    for group in weights.indices {
      try body(&weights[group])
      for index in head.parameters[group].indices { try body(&head.parameters[group][index]) }
    }
  }

  public var measuresSkipping: Bool {
    get { head.measuresSkipping }
    set { head.measuresSkipping = newValue }
  }

  public var skippingErrors: [SkippingError] { head.skippingErrors }

  public func save(to archive: inout TensorArchive) throws {
    try archive.add("loss-state", head.losses.map { $0.state })
  }

  public mutating func restore(from archive: TensorArchive) throws {
    let states = try archive.value("loss-state", as: [LossState].self)
    guard states.count == head.losses.count else {
      throw archive.error(found: "\(states.count) loss states", expected: "\(head.losses.count)")
    }
    for (index, state) in states.enumerated() { head.losses[index].state = state }
  }
}
