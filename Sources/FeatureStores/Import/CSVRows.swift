import LinearAlgebra

/// Features in comma-separated values: a header, then a line an image. Columns whose header names a part of a store (`ImportedPart`) hold
/// that; all others hold the features, in the order of the file.
final class CSVRows: FeatureRows {
  let source: String
  let rowCount: Int
  let dimension: Int
  /// What the named columns hold.
  let columns: [ImportedPart: ImportedColumn]
  private let records: CSVRecords
  private let featureColumns: [Int]
  private let headers: [String]
  private var position = 0

  /// Reads the file once, for the number of rows and for what the named columns hold. `renamed` gives the header of a part where it is
  /// not the part's own name, and `ignored` the headers of columns that are left out.
  init(_ file: FileBytes, renamed: [ImportedPart: String] = [:], ignored: [String] = []) throws {
    let records = CSVRecords(file)
    guard try records.next() else { throw file.error(found: "an empty file", expected: "a header") }
    let headers = try (0..<records.count).map { try records.text($0).trimmingSpaces }
    let roles = try Self.roles(headers, records, renamed: renamed, ignored: ignored)
    var texts: [ImportedPart: [String]] = [:]
    var lines: [Int] = []
    while try records.next() {
      guard records.count == headers.count else {
        throw records.error(
          found: "\(records.count) columns", expected: "\(headers.count), as the header has")
      }
      for (part, column) in roles.parts { texts[part, default: []].append(try records.text(column)) }
      lines.append(records.line)
    }
    guard !lines.isEmpty else {
      throw file.error(found: "a header and no rows", expected: "a line for each image")
    }
    records.restart()
    self.records = records
    self.headers = headers
    source = file.name
    rowCount = lines.count
    featureColumns = roles.features
    dimension = roles.features.count
    self.lines = lines
    columns = texts.mapValues { ImportedColumn(source: file.name, lines: lines, texts: $0) }
  }

  /// The line of each row.
  private let lines: [Int]

  private static func roles(
    _ headers: [String], _ records: CSVRecords, renamed: [ImportedPart: String], ignored: [String]
  ) throws -> (parts: [(ImportedPart, Int)], features: [Int]) {
    if !headers.isEmpty, headers.contains(where: { $0.contains(".") }),
      headers.allSatisfy({ Double($0) != nil })
    {
      throw records.error(
        found: "a first line of numbers", expected: "a header",
        advice: "Give every column a name: `name`, `identity`, and any for the features.")
    }
    var seen: Set<String> = []
    for header in headers where !seen.insert(header).inserted {
      throw records.error(found: "the column ‘\(header)’ a second time", expected: "each column once")
    }
    for header in renamed.values.sorted() + ignored where !seen.contains(header) {
      throw records.error(
        found: "no column ‘\(header)’", expected: "one of \(headers.prefix(8).joined(separator: ", "))",
        advice: NearestName.suggestion(for: header, among: headers).map { "Did you mean ‘\($0)’?" })
    }
    var parts: [(ImportedPart, Int)] = []
    for part in ImportedPart.allCases {
      let header = renamed[part] ?? part.column
      if let column = headers.firstIndex(of: header) { parts.append((part, column)) }
    }
    let features = headers.indices.filter { column in
      !parts.contains { $0.1 == column } && !ignored.contains(headers[column])
    }
    if let column = features.first(where: { headers[$0].isEmpty }) {
      throw records.error(
        found: "column \(column + 1) without a name", expected: "a header for every column",
        advice: "pandas writes its index so: write with index=False, or leave it out with --ignore \"\".")
    }
    guard !features.isEmpty else {
      throw records.error(found: "no columns of features", expected: "at least one")
    }
    return (parts, features)
  }

  func features(_ rows: Range<Int>) throws -> Matrix<Float> {
    if position == 0 || rows.lowerBound < position {
      records.restart()
      _ = try records.next()
      position = 0
    }
    while position < rows.lowerBound { try advance() }
    var result = Matrix<Float>(rows: rows.count, columns: dimension)
    for row in 0..<rows.count {
      try advance()
      for (index, column) in featureColumns.enumerated() {
        let text = try records.text(column)
        guard let value = Float(text) ?? Float(text.trimmingSpaces) else {
          throw records.error(
            found: "`\(text)` in column ‘\(headers[column])’", expected: "a number of the features",
            advice:
              "Columns that are no features are named \(ImportedPart.allCases.map(\.column).joined(separator: ", ")), or left out with --ignore."
          )
        }
        result[row, index] = value
      }
    }
    return result
  }

  private func advance() throws {
    guard try records.next(), records.count == headers.count else {
      throw records.error(found: "another record than a moment ago", advice: "Has the file been changed?")
    }
    position += 1
  }

  func place(ofRow row: Int) -> (file: String, place: String?) { (source, "line \(lines[row])") }
}

extension String {
  /// Without spaces and tabs at either end.
  var trimmingSpaces: String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    guard first.map(isSpace) == true || last.map(isSpace) == true else { return self }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
