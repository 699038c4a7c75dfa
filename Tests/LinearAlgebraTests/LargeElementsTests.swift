import LinearAlgebra
import TestSupport
import Testing

/// Products of a matrix of which small elements are left out.
@Suite struct LargeElementsTests {
  /// A matrix whose first columns are full of large elements and whose others hold few: tiles of both kinds, and a narrow last one.
  private static func gradient(rows: Int, columns: Int, full: Int) -> Matrix<Double> {
    var stream = RandomStream(seed: 8, name: "gradient")
    var g = Matrix<Double>(rows: rows, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns {
        let isLarge = column < full || stream.uniform() < 0.03
        g[row, column] = (isLarge ? 1 : 1e-9) * stream.normal()
      }
    }
    return g
  }

  private static func normal(_ rows: Int, _ columns: Int) -> Matrix<Double> {
    var stream = RandomStream(seed: 9, name: "operand")
    var x = Matrix<Double>(rows: rows, columns: columns)
    stream.fillNormal(&x)
    return x
  }

  /// `g` without what the rule leaves out, by its definition.
  private static func kept(_ g: Matrix<Double>, _ threshold: Double, _ always: [Int], _ each: Int) -> Matrix<
    Double
  > {
    var result = g
    for first in stride(from: 0, to: g.columns, by: 512) {
      let tile = first..<min(first + 512, g.columns)
      func isKept(_ row: Int, _ column: Int) -> Bool {
        abs(g[row, column]) > threshold || column / each == always[row]
      }
      let count = (0..<g.rows).reduce(0) { sum, row in sum + tile.count { isKept(row, $0) } }
      if count > g.rows * tile.count / 4 { continue }
      for row in 0..<g.rows { for column in tile where !isKept(row, column) { result[row, column] = 0 } }
    }
    return result
  }

  @Test(arguments: [(70, 1300, 600, 40), (3, 513, 0, 130), (150, 512, 0, 1), (140, 1100, 1100, 515)])
  func `Products are those of the kept part`(rows: Int, columns: Int, full: Int, width: Int) {
    let g = Self.gradient(rows: rows, columns: columns, full: full)
    let (w, e) = (Self.normal(columns, width), Self.normal(rows, width))
    let always = (0..<rows).map { $0 * 7 % (columns / 2) }
    var large = LargeElements<Double>()
    large.select(from: g, above: 1e-3, always: always, columnsEach: 2)
    let kept = Self.kept(g, 1e-3, always, 2)
    #expect(
      large.leftOut(of: g)
        == Matrix(rows: rows, columns: columns, elements: zip(g.elements, kept.elements).map(-)))
    let nonzero = kept.elements.count { $0 != 0 }
    #expect(abs(large.share - Double(nonzero) / Double(g.count)) < 1e-12)
    var forward = Matrix<Double>(rows: rows, columns: width, repeating: .nan)
    large.multiply(alpha: 0.5, g, w, into: &forward)
    #expect(relativeError(forward.elements, product(kept, .asIs, w).elements.map { $0 / 2 }) < 1e-13)
    var backward = Matrix<Double>(rows: columns, columns: width, repeating: .nan)
    let squares = large.multiplyTransposed(alpha: 0.5, g, e, into: &backward)
    #expect(relativeError(backward.elements, product(kept, .transposed, e).elements.map { $0 / 2 }) < 1e-13)
    #expect(abs(squares - backward.elements.reduce(0) { $0 + $1 * $1 }) <= 1e-12 * squares)
  }

  @Test func `Without a threshold products have the bytes of plain ones`() {
    let g = Self.gradient(rows: 130, columns: 1030, full: 100).converted(to: Float.self)
    let w = Self.normal(1030, 70).converted(to: Float.self)
    let e = Self.normal(130, 70).converted(to: Float.self)
    var large = LargeElements<Float>()
    large.select(from: g, above: nil, always: Array(repeating: 0, count: 130))
    #expect(large.share == 1)
    var (forward, backward) = (Matrix<Float>(rows: 130, columns: 70), Matrix<Float>(rows: 1030, columns: 70))
    large.multiply(g, w, into: &forward)
    _ = large.multiplyTransposed(g, e, into: &backward)
    #expect(forward == product(g, .asIs, w) && backward == product(g, .transposed, e))
  }

  @Test func `The bytes are the same for any number of workers`() {
    let g = Self.gradient(rows: 300, columns: 2600, full: 520).converted(to: Float.self)
    let w = Self.normal(2600, 260).converted(to: Float.self)
    let e = Self.normal(300, 260).converted(to: Float.self)
    let results = [1, 2, 3].map { count in
      var large = LargeElements<Float>()
      let workers = Workers(count)
      large.select(from: g, above: 1e-3, always: Array(repeating: 5, count: 300), workers: workers)
      var forward = Matrix<Float>(rows: 300, columns: 260)
      var backward = Matrix<Float>(rows: 2600, columns: 260)
      large.multiply(g, w, into: &forward, workers: workers)
      let squares = large.multiplyTransposed(g, e, into: &backward, workers: workers)
      return forward.elements + backward.elements + [Float(squares)]
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test func `A copy keeps what it took in`() {
    let g = Self.gradient(rows: 40, columns: 600, full: 0)
    let w = Self.normal(600, 20)
    let always = Array(repeating: 0, count: 40)
    var large = LargeElements<Double>()
    large.select(from: g, above: 1e-3, always: always)
    let copy = large
    large.select(from: g, above: 10, always: always)
    var (few, many) = (Matrix<Double>(rows: 40, columns: 20), Matrix<Double>(rows: 40, columns: 20))
    large.multiply(g, w, into: &few)
    copy.multiply(g, w, into: &many)
    #expect(relativeError(many, product(Self.kept(g, 1e-3, always, 1), .asIs, w)) < 1e-13)
    #expect(relativeError(few, product(Self.kept(g, 10, always, 1), .asIs, w)) < 1e-13)
  }

  @Test func `Small masses are those of the rows`() {
    let g = Self.gradient(rows: 37, columns: 700, full: 10)
    let bounds = [2, 1, 0.5, 0.1, 1e-3, 1e-9, 1e-10, 0]
    var masses = SmallMasses<Double>()
    masses.measure(g, bounds: bounds, workers: Workers(2))
    for (index, bound) in bounds.enumerated() {
      let rows = (0..<37).map { g.row($0).filter { abs($0) <= bound }.reduce(0) { $0 + abs($1) } }
      let sums = masses.sums(bound: index)
      // As large as rounding can have made them smaller, and no more than 2 % too large.
      let (sum, squares) = (rows.reduce(0, +), rows.reduce(0) { $0 + $1 * $1 })
      #expect(sums.sum >= sum && sums.sum <= 1.02 * sum)
      #expect(sums.squares >= squares && sums.squares <= 1.03 * squares)
      #expect(masses.countAbove(bound: index) == g.elements.count { abs($0) > bound })
    }
  }
}
