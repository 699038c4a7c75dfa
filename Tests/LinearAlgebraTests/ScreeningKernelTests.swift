import CKernels
import Foundation
import LinearAlgebra
import Testing

/// 8-bit codes, the bounds from them, and products summed like those of matrices.
@Suite("Screening kernels")
struct ScreeningKernelTests {
  /// Rows that codes stand for well, and rows for which they are at their worst.
  enum Rows: CaseIterable {
    case normal, oneHot, equal, zeros, manyMagnitudes, tiny, halves

    func matrix(_ rows: Int, _ columns: Int, _ name: String) -> Matrix<Float> {
      var matrix = randomMatrix(Float.self, rows, columns, name)
      for row in 0..<rows {
        for column in 0..<columns {
          let value = matrix[row, column]
          switch self {
          case .normal: break
          case .oneHot: matrix[row, column] = column == row % columns ? 1 : 0
          case .equal: matrix[row, column] = 0.3
          case .zeros: matrix[row, column] = 0
          case .manyMagnitudes:
            matrix[row, column] = value * pow(10, Float((column * 7 + row) % 25 - 12))
          case .tiny: matrix[row, column] = value * 1e-36
          // Every element but the first half-way between two codes.
          case .halves: matrix[row, column] = column == 0 ? 127 : Float(row % 126) + 0.5
          }
        }
      }
      return matrix
    }
  }

  /// What the kernels make of two matrices.
  struct Screened: Equatable {
    var codes: [Int8]
    var rows: [[Float]]
    var sums: [Int32]
    var panels: [UInt8]
    var bounds: [Float]
    var masks: [UInt16]

    /// `left` has a multiple of eight rows; an even number of panels takes in `right`.
    init(level: Int32, _ left: Matrix<Float>, _ right: Matrix<Float>, floors: [Float]) {
      let (depth, length) = (left.columns, ck_coded_depth(left.columns))
      let count = (right.rows + 31) / 32 * 2
      codes = [Int8](repeating: 99, count: left.rows * length)
      var coded = [ck_coded_row](repeating: ck_coded_row(), count: left.rows)
      ck_code_rows_at(level, left.elements, left.rows, depth, &codes, &coded)
      rows = coded.map { [$0.scale, $0.length, $0.error] }
      sums = coded.map(\.sum)
      panels = []
      bounds = []
      for first in stride(from: 0, to: 16 * count, by: 16) {
        var panel = [UInt8](repeating: 7, count: 16 * length)
        var bound = [Float](repeating: 7, count: 48)
        let part = right.rows(in: min(first, right.rows)..<min(first + 16, right.rows))
        ck_code_panel_at(level, part.elements, part.rows, depth, &panel, &bound)
        panels += panel
        bounds += bound
      }
      masks = [UInt16](repeating: 0x5555, count: left.rows * count)
      ck_screen_at(level, codes, coded, floors, left.rows, panels, bounds, count, depth, &masks)
    }

    func isCandidate(_ row: Int, _ column: Int) -> Bool {
      masks[row * (bounds.count / 48) + column / 16] >> (column % 16) & 1 == 1
    }
  }

  static let depths = [1, 3, 4, 5, 8, 31, 64, 130, 512]

  static func exact(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// A floor that a product equals, by turns one that is a little or much higher, none, and one that nothing reaches.
  static func floors(_ left: Matrix<Float>, _ right: Matrix<Float>) -> [Float] {
    (0..<left.rows).map { row in
      let product = Float(exact(left.row(row), right.row(row % right.rows)))
      return [product, product.nextUp, product + 0.1 * product.magnitude, -.infinity, .infinity][row % 5]
    }
  }

  @Test(arguments: depths, Rows.allCases) func `Every level gives the same codes, bounds and masks`(
    depth: Int, kind: Rows
  ) {
    let left = kind.matrix(16, depth, "left")
    let right = randomMatrix(Float.self, 45, depth, "right")
    let floors = Self.floors(left, right)
    for (a, b) in [(left, right), (right.rows(in: 0..<16), left)] {
      let baseline = Screened(level: 0, a, b, floors: floors)
      for level in 0...ck_screen_level() {
        #expect(Screened(level: level, a, b, floors: floors) == baseline, "level \(level)")
      }
    }
  }

  @Test(arguments: depths, Rows.allCases)
  func `Codes are the nearest, and lengths and errors no less than they are`(
    depth: Int, kind: Rows
  ) {
    let left = kind.matrix(8, depth, "left")
    let screened = Screened(level: ck_screen_level(), left, left, floors: [Float](repeating: 0, count: 8))
    let length = ck_coded_depth(depth)
    for row in 0..<8 {
      let x = left.row(row)
      let top = x.map(\.magnitude).max() ?? 0
      let codes: [Int8] = x.map {
        top < 0x1p-100 ? 0 : Int8(min(127, max(-127, ($0 * (127 / top)).rounded(.toNearestOrEven))))
      }
      #expect(Array(screened.codes[row * length..<row * length + depth]) == codes)
      #expect(screened.codes[row * length + depth..<(row + 1) * length].allSatisfy { $0 == 0 })
      #expect(screened.sums[row] == codes.reduce(0) { $0 + Int32($1) })
      let (scale, longest, error) = (screened.rows[row][0], screened.rows[row][1], screened.rows[row][2])
      #expect(scale == (top < 0x1p-100 ? 0 : top / 127))
      func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      let approximate = codes.map { Double(scale) * Double($0) }
      let lengths = (norm(x.map { Double($0) }), norm(approximate))
      let missing = norm(zip(x, approximate).map { Double($0) - $1 })
      #expect(Double(longest) >= max(lengths.0, lengths.1) && Double(error) >= missing)
      #expect(Double(longest) <= 1.00001 * max(lengths.0, lengths.1) + 1e-37)
      #expect(Double(error) <= 1.00001 * missing + 1e-37)
      // The same rows as columns: four codes plus 128 of each in turn, and zeros to the panel's end.
      for column in 0..<length {
        let place = column / 4 * 64 + row * 4 + column % 4
        #expect(Int(screened.panels[place]) - 128 == (column < depth ? Int(codes[column]) : 0))
        #expect(screened.panels[place + 32] == 128)
      }
      #expect(screened.bounds[row] == scale && screened.bounds[32 + row] == longest)
      #expect(screened.bounds[8 + row] == 0 && screened.bounds[40 + row] == 0)
      #expect(Double(screened.bounds[16 + row]) > missing || longest == 0)
    }
  }

  @Test(arguments: [1, 5, 31, 130], Rows.allCases)
  func `Masks are those of the bound, and no product that reaches its floor is missed`(
    depth: Int, kind: Rows
  ) {
    let right = kind.matrix(33, depth, "right")
    for other in Rows.allCases {
      let left = other.matrix(8, depth, "left")
      let floors = Self.floors(left, right)
      let screened = Screened(level: ck_screen_level(), left, right, floors: floors)
      let length = ck_coded_depth(depth)
      for row in 0..<8 {
        for column in 0..<33 {
          var sum: Int32 = 0
          for index in 0..<length {
            let place = column / 16 * 16 * length + index / 4 * 64 + column % 16 * 4 + index % 4
            sum += Int32(screened.codes[row * length + index]) * (Int32(screened.panels[place]) - 128)
          }
          let bounds = (0..<3).map { screened.bounds[column / 16 * 48 + 16 * $0 + column % 16] }
          let (scale, longest, error) = (screened.rows[row][0], screened.rows[row][1], screened.rows[row][2])
          let bound = Float(sum) * (bounds[0] * scale) + bounds[1] * longest + bounds[2] * error
          let lower = Float(Double(floors[row]) - Double(depth) * 0x1p-110)
          #expect(screened.isCandidate(row, column) == !(bound < min(lower, floors[row])))
          let (a, b) = (left.row(row), right.row(column))
          let forwards = zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 }
          let fused = zip(a, b).reversed().reduce(Float(0)) { $0.addingProduct($1.0, $1.1) }
          let reached =
            Self.exact(a, b) >= Double(floors[row]) || forwards >= floors[row] || fused >= floors[row]
          #expect(!reached || screened.isCandidate(row, column))
        }
      }
    }
  }

  @Test func `The bound excludes most, and what is no number is a candidate of everything`() {
    let left = Rows.normal.matrix(16, 512, "left")
    var right = Rows.normal.matrix(64, 512, "right")
    let floors = [Float](repeating: 70, count: 16)
    func screened(_ level: Int32) -> Screened { Screened(level: level, left, right, floors: floors) }
    let candidates = screened(0).masks.reduce(0) { $0 + $1.nonzeroBitCount }
    let reached = (0..<16).reduce(0) { count, row in
      count + (0..<64).count { Self.exact(left.row(row), right.row($0)) >= 70 }
    }
    #expect(reached > 0 && candidates >= reached && candidates < 64)
    right[3, 5] = .nan
    right[20, 500] = .infinity
    right[40, 0] = -.infinity
    for level in 0...ck_screen_level() {
      let found = screened(level)
      for row in 0..<16 {
        for column in [3, 20, 40] { #expect(found.isCandidate(row, column)) }
      }
    }
    var broken = left
    broken[2, 2] = .nan
    let found = Screened(level: ck_screen_level(), broken, left, floors: floors)
    #expect((0..<16).allSatisfy { found.isCandidate(2, $0) })
  }

  @Test(arguments: [1, 2, 7, 8, 9, 40]) func `Chains are sums of fused products, part by part`(count: Int) {
    let (left, right) = (randomMatrix(Float.self, 5, 37, "l"), randomMatrix(Float.self, 9, 37, "r"))
    let rows = (0..<count).map { UInt32($0 * 3 % 5) }
    let columns = (0..<count).map { UInt32($0 * 4 % 9) }
    for ends in [[37], [18, 37], [1, 2, 36, 37]] as [[UInt32]] {
      let expected = (0..<count).map { pair in
        var (total, first) = (Float(0), 0)
        for (part, end) in ends.enumerated() {
          var sum: Float = 0
          for k in first..<Int(end) { sum.addProduct(left[Int(rows[pair]), k], right[Int(columns[pair]), k]) }
          total = part == 0 ? sum : total + sum
          first = Int(end)
        }
        return total
      }
      for level in 0...ck_screen_level() {
        var products = [Float](repeating: .nan, count: count)
        ck_chains_f32_at(
          level, left.elements, right.elements, 37, rows, columns, count, ends, ends.count, &products)
        #expect(sameBits(products, expected))
      }
    }
  }
}
