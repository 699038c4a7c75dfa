import Experiments
import FeatureStores
import Metrics
import TestSupport
import Testing

@testable import Reports

@Suite("Rows that figures show")
struct DrawnRowsTests {
  private func report(scales: Int) async throws -> ExperimentReport {
    let values = (1...scales).map { "\($0)" }.joined(separator: ", ")
    return try await DiagnosedExperiment([
      "losses: [{name: normface, scale: [\(values)]}]",
      "mechanisms: [conventional, {name: multiface, groups: 2}]", "seeds: [1]", "diagnostics: []",
    ]).report()
  }

  @Test func `Of very many rows figures show the best and say so, files of curves all`() async throws {
    let report = try await report(scales: 17)
    let test = try #require(report.test("tiny-lfw"))
    let trained = report.results.rows.filter { $0.row.kind == .trained }
    #expect(trained.count == 34)
    let drawn = DrawnRows(report, test, dataset: "tiny", isLimited: true)
    #expect(drawn.note == "The 16 best of 34 trained rows by accuracy.")
    #expect(drawn.rows.map(\.row.kind).prefix(2) == [.untrained, .ceiling])
    func accuracy(_ row: ExperimentResults.Row) -> Double { row.outcomes("tiny-lfw")[0].accuracy ?? 0 }
    // Restated by counting: fewer than 16 rows are better, or as good and earlier.
    let expected = trained.indices.filter { place in
      trained.indices.count { other in
        accuracy(trained[other]) > accuracy(trained[place])
          || (accuracy(trained[other]) == accuracy(trained[place]) && other < place)
      } < 16
    }.map { trained[$0].row }
    #expect(drawn.rows.dropFirst(2).map(\.row) == expected)

    let curves = try ExperimentCurves(report, protocolName: "tiny-lfw", dataset: "tiny", isLimited: true)
    for kind in [CurveKind.roc, .det, .histogram] {
      let export = try curves.export(kind)
      #expect(export.caption.contains("The 16 best of 34 trained rows by accuracy."))
    }
    #expect(try curves.export(.roc).curves.count == 18)
    let all = try ExperimentCurves(report, protocolName: "tiny-lfw", dataset: "tiny")
    #expect(try all.export(.roc).curves.count == 36)
    #expect(!(try all.export(.roc).caption.contains("best of")))
  }

  @Test func `As many rows as can be told apart are all drawn`() async throws {
    let report = try await report(scales: 16)
    let drawn = DrawnRows(
      report, try #require(report.test("tiny-lfw")), dataset: "tiny", isLimited: true)
    #expect(drawn.rows.count == 34 && drawn.note == nil)
  }
}
