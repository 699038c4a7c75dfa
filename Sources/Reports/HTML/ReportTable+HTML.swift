import FeatureStores

extension ReportTable {
  /// The table as HTML: a heading, the caption, a table whose columns sort by a click on their headers, and the notes.
  ///
  /// Rows carry `data-loss` and `data-mechanism` where the table has columns of these names (`Method`, `Mechanism`), for filters; rows without a mechanism have
  /// none and always show. Cells of numbers carry theirs in full precision in `data-value`.
  func html() throws(HarnessError) -> String {
    try validate()
    let notes = TableNotes(self)
    var text = HTMLText.element("h2", [], HTMLText.escaped(title))
    let caption = [self.caption, TableNotes.statistic(self) ?? ""].filter { !$0.isEmpty }.joined(
      separator: " ")
    if !caption.isEmpty { text += HTMLText.element("p", [("class", "caption")], HTMLText.escaped(caption)) }
    let headers = columns.map { column in
      let name = [column.group ?? "", Self.header(column)].filter { !$0.isEmpty }.joined(separator: ": ")
      return HTMLText.element(
        "th", [("scope", "col"), ("aria-sort", "none")],
        HTMLText.element("button", [("type", "button")], HTMLText.escaped(name)))
    }
    let body = rows.map { row in
      HTMLText.element(
        "tr", filters(row), zip(row.cells, columns).map { Self.html($0, $1, self, notes) }.joined())
    }
    text += HTMLText.element(
      "div", [("class", "scroll")],
      HTMLText.element(
        "table", [("class", "sortable")],
        "<thead><tr>\(headers.joined())</tr></thead>\n<tbody>\n\(body.joined(separator: "\n"))\n</tbody>"))
    return text + Self.html(notes, footnotes)
  }

  private func filters(_ row: Row) -> [(String, String)] {
    func text(_ header: String) -> String? {
      guard let place = columns.firstIndex(where: { $0.header == header && $0.kind == .text }),
        case .text(let text) = row.cells[place].content
      else { return nil }
      return text
    }
    guard let mechanism = text("Mechanism"), !mechanism.isEmpty, let loss = text("Method") else { return [] }
    return [("data-loss", loss), ("data-mechanism", mechanism)]
  }

  private static func html(
    _ cell: TableCell, _ column: Column, _ table: ReportTable, _ notes: TableNotes
  ) -> String {
    var text: String
    var attributes = [("class", column.kind == .text ? "text" : "number")]
    switch cell.content {
    case .text(let string): text = HTMLText.escaped(string)
    case .integer(let value):
      text = String(value)
      attributes.append(("data-value", text))
    case .estimate(let estimate):
      let parts = table.parts(estimate, in: column)
      text = parts.mean + (parts.deviation.map { " ± \($0)" } ?? "") + (parts.count.map { " \($0)" } ?? "")
      attributes.append(("data-value", NumberText.exact(estimate.mean)))
    case .absent(let absence, let reason):
      text =
        HTMLText.escaped(absence.rawValue)
        + HTMLText.element("sup", [("title", reason)], HTMLText.escaped(notes.letter(absence, reason) ?? ""))
    }
    if cell.isBest && !text.isEmpty { text = HTMLText.element("strong", [], text) }
    text += cell.marks.map { HTMLText.element("sup", [("title", $0.meaning)], HTMLText.escaped($0.symbol)) }
      .joined()
    return HTMLText.element("td", attributes, text)
  }

  private static func html(_ notes: TableNotes, _ footnotes: [String]) -> String {
    var lines = notes.marks.map {
      "<sup>\(HTMLText.escaped($0.symbol))</sup> \(HTMLText.escaped($0.meaning))"
    }
    lines += notes.absences.enumerated().map { index, note in
      "<sup>\(HTMLText.escaped(TableNotes.letter(index)))</sup> \(HTMLText.escaped("\(note.absence.rawValue): \(note.reason)"))"
    }
    lines += footnotes.map(HTMLText.escaped)
    guard !lines.isEmpty else { return "" }
    return HTMLText.element(
      "ul", [("class", "notes")], lines.map { HTMLText.element("li", [], $0) }.joined(separator: "\n"))
  }
}
