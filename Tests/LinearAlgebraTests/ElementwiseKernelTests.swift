import LinearAlgebra
import Testing

@Suite struct ElementwiseKernelTests {
  static let shapes: [(rows: Int, columns: Int)] = [(0, 3), (1, 1), (3, 5), (7, 64), (130, 513)]
  static let workers = [1, 2, 5].map { Workers($0) }

  func check<Element: Scalar>(_ type: Element.Type, _ rows: Int, _ columns: Int, _ workers: Workers) {
    let x = randomMatrix(type, rows, columns, "x")
    let y = randomMatrix(type, rows, columns, "y")
    func expect(_ result: Matrix<Element>, _ formula: (Element, Element) -> Element) {
      #expect(result.elements == zip(x.elements, y.elements).map(formula))
    }
    var product = x
    ElementwiseKernels.multiply(x, y, into: &product, workers: workers)
    expect(product) { $0 * $1 }
    var sum = y
    ElementwiseKernels.add(x, to: &sum, workers: workers)
    expect(sum) { $1 + $0 }
    var copy = y
    ElementwiseKernels.copy(x, to: &copy)
    expect(copy) { x, _ in x }
    var scaled = x
    ElementwiseKernels.scale(&scaled, by: 0.3, workers: workers)
    expect(scaled) { x, _ in x * 0.3 }
    let squares = x.elements.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(ElementwiseKernels.sumOfSquares(x) - squares) <= 1e-5 * squares)
  }

  @Test(arguments: shapes, workers)
  func passesHaveTheBitsOfTheirFormulas(shape: (rows: Int, columns: Int), workers: Workers) {
    check(Float.self, shape.rows, shape.columns, workers)
    check(Double.self, shape.rows, shape.columns, workers)
  }

  @Test(arguments: [false, true], workers)
  func descendIsTheStepOfStochasticGradientDescent(nesterov: Bool, workers: Workers) {
    let (rate, momentum, decay, scale) = (0.1 as Float, 0.9 as Float, 5e-4 as Float, 0.5 as Float)
    var w = randomMatrix(Float.self, 130, 513, "w")
    var v = randomMatrix(Float.self, 130, 513, "v")
    let g = randomMatrix(Float.self, 130, 513, "g")
    let (oldW, oldV) = (w.elements, v.elements)
    ElementwiseKernels.descend(
      &w, gradient: g, velocity: &v, rate: rate, momentum: momentum, decay: decay, scale: scale,
      nesterov: nesterov, workers: workers)
    for (index, g) in g.elements.enumerated() {
      let d = scale * g + decay * oldW[index]
      let velocity = momentum * oldV[index] + d
      let step = nesterov ? d + momentum * velocity : velocity
      if v.elements[index] != velocity || w.elements[index] != oldW[index] - rate * step {
        Issue.record("element \(index)")
        return
      }
    }
  }

  @Test(arguments: [0, 0.25, 0.5, 0.9], workers)
  func dropoutMaskKeepsTheExpectedShareAndDependsOnThePlaceAlone(rate: Double, workers: Workers) {
    let key = SIMD2<UInt32>(3, 4)
    var mask = Matrix<Float>(rows: 130, columns: 513)
    ElementwiseKernels.fillDropoutMask(&mask, rate: rate, key: key, workers: workers)
    var words: [UInt32] = []
    for index in 0..<UInt32((mask.count + 3) / 4) {
      let block = Philox.block(counter: SIMD4(index, 0, 0, 0), key: key)
      words += (0..<4).map { block[$0] }
    }
    let threshold = UInt32(rate * 0x1p32)
    #expect(mask.elements == words.prefix(mask.count).map { $0 < threshold ? 0 : Float(1 / (1 - rate)) })
    let kept = Double(mask.elements.count { $0 != 0 }) / Double(mask.count)
    #expect(abs(kept - (1 - rate)) <= 4 * (rate * (1 - rate) / Double(mask.count)).squareRoot())
  }

  @Test(arguments: workers) func rowProductHasTheBitsOfItsDotProducts(workers: Workers) {
    let a = randomMatrix(Float.self, 300, 37, "a")
    let b = randomMatrix(Float.self, 5, 37, "b")
    let result = RowProduct.multiply(a, byTransposeOf: b, workers: workers)
    for row in 0..<300 {
      for column in 0..<5 {
        #expect(
          result[row, column] == VectorKernels.dot(a.row(row).span, b.row(column).span))
      }
    }
    let wrong = NaiveProduct(
      alpha: 1, a, .asIs, b, .transposed, beta: 0, Matrix<Float>(rows: 300, columns: 5)
    ).firstWrong(in: result)
    #expect(wrong == nil)
  }

  @Test(arguments: workers) func updateRowsChangesEveryRowOnceInOrder(workers: Workers) {
    var matrix = Matrix<Double>(rows: 37, columns: 3, repeating: 1)
    var scratch = Matrix<Double>(rows: Matrix<Double>.scratchRows(for: 37), columns: 3)
    var results = [Int](repeating: -1, count: 37)
    matrix.updateRows(scratch: &scratch, results: &results, workers: workers) { row, values, scratch in
      scratch[0] = Double(row)
      values[1] += scratch[0]
      return row * row
    }
    #expect(results == (0..<37).map { $0 * $0 })
    #expect(matrix == Matrix((0..<37).map { [1, 1 + Double($0), 1] }))
  }

  @Test func partsOfMatricesAreCopiedIntoPlace() {
    let source = Matrix<Float>([[1, 2, 3], [4, 5, 6]])
    var part = Matrix<Float>(rows: 2, columns: 2)
    source.copyColumns(1..<3, into: &part)
    #expect(part == Matrix([[2, 3], [5, 6]]))
    var target = Matrix<Float>(rows: 2, columns: 3)
    target.replaceColumns(from: 1, with: part)
    #expect(target == Matrix([[0, 2, 3], [0, 5, 6]]))
    target.replaceRows(from: 0, with: source, rows: 1..<2)
    #expect(target == Matrix([[4, 5, 6], [0, 5, 6]]))
    #expect(source == Matrix([[1, 2, 3], [4, 5, 6]]))
  }

  @Test func littleEndianBytesRestoreAMatrixBitByBit() throws {
    let matrix = Matrix<Float>([[1, -0.0, .nan], [.infinity, .leastNonzeroMagnitude, 3]])
    let bytes = matrix.littleEndianBytes
    #expect(Array(bytes.prefix(4)) == [0, 0, 0x80, 0x3F])
    #expect(sameBits(try #require(Matrix<Float>(rows: 2, columns: 3, littleEndianBytes: bytes)), matrix))
    #expect(Matrix<Float>(rows: 2, columns: 2, littleEndianBytes: bytes) == nil)
    #expect(Matrix<Float>(rows: -1, columns: -6, littleEndianBytes: bytes) == nil)
    #expect(Matrix<Float>(rows: .max, columns: 2, littleEndianBytes: bytes) == nil)
  }
}
