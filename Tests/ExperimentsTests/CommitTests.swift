import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("The commit of a checkout")
struct CommitTests {
  private func git(_ folder: String, _ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["git", "-C", folder, "-c", "user.name=Test", "-c", "user.email=test@example.org"] + arguments
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  @Test func `What the program writes does not make a checkout dirty, and any other change does`() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.file("checkout")
    for place in ["Sources", "results/quick"] {
      try FileManager.default.createDirectory(
        atPath: "\(path)/\(place)", withIntermediateDirectories: true)
    }
    #expect(Commit.describe(folder: path) == nil)
    try AtomicFile.write("let a = 1\n", to: "\(path)/Sources/a.swift")
    try AtomicFile.write("| a |\n", to: "\(path)/results/quick/table.md")
    try git(path, "init", "-q")
    try git(path, "add", "-A")
    try git(path, "commit", "-q", "-m", "All")
    let hash = try #require(Commit.describe(folder: path))
    #expect(hash.count == 12 && hash.allSatisfy(\.isHexDigit))
    try AtomicFile.write("| b |\n", to: "\(path)/results/quick/table.md")
    // From a folder within as well.
    #expect(Commit.describe(folder: path) == hash && Commit.describe(folder: "\(path)/Sources") == hash)
    try AtomicFile.write("let a = 2\n", to: "\(path)/Sources/a.swift")
    #expect(Commit.describe(folder: "\(path)/results/quick") == hash + "-dirty")
  }
}
