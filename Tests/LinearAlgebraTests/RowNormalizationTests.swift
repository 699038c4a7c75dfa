import LinearAlgebra
import Testing

@Suite struct RowNormalizationTests {
  static func normalize<Element: Scalar>(_ x: Matrix<Element>, workers: Workers = .one) -> (
    unit: Matrix<Element>, norms: [Element]
  ) {
    var unit = Matrix<Element>(rows: x.rows, columns: x.columns)
    var norms = [Element](repeating: 0, count: x.rows)
    RowNormalization.forward(x, into: &unit, norms: &norms, workers: workers)
    return (unit, norms)
  }

  @Test func rowsOfThreeAndFourBecomeThreeFifthsAndFourFifths() {
    let (unit, norms) = Self.normalize(Matrix<Double>([[3, 4], [-6, 8], [0, 2]]))
    #expect(unit == Matrix([[0.6, 0.8], [-0.6, 0.8], [0, 1]]))
    #expect(norms == [5, 10, 2])
  }

  @Test func someRowsAreNormalisedAsAllAre() {
    let x = randomMatrix(Float.self, 200, 37, "rows")
    let (unit, norms) = Self.normalize(x)
    let indices = (0..<150).map { $0 * 7 % 200 } + [0, 0, 199]
    var some = Matrix<Float>(rows: indices.count, columns: 37)
    var lengths = [Float](repeating: 0, count: indices.count)
    for workers in [Workers.one, Workers(3)] {
      RowNormalization.forward(x, rows: indices, into: &some, norms: &lengths, workers: workers)
      #expect(some == unit.gathering(rows: indices))
      #expect(lengths == indices.map { norms[$0] })
    }
  }

  @Test func normalisingInPlaceGivesTheSameBits() {
    let x = Matrix<Float>([
      [0.3, -4, 5, 0], [0, 0, 0, 0], [1e-20, 2e-20, 0, 0], [1e-13, 0, 1e-13, 0], [3e38, 3e38, -3e38, 1],
      [1e30, 0, 2, 3], [.nan, 1, 0, 0], [.infinity, 1, 0, 0], [1e-38, 1e-38, 0, 0],
    ])
    let (unit, norms) = Self.normalize(x)
    var inPlace = x
    var lengths = [Float](repeating: 0, count: x.rows)
    RowNormalization.normalize(&inPlace, norms: &lengths, workers: Workers(2))
    #expect(lengths.map(\.bitPattern) == norms.map(\.bitPattern))
    for row in 0..<x.rows { #expect(inPlace.row(row).map(\.bitPattern) == unit.row(row).map(\.bitPattern)) }
    // Whoever shares the elements keeps them.
    #expect(x[0, 2] == 5)
  }

  @Test func zeroRowStaysZero() {
    let (unit, norms) = Self.normalize(Matrix<Float>(rows: 2, columns: 5))
    #expect(unit == Matrix(rows: 2, columns: 5))
    #expect(norms == [0, 0])
  }

  @Test func rowsWithoutColumnsHaveNormZero() {
    #expect(Self.normalize(Matrix<Float>(rows: 2, columns: 0)).norms == [0, 0])
  }

  @Test(arguments: [1e-11, 1e-7, 1, 1e15, 1e18, 1e19, 1e30, 1e37, 3e38] as [Float])
  func rowsOfAnyScaleBecomeUnitRows(scale: Float) {
    let x = Matrix<Float>([[scale, -scale, scale, scale], [0, 0, -scale, 0]])
    let (unit, norms) = Self.normalize(x)
    #expect(norms[0] == 2 * scale)  // +∞ where that is too large
    #expect(norms[1] == scale)
    #expect(unit == Matrix([[0.5, -0.5, 0.5, 0.5], [0, 0, -1, 0]]))
  }

  @Test(arguments: [1e-300, 1e-200, 1e-12, 1e200, 1e308] as [Double])
  func rowsOfAnyScaleInDouble(scale: Double) {
    let (unit, norms) = Self.normalize(Matrix<Double>([[scale, 0, -scale, scale, scale]]))
    #expect(abs(norms[0] / 2 - scale) <= 2 * scale.ulp || norms[0] == .infinity)
    let length = max(2 * scale, 1e-12)
    let expected = scale > 1e300 ? 0.5 : scale / length
    #expect(abs(unit[0, 0] - expected) <= 4 * expected.ulp)
    #expect(unit[0, 1] == 0)
  }

  @Test func rowShorterThanTheMinimumIsDividedByTheMinimum() {
    let (unit, norms) = Self.normalize(Matrix<Float>([[3e-20, 4e-20], [3e-30, 0]]))
    #expect(abs(norms[0] - 5e-20) <= 2 * Float(5e-20).ulp)
    let minimum = RowNormalization.minimumNorm(Float.self)
    #expect(minimum == 1e-12)
    #expect(unit.elements == [3e-20 / minimum, 4e-20 / minimum, 3e-30 / minimum, 0])
  }

  @Test func nanStaysInItsRow() {
    let (unit, norms) = Self.normalize(Matrix<Float>([[1, .nan], [3, 4], [.infinity, 1]]))
    #expect(unit.row(0).allSatisfy { $0.isNaN } && norms[0].isNaN)
    #expect(unit.row(1) == [0.6, 0.8])
    #expect(unit[2, 0].isNaN && unit[2, 1] == 0 && norms[2] == .infinity)
  }

  @Test(arguments: [1, 2, 3, 5]) func anyNumberOfWorkersGivesTheSameBytes(workers: Int) {
    let x = randomMatrix(Float.self, 200, 37, "x")
    let one = Self.normalize(x)
    let many = Self.normalize(x, workers: Workers(workers))
    #expect(sameBits(one.unit, many.unit) && sameBits(one.norms, many.norms))
    var first = randomMatrix(Float.self, 200, 37, "g")
    var second = first
    RowNormalization.backward(unit: one.unit, norms: one.norms, gradient: &first)
    RowNormalization.backward(
      unit: one.unit, norms: one.norms, gradient: &second, workers: Workers(workers))
    #expect(sameBits(first, second))
  }

  @Test(arguments: [1e-3, 1, 1e3]) func backwardIsTheDerivativeByFiniteDifferences(scale: Double) {
    var x = randomMatrix(Double.self, 6, 9, "x")
    for row in 0..<x.rows { for column in 0..<x.columns { x[row, column] *= scale } }
    let weight = randomMatrix(Double.self, 6, 9, "w")
    func loss(_ x: Matrix<Double>) -> Double {
      let unit = Self.normalize(x).unit
      return zip(unit.elements, weight.elements).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let (unit, norms) = Self.normalize(x)
    var gradient = weight
    RowNormalization.backward(unit: unit, norms: norms, gradient: &gradient)
    for row in 0..<x.rows {
      for column in 0..<x.columns {
        let step = 1e-5 * scale
        var up = x
        var down = x
        up[row, column] += step
        down[row, column] -= step
        let difference = (loss(up) - loss(down)) / (2 * step)
        #expect(abs(gradient[row, column] - difference) * scale < 1e-8)
      }
    }
  }

  @Test func backwardHasNoPartAlongTheRow() {
    let x = randomMatrix(Double.self, 20, 33, "x")
    let (unit, norms) = Self.normalize(x)
    var gradient = randomMatrix(Double.self, 20, 33, "g")
    RowNormalization.backward(unit: unit, norms: norms, gradient: &gradient)
    for row in 0..<20 {
      let radial = zip(gradient.row(row), unit.row(row)).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(radial) < 1e-14)
    }
  }

  @Test func backwardOfAShortRowIsThatOfADivisionByTheMinimum() {
    let x = Matrix<Double>([[3e-14, 4e-14]])
    let (unit, norms) = Self.normalize(x)
    var gradient = Matrix<Double>([[2, -1]])
    RowNormalization.backward(unit: unit, norms: norms, gradient: &gradient)
    #expect(gradient == Matrix([[2 / 1e-12, -1 / 1e-12]]))
  }
}
