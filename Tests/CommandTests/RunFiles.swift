import FeatureStores
import Foundation
import Testing

/// The digests of everything below a results folder that must not depend on when, where and how often runs were made.
struct RunFiles: Equatable {
  let digests: [String: String]

  init(_ results: String) throws {
    var digests: [String: String] = [:]
    for folder in ["runs", "worlds"] {
      // What was killed early has made neither.
      for path in (try? FileManager.default.subpathsOfDirectory(atPath: "\(results)/\(folder)")) ?? [] {
        let file = "\(results)/\(folder)/\(path)"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue,
          !["lock", "environment.json", "events.jsonl"].contains((path as NSString).lastPathComponent)
        else { continue }
        let data = try #require(FileManager.default.contents(atPath: file))
        digests["\(folder)/\(path)"] = Digest.sha256(data)
      }
    }
    self.digests = digests
  }

  /// What writers that were killed left.
  var abandoned: [String] { digests.keys.filter { $0.contains("/.partial-") }.sorted() }
}
