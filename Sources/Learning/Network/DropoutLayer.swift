import LinearAlgebra

/// Zeroes each element with probability `rate` in training and scales the others by 1/(1 − rate); the identity in inference.
///
/// Masks depend on the pass's key and the layer's name alone. Source: Srivastava et al. 2014.
struct DropoutLayer<Element: Scalar>: Layer {
  private let rate: Double
  private let name: String

  init(rate: Double, name: String) {
    self.rate = rate
    self.name = name
  }

  var emptyTape: LayerTape<Element> {
    var tape = LayerTape<Element>()
    tape.saved = [Matrix(rows: 0, columns: 0)]
    return tape
  }

  func forward(
    _ input: Matrix<Element>, tape: inout LayerTape<Element>, store: inout ParameterStore<Element>,
    mode: ForwardMode, workers: Workers
  ) {
    tape.output.reshape(input.rows, input.columns)
    switch mode {
    case .inference, .batchStatistics: ElementwiseKernels.copy(input, to: &tape.output)
    case .training(let key):
      tape.saved[0].reshape(input.rows, input.columns)
      var stream = RandomStream(seed: UInt64(key.y) << 32 | UInt64(key.x), name: name)
      ElementwiseKernels.fillDropoutMask(
        &tape.saved[0], rate: rate, key: SIMD2(stream.nextWord(), stream.nextWord()), workers: workers)
      ElementwiseKernels.multiply(input, tape.saved[0], into: &tape.output, workers: workers)
    }
  }

  func backward(
    _ input: Matrix<Element>, gradient: Matrix<Element>, tape: inout LayerTape<Element>,
    store: inout ParameterStore<Element>, needsInputGradient: Bool, workers: Workers
  ) {
    tape.inputGradient.reshape(input.rows, input.columns)
    ElementwiseKernels.multiply(gradient, tape.saved[0], into: &tape.inputGradient, workers: workers)
  }
}
