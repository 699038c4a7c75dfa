public import LinearAlgebra

/// What a prototype source works on in one step.
///
/// A sample has one or more views (images of the same identity), as many as the source asks for.
public struct SourceBatch<Element: Scalar>: Sendable {
  /// The features of each view, a sample a row.
  public var features: [Matrix<Element>]
  /// The embeddings of each view that the trained network embeds.
  public var embeddings: [Matrix<Element>]
  /// Where the source writes the gradient at the embeddings of each view.
  public var gradients: [Matrix<Element>]
  /// The class of each sample.
  public var classes: [Int] = []
  /// The step, counted from 0.
  public var step = 0

  init(views: Int, embedded: Int? = nil) {
    let empty = Matrix<Element>(rows: 0, columns: 0)
    features = Array(repeating: empty, count: views)
    embeddings = Array(repeating: empty, count: embedded ?? views)
    gradients = embeddings
  }
}

/// Where the prototypes come from that a batch is compared with.
///
/// One file a source. The trainer knows nothing of what a source keeps: it is asked for loss and gradients, then, after
/// the optimiser's step, told so.
public protocol PrototypeSource<Element>: Sendable {
  associatedtype Element: Scalar

  /// Images of an identity in a sample.
  var viewsPerSample: Int { get }

  /// How many of the views, from the first on, the trained network embeds and gets gradients for; all unless said otherwise.
  var embeddedViews: Int { get }

  /// Called once, before everything else, with the network that will be trained.
  mutating func start(network: Network<Element>)

  /// Called before each `evaluate`: sets the gradients that it adds to, rather than writes, to 0; all unless said otherwise.
  mutating func clearGradients()

  /// The loss of the batch. Writes the gradients at the embeddings and adds to the gradients of the source's own parameters.
  mutating func evaluate(_ batch: inout SourceBatch<Element>, workers: Workers) -> Element

  /// Called after the parameters of `network` and of the source moved.
  mutating func finishStep(network: Network<Element>)

  /// Calls `body` with everything the source learns, always in the same order.
  mutating func forEachParameter(_ body: (inout Parameter<Element>) throws -> Void) rethrows

  /// Whether `evaluate` measures what leaving small elements of the gradient out changes. Off at first.
  var measuresSkipping: Bool { get set }

  /// What it measured since `measuresSkipping` was set.
  var skippingErrors: [SkippingError] { get }

  /// Adds what it keeps besides parameters (the state of losses, queues, other networks) to a checkpoint.
  func save(to archive: inout TensorArchive) throws

  /// Takes back what `save` wrote.
  mutating func restore(from archive: TensorArchive) throws
}

extension PrototypeSource {
  public var embeddedViews: Int { viewsPerSample }

  // Those of a source that leaves nothing out.
  public var measuresSkipping: Bool {
    get { false }
    set {}
  }
  public var skippingErrors: [SkippingError] { [] }

  public mutating func start(network: Network<Element>) {}

  public mutating func clearGradients() {
    forEachParameter { ElementwiseKernels.clear(&$0.gradient) }
  }
}
