import Experiments

/// What one diagnostic found of all finished runs of an experiment, as files: every number a row, and the records whole.
///
/// | file | holds |
/// |---|---|
/// | `diagnostic-NAME.csv` | a number a row: what the run is (`training` where runs differ in it), the step (empty for a finished model), the quantity, the value (empty where undefined) |
/// | `diagnostic-NAME.json` | the records with their histograms, spectra, coordinates and planes |
struct DiagnosticExport {
  private struct Document: Encodable {
    struct Entry: Encodable {
      var dataset: String
      var network: String
      var loss: String
      var mechanism: String
      var sampler: String
      var training: String?
      var kind: String
      var seed: UInt64?
      /// Counted from 1.
      var fold: Int?
      var record: DiagnosticRecord
    }
    var diagnostic: DiagnosticConfiguration
    var runs: [Entry]
    var provenance: [Provenance.Entry]
  }

  let name: String
  let configuration: DiagnosticConfiguration
  let entries: [DiagnosticEntry]
  let provenance: Provenance

  /// The exports of an experiment; a second diagnostic of a name is `NAME-2`.
  static func all(_ report: ExperimentReport) throws -> [DiagnosticExport] {
    let wanted = report.results.experiment.definition.diagnostics
    return try wanted.enumerated().map { index, configuration in
      let earlier = wanted[..<index].count { $0.name == configuration.name }
      return DiagnosticExport(
        name: "diagnostic-\(configuration.name)" + (earlier > 0 ? "-\(earlier + 1)" : ""),
        configuration: configuration, entries: try report.results.diagnostics(configuration),
        provenance: report.provenance)
    }
  }

  var csv: String {
    let hasRecipe = entries.contains { !$0.run.row.recipe.isEmpty }
    let header =
      ["dataset", "kind", "network", "loss", "mechanism", "sampler"] + (hasRecipe ? ["training"] : [])
      + ["seed", "fold", "step", "quantity", "value"]
    let records = entries.flatMap { entry in
      let row = entry.run.row
      let run =
        [row.dataset, row.kind.rawValue, row.network, row.loss, row.mechanism, row.sampler]
        + (hasRecipe ? [row.recipe] : [])
        + [entry.run.seed.map { "\($0)" } ?? "", entry.run.fold.map { "\($0 + 1)" } ?? ""]
      return entry.record.values.map { value in
        run + [
          value.step.map { "\($0)" } ?? "", value.quantity, value.value.map(NumberText.exact) ?? "",
        ]
      }
    }
    return CSV.text([header] + records)
  }

  func json() throws -> String {
    let document = Document(
      diagnostic: configuration,
      runs: entries.map { entry in
        let row = entry.run.row
        return Document.Entry(
          dataset: row.dataset, network: row.network, loss: row.loss, mechanism: row.mechanism,
          sampler: row.sampler, training: row.recipe.isEmpty ? nil : row.recipe, kind: row.kind.rawValue,
          seed: entry.run.seed,
          fold: entry.run.fold.map { $0 + 1 }, record: entry.record)
      }, provenance: provenance.allEntries)
    return String(
      decoding: try CanonicalJSON.encodeIndented(document, allowingNonFinite: true), as: UTF8.self)
  }
}
