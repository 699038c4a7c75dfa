import Experiments
import FeatureStores
import Foundation
import Testing

@testable import Reports

@Suite("Table of searches")
struct SearchTableTests {
  private static func curve(_ last: Double) -> [Double] { [Double](repeating: 0.5, count: 6) + [last] }

  /// Two learning rates and two scales for a conventional classifier and two groups.
  private func made() async throws -> DiagnosedExperiment {
    try await DiagnosedExperiment([
      "losses: [{name: normface, scale: [16, 32]}]", "seeds: [1]",
      "training: {steps: 6, batch: 8, optimiser: {learning-rate: [0.05, 0.1]}}",
    ])
  }

  private func text(_ cell: TableCell) -> String {
    switch cell.content {
    case .text(let text): text
    case .estimate(let estimate): NumberText.exact(estimate.mean)
    case .absent(let absence, let reason): "\(absence.rawValue): \(reason)"
    case .integer(let value): "\(value)"
    }
  }

  @Test func `Each method has the recipe with the highest validation accuracy, and its results`() async throws
  {
    let made = try await made()
    let rows = try made.bound().grid.rows.filter { $0.kind == .trained }
    #expect(rows.count == 8)
    // The best of each mechanism is not the same recipe, and of two equal ones the first is taken.
    for row in rows {
      let isGroups = row.mechanism == "MultiFace"
      let last =
        switch (isGroups, row.loss, row.recipe) {
        case (false, "NormFace (scale 32)", "learning-rate 0.05"): 0.8
        case (true, "NormFace (scale 16)", _): 0.9
        default: 0.7
        }
      try made.setCurve(loss: row.loss, mechanism: row.mechanism, recipe: row.recipe, [1: Self.curve(last)])
    }
    let report = try made.report()
    let table = try #require(try SearchTable(report))
    let cells = table.table.rows.map { $0.cells.map(text) }
    #expect(
      cells.map { Array($0[0...4]) } == [
        [
          "NormFace", "Conventional", "4", "NormFace (scale 32), learning-rate 0.05", "0.8",
        ],
        [
          "NormFace", "MultiFace (groups 2)", "4", "NormFace (scale 16), learning-rate 0.05", "0.9",
        ],
      ])
    for (row, exported) in zip(table.table.rows, table.export.rows) {
      let results = try #require(report.results.rows.first { $0.row.label == exported.chosen })
      let outcomes = try #require(results.entries[report.protocolNames[0]]?.outcomes)
      #expect(exported.numbers[0].values == outcomes.map(\.accuracy))
      #expect(text(row.cells[5]) == outcomes[0].accuracy.map(NumberText.exact))
    }
  }

  @Test func `A recipe names the network where networks vary, and no loss that is always the same`()
    async throws
  {
    let made = try await DiagnosedExperiment([
      "losses: [normface]", "networks: {small: [{linear: 4}], other: [{linear: 4}, batch-norm]}",
      "seeds: [1]",
      "training: {steps: 6, batch: 8, optimiser: {learning-rate: [0.05, 0.1]}}",
    ])
    let report = try made.report()
    let table = try #require(try SearchTable(report))
    for (row, exported) in zip(table.table.rows, table.export.rows) {
      let best = try #require(report.results.rows.first { $0.row.label == exported.chosen }).row
      #expect(text(row.cells[3]) == "\(best.network), \(best.recipe)")
    }
    #expect(table.table.rows.count == 2)
  }

  @Test func `A search that is not over has no best recipe`() async throws {
    let made = try await made()
    let rows = try made.bound().grid.rows.filter { $0.kind == .trained && $0.mechanism == "MultiFace" }
    for run in try made.bound().grid.runs where run.row == rows[0] {
      let path = "\(made.results)/runs/\(run.identity.folderName)"
      for name in try FileManager.default.contentsOfDirectory(atPath: path)
      where name.hasPrefix("diagnostic-curve-") {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
      }
    }
    let table = try #require(try SearchTable(made.report()))
    #expect(table.export.rows.map { $0.chosen == nil } == [false, true])
    #expect(text(table.table.rows[1].cells[4]) == "missing: the search is not over")
  }

  @Test func `Without several ways of training there is no table`() async throws {
    let made = try await DiagnosedExperiment(["losses: [{name: normface, scale: [16, 32]}]"])
    #expect(try SearchTable(made.report()) == nil)
  }
}
