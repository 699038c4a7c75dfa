/// Makes the key of a random stream from the bytes of its name, without keeping them.
///
/// The name is absorbed in blocks of 12 bytes, each with its length and place, so no name is another's prefix.
struct StreamName {
  private var key: SIMD2<UInt32>
  private var words = SIMD4<UInt32>()
  /// Bytes in all blocks, and in the present one.
  private var length = 0
  private var blockLength = 0

  init(seed: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  mutating func append(_ byte: UInt8) {
    words[blockLength / 4] |= UInt32(byte) << UInt32(blockLength % 4 * 8)
    blockLength += 1
    length += 1
    if blockLength == 12 { absorb() }
  }

  mutating func append(_ text: String) {
    for byte in text.utf8 { append(byte) }
  }

  /// Appends a dot and the decimal digits of `number`.
  mutating func append(part number: Int) {
    append(UInt8(ascii: "."))
    if number < 0 { append(UInt8(ascii: "-")) }
    let magnitude = number.magnitude
    var power: UInt = 1
    while magnitude / power >= 10 { power *= 10 }
    while power > 0 {
      append(UInt8(ascii: "0") + UInt8(magnitude / power % 10))
      power /= 10
    }
  }

  /// The key of the whole name.
  mutating func finish() -> SIMD2<UInt32> {
    if blockLength > 0 || length == 0 { absorb() }
    return key
  }

  private mutating func absorb() {
    words.w = UInt32(truncatingIfNeeded: (length - blockLength) << 8 | blockLength)
    let mixed = Philox.block(counter: words, key: key)
    key = SIMD2(mixed.x ^ mixed.z, mixed.y ^ mixed.w)
    words = SIMD4()
    blockLength = 0
  }
}
