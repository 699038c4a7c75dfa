import Foundation

/// Where tests find the repository and, where they are present, the real data and the golden values beside it.
///
/// Tests of these carry `.enabled(if: SharedData.isAvailable, "needs ../shared")` or the same with `goldenIsAvailable`.
public enum SharedData {
  /// The folder of `Package.swift`.
  public static let repositoryRoot: String = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path
  }()

  /// The folder `shared` beside the repository, or nil where there is none.
  public static let shared: String? = existingFolder(repositoryRoot + "/../shared")

  /// The folder of golden values: that in the environment variable `LIKENESS_GOLDEN`, which is taken at its word so that a
  /// mistake in it fails tests instead of skipping them, else `../shared/golden`, or nil where there is none.
  public static let golden: String? =
    ProcessInfo.processInfo.environment["LIKENESS_GOLDEN"]
    ?? existingFolder(repositoryRoot + "/../shared/golden")

  /// Whether the real stores and lists are there.
  public static let isAvailable = shared.flatMap { existingFolder($0 + "/data") } != nil

  /// Whether golden values are there.
  public static let goldenIsAvailable = golden != nil

  /// The path of a file of the real data, such as `lfw_dlib.h5` or `lists/lfw/pairs.txt`.
  public static func data(_ name: String) -> String {
    (shared ?? repositoryRoot + "/../shared") + "/data/" + name
  }

  private static func existingFolder(_ path: String) -> String? {
    var isFolder: ObjCBool = false
    let path = URL(fileURLWithPath: path).standardized.path
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
      ? path : nil
  }
}
