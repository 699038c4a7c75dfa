import LinearAlgebra
import Testing

@Suite struct MatrixTests {
  static let sample = Matrix<Float>([[1, 2, 3], [4, 5, 6]])

  @Test func elementsLieRowByRow() {
    #expect(Self.sample.elements == [1, 2, 3, 4, 5, 6])
    #expect(Self.sample == Matrix(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5, 6]))
    #expect(Self.sample[1, 0] == 4)
    #expect(Self.sample.row(1) == [4, 5, 6])
    #expect(Self.sample.count == 6)
  }

  @Test func aNewMatrixIsZeroOrTheGivenValue() {
    #expect(Matrix<Double>(rows: 2, columns: 2).elements == [0, 0, 0, 0])
    #expect(Matrix<Double>(rows: 1, columns: 3, repeating: 2.5).elements == [2.5, 2.5, 2.5])
  }

  @Test func theFirstElementIsAlignedTo64Bytes() {
    for count in 1..<20 {
      let matrix = Matrix<Float>(rows: 1, columns: count)
      var copy = matrix
      copy[0, 0] = 1
      for matrix in [matrix, copy] {
        matrix.withElements { span in
          span.withUnsafeBufferPointer { #expect(UInt(bitPattern: $0.baseAddress) % 64 == 0) }
        }
      }
    }
  }

  @Test func aCopyDoesNotSeeLaterChanges() {
    let original = Self.sample
    var changes: [(String, (inout Matrix<Float>) -> Void)] = []
    changes.append(("subscript", { $0[0, 0] = 9 }))
    changes.append(("fill", { $0.fill(9) }))
    changes.append(("elements", { $0.withMutableElements { (s: inout MutableSpan<Float>) in s[0] = 9 } }))
    changes.append(("row", { $0.withMutableRow(0) { (s: inout MutableSpan<Float>) in s[0] = 9 } }))
    changes.append(("gather", { $0 = $0.gathering(rows: [1, 1]) }))
    changes.append(("gather into", { original.gather(rows: [1, 0], into: &$0) }))
    changes.append(("gemm", { gemm(alpha: 0, original, .asIs, Matrix(rows: 3, columns: 3), into: &$0) }))
    changes.append(("ger", { ger([1, 1], [1, 1, 1], into: &$0) }))
    changes.append(("axpy", { axpy(alpha: 1, original, into: &$0) }))
    changes.append(
      (
        "normal",
        {
          var stream = RandomStream(seed: 0, name: "")
          stream.fillNormal(&$0)
        }
      ))
    for (name, change) in changes {
      var copy = original
      change(&copy)
      #expect(copy != original, "\(name)")
      #expect(original.elements == [1, 2, 3, 4, 5, 6], "\(name)")
    }
  }

  @Test func changingAMatrixThatIsNotSharedKeepsItsMemory() {
    var matrix = Self.sample
    matrix[0, 0] = 7
    func address() -> UInt {
      matrix.withElements { $0.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }
    }
    let before = address()
    matrix[0, 1] = 8
    matrix.fill(3)
    matrix.withMutableRow(1) { (row: inout MutableSpan<Float>) in row[2] = 1 }
    #expect(address() == before)
    #expect(matrix.elements == [3, 3, 3, 3, 3, 1])
  }

  @Test func slicesAndGathersAreCopiesInOrder() {
    let matrix = Self.sample
    #expect(matrix.rows(in: 1..<2) == Matrix([[4, 5, 6]]))
    #expect(matrix.rows(in: 0..<2) == matrix)
    #expect(matrix.rows(in: 2..<2).rows == 0)
    #expect(matrix.columns(in: 1..<3) == Matrix([[2, 3], [5, 6]]))
    #expect(matrix.columns(in: 3..<3).columns == 0)
    #expect(matrix.gathering(rows: [1, 0, 1]) == Matrix([[4, 5, 6], [1, 2, 3], [4, 5, 6]]))
    #expect(matrix.gathering(rows: []).rows == 0)
    var target = Matrix<Float>(rows: 1, columns: 3)
    matrix.gather(rows: [1], into: &target)
    #expect(target == Matrix([[4, 5, 6]]))
  }

  @Test func transposingTwiceIsNothing() {
    #expect(Self.sample.transposed() == Matrix([[1, 4], [2, 5], [3, 6]]))
    let matrix = randomMatrix(Double.self, 37, 53, "t")
    #expect(matrix.transposed().transposed() == matrix)
  }

  @Test func conversionRoundsToTheNearest() {
    let double = Matrix<Double>([[1, 1 + 0x1p-24, 1 + 0x1.8p-24, 1e300, .nan]])
    let float = double.converted(to: Float.self)
    #expect(float[0, 0] == 1 && float[0, 1] == 1 && float[0, 2] == 1 + .ulpOfOne)
    #expect(float[0, 3] == .infinity && float[0, 4].isNaN)
    #expect(Self.sample.converted(to: Double.self).converted(to: Float.self) == Self.sample)
  }

  @Test func emptyMatricesHaveNoElements() {
    for (rows, columns) in [(0, 0), (0, 4), (4, 0)] {
      var matrix = Matrix<Float>(rows: rows, columns: columns)
      #expect(matrix.count == 0 && matrix.elements == [])
      #expect(matrix.transposed().rows == columns && matrix.transposed().columns == rows)
      #expect(matrix.converted(to: Double.self).rows == rows)
      matrix.fill(1)
      let seen = matrix.withMutableElements { (span: inout MutableSpan<Float>) in span.count }
      #expect(seen == 0)
      #expect(matrix == Matrix(rows: rows, columns: columns))
    }
    #expect(Matrix<Float>([]).rows == 0)
    #expect(Matrix<Float>(rows: 0, columns: 4) != Matrix<Float>(rows: 4, columns: 0))
  }

  @Test func equalityIsThatOfTheNumbers() {
    #expect(Matrix<Float>([[0.0]]) == Matrix([[-0.0]]))
    #expect(Matrix<Float>([[.nan]]) != Matrix([[.nan]]))
    #expect(Matrix<Float>([[1, 2]]) != Matrix([[1], [2]]))
  }

  @Test func rowsAreReadAndChangedInPlace() {
    var matrix = Self.sample
    #expect(matrix.withRow(1) { $0[2] } == 6)
    matrix.withMutableRow(1) { (row: inout MutableSpan<Float>) in row[2] = 60 }
    #expect(matrix == Matrix([[1, 2, 3], [4, 5, 60]]))
    #expect(matrix.withElements { $0.count } == 6)
  }

  @Test(arguments: [1, 5, 128, 300]) func rowsAreAddedInTheirOrder(columns: Int) {
    let start = randomMatrix(Float.self, 9, columns, "sum")
    let x = randomMatrix(Float.self, 6, columns, "terms")
    // Row 4 three times: its sum depends on the order.
    let (indices, factors) = ([4, 0, 4, 8, 4, 1], [1e7, 2, -1e7, 0.5, 3, -1] as [Float])
    var expected = (start, start)
    for (row, index) in indices.enumerated() {
      for column in 0..<columns {
        expected.0[index, column] += x[row, column]
        expected.1[index, column] += factors[row] * x[row, column]
      }
    }
    for workers in [Workers.one, Workers(3)] {
      var (plain, scaled, terms) = (start, start, x)
      plain.addRows(of: &terms, at: indices, workers: workers)
      #expect(plain == expected.0 && terms == x)
      scaled.addRows(of: &terms, scaledBy: factors, at: indices, workers: workers)
      #expect(scaled == expected.1)
      #expect(x == randomMatrix(Float.self, 6, columns, "terms"))
    }
  }

  @Test func rowsAreGatheredByAnyNumberOfWorkers() {
    let x = randomMatrix(Double.self, 50, 7, "rows")
    let indices = (0..<200).map { $0 * 7 % 50 }
    var gathered = Matrix<Double>(rows: 200, columns: 7)
    x.gather(rows: indices, into: &gathered, workers: Workers(3))
    for (row, index) in indices.enumerated() {
      for column in 0..<7 { #expect(gathered[row, column] == x[index, column]) }
    }
  }

  @Test func reshapingKeepsMemoryThatIsLargeEnough() {
    func place(_ x: Matrix<Float>) -> UInt {
      x.withElements { $0.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }
    }
    var x = Matrix<Float>(rows: 6, columns: 8, repeating: 1)
    let first = place(x)
    for (rows, columns) in [(3, 8), (8, 3), (0, 4), (48, 1), (6, 8)] {
      x.reshape(rows, columns)
      #expect(x.rows == rows && x.columns == columns && x.count == rows * columns)
      #expect(place(x) == first)
      x.fill(Float(rows))
      #expect(x.elements == [Float](repeating: Float(rows), count: rows * columns))
    }
    x.reshape(7, 8)
    #expect(x.elements.count == 56)
    x.fill(2)
    #expect(x == Matrix(rows: 7, columns: 8, repeating: 2))
  }

  @Test func reshapingLeavesCopiesAlone() {
    var x = Matrix<Double>(rows: 2, columns: 3, repeating: 5)
    let copy = x
    x.reshape(1, 3)
    x.fill(7)
    #expect(copy == Matrix(rows: 2, columns: 3, repeating: 5))
    #expect(x == Matrix(rows: 1, columns: 3, repeating: 7))
    var smaller = x
    smaller.reshape(1, 2)
    smaller.fill(9)
    #expect(x == Matrix(rows: 1, columns: 3, repeating: 7))
  }

  @Test func matricesWithoutElementsShareNothingThatCanBeSeen() {
    var x = Matrix<Float>(rows: 0, columns: 3)
    var y = Matrix<Float>(rows: 4, columns: 0)
    x.fill(1)
    ElementwiseKernels.clear(&y)
    #expect(x.elements.isEmpty && y.elements.isEmpty && x.columns == 3 && y.rows == 4)
    x.reshape(2, 2)
    x.fill(3)
    y.reshape(1, 2)
    y.fill(4)
    #expect(x == Matrix([[3, 3], [3, 3]]) && y == Matrix([[4, 4]]))
    #expect(Matrix<Float>(rows: 0, columns: 0) == Matrix(rows: 0, columns: 0))
  }
}
