import LinearAlgebra
import Testing

@Suite struct ProductTests {
  /// Every kind of edge of the tiles of 128 × 512 with slices of 512, products of vectors, and inner dimensions of 0.
  static let shapes: [(m: Int, n: Int, k: Int)] = [
    (1, 1, 1), (2, 3, 0), (1, 7, 3), (7, 1, 5), (129, 1, 33), (1, 513, 600), (3, 5, 512), (17, 31, 513),
    (127, 511, 9), (128, 512, 16), (129, 513, 64), (64, 64, 1025), (130, 515, 130), (257, 40, 520),
  ]
  static let orientations: [(Orientation, Orientation)] = [
    (.asIs, .asIs), (.asIs, .transposed), (.transposed, .asIs), (.transposed, .transposed),
  ]

  static func operands<Element: Scalar>(
    _ type: Element.Type, _ shape: (m: Int, n: Int, k: Int), _ orientations: (Orientation, Orientation)
  ) -> (a: Matrix<Element>, b: Matrix<Element>, c: Matrix<Element>) {
    let (m, n, k) = shape
    return (
      orientations.0 == .asIs ? randomMatrix(type, m, k, "a") : randomMatrix(type, k, m, "a"),
      orientations.1 == .asIs ? randomMatrix(type, k, n, "b") : randomMatrix(type, n, k, "b"),
      randomMatrix(type, m, n, "c")
    )
  }

  func checkAgainstDefinition<Element: Scalar>(_ type: Element.Type, _ shape: (m: Int, n: Int, k: Int)) {
    for orientation in Self.orientations {
      let (a, b, c) = Self.operands(type, shape, orientation)
      for (alpha, beta) in [(1, 0), (-0.5, 0.25), (2, 1)] as [(Element, Element)] {
        var result = c
        gemm(alpha: alpha, a, orientation.0, b, orientation.1, beta: beta, into: &result)
        let wrong = NaiveProduct(alpha: alpha, a, orientation.0, b, orientation.1, beta: beta, c)
          .firstWrong(in: result)
        #expect(wrong == nil, "\(shape) \(orientation) α \(alpha) β \(beta)")
      }
    }
  }

  @Test(arguments: shapes) func gemmInFloatIsTheSumOfProducts(shape: (m: Int, n: Int, k: Int)) {
    checkAgainstDefinition(Float.self, shape)
  }

  @Test(arguments: shapes) func gemmInDoubleIsTheSumOfProducts(shape: (m: Int, n: Int, k: Int)) {
    checkAgainstDefinition(Double.self, shape)
  }

  @Test(arguments: shapes)
  func gemmHasTheSameBytesForAnyNumberOfWorkers(shape: (m: Int, n: Int, k: Int)) {
    for orientation in Self.orientations {
      #expect(Self.worksAlike(Float.self, shape, orientation))
      #expect(Self.worksAlike(Double.self, shape, orientation))
    }
  }

  /// Whether 1, 2, 3 and 5 workers give the same bytes.
  static func worksAlike<Element: Scalar>(
    _ type: Element.Type, _ shape: (m: Int, n: Int, k: Int), _ orientation: (Orientation, Orientation)
  ) -> Bool {
    let (a, b, c) = operands(type, shape, orientation)
    var first = c
    gemm(alpha: 1.5, a, orientation.0, b, orientation.1, beta: 0.5, into: &first)
    return [2, 3, 5].allSatisfy { count in
      var other = c
      gemm(
        alpha: 1.5, a, orientation.0, b, orientation.1, beta: 0.5, into: &other, workers: Workers(count))
      return sameBits(first, other)
    }
  }

  @Test func gemmWithBetaZeroForgetsWhatWasThereEvenNaN() {
    for (m, n, k) in [(1, 1, 1), (1, 9, 4), (9, 1, 4), (5, 6, 0), (130, 70, 33)] {
      let a = randomMatrix(Float.self, m, k, "a")
      let b = randomMatrix(Float.self, k, n, "b")
      var fresh = Matrix<Float>(rows: m, columns: n)
      var soiled = Matrix<Float>(rows: m, columns: n, repeating: .nan)
      gemm(a, .asIs, b, into: &fresh)
      gemm(a, .asIs, b, into: &soiled)
      #expect(sameBits(fresh, soiled), "\(m) × \(n) × \(k)")
    }
  }

  /// Gradients that are written have the bits of those that were added to zeros.
  @Test func gemmWithBetaZeroHasTheBitsOfAddingToZeros() {
    func check<Element: Scalar>(_ type: Element.Type) {
      for (m, n, k) in [(1, 1, 1), (9, 8, 12), (8, 128, 128), (128, 64, 40), (130, 530, 70), (96, 96, 600)] {
        for isTransposed in [false, true] {
          var a = randomMatrix(Element.self, isTransposed ? k : m, isTransposed ? m : k, "a")
          let b = randomMatrix(Element.self, k, n, "b")
          // Zeros of either sign, as rectifiers and unused features leave them.
          for place in stride(from: 0, to: a.count, by: 3) {
            a[place / a.columns, place % a.columns] = place % 2 == 0 ? 0 : -0.0
          }
          if m > 1 && !isTransposed { for column in 0..<k { a[1, column] = -0.0 } }
          var written = Matrix<Element>(rows: m, columns: n, repeating: 3)
          var added = Matrix<Element>(rows: m, columns: n)
          gemm(a, isTransposed ? .transposed : .asIs, b, into: &written)
          gemm(a, isTransposed ? .transposed : .asIs, b, beta: 1, into: &added)
          #expect(sameBits(written, added), "\(type) \(m) × \(n) × \(k), \(isTransposed)")
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test func gemmWithoutInnerDimensionScalesTheOldContent() {
    var c = Matrix<Double>([[1, -2], [3, 4]])
    gemm(Matrix(rows: 2, columns: 0), .asIs, Matrix(rows: 0, columns: 2), beta: -0.5, into: &c)
    #expect(c == Matrix([[-0.5, 1], [-1.5, -2]]))
  }

  @Test func gemmOfNoRowsOrColumnsDoesNothing() {
    var none = Matrix<Float>(rows: 0, columns: 3)
    gemm(Matrix(rows: 0, columns: 2), .asIs, randomMatrix(Float.self, 2, 3, "b"), into: &none)
    #expect(none.count == 0)
    #expect(product(Matrix<Float>(rows: 4, columns: 2), .asIs, Matrix(rows: 2, columns: 0)).columns == 0)
  }

  @Test func gemmReadsAnOperandThatIsAlsoTheResultBeforeWritingIt() {
    var a = Matrix<Double>([[1, 2], [3, 4]])
    let copy = a
    gemm(copy, .asIs, copy, into: &a)
    #expect(a == Matrix([[7, 10], [15, 22]]))
    #expect(copy == Matrix([[1, 2], [3, 4]]))
  }

  @Test func productIsExactOnSmallIntegers() {
    let a = Matrix<Float>([[1, 2, 3], [4, 5, 6]])
    let b = Matrix<Float>([[7, 8], [9, 10], [11, 12]])
    #expect(product(a, .asIs, b) == Matrix([[58, 64], [139, 154]]))
    #expect(
      product(a, .transposed, b, .transposed) == Matrix([[39, 49, 59], [54, 68, 82], [69, 87, 105]]))
    #expect(product(a, .asIs, a, .transposed) == Matrix([[14, 32], [32, 77]]))
    #expect(product(b, .transposed, b) == Matrix([[251, 278], [278, 308]]))
  }

  @Test func nanInAnOperandReachesItsRowOnly() {
    var a = randomMatrix(Float.self, 130, 20, "a")
    a[129, 3] = .nan
    let result = product(a, .asIs, randomMatrix(Float.self, 20, 4, "b"))
    for row in 0..<130 {
      let isNaN = result.row(row).map(\.isNaN)
      #expect(isNaN == [Bool](repeating: row == 129, count: 4))
    }
  }

  func checkMatrixVectorProduct<Element: Scalar>(_ type: Element.Type) {
    for (rows, columns) in [(1, 1), (1, 40), (40, 1), (3, 0), (0, 3), (33, 17), (700, 515)] {
      let a = randomMatrix(type, rows, columns, "a")
      for orientation in [Orientation.asIs, .transposed] {
        let (inner, outer) = orientation == .asIs ? (columns, rows) : (rows, columns)
        let x = randomMatrix(type, inner, 1, "x")
        let y = randomMatrix(type, outer, 1, "y")
        for (alpha, beta) in [(1, 0), (-0.5, 0.25)] as [(Element, Element)] {
          var result = beta == 0 ? [Element](repeating: .nan, count: outer) : y.elements
          gemv(alpha: alpha, a, orientation, x.elements, beta: beta, into: &result)
          let wrong = NaiveProduct(alpha: alpha, a, orientation, x, .asIs, beta: beta, y)
            .firstWrong(in: Matrix(rows: outer, columns: 1, elements: result))
          #expect(wrong == nil, "\(rows) × \(columns) \(orientation) α \(alpha) β \(beta)")
        }
      }
    }
  }

  @Test func gemvIsTheSumOfProductsAndWithBetaZeroForgetsNaN() {
    checkMatrixVectorProduct(Float.self)
    checkMatrixVectorProduct(Double.self)
  }

  func checkOuterProduct<Element: Scalar>(_ type: Element.Type) {
    for (rows, columns) in [(1, 1), (1, 40), (40, 1), (0, 3), (3, 0), (33, 17), (200, 515)] {
      let x = randomMatrix(type, rows, 1, "x")
      let y = randomMatrix(type, columns, 1, "y")
      let old = randomMatrix(type, rows, columns, "a")
      var result = old
      ger(alpha: -1.5, x.elements, y.elements, into: &result)
      let wrong = NaiveProduct(alpha: -1.5, x, .asIs, y, .transposed, beta: 1, old).firstWrong(in: result)
      #expect(wrong == nil, "\(rows) × \(columns)")
    }
  }

  @Test func gerAddsTheOuterProduct() {
    checkOuterProduct(Float.self)
    checkOuterProduct(Double.self)
  }

  @Test(arguments: [0, 1, 7, 31, 32, 33, 1000]) func axpyAddsTheMultiple(count: Int) {
    let x = randomMatrix(Double.self, 1, count, "x")
    let y = randomMatrix(Double.self, 1, count, "y")
    var result = y
    axpy(alpha: 3, x, into: &result)
    for column in 0..<count {
      let expected = y[0, column] + 3 * x[0, column]
      #expect(
        abs(result[0, column] - expected) <= 4 * .ulpOfOne * (abs(y[0, column]) + abs(3 * x[0, column])))
    }
    var integers = Matrix<Float>(rows: 1, columns: count, repeating: 2)
    axpy(alpha: 0.5, Matrix(rows: 1, columns: count, repeating: 8), into: &integers)
    #expect(integers == Matrix(rows: 1, columns: count, repeating: 6))
  }
}
