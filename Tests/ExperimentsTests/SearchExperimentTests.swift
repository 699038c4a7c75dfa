import Evaluation
import FeatureStores
import Foundation
import Learning
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Experiments

/// Experiments on stores whose protocols compare templates, search galleries and search among distractors, from lists in the original formats.
@Suite("Experiments with templates and searches")
struct SearchExperimentTests {
  /// A training store of 12 people, and a test store of 10 others: eight images of each with their mirror images, and 60 of strangers.
  struct Stores {
    let folder: TemporaryFolder
    var results: String { folder.file("results") }

    static let people = 10
    static let images = 8

    init() throws {
      folder = try TemporaryFolder()
      var stream = RandomStream(seed: 3, name: "stores")
      func images(_ people: Int, _ each: Int) -> (features: Matrix<Float>, flipped: Matrix<Float>) {
        var centres = Matrix<Float>(rows: people, columns: 10)
        stream.fillNormal(&centres)
        var features = Matrix<Float>(rows: people * each, columns: 10)
        stream.fillNormal(&features, mean: 0, standardDeviation: 0.6)
        var flipped = Matrix<Float>(rows: people * each, columns: 10)
        stream.fillNormal(&flipped, mean: 0, standardDeviation: 0.6)
        for row in 0..<people * each {
          for column in 0..<10 {
            features[row, column] += centres[row / each, column]
            flipped[row, column] += centres[row / each, column]
          }
        }
        return (features, flipped)
      }
      let train = images(12, 6)
      try FeatureStoreContents(
        features: train.features, metadata: StoreMetadata(labels: (0..<72).map { Int32($0 / 6) })
      ).write(to: StoreLocation(path: folder.file("train.h5")))
      let count = Self.people * Self.images
      let (test, strangers) = (images(Self.people, Self.images), images(60, 1))
      func joined(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Matrix<Float> {
        Matrix(rows: a.rows + b.rows, columns: 10, elements: a.elements + b.elements)
      }
      try FeatureStoreContents(
        features: joined(test.features, strangers.features),
        flippedFeatures: joined(test.flipped, strangers.flipped),
        metadata: StoreMetadata(
          names: (0..<count).map { "P\($0 / 8)/P\($0 / 8)_\($0)" } + (0..<60).map { "D/\($0)" })
      ).write(to: StoreLocation(path: folder.file("test.h5")))
      try writeLists(count)
      try AtomicFile.write(Self.experiment, to: folder.file("experiment.yaml"))
    }

    /// Two templates of four images in two media a person; every pair of templates; two galleries of five people.
    private func writeLists(_ count: Int) throws {
      func write(_ text: String, _ name: String) throws { try AtomicFile.write(text, to: folder.file(name)) }
      func image(_ index: Int) -> String { "P\(index / 8)/P\(index / 8)_\(index).jpg" }
      try write((0..<count).map { "\(image($0)) \(1 + $0 / 4) \($0 / 2)\n" }.joined(), "tid.txt")
      try write(
        (0..<count).map { "\(image($0)) 0 0 0 0 0 0 0 0 0 0 0.\(5 + $0 % 5)\n" }.joined(), "scores.txt")
      var pairs = ""
      for a in 1...20 { for b in a + 1..<21 { pairs += "\(a) \(b) \((a - 1) / 2 == (b - 1) / 2 ? 1 : 0)\n" } }
      try write(pairs, "pairs.txt")
      for gallery in 0..<2 {
        let templates = (0..<5).map { 1 + 2 * (5 * gallery + $0) }
        try write(
          "TEMPLATE_ID,SUBJECT_ID,FILENAME,SIGHTING_ID\n"
            + templates.map { "\($0),\(($0 - 1) / 2),x,0\n" }.joined(),
          "g\(gallery + 1).csv")
      }
      try write("TEMPLATE_ID,SUBJECT_ID\n" + (0..<10).map { "\(2 + 2 * $0),\($0)\n" }.joined(), "probes.csv")
      func json(_ object: [String: [String]]) throws -> String {
        String(
          decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
      }
      try write(
        json(["path": (0..<count).map(image), "id": (0..<count).map { "P\($0 / 8)" }]), "probes.json")
      for size in [10, 60] {
        try write(json(["path": (0..<size).map { "D/\($0).jpg" }]), "distractors.json_\(size)_1")
      }
      try write("D/3.jpg\n", "noise.txt")
      try write(Self.verification, "tiny-ijb.yaml")
      try write(Self.identification, "tiny-ijb-1n.yaml")
      try write(Self.distractors, "tiny-megaface.yaml")
    }

    static let verification = """
      name: tiny-ijb
      kind: template-verification
      lists: {format: ijb, media: tid.txt, detector-scores: scores.txt, pairs: pairs.txt}
      convention: {flip: sum}
      far: [0.1, 0.05]
      """
    static let identification = """
      name: tiny-ijb-1n
      kind: template-identification
      lists: {format: ijb, media: tid.txt, galleries: [g1.csv, g2.csv], probes: probes.csv}
      convention: {detector-score: false}
      ranks: [1, 2]
      fpir: [0.2]
      """
    static let distractors = """
      name: tiny-megaface
      kind: distractor-identification
      lists: {format: megaface, probes: probes.json, distractors: distractors.json, distractor-noise: noise.txt}
      sizes: [10, 60]
      ranks: [1, 5]
      far: [0.01]
      """
    static let experiment = """
      name: searches
      data:
        stores: {train: train.h5}
      protocols:
        - {protocol: tiny-ijb.yaml, store: test.h5, lists: .}
        - {protocol: tiny-ijb-1n.yaml, store: test.h5, lists: .}
        - {protocol: tiny-megaface.yaml, store: test.h5, lists: .}
      networks: {small: [{linear: 8}]}
      losses: [{name: normface, scale: 8}]
      mechanisms: [conventional]
      training: {steps: 30, batch: 16, optimiser: {learning-rate: 0.05}, schedule: {name: cosine}}
      seeds: [1, 2]
      """

    func bind() throws -> BoundExperiment {
      try BoundExperiment(
        ExperimentDefinition(file: folder.file("experiment.yaml")), data: folder.path, results: results)
    }
  }

  @Test
  func
    `A trained network maps images, mirrored ones too, before templates are pooled and galleries searched`()
    async throws
  {
    let stores = try Stores()
    let experiment = try stores.bind()
    let outcome = try await ExperimentRunner(experiment, results: stores.results, jobs: 1).run()
    #expect(outcome.finished == 3 && outcome.failed == 0)
    let results = try ExperimentResults(experiment, results: stores.results)
    let store = try StoreEmbeddings(FeatureStore(opening: StoreLocation(path: stores.folder.file("test.h5"))))
    for row in results.rows {
      for (place, run) in row.runs.enumerated() {
        let folder = RunFolder(results: stores.results, identity: run.run.identity)
        // The same network on the whole store at once.
        var table = try EmbeddingTable(FeatureStore(opening: store.store.location))
        if row.row.kind == .trained {
          let model = try TrainedModel<Float>(
            decoding: #require(FileManager.default.contents(atPath: folder.modelFile)))
          table = try EmbeddingTable(
            source: "run", names: table.names, features: model.embed(table.features),
            flipped: model.embed(#require(table.flipped)))
        }
        for test in experiment.datasets[0].tests {
          let found = try #require(row.entries[test.name]?.outcomes[place])
          let result = try test.task.evaluation(of: table, workers: .one)
          switch result {
          case let result as TemplateVerificationResult:
            #expect(found.auc == result.splits[0].auc && found.auc != nil)
            #expect(found.tar.map(\.tar) == result.splits[0].operatingPoints.map(\.tar))
            #expect(found.curves == [result.splits[0].roc] && found.accuracy == nil)
          case let result as IdentificationResult:
            #expect(
              test.searchRateNames == [
                "rank 1", "rank 2", "TPIR at FPIR 0.2, rank 1", "TPIR at FPIR 0.2, rank 2",
              ])
            #expect(found.rates.map(\.value) == result.mean.identification + result.mean.tpir.flatMap(\.self))
          case let result as DistractorResult:
            #expect(test.searchRateNames.count == found.rates.count && found.rates.count == 6)
            #expect(found.rates[0].value == result.sizes[0].match.rate(rank: 1))
            #expect(found.rates[5].value == result.sizes[1].operatingPoints[0].tar)
          default: Issue.record("a result of the kind \(type(of: result).kind)")
          }
        }
      }
    }
    // What is finished is not done again, and its bytes do not depend on the number of jobs.
    #expect(
      try await ExperimentRunner(stores.bind(), results: stores.results, jobs: 1).run()
        == ExperimentRunner.Outcome())
    let again = stores.folder.file("again")
    _ = try await ExperimentRunner(
      BoundExperiment(experiment.definition, data: stores.folder.path, results: again), results: again,
      jobs: 2
    ).run()
    #expect(
      try StoredFile.deterministic(under: again + "/runs").mapValues(\.digest)
        == StoredFile.deterministic(under: stores.results + "/runs").mapValues(\.digest))
  }

  @Test func `A kind whose results no run holds is refused before anything is read`() throws {
    let stores = try Stores()
    let rules = SharedData.repositoryRoot + "/protocols/rfw.yaml"
    let text = Stores.experiment.replacing("protocol: tiny-ijb.yaml", with: "protocol: \(rules)")
    try AtomicFile.write(text, to: stores.folder.file("experiment.yaml"))
    let error = try #require(#expect(throws: HarnessError.self) { _ = try stores.bind() })
    #expect(error.place == "protocols[0]" && error.found.contains("‘group-verification’"))
  }

  @Test func `Fold-wise training refuses protocols without folds`() throws {
    let stores = try Stores()
    let store = try FeatureStore(opening: StoreLocation(path: stores.folder.file("test.h5")))
    let labels = (0..<140).map { (row: Int) -> Int32 in Int32(row < 80 ? row / 8 : row - 70) }
    let features = try store.features()
    let flipped = try store.flippedFeatures()
    let contents = FeatureStoreContents(
      features: features, flippedFeatures: flipped,
      metadata: StoreMetadata(labels: labels, names: store.names))
    try contents.write(to: StoreLocation(path: stores.folder.file("people.h5")))
    let text = Stores.experiment
      .replacing("stores: {train: train.h5}", with: "folds: {stores: [people.h5], unlisted: train}")
      .replacing(", store: test.h5", with: "")
    try AtomicFile.write(text, to: stores.folder.file("experiment.yaml"))
    let error = try #require(#expect(throws: HarnessError.self) { _ = try stores.bind() })
    #expect(error.place == "protocol tiny-ijb" && error.expected == "‘pair-verification’")
  }
}
