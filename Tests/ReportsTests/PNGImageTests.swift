import FeatureStores
import Foundation
import Testing

@testable import Reports

@Suite struct PNGImageTests {
  /// A picture in which every byte is different from its neighbours'.
  static func picture(_ width: Int, _ height: Int, channels: Int = 3) -> PNGImage {
    PNGImage(
      width: width, height: height, channels: channels,
      pixels: (0..<width * height * channels).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 11) },
      dotsPerInch: 300)
  }

  @Test(arguments: [(1, 1, 3), (7, 5, 3), (3, 4, 4), (301, 2, 4)])
  func readsBackWhatItWrote(width: Int, height: Int, channels: Int) throws {
    let image = Self.picture(width, height, channels: channels)
    #expect(try PNGImage(decoding: image.encoded()) == image)
  }

  @Test func textReadsBackInOrderWhateverItsScript() throws {
    var image = Self.picture(2, 2)
    image.text = [
      .init("Title", "plain"), .init("Latin", "größe ± 1 µ"), .init("Unicode", "τ = 10⁻⁴ ⇔ 顔 🙂"),
      .init("Empty", ""),
      .init("Lines", "one\ntwo"), .init("Tab", "a\tb"), .init("Title", "a second of the same key"),
    ]
    let decoded = try PNGImage(decoding: image.encoded())
    #expect(decoded.text == image.text)
    #expect(decoded.text("Title") == "plain")
    #expect(decoded.text("None") == nil)
  }

  @Test func chunksAreHeaderResolutionTextPixelsAndNoTime() throws {
    var image = Self.picture(4, 3)
    image.text = [.init("Commit", "abc"), .init("Store", "τ")]
    let chunks = PNGChunk.all(of: try image.encoded())
    #expect(chunks.map(\.type) == ["IHDR", "pHYs", "tEXt", "iTXt", "IDAT", "IEND"])
    #expect(chunks[0].data == [0, 0, 0, 4, 0, 0, 0, 3, 8, 2, 0, 0, 0])
    // 300 dots an inch are 11811 dots a metre, 0x2E23.
    #expect(chunks[1].data == [0, 0, 0x2E, 0x23, 0, 0, 0x2E, 0x23, 1])
    #expect(chunks[2].data == Array("Commit\0abc".utf8))
    #expect(chunks[3].data == Array("Store\0\0\0\0\0τ".utf8))
  }

  @Test func resolutionIsThreeHundredDotsAnInchAgain() throws {
    let decoded = try PNGImage(decoding: Self.picture(2, 2).encoded())
    #expect(decoded.pixelsPerMetre == 11_811)
    #expect(decoded.dotsPerInch == 300)
    var plain = Self.picture(2, 2)
    plain.pixelsPerMetre = nil
    #expect(try PNGImage(decoding: plain.encoded()).dotsPerInch == nil)
  }

  @Test func equalPicturesGiveEqualBytes() throws {
    let image = Self.picture(40, 30)
    #expect(try image.encoded() == image.encoded())
  }

  @Test func everyTruncationIsAnError() throws {
    var image = Self.picture(5, 4)
    image.text = [.init("Key", "value"), .init("Unicode", "τ")]
    let bytes = try image.encoded()
    for count in 0..<bytes.count {
      let error = #expect(throws: HarnessError.self) {
        try PNGImage(decoding: Array(bytes.prefix(count)), file: "figure.png")
      }
      #expect(error?.kind == .badInput)
      #expect(error?.file == "figure.png")
    }
  }

  @Test func everyChangedByteIsAnError() throws {
    var image = Self.picture(5, 4)
    image.text = [.init("Key", "value"), .init("Unicode", "τ")]
    let bytes = try image.encoded()
    for index in bytes.indices {
      for change in [0x01, 0x20, 0x80, 0xFF] as [UInt8] {
        var changed = bytes
        changed[index] ^= change
        #expect(throws: HarnessError.self) { try PNGImage(decoding: changed) }
      }
    }
  }

  @Test func sizesThatWouldFillTheMemoryAreRefused() throws {
    // A well-formed header of 30000 × 30000 pixels with next to no data.
    for (width, height) in [(30_000, 30_000), (40_000, 1)] {
      let bytes = PNGChunk.file([
        PNGChunk(type: "IHDR", data: PNGChunk.big(width) + PNGChunk.big(height) + [8, 2, 0, 0, 0]),
        PNGChunk(type: "IDAT", data: PNGChunk.stored([0])), PNGChunk(type: "IEND", data: []),
      ])
      #expect(throws: HarnessError.self) { try PNGImage(decoding: bytes) }
    }
  }

  @Test func otherColourTypesAreReadAsRGBOrRGBA() throws {
    func decode(_ width: Int, depth: UInt8, type: UInt8, extra: [PNGChunk] = [], rows: [UInt8]) throws
      -> PNGImage
    {
      let header = PNGChunk(
        type: "IHDR", data: PNGChunk.big(width) + PNGChunk.big(1) + [depth, type, 0, 0, 0])
      let chunks =
        [header] + extra + [
          PNGChunk(type: "IDAT", data: PNGChunk.stored(rows)), PNGChunk(type: "IEND", data: []),
        ]
      return try PNGImage(decoding: PNGChunk.file(chunks))
    }
    let grey = try decode(3, depth: 1, type: 0, rows: [0, 0b1010_0000])
    #expect(grey.pixels == [255, 255, 255, 0, 0, 0, 255, 255, 255])
    let deep = try decode(1, depth: 16, type: 0, rows: [0, 0x80, 0x80])
    #expect(deep.pixels == [128, 128, 128])
    let palette = PNGChunk(type: "PLTE", data: [1, 2, 3, 200, 100, 50])
    let indexed = try decode(2, depth: 8, type: 3, extra: [palette], rows: [0, 1, 0])
    #expect(indexed.pixels == [200, 100, 50, 1, 2, 3])
    let transparency = PNGChunk(type: "tRNS", data: [0, 255])
    let transparent = try decode(2, depth: 8, type: 3, extra: [palette, transparency], rows: [0, 1, 0])
    #expect(transparent.channels == 4)
    #expect(transparent.pixels == [200, 100, 50, 255, 1, 2, 3, 0])
  }

  @Test func whatPNGCannotHoldIsRefused() {
    func expectRefused(_ change: (inout PNGImage) -> Void) {
      var image = Self.picture(2, 2)
      change(&image)
      let error = #expect(throws: HarnessError.self) { try image.encoded() }
      #expect(error?.kind == .fault)
    }
    expectRefused { $0.width = 0 }
    expectRefused { $0.height = 40_000 }
    expectRefused { $0.channels = 2 }
    expectRefused { $0.pixels.removeLast() }
    expectRefused { $0.pixelsPerMetre = 0 }
    for key in ["", String(repeating: "k", count: 80), "clé", " key", "key ", "two  spaces", "a\nb"] {
      expectRefused { $0.text = [.init(key, "value")] }
    }
    expectRefused { $0.text = [.init("Key", "a\0b")] }
  }

  @Test func aMissingFileIsMissingInput() {
    let error = #expect(throws: HarnessError.self) { try PNGImage(file: "/nonexistent/figure.png") }
    #expect(error?.kind == .missingInput)
  }
}

/// A PNG chunk, read and written without libpng.
struct PNGChunk {
  var type: String
  var data: [UInt8]

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func all(of bytes: [UInt8]) -> [PNGChunk] {
    guard Array(bytes.prefix(8)) == signature else { return [] }
    var chunks: [PNGChunk] = []
    var index = 8
    while index + 12 <= bytes.count {
      let count = bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = String(decoding: bytes[index + 4..<index + 8], as: UTF8.self)
      chunks.append(PNGChunk(type: type, data: Array(bytes[index + 8..<index + 8 + count])))
      index += 12 + count
    }
    return chunks
  }

  static func file(_ chunks: [PNGChunk]) -> [UInt8] {
    signature
      + chunks.flatMap { chunk in
        let body = Array(chunk.type.utf8) + chunk.data
        return big(chunk.data.count) + body + big(Int(crc(body)))
      }
  }

  static func big(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }

  /// A zlib stream of one block that is not compressed.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var (a, b) = (1, 0)
    for byte in bytes {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    let count = bytes.count
    let length = [UInt8(count & 255), UInt8(count >> 8)]
    return [0x78, 0x01, 0x01] + length + length.map { ~$0 } + bytes + big(b << 16 | a)
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    return ~value
  }
}
