import Experiments
import FeatureStores
import Foundation

/// An experiment's tables and figures as one HTML file that needs nothing else and asks no network: tables that sort, filters by protocol, loss and mechanism, values of curves
/// under the pointer, and the provenance.
///
/// The page's own policy forbids every request. Everything that came from files is escaped. The same results give the same bytes; without scripts the page
/// shows the same tables and figures, unsorted.
struct HTMLReport {
  let report: ExperimentReport

  /// The page. Calls `made` after each table and figure.
  func document(made: () -> Void = {}) throws -> String {
    let definition = report.results.experiment.definition
    let sections = try overview(made) + protocols(made) + training(made)
    let title = HTMLText.escaped(definition.title)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
      <title>\(title)</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <header>
      <h1>\(title)</h1>
      \(missing)
      <form id="filters" hidden>
      \(filters)
      </form>
      </header>
      <main>
      \(sections.joined(separator: "\n"))
      \(provenance)
      </main>
      <script>
      \(Self.script)
      </script>
      </body>
      </html>

      """
  }

  // MARK: Sections

  /// The accuracies of several protocols side by side; nothing where there are none.
  private func overview(_ made: () -> Void) throws -> [String] {
    guard let accuracy = AccuracyTable(report) else { return [] }
    defer { made() }
    return [HTMLText.element("section", [], try accuracy.table.html())]
  }

  /// A section a protocol: its table and its figures.
  private func protocols(_ made: () -> Void) throws -> [String] {
    try report.protocolNames.map { name in
      var parts = [try VerificationTable(report, protocolName: name).table.html()]
      made()
      if report.results.experiment.definition.showsMatrix,
        let matrix = try MatrixTable(report, protocolName: name)
      {
        parts.append(try matrix.table.html())
      }
      for dataset in report.results.experiment.datasets {
        let curves = try ExperimentCurves(
          report, protocolName: name, dataset: dataset.name, isLimited: true)
        for kind in curves.kinds {
          let figure = HTMLFigure(protocolName: name, loss: nil, figure: try curves.export(kind).figure)
          parts.append(try figure.html(provenance: report.provenance))
          made()
        }
      }
      return HTMLText.element("section", [("data-protocol", name)], parts.joined(separator: "\n"))
    }
  }

  /// What runs recorded besides their results: speed-ups and the figures of diagnostics. Nothing where there is none.
  private func training(_ made: () -> Void) throws -> [String] {
    var parts: [String] = []
    for table in [try SpeedUpTable(report)?.table, try SearchTable(report)?.table].compactMap(\.self) {
      parts.append(try table.html())
      made()
    }
    for named in try DiagnosticFigures(report).all() {
      parts.append(
        try HTMLFigure(protocolName: named.protocolName, loss: named.loss, figure: named.figure).html(
          provenance: report.provenance))
      made()
    }
    return parts.isEmpty ? [] : [HTMLText.element("section", [], parts.joined(separator: "\n"))]
  }

  /// How many runs are not finished, and what makes them.
  private var missing: String {
    let count = report.results.rows.flatMap(\.runs).count { $0.state != .finished }
    guard count > 0 else { return "" }
    // Without the folders of this machine: the page is read on others.
    let command = RunCommand(report.results.experiment.definition)
    return HTMLText.element(
      "p", [("class", "missing")],
      HTMLText.escaped(
        "\(CountedNoun(count, "run is", plural: "runs are")) not finished; \(command) makes the rest."))
  }

  /// Choices of protocols, losses and mechanisms, each where there are several.
  private var filters: String {
    let rows = report.results.rows.map(\.row).filter { $0.kind == .trained }
    func unique(_ values: [String]) -> [String] {
      values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    let choices = [
      ("protocol", "Protocol", report.protocolNames), ("loss", "Loss", unique(rows.map(\.loss))),
      ("mechanism", "Mechanism", unique(rows.map(\.mechanism))),
    ]
    return choices.filter { $0.2.count > 1 }.map { name, label, values in
      let options =
        ["<option value=\"\">all</option>"]
        + values.map {
          HTMLText.element("option", [("value", $0)], HTMLText.escaped($0))
        }
      return HTMLText.element(
        "label", [], "\(label) " + HTMLText.element("select", [("name", name)], options.joined()))
    }.joined(separator: "\n")
  }

  private var provenance: String {
    let rows = report.provenance.allEntries.map { entry in
      "<tr><th scope=\"row\">\(HTMLText.escaped(entry.key))</th><td>\(HTMLText.escaped(entry.value))</td></tr>"
    }
    return
      "<section><h2>Provenance</h2>\n<div class=\"scroll\"><table class=\"provenance\"><tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table></div></section>"
  }
}
