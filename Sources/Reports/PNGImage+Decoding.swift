import CPNG
import FeatureStores
import Foundation

extension PNGImage {
  /// Reads a PNG file of any colour type and depth, as 8-bit RGB or RGBA.
  ///
  /// A file that is no PNG, ends too early, has a wrong checksum in any chunk, or more than 32,767 pixels a
  /// side or 2²⁸ pixels in all is refused with a `HarnessError` (`badInput`). `file` is the name used in that
  /// error.
  public init(decoding bytes: [UInt8], file: String = "") throws(HarnessError) {
    var failure = cpng_failure()
    let image = bytes.withUnsafeBufferPointer { buffer in
      withUnsafeMutablePointer(to: &failure) { Self.decode(buffer, $0) }
    }
    guard let image else {
      throw HarnessError(
        .badInput, file: file, found: "not a readable PNG picture: \(Self.message(failure))",
        advice: "The file is damaged or of another kind; write it again.")
    }
    self = image
  }

  /// Reads the PNG file at `path`; a missing file is a `HarnessError` of kind `missingInput`.
  public init(file path: String) throws(HarnessError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HarnessError(.missingInput, file: path, found: "the picture cannot be opened")
    }
    try self.init(decoding: Array(data), file: path)
  }

  /// The picture, or nil with the reason in `failure`.
  private static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, _ failure: UnsafeMutablePointer<cpng_failure>
  ) -> PNGImage? {
    var source = cpng_source(bytes: bytes.baseAddress, count: bytes.count, offset: 0)
    var png = cpng_create_reader(failure)
    var info = png.flatMap { png_create_info_struct($0) }
    defer { png_destroy_read_struct(&png, &info, nil) }
    guard let reader = png, info != nil else { return nil }
    png_set_user_limits(reader, UInt32(maximumSide), UInt32(maximumSide))
    return withUnsafeMutablePointer(to: &source) { source in
      var passes: Int32 = 1
      guard cpng_read_header(reader, info, source, &passes) == 1 else { return nil }
      let width = Int(png_get_image_width(reader, info))
      let height = Int(png_get_image_height(reader, info))
      let channels = Int(png_get_channels(reader, info))
      let stride = png_get_rowbytes(reader, info)
      guard width * height <= 1 << 28, channels == 3 || channels == 4, stride == width * channels else {
        return nil
      }
      var pixels = [UInt8](repeating: 0, count: height * stride)
      guard cpng_read_rows(reader, info, &pixels, height, stride, passes) == 1 else { return nil }
      var image = PNGImage(width: width, height: height, channels: channels, pixels: pixels)
      var (horizontal, vertical, unit) = (UInt32(0), UInt32(0), Int32(0))
      if png_get_pHYs(reader, info, &horizontal, &vertical, &unit) != 0 && unit == PNG_RESOLUTION_METER {
        image.pixelsPerMetre = Int(horizontal)
      }
      image.text = texts(reader, info)
      return image
    }
  }

  /// The text chunks of a file that has been read: tEXt and zTXt are Latin-1, iTXt is UTF-8.
  private static func texts(_ png: png_structp, _ info: png_infop?) -> [Provenance.Entry] {
    var first: png_textp?
    var count: Int32 = 0
    guard png_get_text(png, info, &first, &count) > 0, let first else { return [] }
    return UnsafeBufferPointer(start: first, count: Int(count)).map { chunk in
      let isUnicode = chunk.compression >= PNG_ITXT_COMPRESSION_NONE
      let bytes = UnsafeRawBufferPointer(
        start: chunk.text, count: isUnicode ? chunk.itxt_length : chunk.text_length)
      let value = isUnicode ? String(decoding: bytes, as: UTF8.self) : latin1(bytes)
      let key = chunk.key.map { latin1(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? ""
      return Provenance.Entry(key, value)
    }
  }

  private static func latin1(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
  }
}
