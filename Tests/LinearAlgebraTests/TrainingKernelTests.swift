import CKernels
import LinearAlgebra
import Testing

@Suite struct TrainingKernelTests {
  static let widths = Array(1...20) + [31, 32, 33, 63, 64, 65, 127, 128, 129]

  @Test(arguments: widths) func everyVectorLevelGivesTheSameBitsInFloat(n: Int) {
    let rows = 5
    let stride = n + 3
    func block(_ name: String) -> [Float] { randomMatrix(Float.self, rows, stride, name).elements }
    let x = block("x")
    let g = block("g")
    let a = block("a")
    func results(_ level: Int32) -> [[Float]] {
      var all: [[Float]] = []
      var y = g
      ck_fill_rows_f32_at(level, &y, stride, rows, n, a)
      all.append(y)
      var sum = a
      ck_column_sums_f32_at(level, x, stride, rows, n, &sum)
      var mean = a
      var variance = a
      ck_column_moments_f32_at(level, x, stride, rows, n, &mean, &variance)
      all += [sum, mean, variance]
      var unit = g
      ck_standardise_f32_at(level, x, stride, rows, n, mean, variance, a, g, &unit, &y)
      all += [unit, y]
      var scratch = [Float](repeating: 0, count: 2 * n)
      ck_standardise_backward_f32_at(
        level, g, unit, stride, rows, n, variance, a, &mean, &sum, &y, &scratch)
      all += [mean, sum, y]
      ck_prelu_f32_at(level, x, stride, rows, n, a, &y)
      all.append(y)
      ck_prelu_backward_f32_at(level, x, g, stride, rows, n, a, &y, &sum)
      all += [y, sum]
      ck_multiply_f32_at(level, x, g, n, &y)
      ck_scale_by_f32_at(level, &sum, g, n, 1.3)
      ck_add_f32_at(level, x, n, &mean)
      ck_divide_f32_at(level, x, n, 1.7, &variance)
      ck_remove_radial_f32_at(level, x, n, 0.3, 1.7, &unit)
      all += [y, sum, mean, variance, unit]
      ck_dropout_mask_f32_at(level, &y, n, 1, 2, 8, 1 << 30, 1.25)
      all.append(y)
      for nesterov: Int32 in [0, 1] {
        var w = x
        var v = a
        ck_sgd_f32_at(level, &w, g, &v, n, 0.1, 0.9, 0.01, 0.7, nesterov)
        all += [w, v]
      }
      return all
    }
    let baseline = results(0)
    for level in 0...ck_vector_level() {
      for (result, expected) in zip(results(level), baseline) { #expect(sameBits(result, expected)) }
    }
  }

  @Test(arguments: widths) func everyVectorLevelGivesTheSameBitsInDouble(n: Int) {
    let rows = 5
    let stride = n + 3
    func block(_ name: String) -> [Double] { randomMatrix(Double.self, rows, stride, name).elements }
    let x = block("x")
    let g = block("g")
    let a = block("a")
    func results(_ level: Int32) -> [[Double]] {
      var all: [[Double]] = []
      var y = g
      ck_fill_rows_f64_at(level, &y, stride, rows, n, a)
      all.append(y)
      var sum = a
      ck_column_sums_f64_at(level, x, stride, rows, n, &sum)
      var mean = a
      var variance = a
      ck_column_moments_f64_at(level, x, stride, rows, n, &mean, &variance)
      all += [sum, mean, variance]
      var unit = g
      ck_standardise_f64_at(level, x, stride, rows, n, mean, variance, a, g, &unit, &y)
      all += [unit, y]
      var scratch = [Double](repeating: 0, count: 2 * n)
      ck_standardise_backward_f64_at(
        level, g, unit, stride, rows, n, variance, a, &mean, &sum, &y, &scratch)
      all += [mean, sum, y]
      ck_prelu_f64_at(level, x, stride, rows, n, a, &y)
      all.append(y)
      ck_prelu_backward_f64_at(level, x, g, stride, rows, n, a, &y, &sum)
      all += [y, sum]
      ck_multiply_f64_at(level, x, g, n, &y)
      ck_scale_by_f64_at(level, &sum, g, n, 1.3)
      ck_add_f64_at(level, x, n, &mean)
      ck_divide_f64_at(level, x, n, 1.7, &variance)
      ck_remove_radial_f64_at(level, x, n, 0.3, 1.7, &unit)
      all += [y, sum, mean, variance, unit]
      ck_dropout_mask_f64_at(level, &y, n, 1, 2, 8, 1 << 30, 1.25)
      all.append(y)
      for nesterov: Int32 in [0, 1] {
        var w = x
        var v = a
        ck_sgd_f64_at(level, &w, g, &v, n, 0.1, 0.9, 0.01, 0.7, nesterov)
        all += [w, v]
      }
      return all
    }
    let baseline = results(0)
    for level in 0...ck_vector_level() {
      for (result, expected) in zip(results(level), baseline) { #expect(sameBits(result, expected)) }
    }
  }

  @Test func dropoutMasksAreThePhiloxStreamOfTheirKeyWhateverTheWorkers() {
    var mask = Matrix<Float>(rows: 301, columns: 223)
    ElementwiseKernels.fillDropoutMask(&mask, rate: 0.25, key: SIMD2(11, 12))
    let expected = (0..<mask.count).map { index in
      let block = Philox.block(counter: SIMD4(UInt32(index / 4), 0, 0, 0), key: SIMD2(11, 12))
      return block[index % 4] < 1 << 30 ? Float(0) : Float(4.0 / 3)
    }
    #expect(mask.elements == expected)
    var again = Matrix<Float>(rows: 301, columns: 223)
    ElementwiseKernels.fillDropoutMask(&again, rate: 0.25, key: SIMD2(11, 12), workers: Workers(2))
    #expect(again == mask)
  }

  @Test(arguments: [(1, 1), (3, 5), (40, 64), (33, 200)])
  func columnPassesAgreeWithTheirDefinitions(rows: Int, columns: Int) {
    let x = randomMatrix(Double.self, rows, columns, "x")
    var sum = Matrix<Double>(rows: 1, columns: columns, repeating: 2)
    ColumnKernels.addSums(of: x, to: &sum, workers: Workers(2))
    var mean = Matrix<Double>(rows: 1, columns: columns)
    var variance = mean
    ColumnKernels.moments(of: x, mean: &mean, variance: &variance, workers: Workers(2))
    for column in 0..<columns {
      let values = (0..<rows).map { x[$0, column] }
      let total = values.reduce(0, +)
      let average = total / Double(rows)
      #expect(abs(sum[0, column] - 2 - total) < 1e-12)
      #expect(abs(mean[0, column] - average) < 1e-14)
      let deviation = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(rows)
      #expect(abs(variance[0, column] - deviation) < 1e-13)
    }
    var filled = Matrix<Double>(rows: rows, columns: columns)
    ColumnKernels.fill(&filled, row: mean)
    #expect((0..<rows).allSatisfy { filled.row($0) == mean.row(0) })
  }

  @Test func elementwisePassesAgreeWithTheirDefinitions() {
    let x = randomMatrix(Float.self, 190, 200, "x")
    let y = randomMatrix(Float.self, 190, 200, "y")
    for workers in [Workers(1), Workers(2)] {
      var product = x
      ElementwiseKernels.multiply(x, y, into: &product, workers: workers)
      #expect(product.elements == zip(x.elements, y.elements).map { $0 * $1 })
      var sum = y
      ElementwiseKernels.add(x, to: &sum, workers: workers)
      #expect(sum.elements == zip(x.elements, y.elements).map { $1 + $0 })
      var scaled = x
      ElementwiseKernels.scale(&scaled, by: 1.5, workers: workers)
      #expect(scaled.elements == x.elements.map { 1.5 * $0 })
    }
    var copy = y
    ElementwiseKernels.copy(x, to: &copy)
    #expect(copy == x)
    let other = copy
    ElementwiseKernels.clear(&copy)
    #expect(copy == Matrix(rows: 190, columns: 200))
    #expect(other == x)
    let squares = x.elements.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(ElementwiseKernels.sumOfSquares(x) - squares) < 1e-5 * squares)
  }

  @Test func rowsAreChangedOnceEachWithTheirResults() {
    let x = randomMatrix(Double.self, 77, 9, "x")
    for workers in [Workers(1), Workers(2)] {
      var changed = x
      var scratch = Matrix<Double>(rows: Matrix<Double>.scratchRows(for: 77), columns: 9)
      var results = [Int](repeating: -1, count: 77)
      changed.updateRows(scratch: &scratch, results: &results, workers: workers) { row, values, spare in
        for index in values.indices { spare[index] = values[index] }
        for index in values.indices { values[index] = spare[index] + Double(row) }
        return row * row
      }
      #expect(results == (0..<77).map { $0 * $0 })
      #expect((0..<77).allSatisfy { row in changed.row(row) == x.row(row).map { $0 + Double(row) } })
    }
  }

  @Test func columnsRowsAndBytesComeBack() {
    let x = randomMatrix(Float.self, 4, 7, "x")
    var part = Matrix<Float>(rows: 4, columns: 3)
    x.copyColumns(2..<5, into: &part)
    #expect(part == x.columns(in: 2..<5))
    var rebuilt = Matrix<Float>(rows: 4, columns: 7)
    rebuilt.replaceColumns(from: 0, with: x.columns(in: 0..<2))
    rebuilt.replaceColumns(from: 2, with: part)
    rebuilt.replaceColumns(from: 5, with: x.columns(in: 5..<7))
    #expect(rebuilt == x)
    var rows = Matrix<Float>(rows: 6, columns: 7)
    rows.replaceRows(from: 2, with: x, rows: 1..<4)
    #expect(rows.rows(in: 2..<5) == x.rows(in: 1..<4))
    #expect(Matrix<Float>(rows: 4, columns: 7, littleEndianBytes: x.littleEndianBytes) == x)
    #expect(Matrix<Float>(rows: 4, columns: 6, littleEndianBytes: x.littleEndianBytes) == nil)
    #expect(Matrix<Float>(rows: Int.max / 2, columns: 7, littleEndianBytes: [UInt8]()) == nil)
    #expect(Matrix<Float>([[1]]).littleEndianBytes == [0, 0, 0x80, 0x3f])
  }
}
