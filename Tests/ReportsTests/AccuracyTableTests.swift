import Experiments
import FeatureStores
import Foundation
import Metrics
import Testing

@testable import Reports

@Suite("Table of accuracies")
struct AccuracyTableTests {
  /// Two protocols of pairs, one of which scores by the inner product, and published figures.
  private func made() async throws -> DiagnosedExperiment {
    let made = try await DiagnosedExperiment(
      [
        "protocols: [{protocol: tiny-lfw.yaml, set: test}, {protocol: tiny-other.yaml, set: test}]",
        "seeds: [1, 2]\nreport: {published: [published.yaml]}",
        "diagnostics: []",
      ], run: false)
    try AtomicFile.write(
      """
      name: tiny-other
      title: Other pairs
      kind: pair-verification
      lists: {format: lfw}
      folds: 3
      far: [0.5]
      interval: {replicates: 50}
      similarity: inner-product
      """, to: made.folder.file("tiny-other.yaml"))
    try AtomicFile.write(
      """
      label: Somebody
      source: A table
      setting: On images.
      columns: [First, Second]
      rows: [{loss: cosface, mechanism: {name: multiface, groups: 2}, values: [99.5, 98.25]}]
      """, to: made.folder.file("published.yaml"))
    _ = try await ExperimentRunner(made.bound(), results: made.results, jobs: 1).run()
    return made
  }

  @Test func `Accuracies stand side by side, corrected over both protocols, with what is published`()
    async throws
  {
    let report = try await made().report()
    let accuracy = try #require(AccuracyTable(report))
    let table = accuracy.table
    #expect(table.columns.suffix(4).map(\.header) == ["tiny-lfw", "Other pairs", "First", "Second"])
    #expect(
      table.columns.suffix(4).map(\.group) == ["Accuracy", "Accuracy"]
        + Array(repeating: "Published, Somebody", count: 2))
    #expect(table.rows.count == report.results.rows.count)
    for (row, printed) in zip(report.results.rows, table.rows) {
      for (place, name) in ["tiny-lfw", "tiny-other"].enumerated() {
        let values = try #require(row.entries[name]?.outcomes).compactMap(\.accuracy)
        guard case .estimate(let cell) = printed.cells[table.columns.count - 4 + place].content else {
          Issue.record("no number of \(name)")
          continue
        }
        #expect(abs(cell.mean - values.reduce(0, +) / Double(values.count)) < 1e-12)
      }
      let isPublished = row.row.loss == "CosFace" && row.row.mechanism.contains("MultiFace")
      guard case .estimate(let last) = printed.cells[table.columns.count - 1].content else {
        #expect(!isPublished)
        continue
      }
      #expect(isPublished && last.mean == 98.25)
    }
    // The protocols differ in what they score, so that a column in the other's place would show.
    let means = report.results.rows.map { row in
      ["tiny-lfw", "tiny-other"].map { row.entries[$0]?.outcomes.compactMap(\.accuracy) }
    }
    #expect(means.contains { $0[0] != $0[1] })
    let comparisons = accuracy.export.comparisons.comparisons
    #expect(Set(comparisons.map(\.protocol)) == ["tiny-lfw", "tiny-other"])
    #expect(comparisons.map(\.correctedP) == holmCorrected(comparisons.map(\.p)))
    #expect(table.footnotes.contains { $0.hasPrefix("Published, Somebody: A table.") })
    #expect(
      table.footnotes.contains { $0.contains("over the \(comparisons.count) comparisons of the table") })
    // Published once, not in each protocol's table.
    let own = try VerificationTable(report, protocolName: "tiny-lfw").table
    #expect(!own.columns.contains { $0.group == "Published, Somebody" })
    #expect(!own.footnotes.contains { $0.hasPrefix("Published") })
  }

  @Test func `It is written with the other tables, and one protocol has none`() async throws {
    let two = try await made()
    let files = try two.report().writeTables(to: two.folder.file("tables"))
    for suffix in ["md", "csv", "tex", "json"] {
      #expect(files.contains(two.folder.file("tables/accuracy.\(suffix)")))
    }
    let page = try String(
      contentsOfFile: try two.report().writeHTML(to: two.folder.file("tables")), encoding: .utf8)
    #expect(page.contains("accuracy on 2 protocols"))
    let one = try await DiagnosedExperiment(["diagnostics: []"])
    #expect(AccuracyTable(try one.report()) == nil)
  }
}
