import LinearAlgebra

/// y = x where x > 0, a·x elsewhere, with one learned slope a a column. Source: He, Zhang, Ren and Sun 2015.
struct PReLULayer<Element: Scalar>: Layer {
  private let slope: Int

  init(columns: Int, initialSlope: Double, name: String, store: inout ParameterStore<Element>) {
    slope = store.add(
      "\(name).slope", .slope, Matrix(rows: 1, columns: columns, repeating: Element(initialSlope)))
  }

  var emptyTape: LayerTape<Element> { LayerTape() }

  func forward(
    _ input: Matrix<Element>, tape: inout LayerTape<Element>, store: inout ParameterStore<Element>,
    mode: ForwardMode, workers: Workers
  ) {
    tape.output.reshape(input.rows, input.columns)
    ColumnKernels.prelu(input, slope: store.parameters[slope].value, into: &tape.output, workers: workers)
  }

  func backward(
    _ input: Matrix<Element>, gradient: Matrix<Element>, tape: inout LayerTape<Element>,
    store: inout ParameterStore<Element>, needsInputGradient: Bool, workers: Workers
  ) {
    tape.inputGradient.reshape(input.rows, input.columns)
    store.prepareGradient(slope)
    let value = store.parameters[slope].value
    ColumnKernels.preluBackward(
      input, gradient: gradient, slope: value, slopeGradient: &store.parameters[slope].gradient,
      into: &tape.inputGradient, workers: workers)
  }
}
