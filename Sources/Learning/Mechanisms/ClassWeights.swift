public import LinearAlgebra

/// Prototypes that are learned: one row of weights for each column, the conventional classifier.
///
/// For cosines the rows enter by direction alone; their gradient passes through the normalisation.
public struct ClassWeights<Element: Scalar>: PrototypeSource {
  private var head: SubspaceHead<Element>
  private var weights: [Parameter<Element>]
  private var units: [Matrix<Element>]
  private var norms: [[Element]]

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

  init(head: SubspaceHead<Element>, classes: Int, initialisation: Initialisation, seed: UInt64) {
    self.head = head
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
    units = weights.map { isCosine ? Matrix(rows: $0.value.rows, columns: $0.value.columns) : empty }
    norms = weights.map { Array(repeating: 0, count: isCosine ? $0.value.rows : 0) }
  }

  public var viewsPerSample: Int { 1 }

  public mutating func evaluate(_ batch: inout SourceBatch<Element>, workers: Workers) -> Element {
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

  public mutating func finishStep(network: Network<Element>) {}

  public mutating func forEachParameter(_ body: (inout Parameter<Element>) throws -> Void) rethrows {
    for group in weights.indices {
      try body(&weights[group])
      for index in head.parameters[group].indices { try body(&head.parameters[group][index]) }
    }
  }

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
