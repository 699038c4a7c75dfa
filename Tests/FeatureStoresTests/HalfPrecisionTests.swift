import Testing

@testable import FeatureStores

#if !(os(macOS) && arch(x86_64))
  @Suite("Half precision")
  struct HalfPrecisionTests {
    @Test("every half is the number that it stands for, and rounds to itself")
    func everyHalf() {
      for bits in UInt16.min...UInt16.max {
        let expected = Float(Float16(bitPattern: bits))
        let number = HalfPrecision.float(bits)
        if expected.isNaN {
          #expect(number.isNaN)
          #expect(Float16(bitPattern: HalfPrecision.bits(number)).isNaN)
        } else {
          guard number.bitPattern == expected.bitPattern, HalfPrecision.bits(number) == bits else {
            Issue.record("half \(bits): \(number), expected \(expected)")
            return
          }
        }
      }
    }

    @Test("numbers between halves round to the nearest, ties to even, as Float16 does")
    func rounding() {
      for bits in UInt16(0)..<0x7c00 {
        let low = HalfPrecision.float(bits)
        let high = bits == 0x7bff ? 65536 : HalfPrecision.float(bits + 1)
        let middle = (low + high) / 2
        for value in [middle, middle.nextDown, middle.nextUp, low.nextUp, high.nextDown, (low + middle) / 2] {
          for signed in [value, -value] where HalfPrecision.bits(signed) != Float16(signed).bitPattern {
            Issue.record("\(signed) became \(HalfPrecision.bits(signed)), not \(Float16(signed).bitPattern)")
            return
          }
        }
      }
      for value: Float in [0, -0.0, .infinity, -.infinity, 1e30, .leastNonzeroMagnitude, 65519.996, 65520] {
        #expect(HalfPrecision.bits(value) == Float16(value).bitPattern)
      }
    }
  }
#endif
