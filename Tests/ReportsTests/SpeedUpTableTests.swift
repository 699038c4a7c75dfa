import Experiments
import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Reports

@Suite("Table of speed-ups")
struct SpeedUpTableTests {
  /// Smoothed, it is at 0.9 from step 40 on.
  private static let slow = [0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9]
  /// From step 20 on.
  private static let fast = [0.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
  private static let never = [Double](repeating: 0.5, count: 7)

  private func table(_ multiface: [UInt64: [Double]]) async throws -> SpeedUpTable {
    let made = try await DiagnosedExperiment(["losses: [normface]"])
    try made.setCurve(loss: "NormFace", mechanism: "Conventional", [1: Self.slow, 2: Self.slow])
    try made.setCurve(loss: "NormFace", mechanism: "MultiFace", multiface)
    return try #require(try SpeedUpTable(made.report()))
  }

  private func text(_ cell: TableCell) -> String {
    switch cell.content {
    case .text(let text): text
    case .estimate(let estimate): NumberText.exact(estimate.mean)
    case .absent(let absence, let reason): "\(absence.rawValue): \(reason)"
    case .integer(let value): "\(value)"
    }
  }

  @Test func `Steps, S and its interval are those of curves worked out by hand`() async throws {
    let made = try await table([1: Self.fast, 2: Self.slow])
    #expect(
      made.table.columns.map(\.header) == [
        "Method", "Mechanism", "τ", "Steps to τ", "Never arrived", "S", "95 % interval", "95 %", "98 %",
        "100 %",
      ])
    #expect(made.table.rows.count == 2)
    #expect(
      made.table.rows[0].cells.map(text) == [
        "NormFace", "Conventional", NumberText.exact(0.99 * 0.9), "40", "0 of 2", "", "", "", "", "",
      ])
    // Ratios 2 and 1; draws of two seeds reach both ends.
    let s = NumberText.fixed(2.0.squareRoot(), decimals: 2)
    let cells = made.table.rows[1].cells.map(text)
    #expect(
      cells == [
        "NormFace", "MultiFace", NumberText.exact(0.99 * 0.9), "30", "0 of 2", s, "1.00 to 2.00", s, s, s,
      ])
    let speed = try #require(made.export.rows.first?.speeds.first)
    #expect(abs(try #require(speed.estimate) - 2.0.squareRoot()) < 1e-12 && speed.certainty == .exact)
    #expect(
      speed.passages.map(\.steps) == [[20], [40]] && speed.passages.map(\.baselineSteps) == [[40], [40]])
  }

  @Test func `A seed that never arrives is counted, and S is a bound`() async throws {
    let made = try await table([1: Self.fast, 2: Self.never])
    let cells = made.table.rows[1].cells.map(text)
    // √(40/20 · 40/60).
    #expect(cells[3] == "not attainable: 1 of 2 runs never at τ by step 60")
    #expect(Array(cells[4...6]) == ["1 of 2", "≤ 1.15", "0.00 to 2.00"])
    #expect(made.export.rows[0].speeds[0].lower == nil && made.export.rows[0].speeds[0].censoredMethods == 1)
    #expect(made.export.rows[0].speeds[0].passages[1].steps == [nil])
  }

  @Test func `What is at the level before the first step cannot be sped up`() async throws {
    let made = try await table([1: [Double](repeating: 0.9, count: 7), 2: Self.fast])
    #expect(text(made.table.rows[1].cells[5]) == "not attainable: at τ before the first step")
  }

  @Test func `One group is the baseline where there is no conventional classifier`() async throws {
    let made = try await DiagnosedExperiment([
      "losses: [normface, triplet]",
      "mechanisms: [{name: multiface, groups: 2}, {name: multiface, groups: 1}, siamese]",
    ])
    let table = try #require(try SpeedUpTable(made.report()))
    // The triplet loss has no classifier to be compared with.
    #expect(table.table.rows.map { text($0.cells[1]) } == ["MultiFace (groups 1)", "MultiFace (groups 2)"])
  }

  @Test func `Rows that are trained otherwise have a baseline of their own`() async throws {
    let made = try await DiagnosedExperiment([
      "losses: [normface]", "seeds: [1]",
      "training: {steps: 6, batch: 8, optimiser: {learning-rate: [0.05, 0.1]}}",
    ])
    let table = try #require(try SpeedUpTable(made.report()))
    #expect(table.table.columns.map(\.header).contains("Training"))
    let cells = table.table.rows.prefix(4).map { $0.cells.prefix(3).map(text) }
    #expect(cells.map { $0[1] } == ["Conventional", "MultiFace", "Conventional", "MultiFace"])
    #expect(cells[0][2] == cells[1][2] && cells[1][2] != cells[2][2] && cells[2][2] == cells[3][2])
    #expect(table.export.rows.prefix(2).map(\.training) == [cells[1][2], cells[3][2]])
    #expect(Set(try DiagnosticFigures(made.report()).convergence().map(\.name)).count == 2)
  }

  @Test func `The last rows compare each mechanism at its best of the search`() async throws {
    let made = try await DiagnosedExperiment([
      "losses: [normface]", "seeds: [1]",
      "training: {steps: 6, batch: 8, optimiser: {learning-rate: [0.05, 0.1]}}",
    ])
    let rows = try made.bound().grid.rows.filter { $0.kind == .trained }
    let better = Self.fast.map { $0 == 0.9 ? 0.95 : $0 }
    let curves = [
      ("Conventional", rows[0].recipe, Self.slow), ("Conventional", rows[1].recipe, Self.never),
      ("MultiFace", rows[0].recipe, Self.fast), ("MultiFace", rows[1].recipe, better),
    ]
    #expect(rows.prefix(2).map(\.mechanism) == ["Conventional", "Conventional"])
    for (mechanism, recipe, curve) in curves {
      try made.setCurve(loss: "NormFace", mechanism: mechanism, recipe: recipe, [1: curve])
    }
    let table = try #require(try SpeedUpTable(made.report()))
    #expect(table.table.rows.count == 6)
    let last = table.table.rows[5].cells.map(text)
    #expect(Array(last[0...3]) == ["NormFace", "MultiFace", rows[1].recipe, NumberText.exact(0.99 * 0.9)])
    // From step 40 to step 20.
    #expect(last[6] == "2.00")
    #expect(
      table.table.rows[5].cells[3].marks.map(\.symbol) == ["†"] && table.table.rows[3].cells[3].marks.isEmpty)
    let exported = try #require(table.export.rows.last)
    #expect(exported.isBestOfSearch && exported.baselineTraining == rows[0].recipe)
  }

  @Test func `Without curves, or without a baseline, there is no table`() async throws {
    let others = try await DiagnosedExperiment(["mechanisms: [{name: multiface, groups: 2}]"])
    #expect(try SpeedUpTable(others.report()) == nil)
    let silent = try await DiagnosedExperiment(["diagnostics: [spectrum]"])
    #expect(try SpeedUpTable(silent.report()) == nil)
  }

  @Test func `Rows without runs say what is missing`() async throws {
    let made = try await DiagnosedExperiment(["losses: [normface]"])
    try AtomicFile.write(
      try String(contentsOfFile: made.file, encoding: .utf8).replacingOccurrences(
        of: "{name: multiface, groups: 2}", with: "{name: multiface, groups: 3}"), to: made.file)
    let table = try #require(try SpeedUpTable(made.report())).table
    #expect(text(table.rows[1].cells[2]) == "missing: 2 of 2 runs missing")
    #expect(try table.markdown().contains("2 of 2 runs missing"))
  }
}
