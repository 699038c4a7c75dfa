import FeatureStores
import Foundation
import Testing

@testable import Reports

@Suite struct CanvasTests {
  static let provenance = Provenance(
    commit: "0123abc", date: "2026-11-22T21:42:00Z", configuration: "sha256:55",
    stores: [("größe", "sha256:τ")])

  /// A page with everything that a canvas can draw.
  static func page(_ format: FigureFormat, resolution: Int = 300) throws -> [UInt8] {
    let canvas = try Canvas(width: 120, height: 60, format: format, resolution: resolution)
    let colour = Colour(0xBF5200)
    canvas.group(clippedTo: PlotRect(x: 10, y: 10, width: 60, height: 40)) {
      canvas.fill(PlotRect(x: 0, y: 0, width: 30, height: 30), with: colour, alpha: 0.2)
      canvas.fill(polygon: [PlotPoint(5, 5), PlotPoint(80, 20), PlotPoint(20, 80)], with: colour, alpha: 0.5)
    }
    canvas.stroke([PlotPoint(0, 0), PlotPoint(120, 60)], colour: colour, width: 1, dash: [3, 2])
    canvas.circle(centre: PlotPoint(60, 30), radius: 5, colour: colour, width: 1, fill: .white)
    canvas.text("τ = 10⁻⁴ & <b>", at: PlotPoint(40, 50), font: Font(size: 8))
    canvas.text("up", at: PlotPoint(110, 50), font: Font(size: 8, isBold: true), isUpward: true)
    return try canvas.finish(title: "A <page> & τ", provenance: provenance)
  }

  @Test(arguments: FigureFormat.allCases)
  func drawingTwiceGivesEqualBytes(format: FigureFormat) throws {
    let first = try Self.page(format)
    // Cairo numbers surfaces over the life of a process: other pages in between must not matter.
    for other in FigureFormat.allCases { _ = try Self.page(other) }
    #expect(try Self.page(format) == first)
  }

  @Test(arguments: FigureFormat.allCases)
  func drawingInSeveralThreadsGivesEqualBytes(format: FigureFormat) async throws {
    let first = try Self.page(format)
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<8 { group.addTask { try Self.page(format) } }
      for try await bytes in group { #expect(bytes == first) }
    }
  }

  @Test func pictureHasTheSizeOfItsResolutionAndTheProvenance() throws {
    let image = try PNGImage(decoding: Self.page(.png))
    // 120 × 60 points are 500 × 250 dots at 300 dots an inch.
    #expect(image.width == 500 && image.height == 250 && image.channels == 3)
    #expect(image.dotsPerInch == 300)
    #expect(
      image.text == [
        .init("Title", "A <page> & τ"), .init("Software", "Likeness"), .init("Commit", "0123abc"),
        .init("Configuration", "sha256:55"), .init("Store", "größe sha256:τ"),
        .init("Creation Time", "2026-11-22T21:42:00Z"),
      ])
    #expect(try PNGImage(decoding: Self.page(.png, resolution: 72)).width == 120)
  }

  @Test func theBackgroundIsWhite() throws {
    let image = try PNGImage(decoding: Self.page(.png))
    #expect(image.pixel(499, 0) == [255, 255, 255])
    #expect(image.pixel(0, 249) == [255, 255, 255])
  }

  @Test func svgHoldsOutlinesTitleAndProvenanceEscaped() throws {
    let text = String(decoding: try Self.page(.svg), as: UTF8.self)
    #expect(text.contains("<title>A &lt;page&gt; &amp; τ</title>"))
    #expect(text.contains("\nStore: größe sha256:τ\nCreation Time: 2026-11-22T21:42:00Z\n</metadata>"))
    #expect(text.contains("viewBox=\"0 0 120 60\""))
    // Glyphs are paths, so that no font is needed where it is shown.
    #expect(!text.contains("<text") && !text.contains("font-family"))
  }

  @Test func pdfHoldsItsFontsAndTheDateOfTheRunOnly() throws {
    let text = String(decoding: try Self.page(.pdf), as: Unicode.ASCII.self)
    // Newer cairo packs these objects into compressed streams, where they cannot be seen.
    let isReadable = !text.contains("/ObjStm")
    #expect(text.hasPrefix("%PDF-"))
    #expect(!isReadable || text.contains("/FontFile"))
    #expect(!isReadable || text.contains("/CreationDate (20261122214200"))
    let canvas = try Canvas(width: 20, height: 20, format: .pdf)
    let undated = String(
      decoding: try canvas.finish(title: "", provenance: Provenance()), as: Unicode.ASCII.self)
    #expect(!undated.contains("/CreationDate"))
  }

  @Test func renumberingKeepsReferencesAndEverythingElse() {
    let document = """
      <g id="surface42"><clipPath id="clip7"/><use xlink:href="#image9"/><g clip-path="url(#clip7)"/>
      <image id="image9"/><symbol id="glyph0-1"/><use xlink:href="#glyph0-1"/></g><g id="surface50"/> surface42
      """
    let expected = """
      <g id="surface0"><clipPath id="clip0"/><use xlink:href="#image0"/><g clip-path="url(#clip0)"/>
      <image id="image0"/><symbol id="glyph0-1"/><use xlink:href="#glyph0-1"/></g><g id="surface1"/> surface42
      """
    #expect(String(decoding: SVGDocument.renumbered(Array(document.utf8)), as: UTF8.self) == expected)
  }

  @Test(arguments: [(0, 10), (10, -1), (.nan, 10), (10, .infinity), (20_000, 10)] as [(Double, Double)])
  func impossiblePagesAreRefused(width: Double, height: Double) {
    for format in FigureFormat.allCases {
      let error = #expect(throws: HarnessError.self) {
        try Canvas(width: width, height: height, format: format)
      }
      #expect(error?.kind == .fault)
    }
  }

  @Test func picturesLargerThanCairoCanHoldAreRefused() {
    #expect(throws: HarnessError.self) {
      try Canvas(width: 10_000, height: 10, format: .png, resolution: 300)
    }
    #expect(throws: HarnessError.self) { try Canvas(width: 10, height: 10, format: .png, resolution: 0) }
  }

  @Test func filesAreWrittenWholeWithTheirFoldersAndNothingElse() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("likeness-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = root.appendingPathComponent("a/b")
    let path = folder.appendingPathComponent("page.svg").path
    try OutputFile.write([1], to: path)
    try OutputFile.write([1, 2, 3], to: path)
    #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["page.svg"])
    // A file where a folder is needed.
    let error = #expect(throws: HarnessError.self) { try OutputFile.write([1], to: path + "/x.svg") }
    #expect(error?.kind == .cannotWrite)
    #expect(error?.file == path + "/x.svg")
  }
}
