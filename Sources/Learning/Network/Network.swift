import FeatureStores
public import LinearAlgebra

/// What one forward pass of a network leaves for its backward pass.
///
/// Several tapes may be in use at once (one for each view of a sample). The memory is kept from step to step.
public struct NetworkTape<Element: Scalar>: Sendable {
  fileprivate var layers: [LayerTape<Element>]
  fileprivate var input: Matrix<Element>

  /// The embeddings of the last forward pass.
  public var output: Matrix<Element> { layers.isEmpty ? input : layers[layers.count - 1].output }

  /// Lets go of the features, whose memory can then be written again without a copy.
  public mutating func releaseInput() { input = Matrix(rows: 0, columns: 0) }
}

/// A network of fully connected layers, mapping features (a sample a row) to embeddings.
///
/// A value: a copy trains on its own. Parameters start as their layer says, from streams of the seed that are named after
/// them. The embeddings are the raw outputs of the last layer; losses over cosines normalise them themselves.
public struct Network<Element: Scalar>: Sendable {
  public let configuration: NetworkConfiguration
  /// The columns of the features.
  public let inputs: Int
  /// The columns of the embeddings.
  public let outputs: Int
  private let sequence: LayerSequence<Element>
  private var store: ParameterStore<Element>

  /// Rows of a tile of `embed`: every row is computed in a tile of exactly this many rows.
  public static var tileRows: Int { 128 }

  /// Builds and initialises the network. Throws `HarnessError` for widths that do not fit together.
  public init(_ configuration: NetworkConfiguration, inputs: Int, seed: UInt64) throws {
    if let reason = configuration.unsupportedReason(inputs: inputs) {
      throw HarnessError(.badInput, place: "network", found: reason)
    }
    self.configuration = configuration
    self.inputs = inputs
    outputs = configuration.outputs(inputs: inputs)
    var store = ParameterStore<Element>()
    sequence = LayerSequence(configuration.layers, inputs: inputs, name: "network", seed: seed, store: &store)
    self.store = store
  }

  /// What the network learns, in the order of its layers.
  public var parameters: [Parameter<Element>] {
    get { store.parameters }
    _modify { yield &store.parameters }
  }

  /// What the network keeps besides, in the order of its layers.
  public var buffers: [Buffer<Element>] {
    get { store.buffers }
    _modify { yield &store.buffers }
  }

  public func makeTape() -> NetworkTape<Element> {
    NetworkTape(layers: sequence.emptyTapes, input: Matrix(rows: 0, columns: 0))
  }

  /// A forward pass in training mode. `dropoutKey` decides the dropout masks.
  public mutating func forward(
    _ features: Matrix<Element>, tape: inout NetworkTape<Element>, dropoutKey: SIMD2<UInt32>,
    workers: Workers = .one
  ) {
    forward(features, tape: &tape, mode: .training(dropoutKey: dropoutKey), workers: workers)
  }

  /// A forward pass in any mode.
  mutating func forward(
    _ features: Matrix<Element>, tape: inout NetworkTape<Element>, mode: ForwardMode, workers: Workers
  ) {
    precondition(features.columns == inputs, "features of another width")
    tape.input = features
    sequence.forward(features, tapes: &tape.layers, store: &store, mode: mode, workers: workers)
  }

  /// Adds to the gradients of the parameters, from the gradient at the embeddings of the tape's forward pass; without `adding` it writes
  /// them, to the same bits as if they had been 0.
  public mutating func backward(
    _ gradient: Matrix<Element>, tape: inout NetworkTape<Element>, adding: Bool = true,
    workers: Workers = .one
  ) {
    precondition(gradient.rows == tape.input.rows && gradient.columns == outputs, "gradient of another shape")
    store.addsGradients = adding
    sequence.backward(
      tape.input, gradient: gradient, tapes: &tape.layers, store: &store, needsInputGradient: false,
      workers: workers)
  }

  /// The embeddings of `features` in inference mode.
  ///
  /// A row's embedding has the same bytes whatever other rows come with it: rows are computed in tiles of one
  /// fixed size, the last one padded with zeros.
  public func embed(_ features: Matrix<Element>, workers: Workers = .one) -> Matrix<Element> {
    precondition(features.columns == inputs, "features of another width")
    var result = Matrix<Element>(rows: features.rows, columns: outputs)
    var store = store
    var tapes = sequence.emptyTapes
    var tile = Matrix<Element>(rows: Self.tileRows, columns: inputs)
    var first = 0
    while first < features.rows {
      let end = min(first + Self.tileRows, features.rows)
      if end - first < Self.tileRows { tile.fill(0) }
      tile.replaceRows(from: 0, with: features, rows: first..<end)
      sequence.forward(tile, tapes: &tapes, store: &store, mode: .inference, workers: workers)
      result.replaceRows(from: first, with: tapes.last?.output ?? tile, rows: 0..<end - first)
      first = end
    }
    return result
  }
}
