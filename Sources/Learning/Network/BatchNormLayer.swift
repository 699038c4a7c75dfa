import LinearAlgebra

/// Batch normalisation: y = γ·(x − μ)/√(σ² + ε) + β, column by column.
///
/// In training μ and σ² (biased) are those of the batch, and the running statistics move by `momentum` towards them, the
/// variance unbiased, as in PyTorch (with one row it counts as it is). In inference the running statistics are used.
/// Source: Ioffe and Szegedy 2015. Without `affine` γ = 1 and β = 0 stay.
struct BatchNormLayer<Element: Scalar>: Layer {
  private let momentum: Element
  private let epsilon: Element
  private let columns: Int
  private let gain: Int?
  private let shift: Int?
  private let runningMean: Int
  private let runningVariance: Int

  /// The places of the saved matrices.
  private enum Saved: Int, CaseIterable { case unit, mean, variance, inverse, scratch, gain, shift }

  init(
    columns: Int, momentum: Double, epsilon: Double, affine: Bool, name: String,
    store: inout ParameterStore<Element>
  ) {
    self.momentum = Element(momentum)
    self.epsilon = Element(epsilon)
    self.columns = columns
    let ones = Matrix<Element>(rows: 1, columns: columns, repeating: 1)
    let zeros = Matrix<Element>(rows: 1, columns: columns)
    gain = affine ? store.add("\(name).gain", .normScale, ones) : nil
    shift = affine ? store.add("\(name).shift", .normShift, zeros) : nil
    runningMean = store.addBuffer("\(name).running-mean", zeros)
    runningVariance = store.addBuffer("\(name).running-variance", ones)
  }

  var emptyTape: LayerTape<Element> {
    var tape = LayerTape<Element>()
    let row = Matrix<Element>(rows: 1, columns: columns)
    tape.saved = Array(repeating: row, count: Saved.allCases.count)
    tape.saved[Saved.gain.rawValue].fill(1)
    tape.saved[Saved.scratch.rawValue] = Matrix(rows: 2, columns: columns)
    return tape
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func forward(
    _ input: Matrix<Element>, tape: inout LayerTape<Element>, store: inout ParameterStore<Element>,
    mode: ForwardMode, workers: Workers
  ) {
    tape.output.reshape(input.rows, columns)
    tape.saved[Saved.unit.rawValue].reshape(input.rows, columns)
    guard input.rows > 0 else { return }
    switch mode {
    case .training, .batchStatistics:
      var mean = take(&tape, .mean)
      var variance = take(&tape, .variance)
      ColumnKernels.moments(of: input, mean: &mean, variance: &variance, workers: workers)
      moveRunningStatistics(mean: mean, variance: variance, rows: input.rows, store: &store)
      tape.saved[Saved.mean.rawValue] = mean
      tape.saved[Saved.variance.rawValue] = variance
    case .inference:
      ElementwiseKernels.copy(store.buffers[runningMean].value, to: &tape.saved[Saved.mean.rawValue])
      ElementwiseKernels.copy(store.buffers[runningVariance].value, to: &tape.saved[Saved.variance.rawValue])
    }
    var inverse = take(&tape, .inverse)
    tape.saved[Saved.variance.rawValue].withElements { variance in
      inverse.withMutableElements { inverse in
        for column in 0..<columns { inverse[column] = 1 / (variance[column] + epsilon).squareRoot() }
      }
    }
    tape.saved[Saved.inverse.rawValue] = inverse
    var unit = take(&tape, .unit)
    ColumnKernels.standardise(
      input, mean: tape.saved[Saved.mean.rawValue], inverse: tape.saved[Saved.inverse.rawValue],
      gain: gain.map { store.parameters[$0].value } ?? tape.saved[Saved.gain.rawValue],
      shift: shift.map { store.parameters[$0].value } ?? tape.saved[Saved.shift.rawValue],
      unit: &unit, into: &tape.output, workers: workers)
    tape.saved[Saved.unit.rawValue] = unit
  }

  func backward(
    _ input: Matrix<Element>, gradient: Matrix<Element>, tape: inout LayerTape<Element>,
    store: inout ParameterStore<Element>, needsInputGradient: Bool, workers: Workers
  ) {
    tape.inputGradient.reshape(input.rows, columns)
    if let gain { store.prepareGradient(gain) }
    if let shift { store.prepareGradient(shift) }
    guard input.rows > 0 else { return }
    var scratch = take(&tape, .scratch)
    // Without affine parameters their gradients go to rows that nobody reads.
    var unusedGain = gain == nil ? take(&tape, .variance) : Matrix(rows: 0, columns: 0)
    var unusedShift = shift == nil ? take(&tape, .mean) : Matrix(rows: 0, columns: 0)
    if let gain, let shift {
      var gainGradient = Matrix<Element>(rows: 0, columns: 0)
      var shiftGradient = Matrix<Element>(rows: 0, columns: 0)
      swap(&gainGradient, &store.parameters[gain].gradient)
      swap(&shiftGradient, &store.parameters[shift].gradient)
      ColumnKernels.standardiseBackward(
        gradient, unit: tape.saved[Saved.unit.rawValue], inverse: tape.saved[Saved.inverse.rawValue],
        gain: store.parameters[gain].value, gainGradient: &gainGradient, shiftGradient: &shiftGradient,
        into: &tape.inputGradient, scratch: &scratch, workers: workers)
      swap(&gainGradient, &store.parameters[gain].gradient)
      swap(&shiftGradient, &store.parameters[shift].gradient)
    } else {
      ColumnKernels.standardiseBackward(
        gradient, unit: tape.saved[Saved.unit.rawValue], inverse: tape.saved[Saved.inverse.rawValue],
        gain: tape.saved[Saved.gain.rawValue], gainGradient: &unusedGain, shiftGradient: &unusedShift,
        into: &tape.inputGradient, scratch: &scratch, workers: workers)
      tape.saved[Saved.variance.rawValue] = unusedGain
      tape.saved[Saved.mean.rawValue] = unusedShift
    }
    tape.saved[Saved.scratch.rawValue] = scratch
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  private func moveRunningStatistics(
    mean: Matrix<Element>, variance: Matrix<Element>, rows: Int, store: inout ParameterStore<Element>
  ) {
    let unbiased = rows > 1 ? Element(rows) / Element(rows - 1) : 1
    let kept = 1 - momentum
    mean.withElements { mean in
      store.buffers[runningMean].value.withMutableElements { running in
        for column in 0..<columns { running[column] = kept * running[column] + momentum * mean[column] }
      }
    }
    variance.withElements { variance in
      store.buffers[runningVariance].value.withMutableElements { running in
        for column in 0..<columns {
          running[column] = kept * running[column] + momentum * (variance[column] * unbiased)
        }
      }
    }
  }

  /// Moves a saved matrix out of the tape, so that it can be written without being shared.
  private func take(_ tape: inout LayerTape<Element>, _ place: Saved) -> Matrix<Element> {
    var result = Matrix<Element>(rows: 0, columns: 0)
    swap(&result, &tape.saved[place.rawValue])
    return result
  }
}
