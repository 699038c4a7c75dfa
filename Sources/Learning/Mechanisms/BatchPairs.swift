public import LinearAlgebra

/// Prototypes that are the other samples of the batch: one network for both sides of every pair, no class weights.
///
/// Each sample brings several images of its identity. They are all compared with each other, or the first images with the
/// second ones. Gradients flow through both sides of each similarity. Nothing is learned but the loss's own numbers.
public struct BatchPairs<Element: Scalar>: PrototypeSource {
  /// What rows and columns are.
  public enum Columns: String, CaseIterable, Sendable {
    /// Rows and columns are all images of the batch.
    case batch
    /// Rows are the first images, columns the second ones.
    case views
  }

  public let viewsPerSample: Int

  private let columns: Columns
  private var head: SubspaceHead<Element>
  /// The embeddings of the rows, and the gradient there.
  private var rows = Matrix<Element>(rows: 0, columns: 0)
  private var rowGradient = Matrix<Element>(rows: 0, columns: 0)
  /// The other side, as the similarity takes it, and the gradient there.
  private var units = Matrix<Element>(rows: 0, columns: 0)
  private var norms: [Element] = []
  private var columnGradient = Matrix<Element>(rows: 0, columns: 0)

  init(head: SubspaceHead<Element>, columns: Columns, images: Int) {
    self.head = head
    self.columns = columns
    viewsPerSample = images
  }

  public mutating func evaluate(_ batch: inout SourceBatch<Element>, workers: Workers) -> Element {
    let samples = batch.classes.count
    let views = columns == .batch ? batch.embeddings.count : 1
    rows.reshape(views * samples, batch.embeddings[0].columns)
    for view in 0..<views {
      rows.replaceRows(from: view * samples, with: batch.embeddings[view], rows: 0..<samples)
    }
    let classes = Array(repeatElement(batch.classes, count: views).joined())
    let isCosine = head.traits.similarity == .cosine
    let others = columns == .batch ? rows : batch.embeddings[1]
    if isCosine {
      units.reshape(others.rows, others.columns)
      if norms.count != others.rows { norms = Array(repeating: 0, count: others.rows) }
      RowNormalization.forward(others, into: &units, norms: &norms, workers: workers)
    }
    rowGradient.reshape(rows.rows, rows.columns)
    columnGradient.reshape(others.rows, others.columns)
    head.pairs = PairColumns(classes: classes, areRows: columns == .batch)
    head.begin(rows, workers: workers)
    let loss = head.evaluate(
      group: 0, prototypes: isCosine ? units : others, targets: classes, weight: 1,
      prototypeGradient: &columnGradient, workers: workers)
    head.finish(gradient: &rowGradient, workers: workers)
    if isCosine {
      RowNormalization.backward(unit: units, norms: norms, gradient: &columnGradient, workers: workers)
    }
    switch columns {
    case .batch:
      ElementwiseKernels.add(columnGradient, to: &rowGradient, workers: workers)
      for view in 0..<views {
        batch.gradients[view].replaceRows(
          from: 0, with: rowGradient, rows: view * samples..<(view + 1) * samples)
      }
    case .views:
      ElementwiseKernels.copy(rowGradient, to: &batch.gradients[0])
      ElementwiseKernels.copy(columnGradient, to: &batch.gradients[1])
    }
    return loss
  }

  public mutating func finishStep(network: Network<Element>) {}

  public mutating func forEachParameter(_ body: (inout Parameter<Element>) throws -> Void) rethrows {
    for index in head.parameters[0].indices { try body(&head.parameters[0][index]) }
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

/// One shared network for both sides of every pair; pair losses over the images of a batch.
enum Siamese: Mechanism {
  static let description = MethodDescription(
    name: "siamese", title: "Siamese",
    summary: "one shared network; pair losses over P identities × K images of a batch, or over two views",
    options: [
      OptionDescription(
        "images", .integer(2...64), default: .number(2),
        "K, images of an identity a sample: a batch of P samples holds P × K (insightface mxnet's triplets: 5)"
      ),
      OptionDescription(
        "columns", .choice(BatchPairs<Float>.Columns.allCases.map(\.rawValue)), default: .text("batch"),
        "batch: all images against each other; views: first images against second ones, for images: 2"),
    ])

  static func subspaces(_ options: Options) -> Subspaces { Subspaces() }

  static var hasPrototypes: Bool { false }

  static func viewsPerSample(_ options: Options) -> Int { options.integer("images") }

  static func defaultSampler(_ options: Options) -> SamplerConfiguration {
    .perIdentity(images: options.integer("images"))
  }

  static func unsupportedReason(_ options: Options, loss: LossTraits) -> String? {
    if !loss.needs.contains(.pairs) {
      return "the loss compares samples with classes, of which a siamese network has no prototypes"
    }
    if options.text("columns") == "views" && options.integer("images") != 2 {
      return "columns: views compares two images a sample, not \(options.integer("images"))"
    }
    return nil
  }

  static func cost(_ options: Options, loss: LossTraits, batch: Int, classes: Int) -> SourceCost {
    let images = options.integer("images")
    let side = options.text("columns") == "views" ? batch : batch * images
    return SourceCost(embeddedViews: images, rows: side, prototypes: side)
  }

  static func makeSource<Element: Scalar>(
    _ options: Options, head: SubspaceHead<Element>, classes: Int, seed: UInt64
  ) -> any PrototypeSource<Element> {
    BatchPairs(
      head: head, columns: options.choice("columns", BatchPairs<Element>.Columns.self),
      images: options.integer("images"))
  }
}
