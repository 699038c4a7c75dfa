import FeatureStores

/// A table of results, written as Markdown, CSV or LaTeX.
///
/// A plain value: the writers add nothing but form. Every row has one cell a column; a column of numbers may
/// hold absent cells, and their reasons stand under the table. Numbers must be finite, deviations not
/// negative and counts at least 1; the writers throw a `HarnessError` (`fault`) naming row and column
/// otherwise. Equal tables give equal text.
public struct ReportTable: Sendable, Hashable {
  /// A column and how its numbers are written.
  public struct Column: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
      case text
      case integer
      /// Estimates as they are.
      case number(decimals: Int)
      /// Estimates are fractions and shown in percent; the writers add "(%)" to the header.
      case percent(decimals: Int)
    }

    public var header: String
    /// A header over several neighbouring columns, such as a protocol.
    public var group: String?
    public var kind: Kind

    public init(_ header: String, group: String? = nil, kind: Kind = .percent(decimals: 2)) {
      self.header = header
      self.group = group
      self.kind = kind
    }
  }

  public struct Row: Sendable, Hashable {
    public var cells: [TableCell]
    /// Whether a rule or a gap separates the row from the one above (LaTeX).
    public var startsSection: Bool

    public init(_ cells: [TableCell], startsSection: Bool = false) {
      self.cells = cells
      self.startsSection = startsSection
    }
  }

  public var title: String
  /// The convention under which the numbers hold.
  public var caption: String
  public var columns: [Column]
  public var rows: [Row]
  /// Remarks under the table, in order.
  public var footnotes: [String]
  /// What the estimates are taken over, in the plural.
  public var replicates: String

  public init(
    title: String, caption: String = "", columns: [Column], rows: [Row], footnotes: [String] = [],
    replicates: String = "seeds"
  ) {
    self.title = title
    self.caption = caption
    self.columns = columns
    self.rows = rows
    self.footnotes = footnotes
    self.replicates = replicates
  }

  /// The usual number of runs behind an estimate with a deviation: the most frequent, the larger of two
  /// equally frequent; nil where there is none. Cells with another number say so.
  var usualCount: Int? {
    var frequencies: [Int: Int] = [:]
    for case .estimate(let estimate) in rows.flatMap({ $0.cells.map(\.content) })
    where estimate.deviation != nil {
      frequencies[estimate.count, default: 0] += 1
    }
    return frequencies.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
  }

  /// The header with its unit.
  static func header(_ column: Column) -> String {
    guard case .percent = column.kind, !column.header.contains("%") else { return column.header }
    return column.header.isEmpty ? "%" : "\(column.header) (%)"
  }

  /// Mean, deviation and deviating count of an estimate in a column, each as text.
  func parts(_ estimate: Estimate, in column: Column) -> (mean: String, deviation: String?, count: String?) {
    let write: (Double) -> String
    switch column.kind {
    case .percent(let decimals): write = { NumberText.percent($0, decimals: decimals) }
    case .number(let decimals): write = { NumberText.fixed($0, decimals: decimals) }
    case .integer: write = { NumberText.fixed($0, decimals: 0) }
    case .text: write = NumberText.exact
    }
    let isUsual = estimate.deviation == nil || estimate.count == usualCount
    return (write(estimate.mean), estimate.deviation.map(write), isUsual ? nil : "(n = \(estimate.count))")
  }

  /// Refuses rows of the wrong length and numbers that cannot be shown.
  func validate() throws(HarnessError) {
    for (index, row) in rows.enumerated() {
      guard row.cells.count == columns.count else {
        throw refusal(index, nil, "\(row.cells.count) cells", "\(columns.count)")
      }
      for (column, cell) in row.cells.enumerated() {
        guard case .estimate(let estimate) = cell.content else { continue }
        guard estimate.mean.isFinite else {
          throw refusal(index, column, "\(estimate.mean)", "a finite mean")
        }
        if let deviation = estimate.deviation, !(deviation.isFinite && deviation >= 0) {
          throw refusal(index, column, "\(deviation)", "a finite deviation of at least 0")
        }
        guard estimate.count >= 1 else {
          throw refusal(index, column, "\(estimate.count) runs", "at least 1")
        }
      }
    }
  }

  private func refusal(_ row: Int, _ column: Int?, _ found: String, _ expected: String) -> HarnessError {
    let place = column.map { ", column “\(columns[$0].header)”" } ?? ""
    return HarnessError(
      .fault, place: "table “\(title)”, row \(row + 1)\(place)", found: found, expected: expected)
  }
}

/// What stands under a table: the meaning of marks, the reasons of absent cells, lettered in order of
/// appearance, and the remarks.
struct TableNotes {
  /// Symbols and their meanings.
  private(set) var marks: [TableCell.Mark] = []
  /// Absences and reasons; their index is their letter.
  private(set) var absences: [(absence: TableCell.Absence, reason: String)] = []

  init(_ table: ReportTable) {
    for cell in table.rows.flatMap(\.cells) {
      for mark in cell.marks where !marks.contains(mark) { marks.append(mark) }
      if case .absent(let absence, let reason) = cell.content, letter(absence, reason) == nil {
        absences.append((absence, reason))
      }
    }
  }

  /// The letter of an absence: a, b, …, z, aa, ab, …
  func letter(_ absence: TableCell.Absence, _ reason: String) -> String? {
    absences.firstIndex { $0.absence == absence && $0.reason == reason }.map(Self.letter)
  }

  static func letter(_ index: Int) -> String {
    let last = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index % 26)))
    return index < 26 ? last : letter(index / 26 - 1) + last
  }

  /// "mean ± SD over n = 3 seeds", or nil where the table has no deviation.
  static func statistic(_ table: ReportTable) -> String? {
    table.usualCount.map { "Mean ± SD over n = \($0) \(table.replicates), except where another n is given." }
  }
}
