import FeatureStores

/// Where the pairs of groups come from.
public enum GroupLists: Codable, Equatable, Sendable {
  /// RFW: `{format: rfw, groups: {African: African_pairs.txt, …}}`, lists in LFW's form without a header, `name i j` or `name i name j`, of which image
  /// i of a person is `GROUP/name/name_000i`. Folds are equal parts of the list.
  case rfw(groups: [Group])
  /// BFW: `{format: bfw, table: FILE}`, a CSV with a header that names at least `fold`, `p1`, `p2`, `label`, `att1` and `att2`.
  case bfw(table: String)

  public struct Group: Codable, Equatable, Sendable {
    public var name: String
    public var file: String
  }

  static let formats = ["rfw", "bfw"]

  init(_ node: ConfigurationNode, sha256: (ConfigurationNode?) throws -> Void) throws {
    guard let formatNode = try node.entries().first(where: { $0.key == "format" })?.value else {
      throw node.error(found: "no ‘format’", expected: "the key ‘format’")
    }
    if try formatNode.choice(of: Self.formats) == "rfw" {
      let mapping = try node.mapping(keys: ["format", "sha256", "groups"])
      let groups = try mapping.required("groups")
      let entries = try groups.entries().map { Group(name: $0.key, file: try $0.value.string()) }
      guard entries.count > 1 else {
        throw groups.error(found: "\(entries.count) groups", expected: "at least two")
      }
      self = .rfw(groups: entries)
      try sha256(mapping["sha256"])
    } else {
      let mapping = try node.mapping(keys: ["format", "sha256", "table"])
      self = .bfw(table: try mapping.required("table").string())
      try sha256(mapping["sha256"])
    }
  }

  var files: [String] {
    switch self {
    case .rfw(let groups): groups.map(\.file)
    case .bfw(let table): [table]
    }
  }

  /// The pairs of each group, in the order of the list; groups in the order of the protocol, or in which they first appear.
  func read(folder: String, folds: Int) throws -> [(name: String, pairs: [ListedPair])] {
    switch self {
    case .rfw(let groups):
      try groups.map { ($0.name, try Self.pairs("\(folder)/\($0.file)", group: $0.name, folds: folds)) }
    case .bfw(let table): try Self.table("\(folder)/\(table)", folds: folds)
    }
  }

  private static func pairs(_ file: String, group: String, folds: Int) throws -> [ListedPair] {
    var pairs: [ListedPair] = []
    try ListScanner(path: file).forEachLine { line in
      guard line.count == 3 || line.count == 4 else {
        throw line.error(found: "\(line.count) columns", expected: "`name i j` or `name i name j`")
      }
      func image(_ name: Int, _ number: Int) throws -> String {
        let digits = String(try line.integer(number, "an image number"))
        let person = line.text(name)
        return "\(group)/\(person)/\(person)_" + String(repeating: "0", count: max(0, 4 - digits.count))
          + digits
      }
      let second = line.count == 3 ? 0 : 2
      pairs.append(
        ListedPair(
          first: try image(0, 1), second: try image(second, line.count - 1), isGenuine: line.count == 3,
          fold: 0,
          firstIdentity: line.text(0), secondIdentity: line.text(second), place: line.place))
    }
    guard pairs.count % folds == 0 else {
      throw HarnessError(
        .badInput, file: file, found: "\(pairs.count) pairs", expected: "a multiple of the \(folds) folds",
        advice: "The list is not complete, or the protocol's `folds` are not its own.")
    }
    for index in pairs.indices { pairs[index].fold = index / (pairs.count / folds) }
    return pairs
  }

  private static func table(_ file: String, folds: Int) throws -> [(name: String, pairs: [ListedPair])] {
    var groups: [(name: String, pairs: [ListedPair])] = []
    var places: [String: Int] = [:]
    var columns: [Int]?
    try ListScanner(path: file, separator: .comma).forEachLine { line in
      guard let columns else {
        columns = try ["fold", "p1", "p2", "label", "att1", "att2"].map { name in
          guard let column = (0..<line.count).first(where: { line.text($0) == name }) else {
            throw line.error(
              found: "a header without ‘\(name)’", expected: "the columns fold, p1, p2, label, att1, att2")
          }
          return column
        }
        return
      }
      guard line.count > columns.max() ?? 0 else {
        throw line.error(found: "\(line.count) columns", expected: "as many as the header has")
      }
      let fold = try line.integer(columns[0], "a fold")
      guard (1...folds).contains(fold) else {
        throw line.error(found: "fold \(fold)", expected: "1 to \(folds)")
      }
      let label = line.text(columns[3])
      guard ["0", "1", "0.0", "1.0"].contains(label) else {
        throw line.error(found: "the label `\(label)`", expected: "1 (one person) or 0 (two people)")
      }
      let group = line.text(columns[4])
      guard line.text(columns[5]) == group else {
        throw line.error(
          found: "a pair of `\(group)` and `\(line.text(columns[5]))`", expected: "pairs within a group")
      }
      let place = places[group] ?? groups.count
      if place == groups.count {
        places[group] = place
        groups.append((group, []))
      }
      groups[place].pairs.append(
        ListedPair(
          first: line.text(columns[1]), second: line.text(columns[2]), isGenuine: label.hasPrefix("1"),
          fold: fold - 1, place: line.place))
    }
    return groups
  }
}
