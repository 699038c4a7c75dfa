import CKernels

/// A number whose order as an unsigned integer is that of the scores; −0 has the key of 0, and NaN is not allowed. Bits alone are
/// looked at, so that no mode that flushes denormals can make two scores equal.
enum ScoreKey {
  /// How many upper halves there are.
  static let halves = Int(CK_KEYS)

  static func key(_ score: Float) -> UInt32 {
    let bits = score.bitPattern == 0x8000_0000 ? 0 : score.bitPattern
    return bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
  }

  static func score(_ key: UInt32) -> Float {
    Float(bitPattern: key >> 31 == 0 ? ~key : key & 0x7fff_ffff)
  }

  /// The half by which scores are counted: scores of a higher one are higher.
  static func half(_ key: UInt32) -> Int { Int(key >> 16) }
}
