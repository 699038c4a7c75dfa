import LinearAlgebra

/// y = x + f(x) for a sequence of layers f that keeps the width. Source: He, Zhang, Ren and Sun 2016.
struct ResidualLayer<Element: Scalar>: Layer {
  let inner: LayerSequence<Element>

  var emptyTape: LayerTape<Element> {
    var tape = LayerTape<Element>()
    tape.inner = inner.emptyTapes
    return tape
  }

  func forward(
    _ input: Matrix<Element>, tape: inout LayerTape<Element>, store: inout ParameterStore<Element>,
    mode: ForwardMode, workers: Workers
  ) {
    inner.forward(input, tapes: &tape.inner, store: &store, mode: mode, workers: workers)
    tape.output.reshape(input.rows, input.columns)
    ElementwiseKernels.copy(input, to: &tape.output, workers: workers)
    ElementwiseKernels.add(tape.inner.last?.output ?? input, to: &tape.output, workers: workers)
  }

  func backward(
    _ input: Matrix<Element>, gradient: Matrix<Element>, tape: inout LayerTape<Element>,
    store: inout ParameterStore<Element>, needsInputGradient: Bool, workers: Workers
  ) {
    inner.backward(
      input, gradient: gradient, tapes: &tape.inner, store: &store, needsInputGradient: true, workers: workers
    )
    tape.inputGradient.reshape(input.rows, input.columns)
    ElementwiseKernels.copy(gradient, to: &tape.inputGradient, workers: workers)
    ElementwiseKernels.add(
      tape.inner.first?.inputGradient ?? gradient, to: &tape.inputGradient, workers: workers)
  }
}
