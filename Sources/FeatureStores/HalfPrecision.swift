/// IEEE 754 half precision, by its bits.
///
/// libhdf5 converts halves bit by bit, at over 100 ns an element, and rounds ties away from zero; `Float16` is not on every
/// platform. These are exact and are turned into vector code by the compiler. They hold with denormals flushed, too.
enum HalfPrecision {
  /// The largest finite half.
  static let greatestFinite: Float = 65504

  /// The number that a half's bits stand for; exact, since every half is a `Float`.
  @inline(__always)
  static func float(_ half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let magnitude = UInt32(half & 0x7fff)
    // Subnormal halves are multiples of 2⁻²⁴ and normal floats.
    let subnormal = (Float(magnitude) * 0x1p-24).bitPattern
    let normal = (magnitude << 13) &+ (112 << 23)
    let special = (magnitude << 13) | 0x7f80_0000
    let bits = magnitude < 0x0400 ? subnormal : magnitude < 0x7c00 ? normal : special
    return Float(bitPattern: bits | sign)
  }

  /// The bits of the half nearest to a number, ties to even; infinity from 65520 on, and a quiet NaN for NaN.
  @inline(__always)
  static func bits(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: (value.bitPattern >> 16) & 0x8000)
    let magnitude = value.bitPattern & 0x7fff_ffff
    // Adding 0.5, whose last bit is worth 2⁻²⁴, rounds to the grid of the subnormal halves.
    let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- Float(0.5).bitPattern
    let rounded = magnitude &+ 0xfff &+ ((magnitude >> 13) & 1)
    let normal = (rounded >> 13) &- (112 << 10)
    let special: UInt32 = magnitude > 0x7f80_0000 ? 0x7e00 : 0x7c00
    let half = magnitude < 0x3880_0000 ? subnormal : magnitude < 0x477f_f000 ? normal : special
    return sign | UInt16(truncatingIfNeeded: half)
  }
}
