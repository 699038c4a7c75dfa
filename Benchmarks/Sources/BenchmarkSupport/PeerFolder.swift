import Foundation

/// Where the peers lie that the benchmarks compare with: `Benchmarks/peers`.
public enum PeerFolder {
  private static let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("peers")

  /// The path of the benchmark package.
  static var package: String { url.deletingLastPathComponent().path }

  /// A path in the main package, which this one lies in.
  public static func inMainPackage(_ path: String) -> String {
    url.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(path).path
  }

  /// The path of one of its scripts.
  public static func script(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// The Python that `setup.sh` makes; nil where it was not run.
  public static var python: String? {
    let path = url.appendingPathComponent("venv/bin/python").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }
}
