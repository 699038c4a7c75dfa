import Evaluation
import Experiments
import FeatureStores
import Foundation
import Metrics

/// The tables and figures of an experiment, made from its finished results alone.
///
/// One table a protocol (`PROTOCOL.md`, `.csv`, `.tex`, `.json`) with every row of the grid: what is missing, failed or unsupported says so
/// in its place. Where the experiment asks for it, a table of losses by mechanisms a protocol (`PROTOCOL-matrix`). The accuracies of several protocols of pairs side by side (`accuracy`). A table of speed-ups
/// (`speed-up`) where runs have validation curves, and one of each method's best recipe (`search`) where it has several. Two files a diagnostic (`DiagnosticExport`). One figure a protocol, dataset and kind of curve. The same results give the same
/// bytes: commits and dates are those of the runs.
public struct ExperimentReport: Sendable {
  public let results: ExperimentResults
  /// What the footnotes and the figures' text chunks say.
  public let provenance: Provenance

  public init(_ results: ExperimentResults) throws {
    self.results = results
    let experiment = results.experiment
    let known = results.provenance
    let configuration = try RunIdentity(of: experiment.grid.runs.map(\.identity.hash), prefix: "").hash
    var entries = [
      Provenance.Entry("Software", "Likeness"),
      Provenance.Entry("Experiment", experiment.definition.name),
      Provenance.Entry("Commit", known.commits.isEmpty ? "none" : known.commits.joined(separator: ", ")),
      Provenance.Entry("Configuration", configuration),
    ]
    let stores = experiment.datasets.flatMap { dataset in
      [Provenance.Entry("Store", "\(dataset.name) \(dataset.digest)")]
        + dataset.tests.filter { $0.digest != dataset.digest }.map {
          Provenance.Entry("Store", "\($0.embeddings.source.lastPathComponent) \($0.digest)")
        }
    }
    // Several protocols may be used on one store.
    for store in stores where !entries.contains(store) { entries.append(store) }
    entries.append(
      Provenance.Entry("BLAS core", known.cores.isEmpty ? "none" : known.cores.joined(separator: ", ")))
    provenance = Provenance(entries, date: known.lastDate)
  }

  /// The names of the protocols, in the experiment's order.
  public var protocolNames: [String] {
    var names: [String] = []
    for test in results.experiment.datasets.flatMap(\.tests) where !names.contains(test.name) {
      names.append(test.name)
    }
    return names
  }

  /// Writes the tables to `folder`, which is made where missing, and calls `made` after each. Returns the files.
  public func writeTables(to folder: String, made: () -> Void = {}) throws -> [String] {
    var files: [String] = []
    func add(_ more: [String]) {
      files += more
      made()
    }
    for name in protocolNames {
      let table = try VerificationTable(self, protocolName: name)
      try add(write(table.table, table.export, as: name, to: folder))
      if results.experiment.definition.showsMatrix {
        try add(writeMatrix(protocolName: name, to: folder))
      }
    }
    if let accuracy = AccuracyTable(self) {
      try add(write(accuracy.table, accuracy.export, as: "accuracy", to: folder))
    }
    if let speeds = try SpeedUpTable(self) {
      try add(write(speeds.table, speeds.export, as: "speed-up", to: folder))
    }
    if let search = try SearchTable(self) {
      try add(write(search.table, search.export, as: "search", to: folder))
    }
    for export in try DiagnosticExport.all(self) {
      for (suffix, text) in [("csv", export.csv), ("json", try export.json())] {
        let file = "\(folder)/\(export.name).\(suffix)"
        try OutputFile.write(Array(text.utf8), to: file)
        files.append(file)
      }
      made()
    }
    return files
  }

  private func writeMatrix(protocolName: String, to folder: String) throws -> [String] {
    guard let table = try MatrixTable(self, protocolName: protocolName)?.table else { return [] }
    return try write(table, as: "\(protocolName)-matrix", to: folder)
  }

  private func write(
    _ table: ReportTable, _ numbers: some Encodable, as name: String, to folder: String
  ) throws -> [String] {
    let file = "\(folder)/\(name).json"
    let text = String(decoding: try CanonicalJSON.encodeIndented(numbers), as: UTF8.self)
    let files = try write(table, as: name, to: folder)
    try OutputFile.write(Array(text.utf8), to: file)
    return files + [file]
  }

  private func write(_ table: ReportTable, as name: String, to folder: String) throws -> [String] {
    let contents = [
      ("md", try table.markdown(headingLevel: 2)), ("csv", try table.csv()),
      ("tex", try table.latex(label: "tab:\(results.experiment.definition.name)-\(name)")),
    ]
    return try contents.map { suffix, text in
      let file = "\(folder)/\(name).\(suffix)"
      try OutputFile.write(Array(text.utf8), to: file)
      return file
    }
  }

  /// Writes the figures to `folder`, which is made where missing: for each protocol and dataset one a kind of curve that its results have, and those
  /// of diagnostics (`DiagnosticFigures`). Calls `made` after each, and returns the files. Protocols without a finished row have none.
  public func writeFigures(
    to folder: String, formats: [FigureFormat] = [.png], made: () -> Void = {}
  ) throws -> [String] {
    var files: [String] = []
    for name in protocolNames {
      for dataset in results.experiment.datasets {
        let curves = try ExperimentCurves(
          self, protocolName: name, dataset: dataset.name, isLimited: true)
        let suffix = results.experiment.datasets.count > 1 ? "-\(dataset.name)" : ""
        for kind in curves.kinds {
          let figure = try curves.export(kind).figure
          for format in formats {
            let file = "\(folder)/\(kind.rawValue)-\(name)\(suffix).\(format.fileExtension)"
            try OutputFile.write(try figure.rendered(as: format, provenance: provenance), to: file)
            files.append(file)
          }
          made()
        }
      }
    }
    for named in try DiagnosticFigures(self).all() {
      for format in formats {
        let file = "\(folder)/\(named.name).\(format.fileExtension)"
        try OutputFile.write(try named.figure.rendered(as: format, provenance: provenance), to: file)
        files.append(file)
      }
      made()
    }
    return files
  }

  /// Writes all tables and figures as one self-contained page, `report.html`, to `folder`, which is made where missing. Calls `made` after each of them.
  /// Returns the file.
  public func writeHTML(to folder: String, made: () -> Void = {}) throws -> String {
    let file = "\(folder)/report.html"
    try OutputFile.write(Array(try HTMLReport(report: self).document(made: made).utf8), to: file)
    return file
  }

  /// Whence the numbers are, for a footnote: commits and dates of the runs, never of the report.
  var runsInWords: String {
    let known = results.provenance
    return
      "Commit \(known.commits.isEmpty ? "none" : known.commits.joined(separator: ", ")), last run "
      + "\(known.lastDate ?? "none"), BLAS core \(known.cores.isEmpty ? "none" : known.cores.joined(separator: ", ")), "
      + "configuration \((provenance["Configuration"] ?? "").prefix(16))."
  }

  /// The definition of a protocol, as the experiment bound it.
  func test(_ name: String) -> BoundTest? {
    results.experiment.datasets.flatMap(\.tests).first { $0.name == name }
  }
}

extension String {
  var lastPathComponent: String { (self as NSString).lastPathComponent }
}
