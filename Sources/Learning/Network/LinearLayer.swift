import LinearAlgebra

/// y = x·Wᵀ + b, with W stored outputs × inputs.
struct LinearLayer<Element: Scalar>: Layer {
  private let weight: Int
  private let bias: Int?

  init(
    inputs: Int, outputs: Int, hasBias: Bool, initialisation: WeightInitialisation, name: String,
    seed: UInt64,
    store: inout ParameterStore<Element>
  ) {
    var matrix = Matrix<Element>(rows: outputs, columns: inputs)
    var stream = RandomStream(seed: seed, name: "\(name).weight")
    switch initialisation {
    case .he: stream.fillNormal(&matrix, standardDeviation: (2 / Double(inputs)).squareRoot())
    case .xavier:
      let bound = (6 / Double(inputs + outputs)).squareRoot()
      stream.fillUniform(&matrix, in: -bound..<bound)
    case .uniform:
      let bound = 1 / Double(inputs).squareRoot()
      stream.fillUniform(&matrix, in: -bound..<bound)
    case .identity:
      for index in 0..<min(inputs, outputs) { matrix[index, index] = 1 }
    }
    weight = store.add("\(name).weight", .weight, matrix)
    bias = hasBias ? store.add("\(name).bias", .bias, Matrix(rows: 1, columns: outputs)) : nil
  }

  var emptyTape: LayerTape<Element> { LayerTape() }

  func forward(
    _ input: Matrix<Element>, tape: inout LayerTape<Element>, store: inout ParameterStore<Element>,
    mode: ForwardMode, workers: Workers
  ) {
    let matrix = store.parameters[weight].value
    tape.output.reshape(input.rows, matrix.rows)
    if let bias { ColumnKernels.fill(&tape.output, row: store.parameters[bias].value, workers: workers) }
    gemm(input, .asIs, matrix, .transposed, beta: bias == nil ? 0 : 1, into: &tape.output, workers: workers)
  }

  func backward(
    _ input: Matrix<Element>, gradient: Matrix<Element>, tape: inout LayerTape<Element>,
    store: inout ParameterStore<Element>, needsInputGradient: Bool, workers: Workers
  ) {
    gemm(
      gradient, .transposed, input, beta: store.addsGradients ? 1 : 0,
      into: &store.parameters[weight].gradient, workers: workers)
    if let bias {
      store.prepareGradient(bias)
      ColumnKernels.addSums(of: gradient, to: &store.parameters[bias].gradient, workers: workers)
    }
    guard needsInputGradient else { return }
    tape.inputGradient.reshape(input.rows, input.columns)
    gemm(gradient, .asIs, store.parameters[weight].value, into: &tape.inputGradient, workers: workers)
  }
}
