import FeatureStores
import Learning

/// The runs of an experiment that a call is about, by what they are: `loss=arcface`, `seed=1`.
///
/// Criteria of one key are alternatives; criteria of different keys must all hold. A loss or a mechanism is named as in YAML, by its title
/// or by its name in tables; the rows that nothing is trained for are `loss=untrained` and `loss=ceiling`, and have no other
/// key but `dataset`. Folds are counted from 1. A single run is `run=` and the beginning of its hash, or the name of its folder. Letter case does
/// not count.
public struct RunSelection: Sendable {
  /// What runs are told apart by.
  public enum Key: String, CaseIterable, Sendable {
    case loss, mechanism, network, dataset, sampler, training, seed, fold, run

    /// Whether values are numbers, of which none is another one misspelt.
    var isNumber: Bool { self == .seed || self == .fold }
  }

  struct Criterion: Sendable, Equatable {
    var key: Key
    var value: String
    /// As it was written.
    var text: String
  }

  let criteria: [Criterion]
  public var isEmpty: Bool { criteria.isEmpty }

  /// Reads criteria `KEY=VALUE`; anything else is wrong usage.
  public init(_ texts: [String] = []) throws {
    criteria = try texts.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let names = Key.allCases.map(\.rawValue)
      guard parts.count == 2, let key = Key(rawValue: parts[0]) else {
        throw HarnessError(
          .usage, found: "‘\(text)’", expected: "KEY=VALUE with a key of \(names.joined(separator: ", "))",
          advice: parts.first.flatMap { NearestName.suggestion(for: $0, among: names) }.map {
            "Did you mean ‘\($0)’?"
          })
      }
      return Criterion(key: key, value: parts[1], text: text)
    }
  }

  /// The chosen runs, in the order of the grid. A value that no row has is an error with the nearest, as is a choice of nothing.
  public func runs(of experiment: BoundExperiment) throws -> [GridRun] {
    let grid = experiment.grid
    for criterion in criteria where criterion.key == .run {
      let found = grid.runs.filter { Self.isNamed($0, criterion.value) }
      if found.count != 1 {
        throw HarnessError(
          .usage, file: experiment.definition.file, place: "--only \(criterion.text)",
          found: found.isEmpty
            ? "no run ‘\(criterion.value)’"
            : "\(found.count) runs whose hash begins with ‘\(criterion.value)’",
          expected: "the beginning of one run's hash",
          advice: found.isEmpty
            ? "A run has another hash when its configuration or data have changed; --dry-run lists them."
            : "Give more digits: \(found.prefix(10).map(\.identity.folderName).joined(separator: ", ")).")
      }
    }
    for criterion in criteria where criterion.key != .run {
      let known = Self.names(criterion.key, in: experiment.grid)
      guard known.contains(where: { Self.same($0, criterion.value) }) else {
        let listed = Self.names(criterion.key, in: experiment.grid, withTitles: false)
        throw HarnessError(
          .usage, file: experiment.definition.file, place: "--only \(criterion.text)",
          found: "no row with the \(criterion.key.rawValue) ‘\(criterion.value)’",
          expected: listed.isEmpty ? nil : "one of \(listed.joined(separator: ", "))",
          advice: criterion.key.isNumber
            ? nil
            : NearestName.suggestion(for: criterion.value, among: known).map { "Did you mean ‘\($0)’?" })
      }
    }
    let chosen = grid.runs.filter(contains)
    if chosen.isEmpty {
      let reasons = grid.rows.filter(mayContain).compactMap(\.unsupportedReason)
      throw HarnessError(
        .usage, file: experiment.definition.file,
        place: criteria.map { "--only \($0.text)" }.joined(separator: " "), found: "no run",
        expected: "at least one", advice: reasons.first.map { "Unsupported: \($0)." })
    }
    return chosen
  }

  /// Whether a run is chosen.
  public func contains(_ run: GridRun) -> Bool {
    let names = criteria.filter { $0.key == .run }
    guard names.isEmpty || names.contains(where: { Self.isNamed(run, $0.value) }) else { return false }
    return holds { $0 == .run ? nil : Self.values($0, row: run.row) + Self.values($0, run: run) }
  }

  /// Whether runs of a row may be chosen, as far as its own keys say.
  public func mayContain(_ row: GridRow) -> Bool {
    holds { key in [.seed, .fold, .run].contains(key) ? nil : Self.values(key, row: row) }
  }

  /// Whether each key's values, where they are known, hold one of its criteria's.
  private func holds(_ values: (Key) -> [String]?) -> Bool {
    Key.allCases.allSatisfy { key in
      let own = criteria.filter { $0.key == key }
      guard !own.isEmpty, let values = values(key) else { return true }
      return own.contains { criterion in values.contains { Self.same($0, criterion.value) } }
    }
  }

  /// Whether `name` is the beginning of a run's hash, or its folder's name.
  private static func isNamed(_ run: GridRun, _ name: String) -> Bool {
    run.identity.hash.hasPrefix(name.lowercased()) || same(run.identity.folderName, name)
  }

  private static func same(_ a: String, _ b: String) -> Bool { a.lowercased() == b.lowercased() }

  /// What rows and runs are called by a key, each name once whatever its letter case.
  private static func names(_ key: Key, in grid: Grid, withTitles: Bool = true) -> [String] {
    let names =
      grid.rows.flatMap { values(key, row: $0, withTitles: withTitles) }
      + grid.runs.flatMap { values(key, run: $0) }
    return names.reduce(into: []) { known, name in
      if !known.contains(where: { same($0, name) }) { known.append(name) }
    }
  }

  /// What a row is called by a key: the name in YAML first. Without titles, no two of the names say the same.
  private static func values(_ key: Key, row: GridRow, withTitles: Bool = true) -> [String] {
    func names<Kind>(_ method: MethodConfiguration<Kind>?, _ label: String) -> [String] {
      guard let method else { return [] }
      return [method.name] + (withTitles ? [method.title] : []) + (label == method.title ? [] : [label])
    }
    switch key {
    case .loss: return row.kind == .trained ? names(row.method?.loss, row.loss) : [row.kind.rawValue]
    case .mechanism: return names(row.method?.mechanism, row.mechanism)
    case .network: return row.kind == .trained ? [row.network] : []
    case .dataset: return [row.dataset]
    case .sampler: return row.sampler.isEmpty ? [] : [row.sampler]
    case .training: return row.recipe.isEmpty ? [] : [row.recipe]
    case .seed, .fold, .run: return []
    }
  }

  /// What is known of a run only.
  private static func values(_ key: Key, run: GridRun) -> [String] {
    switch key {
    case .seed: run.seed.map { ["\($0)"] } ?? []
    case .fold: run.fold.map { ["\($0 + 1)"] } ?? []
    case .sampler: run.specification.training.map { [$0.sampler.rawValue] } ?? []
    default: []
    }
  }
}
