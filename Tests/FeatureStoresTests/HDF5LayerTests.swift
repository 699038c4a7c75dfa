import CHDF5
import Foundation
import TestSupport
import Testing

@testable import FeatureStores

@Suite("HDF5 layer")
struct HDF5LayerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func building(_ build: (RawFile) -> Void) throws -> HDF5Group {
    let raw = RawFile(folder.file("raw.h5"), groups: ["/b", "/a", "/a/deep"])
    build(raw)
    raw.close()
    return try HDF5File(opening: raw.path).root
  }

  @Test("real numbers of every width and byte order read as the numbers they are, with their shape")
  func reals() throws {
    let values = [0.5, -2, 1.25, 1024, 0, -0.0625]
    let root = try building { file in
      file.numbers("half", values, shape: [2, 3], as: .half)
      file.numbers("half_be", values, shape: [3, 2], as: .half, bigEndian: true)
      file.numbers("single_be", values, shape: [1, 2, 3], as: .single, bigEndian: true)
      file.numbers("double", values, as: .double)
      file.numbers("scalar", [7.5], shape: [], as: .double)
      file.numbers("short", [-3, 300], as: .int(bytes: 2), bigEndian: true)
      file.numbers("none", [], shape: [0, 4], as: .single)
    }
    let expected: [(String, [Int], String, [Double])] = [
      ("half", [2, 3], "float16", values), ("half_be", [3, 2], "float16 big-endian", values),
      ("single_be", [1, 2, 3], "float32 big-endian", values), ("double", [6], "float64", values),
      ("scalar", [], "float64", [7.5]), ("short", [2], "int16 big-endian", [-3, 300]),
      ("none", [0, 4], "float32", []),
    ]
    for (name, shape, type, values) in expected {
      let dataset = try root.dataset(name)
      #expect(dataset.shape == shape)
      #expect(dataset.type.description == type)
      #expect(try dataset.readReals() == values, "\(name)")
    }
  }

  @Test("integers of every width, sign and byte order read exactly; what would lose digits is refused")
  func integers() throws {
    let large: Int64 = 9_007_199_254_740_993
    let root = try building { file in
      file.integers("i8", [-128, 127], as: .int(bytes: 1))
      file.integers("u16", [0, 65535], as: .uint(bytes: 2), bigEndian: true)
      file.integers("i64", [-large, large], bigEndian: true)
      file.integers("u64", [1], as: .uint(bytes: 8))
      file.numbers("real", [1])
    }
    #expect(try root.dataset("i8").readIntegers() == [-128, 127])
    #expect(try root.dataset("u16").readIntegers() == [0, 65535])
    #expect(try root.dataset("i64").readIntegers() == [-large, large])
    #expect(harnessError { try root.dataset("u64").readIntegers() }?.found == "elements of type uint64")
    #expect(harnessError { try root.dataset("real").readIntegers() }?.place == "/real")
    #expect(harnessError { try root.dataset("i8").readStrings() }?.found == "elements of type int8")
  }

  @Test("strings of fixed and variable length, any padding and character set read as the same text")
  func strings() throws {
    let texts = ["", "Zoë", "Łukasz/写真_0001", "plain"]
    let bytes = texts.map { Array($0.utf8) }
    let root = try building { file in
      file.strings("variable", bytes)
      file.strings("variable_ascii", bytes, utf8: false)
      file.fixedStrings("terminated", bytes, length: 24, padding: .nullTerminated)
      file.fixedStrings("padded", bytes, length: 24, padding: .nullPadded)
      file.fixedStrings("exact", [Array("abc".utf8)], length: 3, padding: .nullPadded)
      file.fixedStrings("spaces", bytes, length: 24, padding: .spacePadded, utf8: false)
    }
    for name in ["variable", "variable_ascii", "terminated", "padded", "spaces"] {
      #expect(try root.dataset(name).readStrings() == texts, "\(name)")
    }
    #expect(try root.dataset("exact").readStrings() == ["abc"])
    #expect(try root.dataset("exact").type.description == "string of 3 bytes")
  }

  @Test("strings past the first block are read, and bytes that are not UTF-8 are refused with their row")
  func stringBlocks() throws {
    var bytes = (0..<70_000).map { Array("n\($0)".utf8) }
    let root = try building { file in
      file.strings("good", bytes)
      bytes[66_000] = [0x61, 0xff]
      file.strings("bad", bytes)
    }
    let good = try root.dataset("good").readStrings()
    #expect(good.count == 70_000 && good[0] == "n0" && good[65_535] == "n65535" && good[69_999] == "n69999")
    let error = harnessError { try root.dataset("bad").readStrings() }
    #expect(error?.place == "/bad, row 66000")
    #expect(error?.found == "bytes that are not UTF-8")
  }

  @Test("attributes of every kind read with their names in order")
  func attributes() throws {
    let group = try building { file in
      file.attribute("text", "Zoë", of: "/a")
      file.numbers("reals", [0.5, 2], as: .double, attributeOf: "/a")
      file.numbers("real", [0.25], shape: [], as: .single, bigEndian: true, attributeOf: "/a")
      file.numbers("integer", [-7], shape: [], as: .int(bytes: 4), attributeOf: "/a")
      file.numbers("integers", [1, 2, 3], as: .uint(bytes: 1), attributeOf: "/a")
      file.numbers("huge", [1], as: .uint(bytes: 8), attributeOf: "/a")
      file.booleanAttribute("boolean", [true], isScalar: true, of: "/a")
      file.booleanAttribute("booleans", [false, true], isScalar: false, of: "/a")
      file.emptyAttribute("empty", of: "/a")
    }.group("a")
    let expected: [(String, HDF5Attribute)] = [
      ("boolean", .boolean(true)), ("booleans", .booleans([false, true])), ("empty", .empty),
      ("huge", .unreadable("uint64")), ("integer", .integer(-7)), ("integers", .integers([1, 2, 3])),
      ("real", .real(0.25)), ("reals", .reals([0.5, 2])), ("text", .string("Zoë")),
    ]
    let attributes = try group.attributes()
    #expect(attributes.map(\.name) == expected.map(\.0))
    #expect(attributes.map(\.value) == expected.map(\.1))
  }

  @Test(
    "a group lists its members by the order of their bytes, and knows groups from datasets and dead links")
  func listing() throws {
    let root = try building { file in
      file.numbers("z", [1])
      file.numbers("Z", [1])
      file.numbers("é", [1])
      file.danglingLink("link")
    }
    #expect(try root.memberNames() == ["Z", "a", "b", "link", "z", "é"])
    #expect(try root.groupNames() == ["a", "b"])
    #expect(try root.datasetNames() == ["Z", "z", "é"])
    #expect(try root.member("link") == .other)
    #expect(try root.member("absent") == nil)
    #expect(try root.group("a").group("deep").path == "/a/deep")
  }

  @Test("layouts are told with their chunks and filters")
  func layouts() throws {
    let values = [Double](repeating: 1, count: 60)
    let root = try building { file in
      file.numbers("plain", values, shape: [10, 6])
      file.numbers("chunked", values, shape: [10, 6], chunk: [4, 3])
      file.numbers("gzip", values, shape: [10, 6], chunk: [4, 6], gzip: true)
      file.compound("records", count: 2)
    }
    #expect(try root.dataset("plain").layout.description == "contiguous")
    #expect(try root.dataset("plain").storedByteCount == 240)
    #expect(try root.dataset("chunked").layout == .chunked(shape: [4, 3], filters: []))
    #expect(try root.dataset("gzip").layout.description == "chunks of 4 × 6, gzip level 6")
    #expect(try root.dataset("records").type == .other("compound"))
    #expect(harnessError { try root.dataset("records").readReals() }?.found == "elements of type compound")
  }

  @Test("a missing group or dataset is missing input and tells which there are")
  func missing() throws {
    let root = try building { $0.numbers("/a/here", [1]) }
    let group = harnessError { try root.group("nope") }
    #expect(group?.kind == .missingInput)
    #expect(group?.place == "/nope")
    #expect(group?.expected == "one of the groups in /: a, b")
    let dataset = harnessError { try root.group("a").dataset("nope") }
    #expect(dataset?.kind == .missingInput)
    #expect(dataset?.expected == "one of the datasets in /a: here")
    #expect(
      harnessError { try root.group("b").dataset("x") }?.expected?.contains("/b holds no datasets") == true)
  }

  @Test("files that are missing, no files, not HDF5 or cut short are told apart, with the library's reason")
  func badFiles() throws {
    let missing = harnessError { try HDF5File(opening: folder.file("missing.h5")) }
    #expect(missing?.kind == .missingInput)
    #expect(missing?.file == folder.file("missing.h5"))
    #expect(harnessError { try HDF5File(opening: folder.path) }?.found == "a folder")
    try Data("image,label\n".utf8).write(to: URL(fileURLWithPath: folder.file("text.h5")))
    let text = harnessError { try HDF5File(opening: folder.file("text.h5")) }
    #expect(text?.kind == .badInput)
    #expect(text?.found.contains("file signature not found") == true)
    #expect(text?.expected == "a complete HDF5 file")
    _ = try building { $0.numbers("values", [Double](repeating: 1, count: 4096)) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file("raw.h5")))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder.file("cut.h5")))
    #expect(
      harnessError { try HDF5File(opening: folder.file("cut.h5")) }?.found.contains("truncated file") == true)
    try Data().write(to: URL(fileURLWithPath: folder.file("empty.h5")))
    #expect(harnessError { try HDF5File(opening: folder.file("empty.h5")) }?.kind == .badInput)
  }

  @Test("the library prints nothing, on threads that never called it before either")
  func silence() throws {
    let bad = folder.file("text.h5")
    try Data("text".utf8).write(to: URL(fileURLWithPath: bad))
    let root = try building { $0.numbers("x", [1]) }
    let printed = try standardError {
      onNewThread {
        _ = try? HDF5File(opening: bad)
        _ = try? root.dataset("x").readStrings()
        _ = try? HDF5Group(file: root.file, path: "/nope")
      }
    }
    #expect(!printed.contains("HDF5"))
    // The capture sees what the library would print.
    let control = try standardError {
      onNewThread {
        HDF5Library.withLock {
          _ = H5Fopen(bad, hdf5_read_only(), hdf5_default_properties())
          H5Eprint2(hdf5_default_error_stack(), nil)
        }
      }
    }
    #expect(control.contains("HDF5-DIAG"))
  }

  private func onNewThread(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      body()
      done.signal()
    }
    done.wait()
  }

  /// What the process writes to standard error during `body`.
  private func standardError(during body: () -> Void) throws -> String {
    let path = folder.file("stderr-\(UUID().uuidString)")
    let file = open(path, O_RDWR | O_CREAT, 0o600)
    let saved = dup(STDERR_FILENO)
    dup2(file, STDERR_FILENO)
    body()
    dup2(saved, STDERR_FILENO)
    close(saved)
    close(file)
    return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  @Test("the library is first called under its lock, and so does nothing at the end of the process")
  func exit() throws {
    let root = try building { $0.numbers("x", [1]) }
    #expect(try root.dataset("x").readReals() == [1])
    #expect(HDF5Library.leavesExitAlone)
  }

  @Test("the library's version is that of a supported one")
  func version() throws {
    let parts = HDF5Library.version.split(separator: ".").compactMap { Int($0) }
    #expect(parts.count == 3)
    #expect(parts.lexicographicallyPrecedes([1, 10, 0]) == false)
  }
}
