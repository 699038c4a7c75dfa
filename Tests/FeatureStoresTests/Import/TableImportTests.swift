import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import FeatureStores

@Suite struct TableImportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ name: String, _ content: [UInt8]) throws -> String {
    let path = folder.file(name)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try AtomicFile.write(Data(content), to: path)
    return path
  }

  private func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

  // MARK: CSV

  @Test func aTableGivesNamesPeopleAndFeaturesByItsHeader() throws {
    let table =
      "\u{FEFF}name,f0,identity,f1,quality\r\n\"a,1\",1,\"Zoë \"\"Z\"\"\",-2.5e-1,0.5\r\nb, 3 ,Ann,4,1\r\n"
    let contents = try FeatureImport([file("t.csv", table)]).stored()
    #expect(contents.features == Matrix<Float>([[1, -0.25], [3, 4]]))
    #expect(contents.metadata.names == ["a,1", "b"])
    #expect(contents.metadata.labels == [0, 1])
    #expect(contents.metadata.identities == ["Zoë \"Z\"", "Ann"])
    #expect(contents.metadata.quality == [0.5, 1])
  }

  @Test func columnsHaveOtherHeadersOrAreLeftOut() throws {
    var options = FeatureImport.Options()
    options.renamed = [.names: "filename"]
    options.ignored = ["", "comment"]
    let path = try file("t.csv", ",filename,comment,label,x\n0,a.jpg,\"two\nlines\",0,1\n1,b.jpg,,1,2\n")
    let contents = try FeatureImport([path], options: options).stored()
    #expect(contents.features == Matrix<Float>([[1], [2]]))
    #expect(contents.metadata.names == ["a.jpg", "b.jpg"] && contents.metadata.labels == [0, 1])
  }

  @Test(
    arguments: [
      ("", nil, "an empty file"), ("name,x\n", nil, "a header and no rows"),
      ("name,x\na,1\nb\n", "line 3", "1 columns"), ("name,x\na,one\n", "line 2", "`one` in column ‘x’"),
      ("name,x\na,1\n\nb,2\n", "line 3", "a blank line"),
      ("name,x\n\"a,1\n", "line 2", "a quote that is never closed"),
      ("name,x\n\"a\"b,1\n", "line 2", "text after a closing quote"),
      ("0.5,1.5\n2,3\n", "line 1", "a first line of numbers"),
      ("x,x\n1,2\n", "line 1", "the column ‘x’ a second time"),
      ("name\na\n", "line 1", "no columns of features"),
      (",x\n1,2\n", "line 1", "column 1 without a name"), ("name,x\n,1\n", "line 2", "no text"),
      ("label,x\n0.5,1\n", "line 2", "`0.5`"),
      ("name,x\na\rb,1\n", "line 2", "a carriage return within the line"),
      ("name,x\na,nan\n", "line 2", "NaN in column 0"), ("pose,x\n7,1\n", "pose, row 0", "7"),
      ("name,x\na,1\nb,0\n", "line 3", "a row of zeros"),
    ] as [(String, String?, String)])
  func aMalformedTableIsRefusedByItsLine(text: String, place: String?, found: String) throws {
    let path = try file("t.csv", text)
    let output = folder.file("store.h5")
    let error = try #require(
      harnessError { try FeatureImport([path]).write(to: StoreLocation(path: output)) })
    #expect(error.place == place && error.found == found, "\(error)")
    #expect(error.file == (place?.hasPrefix("pose") == true ? output : path))
    #expect(try folder.contents() == ["t.csv"])
  }

  @Test func aMissingColumnIsNamedWithTheNearest() throws {
    var options = FeatureImport.Options()
    options.ignored = ["coment"]
    let path = try file("t.csv", "comment,x\na,1\n")
    let error = try #require(harnessError { try FeatureImport([path], options: options) })
    #expect(error.found == "no column ‘coment’" && error.advice == "Did you mean ‘comment’?")
  }

  // MARK: OpenCV and MegaFace

  @Test func aMatrixIsRowsAndAColumnIsOneImage() throws {
    let rows = try file("rows.bin", openCV([2, 3, 12, 5], NumPyImportTests.values))
    #expect(try FeatureImport([rows]).stored().features == NumPyArchives.features)
    let column = try file("column.bin", openCV([3, 1, 4, 5], [1, 2.5, -3]))
    let row = try file("row.bin", openCV([1, 3, 12, 5], [0.25, 4, 65504]))
    #expect(try FeatureImport([column, row]).stored().features == NumPyArchives.features)
  }

  @Test(arguments: [
    ([UInt32(2), 3, 12, 6], 6, "byte 12", "element type 6"),
    ([2, 3, 16, 5], 6, "byte 0", "2 × 3 elements with 16 bytes a row"),
    ([2, 3, 12, 5], 5, "byte 16", "20 bytes of elements"),
    ([0, 3, 12, 5], 0, "byte 0", "0 × 3 elements with 12 bytes a row"),
    ([.max, .max, 4, 5], 1, "byte 0", "4294967295 × 4294967295 elements with 4 bytes a row"),
  ])
  func aDamagedMatrixIsRefusedByItsByte(header: [UInt32], values: Int, place: String, found: String) throws {
    let path = try file("a.bin", openCV(header, [Float](repeating: 1, count: values)))
    let error = try #require(harnessError { try FeatureImport([path]) })
    #expect(error.file == path && error.place == place && error.found == found, "\(error)")
  }

  /// Two probes with identities, and distractors without.
  private func megaFace() throws -> FeatureImport.Options {
    for (name, values) in [
      ("probes/Ann/Ann_1.png", [1, 2]), ("probes/Bo/Bo_2.jpg", [3, 4]), ("others/0/x@N/y.jpg", [5, 6]),
    ] as [(String, [Float])] {
      _ = try file(name + "_net.bin", openCV([2, 1, 4, 5], values))
    }
    var options = FeatureImport.Options()
    options.suffix = "_net.bin"
    options.lists = [
      try file("probes.json", #"{"path": ["Bo/Bo_2.jpg", "Ann/Ann_1.png"], "id": ["Bo", 7]}"#),
      try file("others.json_1_1", #"{"path": ["0/x@N/y.jpg"]}"#),
    ]
    return options
  }

  @Test func megaFacesFoldersGiveTheImagesOfTheirListsInOrder() throws {
    var options = try megaFace()
    let both = try FeatureImport([folder.file("probes"), folder.file("others")], options: options)
    #expect(both.notes.count == 1 && both.notes[0].hasPrefix("identities left out: "))
    let contents = try both.stored()
    #expect(contents.features == Matrix<Float>([[3, 4], [1, 2], [5, 6]]))
    #expect(contents.metadata.names == ["Bo/Bo_2", "Ann/Ann_1", "0/x@N/y"])
    #expect(contents.metadata.labels == nil)
    options.lists.removeLast()
    options.namePrefix = "facescrub/"
    let probes = try FeatureImport([folder.file("probes")], options: options).stored().metadata
    #expect(probes.names == ["facescrub/Bo/Bo_2", "facescrub/Ann/Ann_1"])
    #expect(probes.labels == [0, 1] && probes.identities == ["Bo", "7"])
  }

  @Test func aMissingOrDamagedFileOfAFolderIsNamed() throws {
    var options = try megaFace()
    options.lists.removeLast()
    let output = StoreLocation(path: folder.file("store.h5"))
    let missing = folder.file("probes/Ann/Ann_1.png_net.bin")
    for (content, found) in [
      (nil, "no such file, or it cannot be read"), (openCV([3, 1, 4, 5], [1, 2, 3]), "3 numbers"),
      (openCV([2, 1, 4, 5], [.nan, 1]), "NaN in column 0"), ([1, 2], "2 bytes"),
    ] as [([UInt8]?, String)] {
      try FileManager.default.removeItem(atPath: missing)
      if let content { _ = try file("probes/Ann/Ann_1.png_net.bin", content) }
      let error = try #require(
        harnessError { try FeatureImport([folder.file("probes")], options: options).write(to: output) })
      #expect(error.file == missing && error.found == found, "\(error)")
      #expect(try folder.contents().filter { $0.hasPrefix(".") || $0.hasSuffix(".h5") } == [])
      _ = try file("probes/Ann/Ann_1.png_net.bin", openCV([2, 1, 4, 5], [1, 2]))
    }
    options.suffix = ".bin"
    let suffix = try #require(harnessError { try FeatureImport([folder.file("probes")], options: options) })
    #expect(suffix.kind == .missingInput && suffix.advice?.contains("--suffix") == true)
    let usage = try #require(harnessError { try FeatureImport([folder.file("probes")]) })
    #expect(usage.kind == .usage && usage.found == "1 folders and 0 lists")
  }

  // MARK: What else is known of the rows

  @Test func filesOfValuesGoBeforeTheInputsOwnAndAreJoined() throws {
    let archive = try file("a.npz", NumPyArchives.stored)
    var options = FeatureImport.Options()
    options.columns = [
      .names: [try file("n1.txt", "x/1.jpg\r\n"), try file("n2.txt", "\u{FEFF}y.z/2\n\n")],
      .identities: [try file("p.txt", "Bo\nBo\n")],
      .media: [try file("m.npy", npy("'<i4'", shape: "(2,)", bytes([Int32(9), 3])))],
      .templates: [try file("t.txt", "-1\n5\n")], .pose: [try file("o.txt", "1\n0\n")],
    ]
    options.dropsExtensions = true
    let metadata = try FeatureImport(
      [archive], options: options, attributes: StoreAttributes(extractor: "net")
    )
    .stored().metadata
    #expect(metadata.names == ["x/1", "y.z/2"])
    #expect(metadata.labels == [0, 0] && metadata.identities == ["Bo"])
    #expect(metadata.media == [9, 3] && metadata.templates == [-1, 5] && metadata.pose == [1, 0])
    #expect(metadata.attributes.extractor == "net")
  }

  @Test func labelsAreTakenAsTheyAreWithTheirNames() throws {
    let path = try file(
      "a.npy", npy("'<f4'", shape: "(2, 3)", bytes(NumPyImportTests.values.map(\.bitPattern))))
    var options = FeatureImport.Options()
    options.columns = [.labels: [try file("l.txt", "1\n0\n")]]
    options.labelNames = try file("names.txt", "Ann\nBo\n")
    let metadata = try FeatureImport([path], options: options).stored().metadata
    #expect(metadata.labels == [1, 0] && metadata.identities == ["Ann", "Bo"])
    options.columns[.identities] = [try file("p.txt", "Ann\nBo\n")]
    #expect(harnessError { try FeatureImport([path], options: options) }?.kind == .usage)
  }

  @Test func countsThatDifferAreRefused() throws {
    let path = try file("a.npz", NumPyArchives.stored)
    var options = FeatureImport.Options()
    let short = try file("n.txt", "one\n")
    options.columns = [.names: [short]]
    let names = try #require(harnessError { try FeatureImport([path], options: options) })
    #expect(names.file == short && names.found == "1 names" && names.expected?.hasPrefix("2, ") == true)
    options = .init()
    options.flipped = [try file("f.bin", openCV([1, 3, 12, 5], [1, 2, 3]))]
    let flipped = try #require(harnessError { try FeatureImport([path], options: options) })
    #expect(flipped.found == "features of mirrored images of the shape [1, 3]")
    let other = try file("b.bin", openCV([1, 2, 8, 5], [1, 2]))
    #expect(harnessError { try FeatureImport([path, other]) }?.file == other)
    let unknown = try file("b.dat", [1])
    #expect(harnessError { try FeatureImport([unknown]) }?.found == "a file of unknown form")
  }

  @Test func blocksOfAnySizeGiveTheSameRows() throws {
    let count = 37
    let all = ramp(count, 3, offset: 0.5)
    var parts: [any FeatureRows] = []
    for (number, range) in [0..<1, 1..<20, 20..<37].enumerated() {
      let part = all.rows(in: range)
      let path = try file(
        "p\(number).bin", openCV([UInt32(part.rows), 3, 12, 5], part.elements))
      parts.append(try OpenCVRows(FileBytes(path)))
    }
    let joined = try JoinedRows(parts)
    for size in [1, 2, 7, 37] {
      for first in stride(from: 0, to: count, by: size) {
        let range = first..<min(count, first + size)
        #expect(try joined.features(range) == all.rows(in: range))
      }
    }
    #expect(joined.place(ofRow: 19).file.hasSuffix("p1.bin") && joined.place(ofRow: 20).place == "row 0")
  }

  @Test func anInterruptedImportLeavesNothing() throws {
    let path = try file("a.npz", NumPyArchives.stored)
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try FeatureImport([path]).write(to: StoreLocation(path: folder.file("store.h5"))) { _ in throw Stop() }
    }
    #expect(try folder.contents() == ["a.npz"])
  }
}
