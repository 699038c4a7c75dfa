import LinearAlgebra
import Testing

/// Each kernel against its formula in plain scalar arithmetic and the same order: the bits must be the same, whatever
/// instructions the CPU offers and however many workers there are.
@Suite struct ColumnKernelTests {
  static let shapes: [(rows: Int, columns: Int)] = [
    (1, 1), (2, 3), (5, 16), (17, 63), (9, 64), (33, 65), (4, 200),
  ]
  static let workers = [1, 2, 5].map { Workers($0) }

  static func row<Element: Scalar>(_ type: Element.Type, _ columns: Int, _ name: String) -> Matrix<Element> {
    randomMatrix(type, 1, columns, name)
  }

  func check<Element: Scalar>(_ type: Element.Type, _ rows: Int, _ columns: Int, _ workers: Workers) {
    let x = randomMatrix(type, rows, columns, "x")
    let g = randomMatrix(type, rows, columns, "g")
    let gain = Self.row(type, columns, "gain")
    let shift = Self.row(type, columns, "shift")
    let slope = Self.row(type, columns, "slope")
    let old = Self.row(type, columns, "old")

    var filled = x
    ColumnKernels.fill(&filled, row: shift)
    var sums = old
    ColumnKernels.addSums(of: x, to: &sums, workers: workers)
    var mean = old
    var variance = old
    ColumnKernels.moments(of: x, mean: &mean, variance: &variance, workers: workers)
    let inverse = Matrix(
      rows: 1, columns: columns, elements: variance.elements.map { 1 / ($0 + 1e-5).squareRoot() })
    var unit = g
    var standard = g
    ColumnKernels.standardise(
      x, mean: mean, inverse: inverse, gain: gain, shift: shift, unit: &unit, into: &standard,
      workers: workers)
    var gainGradient = old
    var shiftGradient = old
    var dx = g
    var scratch = Matrix<Element>(rows: 2, columns: columns)
    ColumnKernels.standardiseBackward(
      g, unit: unit, inverse: inverse, gain: gain, gainGradient: &gainGradient,
      shiftGradient: &shiftGradient, into: &dx, scratch: &scratch, workers: workers)
    var rectified = g
    ColumnKernels.prelu(x, slope: slope, into: &rectified, workers: workers)
    var slopeGradient = old
    var dRectified = g
    ColumnKernels.preluBackward(
      x, gradient: g, slope: slope, slopeGradient: &slopeGradient, into: &dRectified, workers: workers)

    for column in 0..<columns {
      var sum = old[0, column]
      var total: Element = 0
      for row in 0..<rows {
        sum += x[row, column]
        total += x[row, column]
        #expect(filled[row, column] == shift[0, column])
      }
      let count = Element(rows)
      let average = total / count
      #expect(sums[0, column] == sum && mean[0, column] == average)
      var squares: Element = 0
      for row in 0..<rows { squares += (x[row, column] - average) * (x[row, column] - average) }
      #expect(variance[0, column] == squares / count)
      var sumG: Element = 0
      var sumGU: Element = 0
      for row in 0..<rows {
        let u = (x[row, column] - average) * inverse[0, column]
        #expect(unit[row, column] == u)
        #expect(standard[row, column] == gain[0, column] * u + shift[0, column])
        sumG += g[row, column]
        sumGU += g[row, column] * u
      }
      #expect(gainGradient[0, column] == old[0, column] + sumGU)
      #expect(shiftGradient[0, column] == old[0, column] + sumG)
      var slopeSum = old[0, column]
      for row in 0..<rows {
        let centred = (g[row, column] - sumG / count) - unit[row, column] * (sumGU / count)
        #expect(dx[row, column] == (gain[0, column] * inverse[0, column]) * centred)
        let positive = x[row, column] > 0
        #expect(rectified[row, column] == (positive ? x[row, column] : slope[0, column] * x[row, column]))
        #expect(dRectified[row, column] == (positive ? g[row, column] : slope[0, column] * g[row, column]))
        if !positive { slopeSum += g[row, column] * x[row, column] }
      }
      #expect(slopeGradient[0, column] == slopeSum)
    }
  }

  @Test(arguments: shapes, workers)
  func columnPassesHaveTheBitsOfTheirFormulas(shape: (rows: Int, columns: Int), workers: Workers) {
    check(Float.self, shape.rows, shape.columns, workers)
    check(Double.self, shape.rows, shape.columns, workers)
  }

  @Test func standardiseBackwardIsTheDerivativeByFiniteDifferences() {
    let x = randomMatrix(Double.self, 7, 3, "x")
    let weight = randomMatrix(Double.self, 7, 3, "w")
    let gain = Self.row(Double.self, 3, "gain")
    let shift = Self.row(Double.self, 3, "shift")
    func forward(_ x: Matrix<Double>, _ gain: Matrix<Double>, _ shift: Matrix<Double>) -> (
      loss: Double, unit: Matrix<Double>, inverse: Matrix<Double>
    ) {
      var mean = shift
      var variance = shift
      ColumnKernels.moments(of: x, mean: &mean, variance: &variance)
      let inverse = Matrix(
        rows: 1, columns: 3, elements: variance.elements.map { 1 / ($0 + 1e-5).squareRoot() })
      var unit = x
      var y = x
      ColumnKernels.standardise(
        x, mean: mean, inverse: inverse, gain: gain, shift: shift, unit: &unit, into: &y)
      return (zip(y.elements, weight.elements).reduce(0) { $0 + $1.0 * $1.1 }, unit, inverse)
    }
    let (_, unit, inverse) = forward(x, gain, shift)
    var dGain = Matrix<Double>(rows: 1, columns: 3)
    var dShift = dGain
    var dx = x
    var scratch = Matrix<Double>(rows: 2, columns: 3)
    ColumnKernels.standardiseBackward(
      weight, unit: unit, inverse: inverse, gain: gain, gainGradient: &dGain, shiftGradient: &dShift,
      into: &dx, scratch: &scratch)
    func slope(_ change: (Double) -> Double) -> Double { (change(1e-5) - change(-1e-5)) / 2e-5 }
    for column in 0..<3 {
      for row in 0..<7 {
        let expected = slope { step in
          var x = x
          x[row, column] += step
          return forward(x, gain, shift).loss
        }
        // The variance's ε of 1e-5 is part of the mean of squares only in the forward pass.
        #expect(abs(dx[row, column] - expected) < 1e-4)
      }
      let byGain = slope { step in
        var gain = gain
        gain[0, column] += step
        return forward(x, gain, shift).loss
      }
      let byShift = slope { step in
        var shift = shift
        shift[0, column] += step
        return forward(x, gain, shift).loss
      }
      #expect(abs(dGain[0, column] - byGain) < 1e-8 && abs(dShift[0, column] - byShift) < 1e-8)
    }
  }
}
