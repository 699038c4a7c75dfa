import FeatureStores
import Foundation
import TestSupport
import Testing

@Suite("Atomic files")
struct AtomicFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.file(name))), as: UTF8.self)
  }

  @Test("a file is written whole, empty ones too, and replaces what was there")
  func writing() throws {
    try AtomicFile.write("first", to: folder.file("a"))
    try AtomicFile.write(Data("second, longer".utf8), to: folder.file("a"))
    try AtomicFile.write(Data(), to: folder.file("empty"))
    #expect(try read("a") == "second, longer")
    #expect(try read("empty") == "")
    let large = Data((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try AtomicFile.write(large, to: folder.file("large"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("large"))) == large)
    #expect(try folder.contents() == ["a", "empty", "large"])
  }

  @Test("a failure is cannotWrite with the system's reason, and leaves nothing behind")
  func failure() throws {
    let missing = harnessError { try AtomicFile.write("x", to: folder.file("none/a")) }
    #expect(missing?.kind == .cannotWrite)
    #expect(missing?.file == folder.file("none/a"))
    #expect(missing?.found == "cannot create the file: No such file or directory")
    try FileManager.default.createDirectory(atPath: folder.file("dir"), withIntermediateDirectories: false)
    try AtomicFile.write("x", to: folder.file("dir/kept"))
    let onFolder = harnessError { try AtomicFile.write("x", to: folder.file("dir")) }
    #expect(onFolder?.kind == .cannotWrite)
    #expect(onFolder?.found.hasPrefix("cannot replace the file") == true)
    #expect(try folder.contents() == ["dir"])
    #expect(try read("dir/kept") == "x")
  }

  @Test("what a killed writer left is in nobody's way, and is removed with nothing else")
  func abandoned() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("lists/test"), withIntermediateDirectories: true)
    let left = [".partial-0F8FAD5B-D9CB-469F-A165-70867728950E", "lists/test/.partial-7C9E6679"]
    for name in left { try Data("half".utf8).write(to: URL(fileURLWithPath: folder.file(name))) }
    try AtomicFile.write("whole", to: folder.file("a"))
    try AtomicFile.write("whole", to: folder.file("lists/test/partial-b"))
    for name in left { #expect(try read(name) == "half") }
    try AtomicFile.removeAbandoned(in: folder.path)
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        == ["a", "lists", "lists/test", "lists/test/partial-b"])
    #expect(try read("a") == "whole")
    try AtomicFile.removeAbandoned(in: folder.file("none"))
  }

  @Test("a relative path is in the current folder")
  func relative() throws {
    let name = "likeness-atomic-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: name) }
    try AtomicFile.write("x", to: name)
    #expect(FileManager.default.fileExists(atPath: name))
  }

  @Test("writers of one file at once leave one of their contents, whole")
  func race() async throws {
    let folder = folder
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<16 {
        group.addTask {
          try AtomicFile.write(String(repeating: "\(task % 10)", count: 10_000), to: folder.file("a"))
        }
      }
      try await group.waitForAll()
    }
    let text = try read("a")
    #expect(text.count == 10_000 && Set(text).count == 1)
    #expect(try folder.contents() == ["a"])
  }
}
