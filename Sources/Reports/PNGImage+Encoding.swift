import CPNG
import FeatureStores

extension PNGImage {
  /// The picture as a PNG file.
  ///
  /// Texts are written as tEXt where Latin-1 can hold them and as (uncompressed, UTF-8) iTXt where it cannot.
  /// There is no tIME chunk. Throws a `HarnessError` (`fault`) when the size, the number of pixels or a key
  /// is not possible in PNG.
  public func encoded() throws(HarnessError) -> [UInt8] {
    try checkForEncoding()
    var failure = cpng_failure()
    let sink = ByteSink()
    let done = withUnsafeMutablePointer(to: &failure) { failure in
      var png = cpng_create_writer(failure)
      var info = png.flatMap { png_create_info_struct($0) }
      defer { png_destroy_write_struct(&png, &info) }
      guard let writer = png, info != nil else { return false }
      png_set_write_fn(
        writer, sink.context,
        { png, data, count in
          guard let context = png_get_io_ptr(png) else { return }
          ByteSink.from(context).append(data, count: count)
        }, { _ in })
      let chunks = TextChunks(text)
      defer { chunks.free() }
      return chunks.values.withUnsafeBufferPointer { texts in
        cpng_write(
          writer, info, UInt32(width), UInt32(height),
          channels == 4 ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB,
          UInt32(pixelsPerMetre ?? 0), texts.baseAddress, Int32(texts.count), pixels, width * channels) == 1
      }
    }
    guard done else {
      throw HarnessError(.fault, found: "libpng cannot write the picture: \(Self.message(failure))")
    }
    return sink.bytes
  }

  private func checkForEncoding() throws(HarnessError) {
    func wrong(_ found: String, _ expected: String) -> HarnessError {
      HarnessError(.fault, found: found, expected: expected)
    }
    guard (1...Self.maximumSide).contains(width) && (1...Self.maximumSide).contains(height) else {
      throw wrong("a picture of \(width) × \(height) pixels", "1 to \(Self.maximumSide) pixels a side")
    }
    guard channels == 3 || channels == 4 else { throw wrong("\(channels) channels", "3 or 4 channels") }
    guard pixels.count == width * height * channels else {
      throw wrong("\(pixels.count) bytes of pixels", "\(width * height * channels)")
    }
    guard (pixelsPerMetre ?? 1) > 0 && (pixelsPerMetre ?? 1) <= Int(Int32.max) else {
      throw wrong("\(pixelsPerMetre ?? 0) pixels a metre", "a positive number")
    }
    for entry in text {
      let key = entry.key
      guard (1...79).contains(key.utf8.count), key.utf8.allSatisfy({ (32...126).contains($0) }),
        !key.hasPrefix(" "), !key.hasSuffix(" "), !key.contains("  ")
      else {
        throw wrong(
          "the text key “\(key)”",
          "1 to 79 printable ASCII characters, without leading, trailing or double spaces")
      }
      guard !entry.value.utf8.contains(0) else {
        throw wrong("a NUL character in the text “\(key)”", "text without NUL")
      }
    }
  }

  /// The largest width and height that are written or read, in pixels. It is also cairo's limit.
  static let maximumSide = 32_767

  /// The message that libpng left.
  static func message(_ failure: cpng_failure) -> String {
    withUnsafeBytes(of: failure.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

/// libpng's form of text chunks, in memory that lives until `free()`.
private struct TextChunks {
  let values: [png_text]
  private let blocks: [UnsafeMutableBufferPointer<CChar>]

  init(_ entries: [Provenance.Entry]) {
    var blocks: [UnsafeMutableBufferPointer<CChar>] = []
    func copy(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
      let block = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count + 1)
      for (index, byte) in bytes.enumerated() {
        block.initializeElement(at: index, to: CChar(bitPattern: byte))
      }
      block.initializeElement(at: bytes.count, to: 0)
      blocks.append(block)
      return block.baseAddress
    }
    values = entries.map { entry in
      var chunk = png_text()
      chunk.key = copy(Array(entry.key.utf8))
      if let latin = Self.latin1(entry.value) {
        chunk.compression = PNG_TEXT_COMPRESSION_NONE
        chunk.text = copy(latin)
        chunk.text_length = latin.count
      } else {
        let bytes = Array(entry.value.utf8)
        chunk.compression = PNG_ITXT_COMPRESSION_NONE
        chunk.text = copy(bytes)
        chunk.itxt_length = bytes.count
      }
      return chunk
    }
    self.blocks = blocks
  }

  func free() { for block in blocks { block.deallocate() } }

  /// The text in Latin-1, or nil where a character is not printable Latin-1 (a line feed is allowed).
  private static func latin1(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard scalar == "\n" || (32...126).contains(scalar.value) || (160...255).contains(scalar.value) else {
        return nil
      }
      bytes.append(UInt8(scalar.value))
    }
    return bytes
  }
}
