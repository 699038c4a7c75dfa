import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import FeatureStores

@Suite struct NumPyImportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ name: String, _ content: [UInt8]) throws -> String {
    try AtomicFile.write(Data(content), to: folder.file(name))
    return folder.file(name)
  }

  static let values: [Float] = [1, 2.5, -3, 0.25, 4, 65504]

  @Test(arguments: [UInt8(1), 2, 3], [2, 4, 8]) func everyVersionTypeByteOrderAndOrderGivesTheSameNumbers(
    version: UInt8, size: Int
  ) throws {
    for isBig in [false, true] {
      for isFortran in [false, true] {
        let order = isFortran ? [0, 3, 1, 4, 2, 5] : [0, 1, 2, 3, 4, 5]
        let values = order.map { Self.values[$0] }
        let data: [UInt8] =
          switch size {
          case 2: bytes(values.map(HalfPrecision.bits), bigEndian: isBig)
          case 4: bytes(values.map(\.bitPattern), bigEndian: isBig)
          default: bytes(values.map { Double($0).bitPattern }, bigEndian: isBig)
          }
        let path = try file(
          "a.npy",
          npy(
            "'\(isBig ? ">" : "<")f\(size)'", shape: "(2, 3)", fortranOrder: isFortran, version: version, data
          ))
        let imported = try FeatureImport([path])
        #expect(imported.rowCount == 2 && imported.dimension == 3)
        #expect(try imported.stored().features == NumPyArchives.features)
      }
    }
  }

  @Test func anArchiveOfNumPysOwnGivesAWholeStore() throws {
    let contents = try FeatureImport([file("a.npz", NumPyArchives.stored)]).stored()
    #expect(contents.features == NumPyArchives.features)
    #expect(contents.metadata.names == ["Ann/1", "Zoë/2"])
    #expect(contents.metadata.labels == [1, 0])
    #expect(contents.metadata.identities == ["Zoë", "Ann"])
    #expect(contents.flippedFeatures == nil)
  }

  @Test func aCompressedArchiveOfNumPysOwnGivesAWholeStore() throws {
    let contents = try FeatureImport([file("a.npz", NumPyArchives.deflated)]).stored()
    #expect(contents.features == NumPyArchives.features)
    #expect(contents.flippedFeatures == NumPyArchives.features)
    #expect(contents.metadata.names == ["x", "yy"])
    #expect(contents.metadata.quality == [0.5, 1])
    #expect(contents.metadata.labels == nil)
  }

  @Test func aCompressedColumnMajorArrayIsReadRowByRowOrBackwards() throws {
    let path = try file("a.npz", NumPyArchives.columnMajor)
    let array = try #require(try NumPyFile.open(path))
    #expect(array.header.isFortranOrder && array.header.shape == [2, 3])
    let rows = try NumPyRows(array)
    for row in [1, 0, 1] {
      #expect(try rows.features(row..<row + 1).row(0) == NumPyArchives.features.row(row))
    }
    #expect(try rows.features(0..<2) == NumPyArchives.features)
  }

  @Test func oneArrayOfAnArchiveHasAnAddress() throws {
    let path = try file("a.npz", NumPyArchives.deflated)
    #expect(try FeatureImport([path + "#features_flipped"]).stored().metadata.names == nil)
    #expect(try ImportedColumn(path + "#names").texts() == ["x", "yy"])
    let error = try #require(harnessError { try FeatureImport([path + "#feature_flipped"]) })
    #expect(error.kind == .missingInput && error.advice == "Did you mean ‘features_flipped’?")
    #expect(error.expected == "one of embeddings, features_flipped, quality, names")
    let several = try #require(harnessError { try ImportedColumn(path) })
    #expect(several.found == "4 arrays")
  }

  @Test func integersOfEveryWidthAndByteOrderAreRead() throws {
    func check(_ descriptor: String, _ data: [UInt8], _ expected: [Int64]) throws {
      let path = try file("i.npy", npy("'\(descriptor)'", shape: "(\(expected.count),)", data))
      #expect(try ImportedColumn(path).integers() == expected, "\(descriptor)")
      #expect(try ImportedColumn(path).texts() == expected.map(String.init))
    }
    try check("|i1", [0x80, 0x7f], [-128, 127])
    try check("|u1", [0x80, 0xff], [128, 255])
    try check("|b1", [0, 1], [0, 1])
    for isBig in [false, true] {
      let order = isBig ? ">" : "<"
      try check("\(order)i2", bytes([Int16(-2), 300], bigEndian: isBig), [-2, 300])
      try check("\(order)u2", bytes([UInt16(65535)], bigEndian: isBig), [65535])
      try check("\(order)i4", bytes([Int32(-70000)], bigEndian: isBig), [-70000])
      try check("\(order)u4", bytes([UInt32(4_000_000_000)], bigEndian: isBig), [4_000_000_000])
      try check("\(order)i8", bytes([Int64.min, 7], bigEndian: isBig), [.min, 7])
      try check("\(order)u8", bytes([UInt64(7)], bigEndian: isBig), [7])
    }
    let path = try file("u.npy", npy("'<u8'", shape: "(2,)", bytes([UInt64(1), .max])))
    let error = try #require(harnessError { try ImportedColumn(path).integers() })
    #expect(error.file == path && error.place == "element 1")
  }

  @Test func textOfEitherKindAndByteOrderIsRead() throws {
    let scalars: [UInt32] = [0x5a, 0x1f600, 0x41, 0]
    for isBig in [false, true] {
      let path = try file(
        "t.npy", npy("'\(isBig ? ">" : "<")U2'", shape: "(2,)", bytes(scalars, bigEndian: isBig)))
      #expect(try ImportedColumn(path).texts() == ["Z😀", "A"])
    }
    let latin = try file("s.npy", npy("'|S2'", shape: "(2,)", [0x61, 0, 0xc3, 0xa9]))
    #expect(try ImportedColumn(latin).texts() == ["a", "é"])
    for (type, data) in [("'<U1'", bytes([UInt32(0x41), 0xd800])), ("'|S1'", [0x41, 0xe9])] {
      let path = try file("bad.npy", npy(type, shape: "(2,)", data))
      let error = try #require(harnessError { try ImportedColumn(path).texts() })
      #expect(error.place == "element 1" && error.found == "bytes that are no text")
    }
  }

  @Test(arguments: [
    ("'<f4'", "(2, 3)", 23, "23 bytes of elements"), ("'<f4'", "(2, 3)", 25, "25 bytes of elements"),
    ("'<f4'", "(6,)", 24, "the shape [6]"), ("'<f4'", "(0, 3)", 0, "the shape [0, 3]"),
    ("'<f4'", "(1, 2, 3)", 24, "the shape [1, 2, 3]"),
    ("'<i4'", "(2, 3)", 24, "an array that is not of real numbers"),
    ("'|O'", "(2, 3)", 24, "an array of Python objects (a pickle), which is never opened"),
    ("'<c8'", "(2, 3)", 48, "elements of type `<c8`"), ("[('a', '<f4')]", "(6,)", 24, "an array of records"),
    ("'<f4'", "(4611686018427387904, 4)", 24, "the absurd shape [4611686018427387904, 4]"),
    ("'<f4'", "(-1, 3)", 24, "a damaged shape"), ("'<f4'", "(2, '3')", 24, "a damaged shape"),
    (
      "__import__('os').system('true')", "(2, 3)", 24,
      "a header that is no dictionary of descr, fortran_order and shape"
    ),
  ])
  func whatIsNoMatrixOfRealNumbersIsRefused(descriptor: String, shape: String, count: Int, found: String)
    throws
  {
    let path = try file("a.npy", npy(descriptor, shape: shape, [UInt8](repeating: 1, count: count)))
    let error = try #require(harnessError { try FeatureImport([path]) })
    #expect(error.file == path && error.found == found && error.kind == .badInput, "\(error)")
  }

  @Test func anUnknownVersionAndALongHeaderAreRefusedByTheirByte() throws {
    var content = npy("'<f4'", shape: "(2, 3)", [UInt8](repeating: 1, count: 24))
    content[6] = 4
    #expect(harnessError { try FeatureImport([file("a.npy", content)]) }?.place == "byte 6")
    content = npy("'<f4'", shape: "(2, 3)", version: 2, [UInt8](repeating: 1, count: 24))
    content[11] = 0x7f
    #expect(harnessError { try FeatureImport([file("a.npy", content)]) }?.place == "byte 8")
  }

  /// Every beginning of a file, and every file with one byte changed, is refused or gives the same numbers: nothing traps, nothing is taken silently.
  @Test(arguments: ["stored", "deflated", "columnMajor"]) func aDamagedArchiveIsRefused(name: String) throws {
    let whole =
      switch name {
      case "stored": NumPyArchives.stored
      case "deflated": NumPyArchives.deflated
      default: NumPyArchives.columnMajor
      }
    let expected = try FeatureImport([file("whole.npz", whole)]).stored()
    func check(_ content: [UInt8], _ what: String) throws {
      let path = try file("a.npz", content)
      do {
        let imported = try FeatureImport([path])
        let contents = try imported.stored()
        #expect(contents.features == expected.features, "\(what)")
      } catch let error as HarnessError {
        #expect(error.file.hasPrefix(path) && error.kind != .fault, "\(what): \(error)")
      }
    }
    for count in stride(from: 0, to: whole.count, by: 3) {
      let path = try file("a.npz", Array(whole[..<count]))
      let error = try #require(harnessError { try FeatureImport([path]) })
      #expect(error.file.hasPrefix(path))
    }
    for index in stride(from: 0, to: whole.count, by: 5) {
      for bit in [0x01, 0x80] as [UInt8] {
        var content = whole
        content[index] ^= bit
        try check(content, "\(name), byte \(index), bit \(bit)")
      }
    }
  }

  @Test func aWrongChecksumNamesTheMember() throws {
    var content = NumPyArchives.stored
    // Within the features, whose 152 bytes follow a header of 62 in the file.
    content[62 + 130] ^= 1
    let path = try file("a.npz", content)
    let error = try #require(harnessError { try FeatureImport([path]) })
    #expect(error.file == path + "#features.npy")
    #expect(error.found.hasPrefix("content with the checksum "))
  }

  @Test(arguments: ["{", "{'a' 1}", "(1", "{'a': 1, 'a': 2}", "'\\x41'", "((((((((((1))))))))))", "1 2", ""])
  func whatIsNoLiteralIsNone(text: String) { #expect(PythonLiteral(text) == nil) }

  @Test func literalsAreReadAsPythonReadsThem() {
    #expect(
      PythonLiteral(" {\"a\": (1, -2L,), 'b': [True, False], 'c': ()}\n")
        == .dictionary([
          "a": .sequence([.integer(1), .integer(-2)]), "b": .sequence([.boolean(true), .boolean(false)]),
          "c": .sequence([]),
        ]))
  }
}
