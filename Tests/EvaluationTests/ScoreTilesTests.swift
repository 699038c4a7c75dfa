import LinearAlgebra
import TestSupport
import Testing

/// Scores that are handed out tile by tile.
@Suite("Score tiles")
struct ScoreTilesTests {
  static func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix<Float> {
    var matrix = Matrix<Float>(rows: rows, columns: columns)
    var stream = RandomStream(seed: seed, name: "tiles")
    stream.fillNormal(&matrix, mean: 0, standardDeviation: 1)
    return matrix
  }

  /// All products, the right rows in blocks of `block`.
  static func products(_ left: Matrix<Float>, _ right: Matrix<Float>, block: Int, threads: Int) -> Matrix<
    Float
  > {
    let tiles = ScoreTiles(left)
    var rows = [[[Float]]](repeating: [], count: tiles.stripes)
    for stripe in rows.indices { rows[stripe] = tiles.rows(ofStripe: stripe).map { _ in [] } }
    for first in stride(from: 0, to: right.rows, by: block) {
      let part = right.rows(in: first..<min(right.rows, first + block))
      tiles.forEachRow(with: part, states: &rows, workers: Workers(threads)) {
        state, row, columns, products in
        for index in products.indices {
          precondition(state[row % ScoreTiles.stripeRows].count == first + columns.lowerBound + index)
          state[row % ScoreTiles.stripeRows].append(products[index])
        }
      }
    }
    return Matrix(rows.flatMap(\.self))
  }

  @Test(arguments: [(1, 1, 3), (130, 600, 70), (129, 40, 1030)])
  func `Every product is there once, whatever the shape`(rows: Int, columns: Int, depth: Int) {
    let (left, right) = (Self.matrix(rows, depth, seed: 1), Self.matrix(columns, depth, seed: 2))
    let found = Self.products(left, right, block: 10_000, threads: 1)
    let expected = product(
      left.converted(to: Double.self), .asIs, right.converted(to: Double.self), .transposed)
    #expect(relativeError(found, expected) < 1e-6)
  }

  @Test func `Blocks, threads and the other rows change no bit`() {
    let (left, right) = (Self.matrix(200, 64, seed: 3), Self.matrix(700, 64, seed: 4))
    let whole = Self.products(left, right, block: 700, threads: 1)
    for (block, threads) in [(1, 1), (100, 2), (512, 2), (513, 1)] {
      #expect(Self.products(left, right, block: block, threads: threads) == whole)
    }
    let alone = Self.products(left.rows(in: 150..<151), right.rows(in: 690..<700), block: 3, threads: 1)
    #expect(alone.row(0) == Array(whole.row(150)[690..<700]))
  }

  @Test func `Listed pairs give their inner products, whatever the threads`() {
    let matrix = Self.matrix(40, 33, seed: 5)
    let first = (0..<40_000).map { Int32($0 % 40) }
    let second = (0..<40_000).map { Int32($0 / 7 % 40) }
    var found = [Float](repeating: 0, count: 40_000)
    RowPairs.dot(matrix, first: first, second: second, into: &found)
    var threaded = found.map { _ in Float(0) }
    RowPairs.dot(matrix, first: first, second: second, into: &threaded, workers: Workers(3))
    #expect(found == threaded)
    for index in stride(from: 0, to: 40_000, by: 997) {
      let expected = zip(matrix.row(Int(first[index])), matrix.row(Int(second[index])))
        .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(Double(found[index]) - expected) < 1e-4)
    }
  }
}
