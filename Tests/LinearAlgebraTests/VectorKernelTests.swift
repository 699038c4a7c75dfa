import CKernels
import Foundation
import LinearAlgebra
import Testing

@Suite struct VectorKernelTests {
  /// All lengths of tails, and some beyond the widest step.
  static let counts = Array(0...40) + [63, 64, 65, 127, 128, 129, 255, 256, 257, 1000]

  /// Numbers of all sizes with the special ones strewn in.
  static func numbers<Element: Scalar>(_ type: Element.Type, _ count: Int, _ name: String) -> [Element] {
    let special: [Element] = [
      0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 88.5, -87.5,
      709.5,
      -708.5,
    ]
    return randomMatrix(type, 1, count, name).elements.enumerated().map { index, value in
      index % 7 == 3 ? special[index / 7 % special.count] : 20 * value
    }
  }

  static func finite<Element: Scalar>(_ type: Element.Type, _ count: Int, _ name: String) -> [Element] {
    randomMatrix(type, 1, count, name).elements
  }

  @Test(arguments: counts) func everyVectorLevelGivesTheSameBitsInFloat(count: Int) {
    let x = Self.numbers(Float.self, count, "x")
    let a = Self.finite(Float.self, count, "a")
    let b = Self.finite(Float.self, count, "b")
    func results(_ level: Int32) -> [[Float]] {
      var exponential = x
      ck_exp_f32_at(level, &exponential, count)
      var terms = a
      let sum = ck_exp_sum_f32_at(level, &terms, count, 3, 0.5)
      var scaled = x
      ck_scale_f32_at(level, &scaled, count, 1.1)
      let largest = ck_max_f32_at(level, x, count)
      return [exponential, terms, [sum], scaled, [largest], [ck_dot_f32_at(level, a, b, count)]]
    }
    let baseline = results(0)
    for level in 0...ck_vector_level() {
      for (result, expected) in zip(results(level), baseline) { #expect(sameBits(result, expected)) }
    }
  }

  @Test(arguments: counts) func everyVectorLevelGivesTheSameBitsInDouble(count: Int) {
    let x = Self.numbers(Double.self, count, "x")
    let a = Self.finite(Double.self, count, "a")
    let b = Self.finite(Double.self, count, "b")
    func results(_ level: Int32) -> [[Double]] {
      var exponential = x
      ck_exp_f64_at(level, &exponential, count)
      var terms = a
      let sum = ck_exp_sum_f64_at(level, &terms, count, 3, 0.5)
      var scaled = x
      ck_scale_f64_at(level, &scaled, count, 1.1)
      let largest = ck_max_f64_at(level, x, count)
      return [exponential, terms, [sum], scaled, [largest], [ck_dot_f64_at(level, a, b, count)]]
    }
    let baseline = results(0)
    for level in 0...ck_vector_level() {
      for (result, expected) in zip(results(level), baseline) { #expect(sameBits(result, expected)) }
    }
  }

  @Test(arguments: counts) func anElementDoesNotDependOnItsPlace(count: Int) {
    let x = Self.numbers(Float.self, count, "x")
    let together = ExponentialTests.exponential(x)
    let alone = x.flatMap { ExponentialTests.exponential([$0]) }
    #expect(zip(together, alone).allSatisfy { $0.bitPattern == $1.bitPattern })
  }

  @Test(arguments: counts) func exponentialSumIsTheSumOfScaledShiftedExponentials(count: Int) {
    let x = Self.finite(Float.self, count, "x")
    var terms = Matrix(rows: 1, columns: count, elements: x)
    let sum = terms.withMutableElements { (span: inout MutableSpan<Float>) in
      VectorKernels.exponentiateAndSum(&span, scale: 3, shift: 0.5)
    }
    var expected = 0.0
    for (x, term) in zip(x, terms.elements) {
      let argument = 3 * x - 0.5
      let exact = exp(Double(argument))
      #expect(abs(Double(term) - exact) <= 1.0 * Double(Float(exact).ulp))
      expected += Double(term)
    }
    #expect(abs(Double(sum) - expected) <= 1e-6 * expected)
  }

  @Test(arguments: counts) func dotIsTheSumOfProducts(count: Int) {
    let a = Self.finite(Float.self, count, "a")
    let b = Self.finite(Float.self, count, "b")
    let terms = zip(a, b).map { Double($0) * Double($1) }
    let bound = Double(count + 1) * Double(Float.ulpOfOne) * terms.reduce(0) { $0 + abs($1) }
    #expect(abs(Double(VectorKernels.dot(a.span, b.span)) - terms.reduce(0, +)) <= bound)
  }

  @Test(arguments: counts) func maximumIsTheLargestNumberAnywhere(count: Int) {
    for place in 0..<count {
      var x = Matrix<Float>(rows: 1, columns: count, repeating: -5)
      x[0, place] = -2
      let largest = x.withMutableElements { (span: inout MutableSpan<Float>) in VectorKernels.maximum(span) }
      #expect(largest == -2)
    }
  }

  @Test func maximumOfNothingIsMinusInfinityAndPassesOverNaN() {
    func maximum(_ x: [Float]) -> Float {
      var matrix = Matrix(rows: 1, columns: x.count, elements: x)
      return matrix.withMutableElements { (span: inout MutableSpan<Float>) in VectorKernels.maximum(span) }
    }
    #expect(maximum([]) == -.infinity)
    #expect(maximum([.nan, 3, .nan]) == 3)
    #expect(maximum([.nan, -.infinity]) == -.infinity)
    #expect(maximum([.nan]) == -.infinity)
    #expect(maximum([1, .infinity]) == .infinity)
  }

  @Test(arguments: counts) func scaleMultipliesEachElementOnce(count: Int) {
    let x = Self.numbers(Double.self, count, "x")
    var scaled = Matrix(rows: 1, columns: count, elements: x)
    scaled.withMutableElements { (span: inout MutableSpan<Double>) in VectorKernels.scale(&span, by: 0.3) }
    #expect(zip(scaled.elements, x).allSatisfy { $0 == $1 * 0.3 || ($0.isNaN && $1.isNaN) })
  }
}
