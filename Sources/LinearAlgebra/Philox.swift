/// The Philox-4x32-10 counter-based generator.
///
/// A bijection of a 128-bit counter under a 64-bit key: random access, no state, streams that cannot overlap.
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; checked against the
/// known-answer vectors published with it.
public enum Philox {
  /// The four random words of `counter` under `key`.
  @inlinable
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<10 {
      if round > 0 { key = SIMD2(key.x &+ 0x9E37_79B9, key.y &+ 0xBB67_AE85) }
      let a = UInt64(0xD251_1F53) * UInt64(counter.x)
      let b = UInt64(0xCD9E_8D57) * UInt64(counter.z)
      counter = SIMD4(
        UInt32(b >> 32) ^ counter.y ^ key.x, UInt32(truncatingIfNeeded: b),
        UInt32(a >> 32) ^ counter.w ^ key.y, UInt32(truncatingIfNeeded: a))
    }
    return counter
  }
}
