import Foundation
import TestSupport
import Testing

/// Tables that were made again, beside those that the repository holds.
///
/// Whence they are (commits, dates) is left out. On the CPU family of the committed ones all else must be equal, to the last bit. On another the last bits of
/// matrix products differ, and training carries them on: there the numbers of stored features must still be equal, and those of trained rows within
/// twice what README measured between families.
struct CommittedResults {
  private let fresh: [String: Any]
  private let committed: [String: Any]

  init(_ file: String, in results: String) throws {
    func table(_ path: String) throws -> [String: Any] {
      let data = try #require(FileManager.default.contents(atPath: "\(path)/\(file)"), "\(path)/\(file)")
      var table = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      table["blas"] = Self.core(table)
      table["provenance"] = nil
      return table
    }
    fresh = try table(results)
    let name = (results as NSString).lastPathComponent
    committed = try table("\(SharedData.repositoryRoot)/results/\(name)")
  }

  private static func core(_ table: [String: Any]) -> String {
    let provenance = table["provenance"] as? [String: Any]
    let entries = provenance?["entries"] as? [[String: String]] ?? []
    let core = entries.first { $0["key"] == "BLAS core" }?["value"] ?? ""
    // In single and double precision OpenBLAS's Cooperlake has the kernels of SkylakeX.
    return core == "Cooperlake" ? "SkylakeX" : core
  }

  /// Whether both were made on one family.
  var isOneFamily: Bool { fresh["blas"] as? String == committed["blas"] as? String }

  /// The first difference that there must not be.
  func difference() throws -> String? {
    if isOneFamily {
      return NSDictionary(dictionary: fresh) == NSDictionary(dictionary: committed) ? nil : "bytes"
    }
    let pairs = zip(try rows(fresh), try rows(committed))
    guard try rows(fresh).count == rows(committed).count else { return "rows" }
    for (row, other) in pairs {
      let names = ["dataset", "kind", "loss", "mechanism", "network"]
      let (label, otherLabel) = (
        names.map { row[$0] as? String ?? "" }.joined(separator: " "),
        names.map { other[$0] as? String ?? "" }.joined(separator: " ")
      )
      guard label == otherLabel else { return "\(label) in the place of \(otherLabel)" }
      let isTrained = row["kind"] as? String == "trained"
      for (key, bound) in [("accuracy", 0.0084), ("auc", 0.000_19), ("eer", 0.0034)] {
        let (values, others) = (Self.numbers(key, row), Self.numbers(key, other))
        guard values.count == others.count else { return "\(label): seeds" }
        for (value, other) in zip(values, others) where abs(value - other) > (isTrained ? bound : 0) {
          return "\(label): \(key) \(value) and \(other)"
        }
      }
    }
    return nil
  }

  private func rows(_ table: [String: Any]) throws -> [[String: Any]] {
    try #require(table["rows"] as? [[String: Any]])
  }

  private static func numbers(_ key: String, _ row: [String: Any]) -> [Double] {
    (row["outcomes"] as? [[String: Any]] ?? []).compactMap { $0[key] as? Double }
  }
}
