import Experiments
import Learning

/// The rows of a block in groups of so few that a panel can show their curves.
///
/// Up to eight rows are one group. Of more, each mechanism has groups of its own: the rows that differ in one option alone, as a sweep of it gives them, the
/// option with most rows first, until what is left are single rows; these stand together, each beside a row that it differs from in one option. A row may stand
/// in several groups. Mechanisms with one row share a group. What is more than eight even so is cut into equal parts.
struct MechanismGroups: Equatable {
  struct Group: Equatable {
    /// What it is about: "MASST: ema"; empty where all rows are one group.
    var title: String
    var rows: [GridRow]
  }

  /// More curves than these are not told apart in one panel.
  static let most = 8

  let groups: [Group]

  /// - Parameter baseline: stands in every figure anyhow; it has no group for itself.
  init(_ rows: [GridRow], baseline: GridRow?) {
    guard rows.count > Self.most else {
      groups = [Group(title: "", rows: rows)]
      return
    }
    var kinds: [String] = []
    for row in rows where !kinds.contains(row.mechanismName) { kinds.append(row.mechanismName) }
    let members = kinds.map { kind in rows.filter { $0.mechanismName == kind } }
    let single = members.filter { $0.count == 1 }.flatMap(\.self)
    let parts = members.filter { $0.count > 1 }.flatMap { Sweeps($0).groups }
    let others = single == [baseline].compactMap(\.self) ? [] : [Group(title: "", rows: single)]
    groups = (others.filter { !$0.rows.isEmpty } + parts).flatMap(Self.cut)
  }

  private static func cut(_ group: Group) -> [Group] {
    let parts = (group.rows.count + most - 1) / most
    guard parts > 1 else { return [group] }
    return (0..<parts).map { part in
      let (first, end) = (group.rows.count * part / parts, group.rows.count * (part + 1) / parts)
      let words = group.title.isEmpty ? "" : "\(group.title), "
      return Group(title: "\(words)\(part + 1) of \(parts)", rows: Array(group.rows[first..<end]))
    }
  }
}

/// Rows of one mechanism by the options that they differ in.
private struct Sweeps {
  let rows: [GridRow]
  /// The options in which any two differ, sorted.
  let options: [String]

  init(_ rows: [GridRow]) {
    self.rows = rows
    let all = rows.map(\.mechanismOptions)
    options = Set(all.flatMap(\.keys)).sorted().filter { key in Set(all.map { $0[key] }).count > 1 }
  }

  var groups: [MechanismGroups.Group] {
    var left = Set(rows.indices)
    var groups: [MechanismGroups.Group] = []
    while let (option, sweep) = longestSweep(over: left) {
      groups.append(.init(title: title([option]), rows: sweep.map { rows[$0] }))
      left.subtract(sweep)
    }
    guard !left.isEmpty else { return groups }
    // Each of the rest beside a row that it differs from in one option, the first that there is.
    var shown = left
    var telling: Set<String> = []
    for place in left.sorted() {
      let neighbours = rows.indices.compactMap { other in
        difference(place, other).count == 1 ? (other, difference(place, other)[0]) : nil
      }
      guard let (other, option) = neighbours.first(where: { !left.contains($0.0) }) ?? neighbours.first else {
        continue
      }
      shown.insert(other)
      telling.insert(option)
    }
    groups.append(.init(title: title(telling.sorted()), rows: shown.sorted().map { rows[$0] }))
    return groups
  }

  /// The rows that differ in one option alone, of all such sets the one with most of `left`, the first of equals; nil where none has two.
  private func longestSweep(over left: Set<Int>) -> (option: String, rows: [Int])? {
    var best: (option: String, rows: [Int], count: Int)?
    for option in options {
      for first in rows.indices {
        let sweep = rows.indices.filter { $0 == first || difference(first, $0) == [option] }
        let count = sweep.count { left.contains($0) }
        if count > max(1, best?.count ?? 0) { best = (option, sweep, count) }
      }
    }
    return best.map { ($0.option, $0.rows) }
  }

  private func difference(_ one: Int, _ other: Int) -> [String] {
    options.filter { rows[one].mechanismOptions[$0] != rows[other].mechanismOptions[$0] }
  }

  private func title(_ options: [String]) -> String {
    let name = rows.first?.method?.mechanism.title ?? ""
    return options.isEmpty ? name : "\(name): \(options.joined(separator: ", "))"
  }
}

extension GridRow {
  fileprivate var mechanismName: String { method?.mechanism.name ?? "" }
  fileprivate var mechanismOptions: [String: OptionValue] { method?.mechanism.options.values ?? [:] }
}
