import FeatureStores

extension ReportTable {
  /// The table as CSV (RFC 4180: CRLF, quotes where needed), its numbers with full precision.
  ///
  /// A column of estimates becomes four: `… mean`, `… SD`, `… n` and `… status`; the status is empty where
  /// there is a number and else says why there is none. Where rows are compared with the best of the column, two more say how, `… comparison` and
  /// `… corrected p`. Percentages stay fractions, so that nothing is
  /// rounded. Title, caption and notes are left to the other formats.
  public func csv() throws(HarnessError) -> String {
    try validate()
    let isCompared = columns.indices.map { column in
      rows.contains { $0.cells[column].comparison != nil }
    }
    var records = [
      zip(columns, isCompared).flatMap { column, isCompared in
        Self.csvHeaders(column) + (isCompared ? Self.comparisonHeaders(column) : [])
      }
    ]
    for row in rows {
      records.append(
        zip(zip(row.cells, columns), isCompared).flatMap { pair, isCompared in
          Self.csvFields(pair.0, pair.1) + (isCompared ? Self.comparisonFields(pair.0) : [])
        })
    }
    return CSV.text(records)
  }

  private static func csvName(_ column: Column) -> String {
    [column.group ?? "", column.header].filter { !$0.isEmpty }.joined(separator: " / ")
  }

  private static func comparisonHeaders(_ column: Column) -> [String] {
    ["comparison", "corrected p"].map { csvName(column).isEmpty ? $0 : "\(csvName(column)) \($0)" }
  }

  private static func comparisonFields(_ cell: TableCell) -> [String] {
    switch cell.comparison {
    case nil: ["", ""]
    case .best: ["best", ""]
    case .told(let p): ["told from the best", NumberText.exact(p)]
    case .notTold(let p): ["not told from the best", NumberText.exact(p)]
    }
  }

  private static func csvHeaders(_ column: Column) -> [String] {
    let name = csvName(column)
    switch column.kind {
    case .text, .integer: return [name]
    case .number, .percent: return ["mean", "SD", "n", "status"].map { name.isEmpty ? $0 : "\(name) \($0)" }
    }
  }

  private static func csvFields(_ cell: TableCell, _ column: Column) -> [String] {
    let fields: [String]
    switch cell.content {
    case .text(let text): fields = [text, "", "", ""]
    case .integer(let value): fields = [String(value), "", "", ""]
    case .estimate(let estimate):
      let deviation = estimate.deviation.map(NumberText.exact) ?? ""
      fields = [NumberText.exact(estimate.mean), deviation, String(estimate.count), ""]
    case .absent(let absence, let reason):
      let status = "\(absence.rawValue): \(reason)"
      if column.kind == .text || column.kind == .integer { return [status] }
      fields = ["", "", "", status]
    }
    switch column.kind {
    case .text, .integer: return [fields[0]]
    case .number, .percent: return fields
    }
  }
}

/// Comma-separated values after RFC 4180.
enum CSV {
  /// Records of fields, each record ended by CRLF.
  static func text(_ records: [[String]]) -> String {
    records.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }

  /// A field, in quotes where it holds a comma, a quote, a line break, or a space at its ends.
  static func field(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { ![",", "\"", "\r", "\n"].contains($0) }
    if isPlain && text.first != " " && text.last != " " { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      quoted.unicodeScalars.append(scalar)
      if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
    }
    return quoted + "\""
  }
}
