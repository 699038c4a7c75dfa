import Experiments
import FeatureStores
import Foundation

extension ExperimentReport {
  /// A table in a folder of results that more finished runs had gone into than there are now.
  public struct RicherTable {
    public var file: String
    /// The results of runs in it, and those that there are now.
    public var earlier: Int
    public var now: Int
  }

  /// The first table in `folder` that this report would replace by one of fewer finished runs of the same configuration; nil where it would lose
  /// nothing. What is no table of ours is none.
  public func richerTable(in folder: String) -> RicherTable? {
    for name in protocolNames {
      let file = "\(folder)/\(name).json"
      guard let data = FileManager.default.contents(atPath: file),
        let table = try? JSONDecoder().decode(WrittenTable.self, from: data),
        table.provenance["Configuration"] == provenance["Configuration"]
      else { continue }
      let earlier = table.rows.reduce(0) { $0 + $1.outcomes.count }
      let now = results.rows.reduce(0) { $0 + ($1.entries[name]?.outcomes.count ?? 0) }
      if now < earlier { return RicherTable(file: file, earlier: earlier, now: now) }
    }
    return nil
  }
}

/// What of a table's JSON tells how much went into it.
private struct WrittenTable: Decodable {
  struct Row: Decodable {
    /// Their content does not matter here.
    struct Outcome: Decodable {}
    var outcomes: [Outcome]
  }

  var provenance: Provenance
  var rows: [Row]
}
