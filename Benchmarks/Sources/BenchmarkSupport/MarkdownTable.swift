/// A table in Markdown: the first column to the left, the others to the right.
public struct MarkdownTable: Sendable {
  private let columns: [String]
  private var rows: [[String]] = []

  public init(_ columns: [String]) { self.columns = columns }

  /// Adds a row of as many cells as there are columns.
  public mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells)
  }

  public var text: String {
    let ruler = columns.indices.map { $0 == 0 ? "---" : "---:" }
    return ([columns, ruler] + rows).map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
  }
}
