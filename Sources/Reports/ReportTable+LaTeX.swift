import FeatureStores

extension ReportTable {
  /// The table as a LaTeX `table` environment; needs the package `booktabs` and an engine that reads UTF-8.
  ///
  /// Text is escaped and mathematical signs become commands. `label` is the name for `\ref`.
  public func latex(label: String? = nil) throws(HarnessError) -> String {
    try validate()
    let notes = TableNotes(self)
    var lines = ["\\begin{table}", "  \\centering"]
    let caption = [title.isEmpty ? "" : title + ".", self.caption, TableNotes.statistic(self) ?? ""]
    lines.append(
      "  \\caption{" + caption.filter { !$0.isEmpty }.map(LaTeX.escaped).joined(separator: " ") + "}")
    if let label { lines.append("  \\label{\(label)}") }
    if !columns.isEmpty {
      lines.append("  \\begin{tabular}{" + columns.map { $0.kind == .text ? "l" : "r" }.joined() + "}")
      lines += (["\\toprule"] + headerLines() + ["\\midrule"] + bodyLines(notes) + ["\\bottomrule"]).map {
        "    " + $0
      }
      lines.append("  \\end{tabular}")
    }
    let remarks = Self.remarks(notes, footnotes)
    if !remarks.isEmpty {
      lines.append("  \\par\\smallskip\\footnotesize")
      lines += remarks.enumerated().map { "  " + $1 + ($0 + 1 < remarks.count ? "\\\\" : "") }
    }
    return (lines + ["\\end{table}", ""]).joined(separator: "\n")
  }

  /// The row of group headers with its rules, where there are groups, and the row of headers.
  private func headerLines() -> [String] {
    let headers = columns.map { LaTeX.escaped(Self.header($0)) }.joined(separator: " & ") + " \\\\"
    guard columns.contains(where: { $0.group != nil }) else { return [headers] }
    var cells: [String] = []
    var rules: [String] = []
    var start = 0
    while start < columns.count {
      let group = columns[start].group
      let end = columns[start...].firstIndex { $0.group != group } ?? columns.count
      if let group {
        cells.append("\\multicolumn{\(end - start)}{c}{\(LaTeX.escaped(group))}")
        rules.append("\\cmidrule(lr){\(start + 1)-\(end)}")
      } else {
        cells += Array(repeating: "", count: end - start)
      }
      start = end
    }
    return [cells.joined(separator: " & ") + " \\\\", rules.joined(separator: " "), headers]
  }

  private func bodyLines(_ notes: TableNotes) -> [String] {
    rows.enumerated().flatMap { index, row -> [String] in
      let line = zip(row.cells, columns).map { latex($0, $1, notes) }.joined(separator: " & ") + " \\\\"
      return row.startsSection && index > 0 ? ["\\midrule", line] : [line]
    }
  }

  private func latex(_ cell: TableCell, _ column: Column, _ notes: TableNotes) -> String {
    var text: String
    switch cell.content {
    case .text(let string): text = LaTeX.escaped(string)
    case .integer(let value): text = LaTeX.number(String(value))
    case .estimate(let estimate):
      let parts = parts(estimate, in: column)
      text = LaTeX.number(parts.mean)
      if let deviation = parts.deviation { text += " $\\pm$ " + LaTeX.number(deviation) }
      if let count = parts.count { text += " " + LaTeX.escaped(count) }
    case .absent(let absence, let reason):
      text = "\(absence.rawValue)\\textsuperscript{\(notes.letter(absence, reason) ?? "")}"
    }
    if cell.isBest && !text.isEmpty { text = "\\textbf{\(text)}" }
    return text + cell.marks.map { "\\textsuperscript{\(LaTeX.escaped($0.symbol))}" }.joined()
  }

  private static func remarks(_ notes: TableNotes, _ footnotes: [String]) -> [String] {
    let marks = notes.marks.map {
      "\\textsuperscript{\(LaTeX.escaped($0.symbol))} \(LaTeX.escaped($0.meaning))"
    }
    let absences = notes.absences.enumerated().map { index, note in
      "\\textsuperscript{\(TableNotes.letter(index))} \(note.absence.rawValue): \(LaTeX.escaped(note.reason))"
    }
    return marks + absences + footnotes.map(LaTeX.escaped)
  }
}

/// Text as LaTeX.
enum LaTeX {
  /// Text with LaTeX's special characters as commands and the usual mathematical signs in math mode.
  static func escaped(_ text: String) -> String {
    var result = ""
    var script: (command: String, digits: String)?
    func close() {
      if let open = script { result += "$\(open.command){\(open.digits)}$" }
      script = nil
    }
    for character in text {
      if let digit = superscripts[character] {
        script = (script?.command ?? "^", (script?.digits ?? "") + digit)
        continue
      }
      close()
      result += commands[character] ?? String(character)
    }
    close()
    return result
  }

  /// A decimal number; a minus sign is set as one.
  static func number(_ text: String) -> String { text.hasPrefix("-") ? "$-$" + text.dropFirst() : text }

  private static let commands: [Character: String] = [
    "&": "\\&", "%": "\\%", "_": "\\_", "#": "\\#", "$": "\\$", "{": "\\{", "}": "\\}",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\\": "\\textbackslash{}",
    "<": "$<$", ">": "$>$", "|": "$|$", "\"": "''", "\n": " ", "\r\n": " ",
    "±": "$\\pm$", "×": "$\\times$", "·": "$\\cdot$", "−": "$-$", "–": "--", "—": "---", "…": "\\ldots{}",
    "≤": "$\\leq$", "≥": "$\\geq$", "≠": "$\\neq$", "≈": "$\\approx$", "∞": "$\\infty$", "√": "$\\surd$",
    "→": "$\\rightarrow$", "↔": "$\\leftrightarrow$", "⇔": "$\\Leftrightarrow$", "°": "$^{\\circ}$",
    "′": "$'$",
    "“": "``", "”": "''", "‘": "`", "’": "'", "†": "$\\dagger$", "‡": "$\\ddagger$", "§": "\\S{}",
    "\u{A0}": "~", "\u{2009}": "\\,", "\u{202F}": "\\,",
    "α": "$\\alpha$", "β": "$\\beta$", "γ": "$\\gamma$", "δ": "$\\delta$", "ε": "$\\varepsilon$",
    "θ": "$\\theta$",
    "λ": "$\\lambda$", "μ": "$\\mu$", "µ": "$\\mu$", "π": "$\\pi$", "ρ": "$\\rho$", "σ": "$\\sigma$",
    "τ": "$\\tau$",
    "φ": "$\\varphi$", "χ": "$\\chi$", "ψ": "$\\psi$", "ω": "$\\omega$", "Δ": "$\\Delta$", "Σ": "$\\Sigma$",
    "Φ": "$\\Phi$", "Ω": "$\\Omega$",
  ]

  private static let superscripts: [Character: String] = [
    "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9",
    "⁻": "-",
    "⁺": "+", "ⁿ": "n",
  ]
}
