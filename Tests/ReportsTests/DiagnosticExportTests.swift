import Experiments
import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite("Diagnostics in the report")
struct DiagnosticExportTests {
  private static let files = [
    "world.yaml": """
    name: tiny
    version: 1
    seed: 11
    dimension: 12
    identity: {dimensions: 4, within: 0.5}
    nuisances: [{name: pose, dimensions: 8, standard-deviation: 1.0}]
    map: {layers: 1, slope: 0.3}
    sets:
      - {name: train, kind: deep, identities: 12, images-per-identity: 4}
      - {name: validation, kind: lfw, identities: 12, images-per-identity: 3, folds: 3, pairs-per-fold: 8}
      - {name: test, kind: lfw, identities: 12, images-per-identity: 3, folds: 3, pairs-per-fold: 8}
    """,
    "tiny-lfw.yaml": """
    name: tiny-lfw
    kind: pair-verification
    lists: {format: lfw}
    folds: 3
    far: [0.5]
    """,
    "experiment.yaml": """
    name: tiny
    data:
      world: {definition: world.yaml, train: train}
    protocols: [{protocol: tiny-lfw.yaml, set: test}]
    networks: {small: [{linear: 6}]}
    losses: [normface]
    mechanisms: [conventional, {name: multiface, groups: 2}]
    training: {steps: 6, batch: 8, optimiser: {learning-rate: 0.05}}
    seeds: [1, 2]
    validation: {set: validation}
    diagnostics: [{name: curve, every: 3}, {name: curve, every: 6}, spectrum]
    """,
  ]

  @Test func `Every number is a row, and every record is whole`() async throws {
    let folder = try TemporaryFolder()
    for (name, text) in Self.files { try AtomicFile.write(text, to: folder.file(name)) }
    let results = folder.file("results")
    let experiment = try BoundExperiment(
      ExperimentDefinition(file: folder.file("experiment.yaml")), data: nil, results: results)
    let outcome = try await ExperimentRunner(experiment, results: results, jobs: 1).run()
    #expect(outcome.finished == 6 && outcome.failed == 0)
    let report = try ExperimentReport(ExperimentResults(experiment, results: results))
    let written = try report.writeTables(to: folder.file("tables"))
    #expect(
      written.dropFirst(4).map(\.lastPathComponent) == [
        "speed-up.md", "speed-up.csv", "speed-up.tex", "speed-up.json",
        "diagnostic-curve.csv", "diagnostic-curve.json", "diagnostic-curve-2.csv", "diagnostic-curve-2.json",
        "diagnostic-spectrum.csv", "diagnostic-spectrum.json",
      ])
    func lines(_ name: String) throws -> [[String]] {
      let data = try #require(FileManager.default.contents(atPath: folder.file("tables/\(name)")))
      return String(decoding: data, as: UTF8.self).split(separator: "\r\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
    }
    let curve = try lines("diagnostic-curve.csv")
    #expect(
      curve[0] == [
        "dataset", "kind", "network", "loss", "mechanism", "sampler", "seed", "fold", "step", "quantity",
        "value",
      ])
    // Two mechanisms by two seeds, three points of four numbers each.
    #expect(curve.count == 1 + 4 * 3 * 4)
    #expect(
      curve[1] == ["tiny", "trained", "small", "NormFace", "Conventional", "", "1", "", "0", "loss", ""])
    #expect(try lines("diagnostic-curve-2.csv").count == 1 + 4 * 2 * 4)
    // The stored features, too.
    let spectrum = try lines("diagnostic-spectrum.csv")
    #expect(spectrum.count == 1 + 5 * 5 && spectrum[1][1] == "untrained")
    let entries = try report.results.diagnostics(experiment.definition.diagnostics[2])
    #expect(entries.count == 5)
    let value = try #require(entries[4].record.spectrum?.effectiveDimension)
    #expect(spectrum[21].suffix(2) == ["effective-dimension", NumberText.exact(value)])
    let json = try #require(
      FileManager.default.contents(atPath: folder.file("tables/diagnostic-spectrum.json")))
    let document = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect((document["runs"] as? [Any])?.count == 5 && document["provenance"] != nil)
    // The same results, the same bytes.
    let again = try report.writeTables(to: folder.file("again"))
    for (a, b) in zip(written, again) {
      #expect(FileManager.default.contents(atPath: a) == FileManager.default.contents(atPath: b))
    }
  }
}
