import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// Files of accumulators: what is written is read, and what was changed is refused.
@Suite("Files of accumulators")
struct AccumulatorFileTests {
  private func refusal(_ body: () throws -> some Any) throws -> HarnessError {
    let error = harnessError(body)
    return try #require(error)
  }

  private func file() -> AccumulatorFile {
    var file = AccumulatorFile()
    file.add("scores", [Float(0.1), -.infinity, 3])
    file.add("none", [Float]())
    file.add("counts", [1, -2, Int.max])
    file.add("identity", text: String(repeating: "{\"ü\": 1}", count: 20_000))
    return file
  }

  @Test func `What was written is read, and has one form in bytes`() throws {
    let folder = try TemporaryFolder()
    let written = file()
    try written.write(to: folder.file("a.h5"))
    try written.write(to: folder.file("b.h5"))
    let read = try AccumulatorFile(reading: folder.file("a.h5"))
    #expect(try read.reals("scores", count: 3) == [0.1, -.infinity, 3] && read.reals("none") == [])
    #expect(try read.integers("counts") == [1, -2, Int.max])
    #expect(try read.text("identity") == written.text("identity"))
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.file("a.h5")))
        == Data(contentsOf: URL(fileURLWithPath: folder.file("b.h5"))))
    #expect(try folder.contents() == ["a.h5", "b.h5"])
  }

  @Test func `Arrays that are not there or of another length are named`() throws {
    let folder = try TemporaryFolder()
    try file().write(to: folder.file("a.h5"))
    let read = try AccumulatorFile(reading: folder.file("a.h5"))
    let short = try refusal { try read.reals("scores", count: 4) }
    #expect(short.file == folder.file("a.h5") && short.place == "scores" && short.kind == .badInput)
    #expect(short.found == "3 numbers" && short.expected == "4")
    #expect(try refusal { try read.reals("counts") }.found == "no such array")
    #expect(try refusal { try read.integers("scores") }.found == "no such array")
    #expect(try refusal { try read.text("core") }.place == "core")
  }

  @Test func `A file that was cut, or changed in one byte, is refused`() throws {
    let folder = try TemporaryFolder()
    var file = AccumulatorFile()
    file.add("scores", (0..<1000).map { Float($0) })
    try file.write(to: folder.file("whole.h5"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("whole.h5")))
    try bytes.prefix(bytes.count - 100).write(to: URL(fileURLWithPath: folder.file("cut.h5")))
    let cut = try refusal { try AccumulatorFile(reading: folder.file("cut.h5")) }
    #expect(cut.kind == .badInput && cut.file == folder.file("cut.h5"))
    #expect(cut.advice?.hasPrefix("The file was cut or damaged") == true)
    var changed = bytes
    var values: [UInt8] = []
    for value in [Float(500), 501] { withUnsafeBytes(of: value) { values.append(contentsOf: $0) } }
    let place = try #require(bytes.range(of: Data(values)))
    changed[place.lowerBound] ^= 1
    try changed.write(to: URL(fileURLWithPath: folder.file("changed.h5")))
    let error = try refusal { try AccumulatorFile(reading: folder.file("changed.h5")) }
    #expect(error.kind == .badInput && error.found.hasPrefix("content with SHA-256 "))
    #expect(error.expected?.hasSuffix(", as it was written") == true)
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder.file("text.h5")))
    #expect(try refusal { try AccumulatorFile(reading: folder.file("text.h5")) }.kind == .badInput)
    #expect(
      try refusal { try AccumulatorFile(reading: folder.file("none.h5")) }.kind == .missingInput)
  }

  @Test func `An HDF5 file of another hand is refused`() throws {
    let folder = try TemporaryFolder()
    try FeatureStoreContents(features: Matrix([[1, 2], [3, 4]])).write(
      to: StoreLocation(path: folder.file("store.h5")))
    let error = try refusal { try AccumulatorFile(reading: folder.file("store.h5")) }
    #expect(error.kind == .badInput && error.place == "sha256" && error.found == "no such attribute")
  }

  @Test func `A folder that is not there is an error that names the file`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("no/a.h5")
    let error = try refusal { try file().write(to: path) }
    #expect(error.kind == .cannotWrite && error.file == path && error.advice != nil)
  }
}
