import CKernels
import Foundation
import LinearAlgebra
import Testing

/// The errors documented in CKernels.h and `VectorKernels`, measured.
@Suite struct ExponentialTests {
  static func exponential<Element: Scalar>(_ x: [Element]) -> [Element] {
    var values = Matrix(rows: 1, columns: x.count, elements: x)
    values.withMutableElements { (span: inout MutableSpan<Element>) in VectorKernels.exponentiate(&span) }
    return values.elements
  }

  @Test func floatErrsByAtMost1_03UlpInEveryBinade() {
    // Every 509th of all numbers between the least and the largest whose exponentials are normal: 4 million, an odd step so
    // that the low bits vary.
    var worst = 0.0
    for sign in [0, 0x8000_0000] as [UInt32] {
      let end = (sign == 0 ? Float(88.72283) : 87.33654).bitPattern
      var x: [Float] = []
      for bits in stride(from: UInt32(0), through: end, by: 509) { x.append(Float(bitPattern: sign | bits)) }
      // The worst of all numbers.
      x.append(0x1.da2aap+5)
      let y = Self.exponential(x)
      for (x, y) in zip(x, y) {
        let exact = exp(Double(x))
        worst = max(worst, abs(Double(y) - exact) / Double(Float(exact).ulp))
      }
    }
    #expect(worst <= 1.03)
    #expect(worst > 1.02)
  }

  @Test func doubleErrsByLessThanOneUlpInEveryBinade() {
    var worst = 0.0
    for sign in [1.0, -1.0] {
      let end = (sign > 0 ? 709.78 : 708.39).bitPattern
      var x: [Double] = []
      // From 2⁻⁶⁰ on; below, the result is 1.
      for bits in stride(from: 0x1p-60.bitPattern, through: end, by: 1_600_000_000_001) {
        x.append(sign * Double(bitPattern: bits))
      }
      // The worst of 10⁸ random numbers.
      x.append(-0x1.9dcdfea6becaap+7)
      let y = Self.exponential(x)
      for (x, y) in zip(x, y) {
        let (exact, exponent) = DoubleDouble.exponential(x)
        let scaled = Double(sign: .plus, exponent: -exponent / 2, significand: y)
        let mantissa = Double(sign: .plus, exponent: -exponent - -exponent / 2, significand: scaled)
        let error = abs((mantissa - exact.high) - exact.low)
        worst = max(worst, error / exact.high.ulp)
      }
    }
    #expect(worst < 1)
    #expect(worst > 0.97)
  }

  @Test func floatSpecialValues() {
    let high = Float(88.722_83)
    let low = Float(-87.336_54)
    #expect(exp(Double(high)) < Double(Float.greatestFiniteMagnitude))
    #expect(exp(Double(high.nextUp)) > Double(Float.greatestFiniteMagnitude))
    #expect(exp(Double(low)) > Double(Float.leastNormalMagnitude))
    #expect(exp(Double(low.nextDown)) < Double(Float.leastNormalMagnitude))
    let y = Self.exponential([
      0, -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, .infinity, -.infinity, high.nextUp, 1000,
      .greatestFiniteMagnitude, low.nextDown, -1000, -.greatestFiniteMagnitude,
    ])
    #expect(y == [1, 1, 1, 1, .infinity, 0, .infinity, .infinity, .infinity, 0, 0, 0])
    #expect(y.allSatisfy { $0.sign == .plus })
    let edges = Self.exponential([high, low])
    #expect(edges[0].isFinite && abs(edges[0] - Float(exp(Double(high)))) <= edges[0].ulp)
    #expect(edges[1].isNormal && abs(edges[1] - Float(exp(Double(low)))) <= edges[1].ulp)
    #expect(Self.exponential([Float.nan, -.nan, .signalingNaN]).allSatisfy { $0.isNaN })
  }

  @Test func doubleSpecialValues() {
    let high = 709.782_712_893_384
    let low = -708.396_418_532_264_1
    #expect(DoubleDouble.exponential(high).exponent == 1024)
    let y = Self.exponential([
      0, -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, .infinity, -.infinity, high.nextUp, 1e4,
      .greatestFiniteMagnitude, low.nextDown, -1e4, -.greatestFiniteMagnitude,
    ])
    #expect(y == [1, 1, 1, 1, .infinity, 0, .infinity, .infinity, .infinity, 0, 0, 0])
    let edges = Self.exponential([high, low])
    #expect(edges[0].isFinite && abs(edges[0] - 1.797_693_134_862_273e308) <= 64 * edges[0].ulp)
    #expect(edges[1].isNormal && edges[1] < 2.225_073_858_507_3e-308)
    #expect(Self.exponential([Double.nan, -.nan]).allSatisfy { $0.isNaN })
  }

  @Test func exponentialIsMonotoneAcrossTheReductionsSeams() {
    // Around each odd multiple of ln 2 / 2 the integer n changes.
    for n in -125...126 {
      let seam = Float((Double(n) + 0.5) * 0.693_147_180_559_945_3)
      var x = [seam]
      for _ in 0..<20 { x.insert(x[0].nextDown, at: 0) }
      for _ in 0..<20 { x.append(x[x.count - 1].nextUp) }
      let y = Self.exponential(x)
      #expect(zip(y, y.dropFirst()).allSatisfy { $1 >= $0.nextDown }, "at \(seam)")
    }
  }
}
