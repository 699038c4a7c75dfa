import LinearAlgebra

/// What a network learns and keeps, in the order of its layers.
struct ParameterStore<Element: Scalar>: Sendable {
  var parameters: [Parameter<Element>] = []
  var buffers: [Buffer<Element>] = []
  /// Whether a backward pass adds to the gradients; else it writes them, each once.
  var addsGradients = true

  /// Adds a parameter and returns its place.
  mutating func add(_ name: String, _ kind: ParameterKind, _ value: Matrix<Element>) -> Int {
    parameters.append(Parameter(name: name, kind: kind, value: value))
    return parameters.count - 1
  }

  /// Makes the gradient of a small parameter what a backward pass may add to.
  mutating func prepareGradient(_ index: Int) {
    if !addsGradients { ElementwiseKernels.clear(&parameters[index].gradient) }
  }

  /// Adds a buffer and returns its place.
  mutating func addBuffer(_ name: String, _ value: Matrix<Element>) -> Int {
    buffers.append(Buffer(name: name, value: value))
    return buffers.count - 1
  }
}

/// How a forward pass treats batch statistics and dropout.
enum ForwardMode: Sendable {
  /// Statistics of the batch, which also move the running ones; dropout with masks from this key.
  case training(dropoutKey: SIMD2<UInt32>)
  /// Statistics of the batch, which also move the running ones; no dropout.
  case batchStatistics
  /// Running statistics, no dropout.
  case inference
}

/// What one layer keeps from its forward pass for the backward pass, with its memory kept from step to step.
struct LayerTape<Element: Scalar>: Sendable {
  var output = Matrix<Element>(rows: 0, columns: 0)
  /// The gradient with respect to the layer's input, after the backward pass.
  var inputGradient = Matrix<Element>(rows: 0, columns: 0)
  /// Matrices of the layer's own.
  var saved: [Matrix<Element>] = []
  /// The tapes of the layers inside a block.
  var inner: [LayerTape<Element>] = []
}

/// One layer: a description with the places of its parameters; all changing memory is in the tape and the store.
protocol Layer<Element>: Sendable {
  associatedtype Element: Scalar

  /// A tape with as many saved matrices and inner tapes as the layer uses.
  var emptyTape: LayerTape<Element> { get }

  /// Writes the layer's output for `input` (a sample a row) to `tape.output`.
  func forward(
    _ input: Matrix<Element>, tape: inout LayerTape<Element>, store: inout ParameterStore<Element>,
    mode: ForwardMode, workers: Workers)

  /// From the gradient at the output of the last forward pass adds to the gradients of the parameters, or writes them where the store says
  /// so, and, where asked, writes that at the input to `tape.inputGradient`.
  func backward(
    _ input: Matrix<Element>, gradient: Matrix<Element>, tape: inout LayerTape<Element>,
    store: inout ParameterStore<Element>, needsInputGradient: Bool, workers: Workers)
}

/// Layers one after the other.
struct LayerSequence<Element: Scalar>: Sendable {
  let layers: [any Layer<Element>]

  /// Builds the layers; `name` is the path for parameters and streams, such as `network`.
  init(
    _ configurations: [LayerConfiguration], inputs: Int, name: String, seed: UInt64,
    store: inout ParameterStore<Element>
  ) {
    var width = inputs
    var layers: [any Layer<Element>] = []
    for (index, configuration) in configurations.enumerated() {
      let name = "\(name).\(index)"
      switch configuration {
      case .linear(let outputs, let bias, let initialisation):
        layers.append(
          LinearLayer(
            inputs: width, outputs: outputs, hasBias: bias, initialisation: initialisation, name: name,
            seed: seed,
            store: &store))
        width = outputs
      case .batchNorm(let momentum, let epsilon, let affine):
        layers.append(
          BatchNormLayer(
            columns: width, momentum: momentum, epsilon: epsilon, affine: affine, name: name, store: &store))
      case .prelu(let slope):
        layers.append(PReLULayer(columns: width, initialSlope: slope, name: name, store: &store))
      case .dropout(let rate): layers.append(DropoutLayer(rate: rate, name: name))
      case .residual(let inner):
        layers.append(
          ResidualLayer(
            inner: LayerSequence(inner, inputs: width, name: name, seed: seed, store: &store)))
      }
    }
    self.layers = layers
  }

  var emptyTapes: [LayerTape<Element>] { layers.map { $0.emptyTape } }

  func forward(
    _ input: Matrix<Element>, tapes: inout [LayerTape<Element>], store: inout ParameterStore<Element>,
    mode: ForwardMode, workers: Workers
  ) {
    for index in layers.indices {
      let input = index == 0 ? input : tapes[index - 1].output
      layers[index].forward(input, tape: &tapes[index], store: &store, mode: mode, workers: workers)
    }
  }

  func backward(
    _ input: Matrix<Element>, gradient: Matrix<Element>, tapes: inout [LayerTape<Element>],
    store: inout ParameterStore<Element>, needsInputGradient: Bool, workers: Workers
  ) {
    for index in layers.indices.reversed() {
      let input = index == 0 ? input : tapes[index - 1].output
      let gradient = index == layers.count - 1 ? gradient : tapes[index + 1].inputGradient
      layers[index].backward(
        input, gradient: gradient, tape: &tapes[index], store: &store,
        needsInputGradient: needsInputGradient || index > 0, workers: workers)
    }
  }
}
