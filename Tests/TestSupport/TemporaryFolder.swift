import Foundation

/// A new, empty folder that goes with the last reference to it.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "likeness-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  /// The path of a file of this name in the folder.
  public func file(_ name: String) -> String { path + "/" + name }

  /// The names in the folder, hidden ones too, in the order of their bytes.
  public func contents() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
