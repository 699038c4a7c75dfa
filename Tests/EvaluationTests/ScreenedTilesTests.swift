import LinearAlgebra
import Testing

/// Products that are computed only where they may reach a floor.
@Suite("Screened tiles")
struct ScreenedTilesTests {
  /// The products at or above the floors by row, in the order of the columns; the right rows in blocks of `block`.
  static func found(
    _ left: Matrix<Float>, _ right: Matrix<Float>, floors: [Float], block: Int, threads: Int, replays: Bool
  ) throws -> (products: [[Int: Float]], tally: ScreeningTally) {
    var tiles = try #require(ScreenedTiles(left, workers: Workers(threads), replays: replays))
    var states = (0..<tiles.stripes).map { tiles.rows(ofStripe: $0).map { _ in [Int: Float]() } }
    for first in stride(from: 0, to: right.rows, by: block) {
      let part = right.rows(in: first..<min(right.rows, first + block))
      tiles.forEachScore(
        with: part, states: &states, workers: Workers(threads), floor: { _, row in floors[row] },
        { state, row, column, product in
          let earlier = state[row % ScoreTiles.stripeRows].updateValue(product, forKey: first + column)
          precondition(earlier == nil, "a product a second time")
        })
    }
    return (states.flatMap(\.self), tiles.tally)
  }

  /// The same by computing all.
  static func expected(
    _ left: Matrix<Float>, _ right: Matrix<Float>, floors: [Float], block: Int
  ) -> [[Int: Float]] {
    let all = ScoreTilesTests.products(left, right, block: block, threads: 1)
    return (0..<left.rows).map { row in
      var found: [Int: Float] = [:]
      for (column, product) in all.row(row).enumerated() where product >= floors[row] {
        found[column] = product
      }
      return found
    }
  }

  static func unit(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix<Float> {
    var matrix = ScoreTilesTests.matrix(rows, columns, seed: seed)
    var norms = [Float](repeating: 0, count: rows)
    RowNormalization.normalize(&matrix, norms: &norms)
    return matrix
  }

  @Test(arguments: [
    (3, 40, 1), (11, 51, 16), (257, 1100, 64), (40, 600, 511), (130, 520, 512), (9, 100, 1030),
  ])
  func `What reaches its floor has the bits of the plain product, whatever the shape`(
    rows: Int, columns: Int, depth: Int
  ) throws {
    let (left, right) = (Self.unit(rows, depth, seed: 1), Self.unit(columns, depth, seed: 2))
    let all = ScoreTilesTests.products(left, right, block: columns, threads: 1)
    for share in [0, 1, 10, columns / 2] {
      // A floor that a product equals: with ties at the floor, and few, some or many above it.
      let floors = (0..<rows).map { all.row($0).sorted(by: >)[share] }
      for (block, threads, replays) in [(4096, 1, true), (4096, 2, true), (600, 1, false), (37, 2, true)] {
        let found = try Self.found(
          left, right, floors: floors, block: block, threads: threads, replays: replays)
        #expect(found.products == Self.expected(left, right, floors: floors, block: block))
        #expect(found.tally.products == rows * columns)
        #expect(found.tally.replayed <= found.tally.candidates)
        #expect(replays || found.tally.candidates == 0)
      }
    }
  }

  @Test func `Floors that nothing reaches cost no product, and floors of −∞ all`() throws {
    let (left, right) = (Self.unit(40, 128, seed: 1), Self.unit(600, 128, seed: 2))
    for replays in [true, false] {
      let none = try Self.found(
        left, right, floors: [Float](repeating: 1.5, count: 40), block: 600, threads: 1, replays: replays)
      #expect(none.products.allSatisfy(\.isEmpty) && none.tally.rescoredShare == 0)
      var floors = [Float](repeating: 1.5, count: 40)
      floors[7] = -.infinity
      let all = try Self.found(left, right, floors: floors, block: 600, threads: 1, replays: replays)
      #expect(
        all.products == Self.expected(left, right, floors: floors, block: 600) && all.products[7].count == 600
      )
      #expect(all.tally.rescoredShare == 1 && all.tally.inWholeTiles == 40 * 600)
    }
  }

  @Test func `Rows that codes stand for badly are found all the same`() throws {
    var left = ScoreTilesTests.matrix(64, 96, seed: 3)
    var right = ScoreTilesTests.matrix(700, 96, seed: 4)
    for column in 0..<96 {
      left[1, column] = 0
      left[2, column] = column == 5 ? 1 : 0
      left[3, column] *= column % 3 == 0 ? 1e6 : 1e-6
      left[4, column] *= 1e-30
      left[5, column] = 0.25
      right[0, column] = 0
      right[1, column] = column == 5 ? -1 : 0
      right[2, column] *= column % 3 == 1 ? 1e6 : 1e-6
      right[3, column] = -0.25
    }
    // Copies, whose products are equal to the last bit.
    for column in 0..<96 {
      for copy in [5, 300, 512, 699] { right[copy, column] = left[6, column] }
    }
    let all = ScoreTilesTests.products(left, right, block: 700, threads: 1)
    for share in [0, 3, 20] {
      let floors = (0..<64).map { all.row($0).sorted(by: >)[share] }
      let found = try Self.found(left, right, floors: floors, block: 512, threads: 2, replays: true)
      #expect(found.products == Self.expected(left, right, floors: floors, block: 512))
    }
  }

  @Test func `NaN is never handed out, and its neighbours are as they were`() throws {
    let left = Self.unit(20, 32, seed: 5)
    var right = Self.unit(80, 32, seed: 6)
    right[9, 3] = .nan
    right[70, 0] = .infinity
    let floors = [Float](repeating: 0.3, count: 20)
    for replays in [true, false] {
      let found = try Self.found(left, right, floors: floors, block: 80, threads: 1, replays: replays)
      #expect(found.products == Self.expected(left, right, floors: floors, block: 80))
      #expect(found.products.allSatisfy { $0[9] == nil })
    }
  }

  @Test func `Rows too long for sums of codes are refused`() {
    #expect(ScreenedTiles(Matrix(rows: 1, columns: 65_537)) == nil)
  }
}
