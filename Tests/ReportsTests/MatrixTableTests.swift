import Experiments
import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Reports

@Suite("Matrix of losses and mechanisms")
struct MatrixTableTests {
  private static let grid = [
    "losses: [normface, cosface, triplet]",
    "mechanisms: [conventional, {name: multiface, groups: 2}, siamese]",
    "diagnostics: []",
  ]

  @Test func `Every loss meets every mechanism once, with the mean of its seeds or the reason of a gap`()
    async throws
  {
    let report = try await DiagnosedExperiment(Self.grid).report()
    let table = try #require(try MatrixTable(report, protocolName: "tiny-lfw")).table
    #expect(table.columns.map(\.header) == ["Method", "Conventional", "MultiFace", "Siamese"])
    #expect(
      table.rows.map(\.cells[0].content) == [.text("NormFace"), .text("CosFace"), .text("Triplet loss")])
    for (line, row) in zip(["NormFace", "CosFace", "Triplet loss"], table.rows) {
      for (column, mechanism) in ["Conventional", "MultiFace", "Siamese"].enumerated() {
        let result = try #require(
          report.results.rows.first { $0.row.loss == line && $0.row.mechanism == mechanism })
        let accuracies = result.outcomes("tiny-lfw").compactMap(\.accuracy)
        switch row.cells[column + 1].content {
        case .estimate(let estimate):
          #expect(accuracies.count == 2 && estimate.count == 2)
          #expect(abs(estimate.mean - accuracies.reduce(0, +) / 2) < 1e-15)
        case .absent(let absence, let reason):
          #expect(accuracies.isEmpty && absence == .unsupported && !reason.isEmpty)
        default: Issue.record("neither a number nor a gap: \(line), \(mechanism)")
        }
      }
    }
    // Pair losses have no class weights; losses against class weights have no prototypes in a siamese network.
    let gaps = table.rows.map { row in
      row.cells.dropFirst().map { if case .absent = $0.content { true } else { false } }
    }
    #expect(gaps == [[false, false, true], [false, false, true], [true, true, false]])
    // The best of each column.
    for column in 1...2 {
      let means = table.rows.prefix(2).compactMap { row -> (Double, Bool)? in
        guard case .estimate(let estimate) = row.cells[column].content else { return nil }
        return (estimate.mean, row.cells[column].isBest)
      }
      let best = try #require(means.map(\.0).max())
      for (mean, isBest) in means { #expect(isBest == (mean == best)) }
    }
    let untrained = try #require(report.results.rows.first { $0.row.kind == .untrained })
    let accuracy = try #require(untrained.outcomes("tiny-lfw").first?.accuracy)
    #expect(table.footnotes[0].contains("features as stored \(NumberText.percent(accuracy, decimals: 2)) %"))
  }

  @Test func `It is written where the experiment asks for it, and in the page, too`() async throws {
    let asked = try await DiagnosedExperiment(Self.grid + ["seeds: [1]\nreport: {matrix: true}"])
    let folder = asked.folder.file("tables")
    let files = try asked.report().writeTables(to: folder).map { ($0 as NSString).lastPathComponent }
    #expect(files.filter { $0.contains("matrix") } == ["md", "csv", "tex"].map { "tiny-lfw-matrix.\($0)" })
    let text = try String(contentsOfFile: "\(folder)/tiny-lfw-matrix.md", encoding: .utf8)
    #expect(text.contains("Accuracy. Protocol tiny-lfw") && text.contains("unsupported"))
    let page = try HTMLReport(report: asked.report()).document()
    #expect(page.contains("losses by mechanisms"))

    let silent = try await DiagnosedExperiment(Self.grid + ["seeds: [1]"], run: false)
    #expect(
      try silent.report().writeTables(to: folder).allSatisfy { !$0.contains("matrix") })
    #expect(!(try HTMLReport(report: silent.report()).document().contains("losses by mechanisms")))
  }
}
