import Evaluation
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Reports

/// Curves of stores and of experiments of every kind of protocol, from end to end.
@Suite struct CurveReportTests {
  private static let files = [
    "world.yaml": """
    name: tiny
    version: 1
    seed: 12
    dimension: 12
    identity: {dimensions: 4, within: 0.5}
    nuisances: [{name: pose, dimensions: 8, standard-deviation: 1.0}]
    map: {layers: 1, slope: 0.3}
    sets:
      - {name: train, kind: deep, identities: 24, images-per-identity: 6}
      - {name: lfw, kind: lfw, identities: 32, images-per-identity: 4, folds: 4, pairs-per-fold: 20}
      - {name: ijb, kind: ijb, identities: 30, templates-per-identity: 3, media: [1, 2], images-per-medium: [1, 2], impostor-pairs: 400}
      - {name: mega, kind: megaface, identities: 5, images-per-identity: 4, distractors: 100}
    """,
    "pairs.yaml": """
    name: pairs
    kind: pair-verification
    lists: {format: lfw}
    folds: 4
    far: [0.25, 0.1]
    """,
    "ijb.yaml": """
    name: ijb
    kind: template-verification
    lists: {format: ijb, media: ijbc_face_tid_mid.txt, pairs: ijbc_template_pair_label.txt}
    convention: {detector-score: false}
    far: [0.1, 0.01]
    """,
    "search.yaml": """
    name: search
    kind: template-identification
    lists: {format: ijb, media: ijbc_face_tid_mid.txt, galleries: [ijbc_1N_gallery_G1.csv, ijbc_1N_gallery_G2.csv], probes: ijbc_1N_probe_mixed.csv}
    convention: {detector-score: false}
    ranks: [1, 5]
    fpir: [0.2]
    """,
    "mega.yaml": """
    name: mega
    kind: distractor-identification
    lists: {format: megaface, probes: facescrub_features_list.json, distractors: megaface_features_list.json, set: 1}
    sizes: [10, 100]
    ranks: [1, 5]
    convention: {noise: keep}
    far: [0.1, 0.01]
    """,
    "experiment.yaml": """
    name: tiny
    data:
      world: {definition: world.yaml, train: train}
    protocols:
      - {protocol: pairs.yaml, set: lfw}
      - {protocol: ijb.yaml, set: ijb}
      - {protocol: search.yaml, set: ijb}
      - {protocol: mega.yaml, set: mega}
    networks: {small: [{linear: 8}, batch-norm, prelu, {linear: 6}]}
    losses: [{name: normface, scale: 8}]
    training: {steps: 20, batch: 16, optimiser: {learning-rate: 0.05}}
    seeds: [1, 2]
    """,
  ]

  /// One finished experiment for all tests.
  private static let made = Task { () throws -> (folder: TemporaryFolder, report: ExperimentReport) in
    let folder = try TemporaryFolder()
    for (name, text) in files { try AtomicFile.write(text, to: folder.file(name)) }
    let results = folder.file("results")
    let experiment = try BoundExperiment(
      ExperimentDefinition(file: folder.file("experiment.yaml")), data: nil, results: results)
    let outcome = try await ExperimentRunner(
      experiment, results: results, jobs: 1, interruption: Interruption(), checkpointInterval: 30,
      show: { _ in }
    ).run()
    #expect(outcome.failed == 0)
    return (folder, try ExperimentReport(ExperimentResults(experiment, results: results)))
  }

  private static let kinds: [(name: String, kinds: [CurveKind])] = [
    ("pairs", [.roc, .det, .histogram]), ("ijb", [.roc, .det, .histogram]),
    ("search", [.iddet, .cmc, .histogram]), ("mega", [.distractors, .cmc, .roc, .det, .histogram]),
  ]

  @Test func everyKindOfCurveOfEveryProtocolIsDrawnAndTheSameBytesAgain() async throws {
    let (folder, report) = try await Self.made.value
    let files = try report.writeFigures(to: folder.file("first"), formats: [.svg])
    #expect(
      files.map(\.lastPathComponent)
        == Self.kinds.flatMap { name, kinds in kinds.map { "\($0.rawValue)-\(name).svg" } })
    let again = try report.writeFigures(to: folder.file("second"), formats: [.svg])
    for (first, second) in zip(files, again) {
      #expect(FileManager.default.contentsEqual(atPath: first, andPath: second), "\(first)")
    }
  }

  @Test func tablesSayFARsAsOneSaysThemAndWhatACustomConventionIs() async throws {
    let (_, report) = try await Self.made.value
    let mega = try VerificationTable(report, protocolName: "mega")
    #expect(
      mega.table.columns.map(\.header).filter { $0.contains("FAR") } == [
        "TPR at FAR 10⁻¹ of 100", "TPR at FAR 10⁻² of 100",
      ], "\(mega.table.columns.map(\.header))")
    #expect(
      mega.table.caption.contains("convention custom (likeness but noise keep): "), "\(mega.table.caption)")
    #expect(mega.table.caption.contains("TPR at FAR as in MegaFace's papers: what other tables call TAR"))
    // Files and claims call numbers as before.
    #expect(mega.export.rateNames?.contains("TPR at FAR 0.01 of 100") == true)
    let search = try VerificationTable(report, protocolName: "search")
    #expect(search.table.columns.contains { $0.header == "TPIR at FPIR 2×10⁻¹, rank 5" })
    #expect(search.table.caption.contains("convention custom (likeness but detector-score false): "))
    let pairs = try VerificationTable(report, protocolName: "pairs")
    #expect(
      pairs.table.caption.contains("convention likeness: ") && !pairs.table.caption.contains("MegaFace"))
  }

  @Test func aStoreOfSeveralProtocolsIsNamedOnce() async throws {
    let (_, report) = try await Self.made.value
    let stores = report.provenance.entries.filter { $0.key == "Store" }.map(\.value)
    #expect(stores.count == 4 && stores.count { $0.hasPrefix("ijb.h5 ") } == 1, "\(stores)")
  }

  @Test func whoeverWaitsHearsOfEveryTableAndFigure() async throws {
    let (folder, report) = try await Self.made.value
    var made = 0
    let tables = try report.writeTables(to: folder.file("heard")) { made += 1 }
    // Markdown, CSV, LaTeX and JSON of each.
    #expect(made > 0 && tables.count == 4 * made)
    let count = made
    made = 0
    let figures = try report.writeFigures(to: folder.file("heard"), formats: [.svg, .png]) { made += 1 }
    #expect(made > 0 && figures.count == 2 * made)
    let drawn = made
    made = 0
    _ = try report.writeHTML(to: folder.file("heard")) { made += 1 }
    #expect(made == count + drawn)
  }

  @Test func withoutAKindTheUsualOneIsTakenAndOneThatResultsDoNotHaveIsRefused() async throws {
    let (folder, report) = try await Self.made.value
    let results = folder.file("results")
    for (name, kinds) in Self.kinds {
      func export(_ kind: CurveKind?) throws -> CurveExport {
        try CurveReport.export(report, kind: kind, protocolName: name, dataset: nil, results: results)
      }
      #expect(try export(nil).encoded(as: .csv) == export(kinds[0]).encoded(as: .csv))
      let other = try #require(CurveKind.allCases.first { !kinds.contains($0) && $0 != .loss })
      let error = #expect(throws: HarnessError.self) { try export(other) }
      #expect(error?.kind == .usage && error?.expected?.hasPrefix("one of \(kinds[0].rawValue), ") == true)
      for kind in kinds + [.loss] {
        for format in [CurveExport.Format.csv, .json, .svg] {
          #expect(try !export(kind).encoded(as: format).isEmpty)
        }
      }
    }
  }

  @Test func ratesOfSearchesAreAveragedOverGalleriesAndThenOverSeeds() async throws {
    let (folder, report) = try await Self.made.value
    let row = try #require(report.results.rows.first { $0.row.kind == .trained })
    for (name, kind) in [("search", CurveKind.cmc), ("mega", .cmc), ("mega", .distractors)] {
      let outcomes = try #require(row.entries[name]?.outcomes)
      #expect(outcomes.count == 2)
      let export = try CurveReport.export(
        report, kind: kind, protocolName: name, dataset: nil, results: folder.file("results"))
      let curve = try #require(export.curves.last)
      for (place, point) in curve.points.enumerated() {
        let perSeed = try outcomes.map { outcome -> Double in
          let parts = outcome.resultCurves.filter { $0.kind == kind.source }
          #expect(parts.count == (name == "search" ? 2 : 1))
          return try parts.map { try #require($0.tables[0].points[place][1]) }.reduce(0, +)
            / Double(parts.count)
        }
        let mean = (perSeed[0] + perSeed[1]) / 2
        let deviation = abs(perSeed[0] - perSeed[1]) / 2.0.squareRoot()
        #expect(abs((point[1] ?? .nan) - mean) < 1e-12)
        #expect(abs((point[2] ?? .nan) - max(0, mean - deviation)) < 1e-12)
        #expect(abs((point[3] ?? .nan) - min(1, mean + deviation)) < 1e-12)
      }
    }
  }

  @Test func missedMatesAreReadOnEachGallerysOwnCurve() async throws {
    let (folder, report) = try await Self.made.value
    let row = try #require(report.results.rows.first { $0.row.kind == .untrained })
    let outcome = try #require(row.entries["search"]?.outcomes.first)
    let export = try CurveReport.export(
      report, kind: .iddet, protocolName: "search", dataset: nil, results: folder.file("results"))
    let curve = try #require(export.curves.first { $0.name == "untrained" })
    let galleries = outcome.resultCurves.compactMap { curve -> ROCCurve? in
      if case .iddet(let roc) = curve.content { roc } else { nil }
    }
    #expect(galleries.count == 2)
    for point in curve.points {
      let fpir = try #require(point[0])
      let missed = try galleries.map { roc -> Double in
        let budget = allowedFalseAccepts(targetFAR: fpir, impostors: roc.impostorCount)
        let point = try #require(roc.points.last { $0.acceptedImpostor <= budget })
        return 1 - (try #require(roc.tar(point)))
      }
      #expect(abs((point[1] ?? .nan) - (missed[0] + missed[1]) / 2) < 1e-12)
    }
  }

  @Test(arguments: kinds.map { $0.name })
  func aStoresCurvesHoldEveryPointOfTheResult(name: String) async throws {
    let (folder, report) = try await Self.made.value
    _ = folder
    let test = try #require(report.test(name))
    let result = try test.task.evaluation(of: test.embeddings, workers: .one)
    for kind in try #require(Self.kinds.first { $0.name == name }).kinds {
      let export = try CurveReport.export(result, of: test.task, test.embeddings, kind: kind)
      let tables = result.curves.filter { $0.kind == kind.source }.flatMap(\.tables)
      #expect(export.curves.count == tables.count)
      for (curve, table) in zip(export.curves, tables) {
        #expect(curve.points.count == table.points.count)
        for (point, expected) in zip(curve.points, table.points) {
          let ordinate = kind == .det ? expected[1].map { 1 - $0 } : expected[1]
          #expect(point[0] == expected[0] && point[1] == ordinate)
          // Thresholds that accept nothing, or everything, are no number.
          #expect(zip(point, expected).dropFirst(2).allSatisfy { $0 == ($1?.isFinite == true ? $1 : nil) })
        }
        #expect(curve.counts.map(\.value) == table.counts.map(\.value))
      }
      for format in [CurveExport.Format.csv, .json, .svg] { #expect(try !export.encoded(as: format).isEmpty) }
    }
    let error = #expect(throws: HarnessError.self) {
      try CurveReport.export(result, of: test.task, test.embeddings, kind: .loss)
    }
    #expect(error?.kind == .usage)
  }

  @Test func ofAStreamOnlyTheHeadIsDrawn() async throws {
    let (_, report) = try await Self.made.value
    let figure = try ROCReport(report, protocolName: "mega", dataset: "tiny").figure
    #expect(figure.largestFAR == 0.1)
    #expect(figure.series.flatMap(\.points).allSatisfy { $0.far <= 0.1 })
    #expect(try figure.lineFigure().x.range?.upperBound == 0.1)
  }
}
