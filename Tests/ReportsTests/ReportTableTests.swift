import FeatureStores
import Foundation
import Testing

@testable import Reports

@Suite struct ReportTableTests {
  static let tied = TableCell.Mark("=", meaning: "not told from the best, p > 0.05")

  static let table = ReportTable(
    title: "Heads & co", caption: "Accept ⇔ score ≥ t; set cfp_fp.",
    columns: [
      .init("Method", kind: .text), .init("Accuracy", group: "LFW"),
      .init("TAR at FAR 10⁻³", group: "LFW", kind: .percent(decimals: 1)),
      .init("Loss", group: "training", kind: .number(decimals: 3)), .init("Steps", kind: .integer),
    ],
    rows: [
      .init([
        .text("Softmax"), .estimate(0.981_234_5, 0.001, count: 3), .estimate(0.5, 0.25, count: 3),
        .estimate(-0.25, 0.5, count: 3), .integer(1000),
      ]),
      .init([
        .text("ArcFace|m"), .estimate(0.99, 0.002, count: 3, isBest: true),
        .estimate(0.75, 0.125, count: 2, isBest: true, marks: [tied]),
        .absent(.failed, "diverged at step 400"),
        .integer(-5),
      ]),
      .init([
        .text("CosFace"), .absent(.missing, "run it"), .absent(.notAttainable, "1/N = 10⁻²"),
        .absent(.failed, "diverged at step 400"), .absent(.unsupported, "no such thing"),
      ]),
      .init(
        [
          .text("Untrained"), .estimate(0.95), .estimate(0.25, marks: [tied]),
          .absent(.unsupported, "it never trains"), .integer(0),
        ],
        startsSection: true),
    ], footnotes: ["Commit 0123abc, 2026-11-22."])

  @Test func markdown() throws {
    let expected = """
      ### Heads \\& co

      Accept ⇔ score ≥ t; set cfp_fp. Mean ± SD over n = 3 seeds, except where another n is given.

      | Method     | LFW: Accuracy (%)   |           LFW: TAR at FAR 10⁻³ (%) |               training: Loss |                   Steps |
      | :--------- | ------------------: | ---------------------------------: | ---------------------------: | ----------------------: |
      | Softmax    |        98.12 ± 0.10 |                        50.0 ± 25.0 |               -0.250 ± 0.500 |                    1000 |
      | ArcFace\\|m |    **99.00 ± 0.20** | **75.0 ± 12.5 (n = 2)**<sup>=</sup> |           failed<sup>a</sup> |                      -5 |
      | CosFace    | missing<sup>b</sup> |         not attainable<sup>c</sup> |           failed<sup>a</sup> | unsupported<sup>d</sup> |
      | Untrained  |               95.00 |                  25.0<sup>=</sup> |      unsupported<sup>e</sup> |                       0 |

      <sup>=</sup> not told from the best, p \\> 0.05  
      <sup>a</sup> failed: diverged at step 400  
      <sup>b</sup> missing: run it  
      <sup>c</sup> not attainable: 1/N = 10⁻²  
      <sup>d</sup> unsupported: no such thing  
      <sup>e</sup> unsupported: it never trains  
      Commit 0123abc, 2026-11-22.

      """
    // Cells are compared without their padding, which the next test holds.
    func squeezed(_ text: String) -> [String] {
      text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        line.split(separator: " ", omittingEmptySubsequences: true).map { $0.contains("--") ? "-" : $0 }
          .joined(separator: " ")
      }
    }
    let text = try Self.table.markdown()
    #expect(squeezed(text) == squeezed(expected))
    #expect(try Self.table.markdown() == text)
  }

  @Test func markdownColumnsAlignInTheSource() throws {
    let lines = try Self.table.markdown().split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(Set(lines.map(\.count)).count == 1)
    let small = ReportTable(
      title: "", columns: [.init("Method", kind: .text), .init("A", kind: .number(decimals: 1))],
      rows: [.init([.text("x"), .estimate(12.25)]), .init([.text("y"), .estimate(-1, isBest: true)])])
    #expect(
      try small.markdown() == """
        | Method |        A |
        | :----- | -------: |
        | x      |     12.2 |
        | y      | **-1.0** |

        """)
  }

  @Test func csv() throws {
    let header =
      "Method,LFW / Accuracy mean,LFW / Accuracy SD,LFW / Accuracy n,LFW / Accuracy status,"
      + "LFW / TAR at FAR 10⁻³ mean,LFW / TAR at FAR 10⁻³ SD,LFW / TAR at FAR 10⁻³ n,LFW / TAR at FAR 10⁻³ status,"
      + "training / Loss mean,training / Loss SD,training / Loss n,training / Loss status,Steps"
    let rows = [
      "Softmax,0.9812345,0.001,3,,0.5,0.25,3,,-0.25,0.5,3,,1000",
      "ArcFace|m,0.99,0.002,3,,0.75,0.125,2,,,,,failed: diverged at step 400,-5",
      "CosFace,,,,missing: run it,,,,not attainable: 1/N = 10⁻²,,,,failed: diverged at step 400,"
        + "unsupported: no such thing",
      "Untrained,0.95,,1,,0.25,,1,,,,,unsupported: it never trains,0",
    ]
    #expect(try Self.table.csv() == ([header] + rows).map { $0 + "\r\n" }.joined())
  }

  @Test func latex() throws {
    let expected = #"""
      \begin{table}
        \centering
        \caption{Heads \& co. Accept $\Leftrightarrow$ score $\geq$ t; set cfp\_fp. Mean $\pm$ SD over n = 3 seeds, except where another n is given.}
        \label{tab:heads}
        \begin{tabular}{lrrrr}
          \toprule
           & \multicolumn{2}{c}{LFW} & \multicolumn{1}{c}{training} &  \\
          \cmidrule(lr){2-3} \cmidrule(lr){4-4}
          Method & Accuracy (\%) & TAR at FAR 10$^{-3}$ (\%) & Loss & Steps \\
          \midrule
          Softmax & 98.12 $\pm$ 0.10 & 50.0 $\pm$ 25.0 & $-$0.250 $\pm$ 0.500 & 1000 \\
          ArcFace$|$m & \textbf{99.00 $\pm$ 0.20} & \textbf{75.0 $\pm$ 12.5 (n = 2)}\textsuperscript{=} & failed\textsuperscript{a} & $-$5 \\
          CosFace & missing\textsuperscript{b} & not attainable\textsuperscript{c} & failed\textsuperscript{a} & unsupported\textsuperscript{d} \\
          \midrule
          Untrained & 95.00 & 25.0\textsuperscript{=} & unsupported\textsuperscript{e} & 0 \\
          \bottomrule
        \end{tabular}
        \par\smallskip\footnotesize
        \textsuperscript{=} not told from the best, p $>$ 0.05\\
        \textsuperscript{a} failed: diverged at step 400\\
        \textsuperscript{b} missing: run it\\
        \textsuperscript{c} not attainable: 1/N = 10$^{-2}$\\
        \textsuperscript{d} unsupported: no such thing\\
        \textsuperscript{e} unsupported: it never trains\\
        Commit 0123abc, 2026-11-22.
      \end{table}

      """#
    #expect(try Self.table.latex(label: "tab:heads") == expected)
  }

  @Test func specialCharactersShowAsTheyAre() {
    #expect(
      LaTeX.escaped("& % _ # $ { } ~ ^ \\")
        == ##"\& \% \_ \# \$ \{ \} \textasciitilde{} \textasciicircum{} \textbackslash{}"##)
    #expect(
      LaTeX.escaped("a<b>c|d ± × − – ≥ τ µ") == "a$<$b$>$c$|$d $\\pm$ $\\times$ $-$ -- $\\geq$ $\\tau$ $\\mu$"
    )
    #expect(LaTeX.escaped("10⁻¹² and x²") == "10$^{-12}$ and x$^{2}$")
    #expect(LaTeX.escaped("two\nlines") == "two lines")
    #expect(
      ReportTable.escaped("a|b *c* [d](e) <f> `g` ~h~ $i$ &amp; \\ #")
        == "a\\|b \\*c\\* \\[d\\](e) \\<f\\> \\`g\\` \\~h\\~ \\$i\\$ \\&amp; \\\\ \\#")
    #expect(ReportTable.escaped("cfp_fp _x_ 1_2") == "cfp_fp \\_x\\_ 1_2")
    #expect(ReportTable.escaped("two\nlines\r\nthree") == "two<br>lines<br>three")
    #expect(CSV.field("plain|text; 1") == "plain|text; 1")
    #expect(CSV.field("a,b") == "\"a,b\"")
    #expect(CSV.field("say \"hi\"") == "\"say \"\"hi\"\"\"")
    #expect(CSV.field("two\nlines") == "\"two\nlines\"")
    #expect(CSV.field("two\r\nlines") == "\"two\r\nlines\"")
    #expect(CSV.field(" x") == "\" x\"")
    #expect(CSV.field("") == "")
  }

  @Test func emptyTablesAreWrittenToo() throws {
    let nothing = ReportTable(title: "Nothing", columns: [], rows: [])
    #expect(try nothing.markdown() == "### Nothing\n\n")
    #expect(try nothing.csv() == "\r\n")
    #expect(try nothing.latex() == "\\begin{table}\n  \\centering\n  \\caption{Nothing.}\n\\end{table}\n")
    let headers = ReportTable(title: "", columns: [.init("A", kind: .text), .init("B")], rows: [])
    #expect(try headers.markdown() == "| A   | B (%) |\n| :-- | ----: |\n")
    #expect(try headers.csv() == "A,B mean,B SD,B n,B status\r\n")
  }

  @Test func fullPrecisionReadsBackFromCSV() throws {
    let value = 0.1 + 0.2
    let table = ReportTable(
      title: "", columns: [.init("A")], rows: [.init([.estimate(value, 1e-17, count: 7)])])
    let fields = try table.csv().split(separator: "\r\n")[1].split(
      separator: ",", omittingEmptySubsequences: false)
    #expect(fields.map { Double($0) } == [value, 1e-17, 7, nil])
  }

  @Test func theUsualNumberOfRunsIsTheMostFrequent() {
    func usual(_ counts: [Int]) -> Int? {
      ReportTable(
        title: "", columns: [.init("A")], rows: counts.map { .init([.estimate(0.5, 0.1, count: $0)]) }
      ).usualCount
    }
    #expect(usual([3, 3, 5]) == 3)
    #expect(usual([2, 5, 5, 2]) == 5)
    #expect(usual([]) == nil)
    let alone = ReportTable(title: "", columns: [.init("A")], rows: [.init([.estimate(0.5, count: 9)])])
    #expect(alone.usualCount == nil)
  }

  @Test func notesAreLetteredBeyondZ() {
    #expect(
      [0, 1, 25, 26, 27, 51, 52, 701, 702].map(TableNotes.letter) == [
        "a", "b", "z", "aa", "ab", "az", "ba", "zz", "aaa",
      ])
  }

  @Test func whatIsNoNumberIsRefusedWithItsPlace() {
    func message(_ cells: [TableCell]) -> String {
      let table = ReportTable(
        title: "T", columns: [.init("A"), .init("B")],
        rows: [.init([.integer(1), .integer(1)]), .init(cells)])
      let error = #expect(throws: HarnessError.self) { try table.markdown() }
      #expect(throws: HarnessError.self) { try table.csv() }
      #expect(throws: HarnessError.self) { try table.latex() }
      return error?.description ?? ""
    }
    #expect(
      message([.integer(1), .estimate(.nan)]) == "table “T”, row 2, column “B”: nan; expected a finite mean")
    #expect(message([.estimate(.infinity), .integer(1)]).contains("column “A”: inf"))
    #expect(message([.estimate(1, -0.5), .integer(1)]).contains("a finite deviation of at least 0"))
    #expect(message([.estimate(1, .nan), .integer(1)]).contains("nan"))
    #expect(message([.estimate(1, count: 0), .integer(1)]).contains("0 runs; expected at least 1"))
    #expect(message([.integer(1)]) == "table “T”, row 2: 1 cells; expected 2")
  }
}
