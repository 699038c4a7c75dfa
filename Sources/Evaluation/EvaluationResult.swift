import Foundation
import Metrics

/// What an evaluation found, with its conventions: to be stored, shown as tables, or exported.
public protocol EvaluationResult: Codable, Sendable {
  /// The kind of protocol that gave it.
  static var kind: String { get }
  /// For people, in this order.
  var tables: [ResultTable] { get }
  /// What a reader should know beside the numbers.
  var warnings: [String] { get }
  /// One line a number, for spreadsheets: the first row is the header.
  var records: [[String]] { get }
  /// The curves, with the counts behind their points. The first is of the kind by which such a result is usually shown.
  var curves: [ResultCurve] { get }
}

/// A table of a result, its cells as text.
public struct ResultTable: Sendable, Equatable {
  public struct Column: Sendable, Equatable {
    public let title: String
    /// Whether the cells are numbers, to be set flush right.
    public let isNumeric: Bool

    public init(_ title: String, isNumeric: Bool = true) {
      self.title = title
      self.isNumeric = isNumeric
    }
  }

  public let title: String
  public let columns: [Column]
  /// As many cells each as there are columns.
  public let rows: [[String]]

  public init(title: String, columns: [Column], rows: [[String]]) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row of another width")
    self.title = title
    self.columns = columns
    self.rows = rows
  }
}

extension EvaluationResult {
  /// The result as JSON with sorted keys: equal results have equal bytes.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// The records as comma-separated values (RFC 4180, lines ended by LF).
  public var csv: String { records.map { CSV.line($0) }.joined() }
}

/// Comma-separated values (RFC 4180, lines ended by LF).
enum CSV {
  static func line(_ cells: [String]) -> String {
    cells.map { cell in
      cell.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
    }.joined(separator: ",") + "\n"
  }
}

/// Text of numbers for tables.
enum Cell {
  /// What stands for a number that does not exist.
  static let none = "—"

  /// A rate with four decimals: `0.9898`.
  static func rate(_ value: Double?) -> String { fixed(value, 4) }

  /// An interval of rates.
  static func range(_ interval: BinomialInterval?) -> String {
    interval.map { "\(rate($0.lower))–\(rate($0.upper))" } ?? none
  }

  static func fixed(_ value: Double?, _ decimals: Int) -> String {
    value.map { String(format: "%.\(decimals)f", $0) } ?? none
  }

  /// A small rate, such as a target FAR, in as few digits as it takes: `1e-05`.
  static func short(_ value: Double) -> String { String(format: "%.4g", value) }

  /// A threshold: six digits, or what infinite ones mean.
  static func threshold(_ value: Double) -> String {
    value.isFinite ? String(format: "%.6g", value) : value > 0 ? "∞" : "−∞"
  }

  /// The shortest text that reads back as the same number.
  static func exact(_ value: Double?) -> String {
    guard let value else { return "" }
    return value.isFinite ? "\(value)" : value > 0 ? "Infinity" : "-Infinity"
  }

  /// The shortest text that reads back as the same number, whole numbers without a decimal point.
  static func shortest(_ value: Double?) -> String {
    guard let value, value.rounded() == value, value.magnitude < 1e15 else { return exact(value) }
    return "\(Int(value))"
  }

  static func count(_ value: Int?) -> String { value.map(String.init) ?? "" }
}
