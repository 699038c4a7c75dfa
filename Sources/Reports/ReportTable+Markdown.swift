import FeatureStores

extension ReportTable {
  /// The table in GitHub's Markdown: a heading, the caption, the table with its columns aligned in the
  /// source, and notes.
  ///
  /// Group headers stand before the column's own. Text is escaped, so that names show as they are.
  public func markdown(headingLevel: Int = 3) throws(HarnessError) -> String {
    try validate()
    let notes = TableNotes(self)
    var text = ""
    if !title.isEmpty {
      text += String(repeating: "#", count: min(max(headingLevel, 1), 6)) + " " + Self.escaped(title) + "\n\n"
    }
    let caption = [Self.escaped(self.caption), TableNotes.statistic(self) ?? ""].filter { !$0.isEmpty }
    if !caption.isEmpty { text += caption.joined(separator: " ") + "\n\n" }
    if !columns.isEmpty { text += grid(notes) }
    text += Self.list(notes, footnotes)
    return text
  }

  private func grid(_ notes: TableNotes) -> String {
    let headers = columns.map { column in
      Self.escaped([column.group ?? "", Self.header(column)].filter { !$0.isEmpty }.joined(separator: ": "))
    }
    let body = rows.map { row in zip(row.cells, columns).map { Self.markdown($0, $1, self, notes) } }
    let isText = columns.map { $0.kind == .text }
    let widths = columns.indices.map { column in
      max(3, ([headers] + body).map { $0[column].count }.max() ?? 3)
    }
    func line(_ cells: [String]) -> String {
      let padded = cells.enumerated().map { index, cell in
        let space = String(repeating: " ", count: widths[index] - cell.count)
        return isText[index] ? cell + space : space + cell
      }
      return "| " + padded.joined(separator: " | ") + " |\n"
    }
    let rule = widths.indices.map { index in
      let dashes = String(repeating: "-", count: widths[index] - 1)
      return isText[index] ? ":" + dashes : dashes + ":"
    }
    return line(headers) + line(rule) + body.map(line).joined()
  }

  private static func markdown(
    _ cell: TableCell, _ column: Column, _ table: ReportTable, _ notes: TableNotes
  ) -> String {
    var text: String
    switch cell.content {
    case .text(let string): text = escaped(string)
    case .integer(let value): text = String(value)
    case .estimate(let estimate):
      let parts = table.parts(estimate, in: column)
      text = parts.mean + (parts.deviation.map { " ± \($0)" } ?? "") + (parts.count.map { " \($0)" } ?? "")
    case .absent(let absence, let reason):
      text = absence.rawValue + "<sup>\(notes.letter(absence, reason) ?? "")</sup>"
    }
    if cell.isBest && !text.isEmpty { text = "**\(text)**" }
    return text + cell.marks.map { "<sup>\(escaped($0.symbol))</sup>" }.joined()
  }

  private static func list(_ notes: TableNotes, _ footnotes: [String]) -> String {
    var lines = notes.marks.map { "<sup>\(escaped($0.symbol))</sup> \(escaped($0.meaning))" }
    lines += notes.absences.enumerated().map { index, note in
      "<sup>\(TableNotes.letter(index))</sup> \(note.absence.rawValue): \(escaped(note.reason))"
    }
    lines += footnotes.map(escaped)
    return lines.isEmpty ? "" : "\n" + lines.joined(separator: "  \n") + "\n"
  }

  /// Text that Markdown shows as it is, in one line. Underscores inside words need no escape and get none.
  static func escaped(_ text: String) -> String {
    let characters = Array(text)
    var result = ""
    for (index, character) in characters.enumerated() {
      switch character {
      case "\n", "\r\n", "\r": result += "<br>"
      case "_":
        let isInside =
          index > 0 && index + 1 < characters.count
          && (characters[index - 1].isLetter || characters[index - 1].isNumber)
          && (characters[index + 1].isLetter || characters[index + 1].isNumber)
        result += isInside ? "_" : "\\_"
      case "\\", "`", "*", "[", "]", "<", ">", "|", "~", "$", "&", "#":
        result += "\\" + String(character)
      default: result.append(character)
      }
    }
    return result
  }
}
