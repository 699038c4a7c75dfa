import FeatureStores
import Foundation
import Testing

@testable import Reports

@Suite struct CurveExportTests {
  static let provenance = Provenance(
    [.init("Commit", "0123abc"), .init("Store", "a\nb")], date: "2026-11-22T21:42:00Z")

  static var roc: CurveExport {
    let points = [(0.0, 0.5), (0.1, 0.1 + 0.2), (1.0, 1.0)]
    let figure = ROCFigure(
      title: "ROC", caption: "atMost",
      series: [
        ROCSeries(
          name: "ArcFace, m",
          points: points.map { .init(far: $0, tar: $1, lower: $1 - 0.25, upper: $1 + 0.25) },
          impostorCount: 10, genuineCount: 20),
        ROCSeries(
          name: "Untrained", role: .untrained, points: [.init(far: 0.1, tar: 0.25)], impostorCount: 10),
      ], styles: StyleBook(methods: ["ArcFace, m"]))
    return CurveExport(figure, provenance: provenance)
  }

  @Test func csvHoldsEveryPointWithCountsAndProvenance() throws {
    let lines = [
      "# title: ROC", "# convention: atMost", "# Commit: 0123abc", "# Store: a b",
      "# Creation Time: 2026-11-22T21:42:00Z",
      "curve,far,tar,lower,upper,genuine,impostors",
      "\"ArcFace, m\",0,0.5,0.25,0.75,20,10",
      "\"ArcFace, m\",0.1,0.30000000000000004,0.050000000000000044,0.55,20,10",
      "\"ArcFace, m\",1,1,0.75,1.25,20,10",
      "Untrained,0.1,0.25,,,,10",
    ]
    #expect(
      String(decoding: try Self.roc.encoded(as: .csv), as: UTF8.self) == lines.map { $0 + "\r\n" }.joined())
  }

  @Test func jsonHoldsColumnsThatLoadAsArrays() throws {
    let expected = """
      {"columns":["far","tar","lower","upper"],"convention":"atMost","curves":[\
      {"columns":{"far":[0,0.1,1],"lower":[0.25,0.050000000000000044,0.75],"tar":[0.5,0.30000000000000004,1],\
      "upper":[0.75,0.55,1.25]},"counts":{"genuine":20,"impostors":10},"name":"ArcFace, m"},\
      {"columns":{"far":[0.1],"lower":[null],"tar":[0.25],"upper":[null]},"counts":{"impostors":10},"name":"Untrained"}],\
      "provenance":[{"key":"Commit","value":"0123abc"},{"key":"Store","value":"a\\nb"},\
      {"key":"Creation Time","value":"2026-11-22T21:42:00Z"}],"title":"ROC"}

      """
    #expect(String(decoding: try Self.roc.encoded(as: .json), as: UTF8.self) == expected)
  }

  @Test func picturesHoldTheFigureAndItsProvenance() throws {
    let image = try PNGImage(decoding: Self.roc.encoded(as: .png))
    #expect(image.text == [.init("Title", "ROC")] + Self.provenance.allEntries)
    #expect(String(decoding: try Self.roc.encoded(as: .svg), as: UTF8.self).contains("Commit: 0123abc"))
    #expect(String(decoding: try Self.roc.encoded(as: .pdf), as: Unicode.ASCII.self).hasPrefix("%PDF-"))
  }

  @Test(arguments: CurveExport.Format.allCases)
  func equalExportsGiveEqualBytes(format: CurveExport.Format) throws {
    #expect(try Self.roc.encoded(as: format) == Self.roc.encoded(as: format))
  }

  @Test func anyFigureOfLinesIsExported() throws {
    let style = Palette.style(column: 0, row: 0)
    let figure = LineFigure(
      title: "CMC", x: Axis("Rank"), y: Axis("Rate", numbers: .percent),
      series: [
        .init(
          name: "a", points: [PlotPoint(1, 0.5), PlotPoint(2, 1)],
          band: [.init(1, 0.25, 0.75), .init(2, 1, 1)], style: style),
        .init(name: "b", points: [PlotPoint(1, 0.25)], band: [.init(3, 0, 1)], style: style),
      ])
    let export = CurveExport(
      figure, columns: (x: "rank", y: "rate"), counts: [[.init("probes", 4)]], provenance: Provenance())
    #expect(
      String(decoding: try export.encoded(as: .csv), as: UTF8.self)
        == "# title: CMC\r\ncurve,rank,rate,lower,upper,probes\r\na,1,0.5,0.25,0.75,4\r\na,2,1,1,1,4\r\nb,1,0.25,,,\r\n"
    )
  }

  @Test func numbersThatAreNoneAreRefusedInEveryFormat() {
    var export = Self.roc
    export.curves[0].points[1][1] = .nan
    for format in CurveExport.Format.allCases {
      let error = #expect(throws: HarnessError.self) { try export.encoded(as: format) }
      #expect(error?.description == "curve “ArcFace, m”, point 1, tar: nan; expected a finite number")
    }
    export.curves[0].points[1] = [0]
    #expect(throws: HarnessError.self) { try export.encoded(as: .csv) }
  }

  @Test func filesAreWrittenInEveryFormat() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "likeness-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for format in CurveExport.Format.allCases {
      let path = folder.appendingPathComponent("roc.\(format.rawValue)").path
      try Self.roc.write(to: path, as: format)
      #expect(
        FileManager.default.contents(atPath: path).map(Array.init) == (try Self.roc.encoded(as: format)))
    }
  }
}
