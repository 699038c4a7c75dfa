import CKernels
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// The vector passes of the margin losses: the same bits at every vector level, and what they compute.
@Suite struct MarginKernelTests {
  static let counts = VectorKernelTests.counts

  /// Cosines with the ends of their range, and columns that take no part.
  private static func cosines<Element: Scalar>(_ type: Element.Type, _ count: Int) -> [Element] {
    let special: [Element] = [1, -1, 0, -.infinity, 1.0000001, -1.0000001, 0.5, -0.5]
    return VectorKernelTests.finite(type, count, "cosines").enumerated().map { index, value in
      index % 5 == 2 ? special[index / 5 % special.count] : max(min(value / 3, 0.999), -0.999)
    }
  }

  @Test(arguments: counts) func everyVectorLevelGivesTheSameBitsInFloat(count: Int) {
    let x = Self.cosines(Float.self, count)
    let coefficients: [Float] = [0.5, -0.25, 0.125, 0.3, 1e-3]
    func results(_ level: Int32) -> [[Float]] {
      var all: [[Float]] = []
      func keep(_ body: (inout [Float], inout [Float]) -> [Float]) {
        var (values, slopes) = (x, [Float](repeating: 2, count: count))
        let rest = body(&values, &slopes)
        all += [values, slopes, rest]
      }
      keep { values, _ in
        var moment: Float = 0
        return [ck_exp_sum_moment_f32_at(level, &values, count, 30, 12, &moment), moment]
      }
      keep { values, _ in
        ck_limit_f32_at(level, &values, count, 0.9)
        return []
      }
      keep {
        ck_limit_masked_f32_at(level, &$0, &$1, count, 0.9)
        return []
      }
      keep {
        [ck_emphasise_f32_at(level, &$0, &$1, count, 0.2, 1.2, 0.5)]
      }
      keep { values, _ in
        [ck_emphasise_exp_f32_at(level, &values, count, 0.2, 1.2, 0.5, 30, 20)]
      }
      keep {
        ck_half_angle_f32_at(level, &$0, &$1, count, coefficients, coefficients, 5, 0.01)
        return []
      }
      keep { values, _ in
        [ck_inverse_square_angle_f32_at(level, &values, count, 0.99999, 0.3, coefficients, 5)]
      }
      for columns in 1...5 {
        keep {
          ck_pool_f32_at(level, $0, count / columns, columns, &$1)
          ck_spread_f32_at(level, &$0, count / columns, columns, $1)
          return []
        }
      }
      return all
    }
    let baseline = results(0)
    for level in 0...ck_vector_level() {
      for (result, expected) in zip(results(level), baseline) { #expect(sameBits(result, expected)) }
    }
  }

  @Test(arguments: counts) func everyVectorLevelGivesTheSameBitsInDouble(count: Int) {
    let x = Self.cosines(Double.self, count)
    let coefficients = [0.5, -0.25, 0.125, 0.3, 1e-3]
    func results(_ level: Int32) -> [[Double]] {
      var all: [[Double]] = []
      func keep(_ body: (inout [Double], inout [Double]) -> [Double]) {
        var (values, slopes) = (x, [Double](repeating: 2, count: count))
        let rest = body(&values, &slopes)
        all += [values, slopes, rest]
      }
      keep { values, _ in
        var moment = 0.0
        return [ck_exp_sum_moment_f64_at(level, &values, count, 30, 12, &moment), moment]
      }
      keep { values, _ in
        ck_limit_f64_at(level, &values, count, 0.9)
        return []
      }
      keep {
        ck_limit_masked_f64_at(level, &$0, &$1, count, 0.9)
        return []
      }
      keep {
        [ck_emphasise_f64_at(level, &$0, &$1, count, 0.2, 1.2, 0.5)]
      }
      keep { values, _ in
        [ck_emphasise_exp_f64_at(level, &values, count, 0.2, 1.2, 0.5, 30, 20)]
      }
      keep {
        ck_half_angle_f64_at(level, &$0, &$1, count, coefficients, coefficients, 5, 0.01)
        return []
      }
      keep { values, _ in
        [ck_inverse_square_angle_f64_at(level, &values, count, 0.99999, 0.3, coefficients, 5)]
      }
      for columns in 1...5 {
        keep {
          ck_pool_f64_at(level, $0, count / columns, columns, &$1)
          ck_spread_f64_at(level, &$0, count / columns, columns, $1)
          return []
        }
      }
      return all
    }
    let baseline = results(0)
    for level in 0...ck_vector_level() {
      for (result, expected) in zip(results(level), baseline) { #expect(sameBits(result, expected)) }
    }
  }

  /// One pass over a row and its slopes, in place of which it leaves what it computes.
  private func pass(
    _ x: [Double], _ body: (inout MutableSpan<Double>, inout MutableSpan<Double>) -> Void
  ) -> (values: [Double], slopes: [Double]) {
    var values = Matrix(rows: 1, columns: x.count, elements: x)
    var slopes = values
    values.withMutableElements { (values: inout MutableSpan<Double>) in
      slopes.withMutableElements { (slopes: inout MutableSpan<Double>) in body(&values, &slopes) }
    }
    return (values.elements, slopes.elements)
  }

  @Test(arguments: counts) func theMomentIsTheSumOfExponentialsTimesArguments(count: Int) {
    let x = Self.cosines(Double.self, count)
    var (sum, moment) = (0.0, 0.0)
    let terms = pass(x) { values, _ in
      (sum, moment) = VectorKernels.exponentiateWithMoment(&values, scale: 3, shift: 0.5)
    }.values
    let expected = x.map { exp(3 * $0 - 0.5) }
    #expect(relativeError(terms, expected) < 1e-15)
    #expect(relativeError(sum, expected.reduce(0, +)) < 1e-14)
    let products = zip(x, expected).map { $0 == -.infinity ? 0 : $0 * $1 }
    #expect(abs(moment - products.reduce(0, +)) < 1e-14 * max(products.reduce(0) { $0 + abs($1) }, 1))
  }

  @Test(arguments: counts) func limitingKeepsWhatIsInsideAndColumnsThatTakeNoPart(count: Int) {
    let x = Self.cosines(Double.self, count)
    let expected = x.map { $0 == -.infinity ? $0 : min(max($0, -0.9), 0.9) }
    #expect(pass(x) { values, _ in VectorKernels.limit(&values, to: 0.9) }.values == expected)
    let masked = pass(x) { VectorKernels.limit(&$0, to: 0.9, slopes: &$1) }
    #expect(masked.values == expected)
    #expect(masked.slopes == x.map { abs($0) > 0.9 ? 0 : 1 })
  }

  @Test(arguments: counts) func emphasisIsAGaussianAroundItsCentre(count: Int) {
    let x = Self.cosines(Double.self, count)
    var largest = -Double.infinity
    let found = pass(x) {
      largest = VectorKernels.emphasise(&$0, near: 0.3, factor: 1.2, rate: 0.5, slopes: &$1)
    }
    #expect(largest == found.values.max() ?? -.infinity)
    for (index, x) in x.enumerated() {
      let weight = 1.2 * exp(-0.5 * (x - 0.3) * (x - 0.3))
      #expect(abs(found.slopes[index] - weight) < 1e-15)
      #expect(
        x == -.infinity
          ? found.values[index] == x : abs(found.values[index] - (weight * x + weight - 1)) < 1e-15)
    }
  }

  @Test(arguments: counts) func emphasisAndExponentialAreOneAfterTheOther(count: Int) {
    let x = Self.cosines(Double.self, count)
    var sum = 0.0
    let found = pass(x) { values, _ in
      sum = VectorKernels.emphasiseAndExponentiate(
        &values, near: 0.3, factor: 1.2, rate: 0.5, scale: 30, shift: 42)
    }
    var expected = 0.0
    for (index, x) in x.enumerated() {
      let weight = x == -.infinity ? 0 : 1.2 * exp(-0.5 * (x - 0.3) * (x - 0.3))
      let exponential = x == -.infinity ? 0 : exp(30 * (weight * x + weight - 1) - 42)
      expected += exponential
      #expect(abs(found.values[index] - exponential * weight) <= 1e-13 * exponential)
    }
    #expect(abs(sum - expected) <= 1e-13 * expected)
  }

  @Test(arguments: counts) func theSumOverHalfAnglesIsThatOfChebyshevPolynomials(count: Int) {
    let x = Self.cosines(Double.self, count)
    let (value, derivative) = ([0.4, -0.3, 0.2, 0.1], [1, 0.5, -0.25, 2])
    let found = pass(x) {
      VectorKernels.halfAngle(&$0, value: value, derivative: derivative, least: 0.01, slopes: &$1)
    }
    let alone = pass(x) { values, _ in VectorKernels.halfAngle(&values, value: value) }
    #expect(alone.values == found.values)
    for (index, x) in x.enumerated() {
      guard x != -.infinity else {
        #expect(found.values[index] == x)
        continue
      }
      let u = min(max((1 + x) / 2, 0), 1).squareRoot()
      let angle = acos(2 * u - 1)
      func sum(_ coefficients: [Double]) -> Double {
        coefficients.enumerated().reduce(0) { $0 + $1.element * cos(Double($1.offset) * angle) }
      }
      #expect(abs(found.values[index] - sum(value)) < 1e-13)
      #expect(abs(found.slopes[index] - sum(derivative) / (4 * max(u, 0.01))) < 1e-11)
    }
  }

  @Test(arguments: counts) func inverseSquaresOfAnglesComeWithTheirDerivatives(count: Int) {
    let x = Self.cosines(Double.self, count) + [0.99998, -0.99998, 0.5, -0.5, 1e-9, -1e-9]
    let bound = 1 - 1e-5
    let arcsine = Self.arcsine
    var sum = 0.0
    let found = pass(x) { values, _ in
      sum = VectorKernels.inverseSquareAngle(&values, within: bound, share: 0.3, arcsine: arcsine)
    }
    var expected = 0.0
    for (index, x) in x.enumerated() {
      guard x != -.infinity else {
        #expect(found.values[index] == 0)
        continue
      }
      let angle = acos(min(max(x, -bound), bound))
      expected += 0.3 / (angle * angle)
      let slope = abs(x) < bound ? 0.6 / (angle * angle * angle * (1 - x * x).squareRoot()) : 0
      // arccos of the C library loses digits near 1, its argument's error times 1/sin θ.
      #expect(abs(found.values[index] - slope) <= 1e-10 * slope)
    }
    #expect(abs(sum - expected) <= 1e-10 * expected)
  }

  /// The Chebyshev coefficients of arcsin(√t)/√t over [0, ½], in polynomials of 4t − 1.
  private static let arcsine: [Double] = {
    let nodes = (0..<64).map { Double.pi * (Double($0) + 0.5) / 64 }
    return (0..<24).map { term in
      let sum = nodes.reduce(0) { sum, node in
        let root = ((cos(node) + 1) / 4).squareRoot()
        return sum + asin(root) / root * cos(Double(term) * node)
      }
      return (term == 0 ? 1 : 2) * sum / 64
    }
  }()

  @Test(arguments: [1, 2, 3, 4, 5, 8], [0, 1, 7, 33]) func poolingHandsOverTheLargestAndTakesBackItsChange(
    pooling: Int, classes: Int
  ) {
    let x = randomMatrix(Float.self, 20, classes * pooling, "pooled")
    var (values, results) = (x, [Float](repeating: 0, count: 20))
    // Equal columns: the first one counts.
    if pooling > 1 && classes > 0 { values[3, 1] = values[3, 0] }
    let before = values
    var scratch = Matrix<Float>(rows: Matrix<Float>.scratchRows(for: 20), columns: values.columns)
    values.updateRows(pooling: pooling, scratch: &scratch, results: &results, workers: Workers(2)) {
      row, maxima, spare in
      var sum: Float = 0
      for index in maxima.indices {
        spare[index] = 100
        sum += maxima[index]
        maxima[index] = Float(row * 1000 + index + 1)
      }
      return sum
    }
    for row in 0..<20 {
      var sum: Float = 0
      for index in 0..<classes {
        let own = (0..<pooling).map { before[row, index * pooling + $0] }
        let largest = own.max() ?? 0
        sum += largest
        for (place, value) in own.enumerated() {
          let isFirst = value == largest && !own[..<place].contains(largest)
          #expect(values[row, index * pooling + place] == (isFirst ? Float(row * 1000 + index + 1) : 0))
        }
      }
      #expect(results[row] == sum)
    }
  }
}
