/// An 8-bit RGB or RGBA picture with its resolution and its text chunks: what Likeness writes to and reads
/// from a PNG file.
///
/// Rows run from the top, without padding: `pixels.count == width · height · channels`. Alpha is not
/// premultiplied. Encoding has no clock and no randomness: equal images give equal bytes with one version of
/// libpng and zlib.
public struct PNGImage: Sendable, Hashable {
  public var width: Int
  public var height: Int
  /// 3 (RGB) or 4 (RGBA).
  public var channels: Int
  public var pixels: [UInt8]
  /// Pixels a metre in both directions (PNG's pHYs chunk); nil when the file does not say.
  public var pixelsPerMetre: Int?
  /// Text chunks in the order of the file.
  public var text: [Provenance.Entry]

  public init(
    width: Int, height: Int, channels: Int, pixels: [UInt8], dotsPerInch: Double? = nil,
    text: [Provenance.Entry] = []
  ) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
    pixelsPerMetre = dotsPerInch.map { Int(($0 / 0.0254).rounded()) }
    self.text = text
  }

  /// Dots an inch to two decimals: a file stores whole dots a metre, so 300 comes back as 300 and not
  /// 299.9994.
  public var dotsPerInch: Double? {
    pixelsPerMetre.map { (Double($0) * 0.0254 * 100).rounded() / 100 }
  }

  /// The channels of one pixel, counted from the top left.
  public func pixel(_ x: Int, _ y: Int) -> [UInt8] {
    precondition(x >= 0 && x < width && y >= 0 && y < height, "pixel out of range")
    let start = (y * width + x) * channels
    return Array(pixels[start..<start + channels])
  }

  /// The first text with this key.
  public func text(_ key: String) -> String? { text.first { $0.key == key }?.value }
}
