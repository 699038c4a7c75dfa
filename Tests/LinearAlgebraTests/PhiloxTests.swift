import LinearAlgebra
import Testing

@Suite struct PhiloxTests {
  /// The known-answer vectors published with Random123 (`kat_vectors`, philox4x32 with 10 rounds).
  @Test(arguments: [
    (
      SIMD4<UInt32>(0, 0, 0, 0), SIMD2<UInt32>(0, 0),
      SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4(repeating: UInt32.max), SIMD2(repeating: UInt32.max),
      SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2(0xa409_3822, 0x299f_31d0),
      SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func publishedVectors(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, expected: SIMD4<UInt32>) {
    #expect(Philox.block(counter: counter, key: key) == expected)
  }

  @Test func differentCountersNeverGiveTheSameBlock() {
    // A bijection: 2¹⁶ counters that differ in one word each give 2¹⁶ different blocks.
    for word in 0..<4 {
      var blocks = Set<SIMD4<UInt32>>()
      for value in 0..<UInt32(1 << 16) {
        var counter = SIMD4<UInt32>(1, 2, 3, 4)
        counter[word] = value
        blocks.insert(Philox.block(counter: counter, key: SIMD2(5, 6)))
      }
      #expect(blocks.count == 1 << 16)
    }
  }
}
