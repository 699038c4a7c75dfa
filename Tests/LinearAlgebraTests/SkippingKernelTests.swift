import CKernels
import LinearAlgebra
import TestSupport
import Testing

/// The passes that leave small elements out: the same bits at every vector level, and what they compute.
@Suite struct SkippingKernelTests {
  static let counts = VectorKernelTests.counts
  private static let bounds: [Float] = [1, 0.5, 0.1, 0.03, 0.01, 1e-3, 1e-6, 0]

  /// Elements of all sizes and both signs, zeros, elements that equal a bound, and a NaN where there is room.
  private static func elements(_ count: Int) -> [Float] {
    var stream = RandomStream(seed: 5, name: "elements.\(count)")
    return (0..<count).map { index in
      switch index % 7 {
      case 3: bounds[index / 7 % bounds.count] * (index % 2 == 0 ? 1 : -1)
      case 5: index > 20 && index < 30 ? .nan : 0
      default: Float(stream.uniform() < 0.5 ? -1 : 1) * Float(stream.uniform()) * .pow(10, -Float(index % 8))
      }
    }
  }

  @Test(arguments: counts) func `Masses and counts are those of the elements up to each bound`(count: Int) {
    let x = Self.elements(count)
    var results: [[UInt32]] = []
    for level in 0...ck_vector_level() {
      var masses = [Float](repeating: -1, count: Int(CK_BOUNDS))
      var counts = [UInt32](repeating: 99, count: Int(CK_BOUNDS))
      ck_masses_below_f32_at(level, x, count, Self.bounds, &masses, &counts)
      for (index, bound) in Self.bounds.enumerated() {
        let below = x.filter { abs($0) <= bound }
        #expect(Int(counts[index]) == count - below.count)
        let mass = below.reduce(0.0) { $0 + Double(abs($1)) }
        #expect(abs(Double(masses[index]) - mass) <= 1e-6 * mass)
      }
      results.append(masses.map(\.bitPattern) + counts)
      var wide = [Double](repeating: -1, count: Int(CK_BOUNDS))
      ck_masses_below_f64_at(level, x.map(Double.init), count, Self.bounds.map(Double.init), &wide, &counts)
      for (index, bound) in Self.bounds.enumerated() {
        let mass = x.filter { abs($0) <= bound }.reduce(0.0) { $0 + Double(abs($1)) }
        #expect(abs(wide[index] - mass) <= 1e-14 * mass)
      }
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test(arguments: counts) func `The elements above a bound are found in order with their places`(count: Int)
  {
    let x = Self.elements(count)
    for bound in Self.bounds + [-1] {
      let expected = x.indices.filter { !(abs(x[$0]) <= bound) }
      for level in 0...ck_vector_level() {
        var values = [Float](repeating: 0, count: count + 1)
        var places = [UInt16](repeating: 0, count: count + 1)
        let found = ck_select_f32_at(level, x, count, 7, bound, &values, &places)
        #expect(found == expected.count)
        #expect(places.prefix(found).map { Int($0) - 7 } == expected)
        #expect(zip(values, expected).allSatisfy { $0.bitPattern == x[$1].bitPattern })
        var wide = [Double](repeating: 0, count: count + 1)
        #expect(ck_select_f64_at(level, x.map(Double.init), count, 0, Double(bound), &wide, &places) == found)
        #expect(places.prefix(found).map { Int($0) } == expected)
      }
    }
  }

  @Test func `Turned lists hold the same elements by columns`() {
    // Rows 0...3 of columns 0...4; row 2 is empty, and so is column 3.
    let values: [Float] = [1, 2, 3, 4, 5]
    let places: [UInt16] = [1, 4, 0, 1, 2]
    let starts: [UInt32] = [0, 2, 3, 3, 5]
    for level in 0...ck_vector_level() {
      var turned = [Float](repeating: 0, count: 5)
      var rows = [UInt16](repeating: 9, count: 5)
      var columns = [UInt32](repeating: 9, count: 6)
      ck_turn_lists_f32_at(level, values, places, starts, 4, 5, &turned, &rows, &columns)
      #expect(turned == [3, 1, 4, 5, 2] && rows == [1, 0, 3, 3, 0] && columns == [0, 1, 3, 4, 4, 5])
    }
  }

  @Test(arguments: [0, 1, 15, 16, 17, 64, 130, 257])
  func `Combined rows are the sum of products at every vector level`(columns: Int) {
    var stream = RandomStream(seed: 6, name: "rows")
    let stride = columns + 3
    let rows = (0..<20 * stride).map { _ in Float(stream.normal()) }
    let values = (0..<30).map { _ in Float(stream.normal()) }
    let places = (0..<30).map { _ in UInt16(stream.integer(below: 20)) }
    for adds in [0, 1] as [Int32] {
      var results: [[UInt32]] = []
      for level in 0...ck_vector_level() {
        var y = (0..<columns + 1).map { Float($0) / 7 }
        ck_combine_rows_f32_at(level, values, places, 30, rows, stride, columns, adds, &y)
        #expect(y[columns] == Float(columns) / 7)
        for column in 0..<columns {
          let start = adds == 1 ? Double(Float(column) / 7) : 0
          let sum = values.indices.reduce(start) {
            $0 + Double(values[$1]) * Double(rows[Int(places[$1]) * stride + column])
          }
          #expect(abs(Double(y[column]) - sum) <= 1e-4)
        }
        results.append(y.map(\.bitPattern))
      }
      #expect(results.allSatisfy { $0 == results[0] })
    }
  }
}
