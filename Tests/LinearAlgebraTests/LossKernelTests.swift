import CKernels
import LinearAlgebra
import TestSupport
import Testing

/// Calls `body` with an array to change.
private func change<Element, Result>(
  _ x: inout [Element], _ body: (inout MutableSpan<Element>) -> Result
) -> Result {
  x.withUnsafeMutableBufferPointer { buffer in
    var span = buffer.mutableSpan
    return body(&span)
  }
}

@Suite struct LossKernelTests {
  /// Values in ±1 with a column that takes no part.
  static func row<Element: Scalar>(_ type: Element.Type, _ count: Int) -> [Element] {
    randomMatrix(type, 1, count, "row").elements.enumerated().map { $0 == count / 3 ? -.infinity : $1 }
  }

  @Test(arguments: VectorKernelTests.counts) func everyVectorLevelGivesTheSameBitsInFloat(count: Int) {
    func results(_ level: Int32) -> [[Float]] {
      var all: [[Float]] = []
      var slopes = [Float](repeating: 0, count: count)
      var x = Self.row(Float.self, count)
      var (sum, number): (Float, Float) = (0, 0)
      let most = ck_harden_f32_at(level, &x, &slopes, count, 0.1, 1, 0.3, 0.2, &sum, &number)
      all.append([most, sum, number] + x + slopes)
      all.append([ck_circle_f32_at(level, &x, &slopes, count, 0.25)] + x + slopes)
      x = Self.row(Float.self, count)
      var largest: Float = 0
      var maxima = [Float](repeating: 0, count: (count + 6) / 7)
      all.append([ck_block_maxima_f32_at(level, x, count, 7, 0.3, &maxima, &number), number] + maxima)
      var total = [Float](repeating: 0.1, count: count)
      var scaled = x
      ck_scale_add_f32_at(level, &scaled, count, 0.7, &total)
      all.append(scaled + total)
      all.append([ck_sum_of_exp_f32_at(level, x, count, 9, 2, &largest), largest])
      var bias = randomMatrix(Float.self, 1, count, "bias").elements
      all.append([ck_add_max_f32_at(level, x, count, &bias)] + bias)
      all.append([ck_softplus_f32_at(level, &x, count, 20, 1.5, 16, &number), number] + x)
      x = randomMatrix(Float.self, 1, count, "power").elements
      ck_spread_power_f32_at(level, &x, &slopes, count, 3)
      all.append(x + slopes)
      return all
    }
    let baseline = results(0)
    for level in 0...ck_vector_level() {
      for (result, expected) in zip(results(level), baseline) { #expect(sameBits(result, expected)) }
    }
  }

  @Test(arguments: VectorKernelTests.counts) func everyVectorLevelGivesTheSameBitsInDouble(count: Int) {
    func results(_ level: Int32) -> [[Double]] {
      var all: [[Double]] = []
      var slopes = [Double](repeating: 0, count: count)
      var x = Self.row(Double.self, count)
      var (sum, number): (Double, Double) = (0, 0)
      let most = ck_harden_f64_at(level, &x, &slopes, count, 0.1, 1, 0.3, 0.2, &sum, &number)
      all.append([most, sum, number] + x + slopes)
      all.append([ck_circle_f64_at(level, &x, &slopes, count, 0.25)] + x + slopes)
      x = Self.row(Double.self, count)
      var largest: Double = 0
      var maxima = [Double](repeating: 0, count: (count + 6) / 7)
      all.append([ck_block_maxima_f64_at(level, x, count, 7, 0.3, &maxima, &number), number] + maxima)
      var total = [Double](repeating: 0.1, count: count)
      var scaled = x
      ck_scale_add_f64_at(level, &scaled, count, 0.7, &total)
      all.append(scaled + total)
      all.append([ck_sum_of_exp_f64_at(level, x, count, 9, 2, &largest), largest])
      var bias = randomMatrix(Double.self, 1, count, "bias").elements
      all.append([ck_add_max_f64_at(level, x, count, &bias)] + bias)
      all.append([ck_softplus_f64_at(level, &x, count, 20, 1.5, 16, &number), number] + x)
      x = randomMatrix(Double.self, 1, count, "power").elements
      ck_spread_power_f64_at(level, &x, &slopes, count, 3)
      all.append(x + slopes)
      return all
    }
    let baseline = results(0)
    for level in 0...ck_vector_level() {
      for (result, expected) in zip(results(level), baseline) { #expect(sameBits(result, expected)) }
    }
  }

  /// Each pass against its definition, one element after another.
  private func checkDefinitions<Element: Scalar>(_ type: Element.Type, count: Int, tolerance: Double) {
    let start = Self.row(type, count)
    var slopes = [Element](repeating: 0, count: count)
    var x = start
    let hard = change(&x) { xs in
      change(&slopes) {
        VectorKernels.harden(&xs, slopes: &$0, above: 0.1, square: 1, factor: 0.3, shift: 0.2)
      }
    }
    for (index, old) in start.enumerated() {
      let isHard = old > 0.1
      #expect(x[index] == (isHard ? old * (old * 1 + 0.3) + 0.2 : old))
      #expect(slopes[index] == (isHard ? (old + old) + 0.3 : 1))
    }
    #expect(hard.largest == x.max() ?? -.infinity)
    let above = start.filter { $0 > 0.1 }
    #expect(hard.count == above.count)
    #expect(relativeError(Double(hard.sum), above.reduce(0) { $0 + Double($1) }) < tolerance)

    x = start
    let circle = change(&x) { xs in
      change(&slopes) { VectorKernels.circle(&xs, slopes: &$0, margin: 0.25) }
    }
    for (index, old) in start.enumerated() {
      let alpha = max(old + 0.25, 0)
      #expect(slopes[index] == alpha)
      #expect(x[index] == (old == -.infinity ? old : alpha * (old - 0.25)))
    }
    #expect(circle == x.max() ?? -.infinity)

    x = start
    for block in [1, 7, 64] {
      var maxima = [Element](repeating: 0, count: (count + block - 1) / block)
      let below = change(&maxima) {
        VectorKernels.maxima(start.span, ofEvery: block, atMost: 0.1, into: &$0)
      }
      #expect(
        maxima
          == stride(from: 0, to: count, by: block).map { first in
            start[first..<min(first + block, count)].filter { $0 <= 0.1 }.max() ?? -.infinity
          })
      #expect(below.above == above.count)
      #expect(below.largest == start.max() ?? -.infinity)
    }

    var total = [Element](repeating: 0.1, count: count)
    change(&x) { x in change(&total) { VectorKernels.scale(&x, by: 0.7, addingTo: &$0) } }
    #expect(x == start.map { $0 * 0.7 })
    #expect(total == x.map { 0.1 + $0 })

    x = start

    let exponentials = start.reduce(0) { $0 + Double.exp(9 * Double($1) - 9) }
    let sum = change(&x) { VectorKernels.sumOfExponentials($0, scale: 9, shift: 9) }
    #expect(relativeError(Double(sum.sum), exponentials) < tolerance)
    #expect(sum.largest == start.max() ?? -.infinity)

    let bias = randomMatrix(type, 1, count, "bias").elements
    let most = change(&x) { VectorKernels.addReturningMaximum(bias.span, to: &$0) }
    #expect(x == zip(start, bias).map { $0 + $1 })
    #expect(most == x.max() ?? -.infinity)
  }

  /// The short exponential, through sums of one element: accurate where it is promised, never past its ends.
  @Test func sumOfExponentialsIsAccurateForEveryFallingArgument() {
    func check<Element: Scalar>(_ type: Element.Type, lowest: Double, highest: Double) {
      func value(_ argument: Element) -> Double {
        var x = [argument]
        return Double(change(&x) { VectorKernels.sumOfExponentials($0, scale: 1, shift: 0).sum })
      }
      for step in 0...4000 {
        let argument = Element(lowest + (1 - lowest) * Double(step) / 4000)
        // The exponent to base 2 is rounded, as a product with a scale is.
        let tolerance = (2 + argument.magnitude) * Element.ulpOfOne
        #expect(relativeError(value(argument), Double.exp(Double(argument))) < Double(tolerance))
      }
      #expect(value(0) == 1)
      #expect(value(-.infinity) == 0 && value(Element(2 * lowest)) == 0)
      #expect(value(Element(2 * highest)).isFinite && value(.infinity).isFinite)
      #expect(value(.nan).isNaN)
    }
    check(Float.self, lowest: -87, highest: 88)
    check(Double.self, lowest: -708, highest: 709)
  }

  @Test(arguments: VectorKernelTests.counts) func thePassesAreWhatTheySay(count: Int) {
    checkDefinitions(Float.self, count: count, tolerance: 1e-5)
    checkDefinitions(Double.self, count: count, tolerance: 1e-13)
  }

  @Test func softplusIsAccurateForEveryArgument() {
    func check<Element: Scalar>(_ type: Element.Type, ulps: Double, limit: Double) {
      for step in -2000...2000 {
        let argument = Element(Double(step) * limit / 2000)
        var x = [argument]
        let (sum, logistic) = change(&x) { VectorKernels.softplus(&$0, scale: 1, shift: 0) }
        let u = Double(argument)
        let expected = max(u, 0) + Double.log(onePlus: Double.exp(-abs(u)))
        let slope = u < 0 ? Double.exp(u) / (1 + Double.exp(u)) : 1 / (1 + Double.exp(-u))
        let unit = Double(Element.ulpOfOne)
        #expect(abs(Double(sum) - expected) < ulps * unit * expected, "\(u)")
        #expect(abs(Double(x[0]) - slope) < ulps * unit * slope, "\(u)")
        #expect(logistic == x[0])
      }
    }
    check(Float.self, ulps: 4, limit: 80)
    check(Double.self, ulps: 6, limit: 600)
  }

  @Test func softplusClampsItsArgumentAndStopsTheGradientThere() {
    var x: [Double] = [3, -3, 1, -.infinity, 2]
    let (sum, logistics) = change(&x) { VectorKernels.softplus(&$0, scale: 2, shift: 1, limit: 3) }
    // Arguments 5, −7, 1, nothing, 3: the first two are clamped to 3 and −3.
    let expected =
      Double.log(onePlus: Double.exp(3)) + Double.log(onePlus: Double.exp(-3))
      + Double.log(onePlus: Double.exp(1)) + Double.log(onePlus: Double.exp(3))
    #expect(abs(sum - expected) < 1e-14)
    #expect(x[0] == 0 && x[1] == 0 && x[3] == 0)
    #expect(abs(x[2] - 1 / (1 + Double.exp(-1))) < 1e-16)
    #expect(abs(x[4] - 1 / (1 + Double.exp(-3))) < 1e-16)
    #expect(abs(logistics - x[2] - x[4]) < 1e-15)
  }

  @Test(arguments: 1...8) func theSpreadPowerAndItsDerivative(power: Int) {
    var x: [Double] = [-1, -0.3, 0, 0.7, 1, -1.0000001]
    let start = x
    var slopes = [Double](repeating: 0, count: x.count)
    change(&x) { xs in change(&slopes) { VectorKernels.spreadPower(&xs, slopes: &$0, power: power) } }
    for (index, old) in start.enumerated() {
      let p = max((old + 1) / 2, 0)
      #expect(abs(x[index] - (2 * Double.pow(p, Double(power)) - 1)) < 1e-15)
      let derivative = power == 1 ? 1 : Double(power) * Double.pow(p, Double(power - 1))
      #expect(abs(slopes[index] - derivative) < 1e-14)
    }
  }
}
