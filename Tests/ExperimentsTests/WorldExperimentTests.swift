import Evaluation
import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Experiments

@Suite("Experiments on worlds")
struct WorldExperimentTests {
  /// ln p(z₁, z₂ | one person) − ln p(z₁, z₂ | two people), axis by axis, from the two bivariate normal densities.
  private func logLikelihoodRatio(
    _ x: [Double], _ y: [Double], between: Double, within: Double, _ otherWithin: Double? = nil
  ) -> Double {
    let b = between * between
    let t1 = b + within * within
    let t2 = b + (otherWithin ?? within) * (otherWithin ?? within)
    func logDensity(_ x: Double, _ y: Double, covariance c: Double) -> Double {
      let determinant = t1 * t2 - c * c
      return -0.5 * ((t2 * x * x - 2 * c * x * y + t1 * y * y) / determinant + log(determinant))
    }
    return zip(x, y).reduce(0) {
      $0 + logDensity($1.0, $1.1, covariance: b) - logDensity($1.0, $1.1, covariance: 0)
    }
  }

  @Test func `The ceiling row is the oracle's, restated from the world's latents, and beats the features`()
    async throws
  {
    let tiny = try TinyExperiment()
    try await tiny.run()
    let experiment = try tiny.bind()
    let results = try ExperimentResults(experiment, results: tiny.results)
    let test = experiment.datasets[0].tests[0]
    let world = try #require(
      FileManager.default.contentsOfDirectory(atPath: tiny.results + "/worlds").first)
    let store = try FeatureStore(
      opening: StoreLocation(path: "\(tiny.results)/worlds/\(world)/test-oracle.h5"))
    let latents = try store.features()
    #expect(store.names == test.embeddings.names && latents.columns == 4)
    let pairs = try #require(test.verification).pairs
    let scores = try pairs.map { pair in
      logLikelihoodRatio(
        latents.row(try #require(pair.firstRow)).map(Double.init),
        latents.row(try #require(pair.secondRow)).map(Double.init), between: 1, within: 0.5)
    }
    let naive = LabelledScores(scores: scores, isGenuine: pairs.map(\.listed.isGenuine))
    let ceiling = try #require(results.rows.first { $0.row.kind == .ceiling })
    let outcome = try #require(ceiling.entries["tiny-lfw"]?.outcomes.first)
    #expect(relativeError(try #require(outcome.auc), NaiveMetrics.auc(naive)) < 1e-12)
    #expect(relativeError(try #require(outcome.eer), NaiveMetrics.equalErrorRate(naive)) < 1e-12)
    // Each fold at the threshold chosen on the three others.
    let folds = (0..<4).map { fold in
      LabelledScores(
        scores: zip(pairs, scores).filter { $0.0.listed.fold == fold }.map(\.1),
        isGenuine: pairs.filter { $0.listed.fold == fold }.map(\.listed.isGenuine))
    }
    let accuracies = folds.indices.map { fold in
      var others = LabelledScores()
      for other in folds.indices where other != fold { others.append(contentsOf: folds[other]) }
      return NaiveMetrics.accuracy(folds[fold], at: NaiveMetrics.threshold(others))
    }
    #expect(relativeError(try #require(outcome.accuracy), accuracies.reduce(0, +) / 4) < 1e-12)
    let untrained = try #require(results.rows.first { $0.row.kind == .untrained })
    let stored = try #require(untrained.entries["tiny-lfw"]?.outcomes.first?.auc)
    #expect(try #require(outcome.auc) > stored)
  }

  @Test func `Where quality scales the noise, the ceiling row knows each image's quality`() async throws {
    let tiny = try TinyExperiment()
    let set = "test, kind: lfw, identities: 32, images-per-identity: 4, folds: 4, pairs-per-fold: 20"
    let world = TinyExperiment.world
      .replacingOccurrences(of: "sets:", with: "effects: [{of: quality, on: identity, scale: 4}]\nsets:")
      .replacingOccurrences(of: set, with: set + ", images: {quality: [0, 1]}")
    try #require(world.contains("images: {quality"))
    try AtomicFile.write(world, to: tiny.folder.file("world.yaml"))
    try await tiny.run()
    let experiment = try tiny.bind()
    let results = try ExperimentResults(experiment, results: tiny.results)
    let test = experiment.datasets[0].tests[0]
    let folder = try #require(
      FileManager.default.contentsOfDirectory(atPath: tiny.results + "/worlds").first)
    func store(_ name: String) throws -> FeatureStore {
      try FeatureStore(opening: StoreLocation(path: "\(tiny.results)/worlds/\(folder)/\(name).h5"))
    }
    let quality = try #require(store("test").quality).map(Double.init)
    let known = try store("test-oracle").features()
    #expect(known.columns == 8 && Set(quality).count > 50)
    // Noise of 0.5 at the best quality and of four times that at the worst.
    let within = quality.map { 0.5 * (1 + 3 * (1 - $0)) }
    let pairs = try #require(test.verification).pairs
    let scores = try pairs.map { pair in
      let (i, j) = (try #require(pair.firstRow), try #require(pair.secondRow))
      return logLikelihoodRatio(
        known.row(i).prefix(4).map(Double.init), known.row(j).prefix(4).map(Double.init), between: 1,
        within: within[i], within[j])
    }
    let naive = LabelledScores(scores: scores, isGenuine: pairs.map(\.listed.isGenuine))
    let ceiling = try #require(results.rows.first { $0.row.kind == .ceiling })
    let outcome = try #require(ceiling.entries["tiny-lfw"]?.outcomes.first)
    #expect(relativeError(try #require(outcome.auc), NaiveMetrics.auc(naive)) < 1e-12)
    #expect(relativeError(try #require(outcome.eer), NaiveMetrics.equalErrorRate(naive)) < 1e-12)
    let oracle = try #require(test.oracle)
    #expect(oracle.knowsAttributes)
    let rows = try pairs.map { (try #require($0.firstRow), try #require($0.secondRow)) }
    let population = try #require(oracle.populationAccuracy(of: rows))
    let expected =
      rows.reduce(0.0) { sum, pair in
        sum
          + BayesCeiling(
            between: [Double](repeating: 1, count: 4),
            totals: [Double](repeating: 1 + within[pair.0] * within[pair.0], count: 4),
            [Double](repeating: 1 + within[pair.1] * within[pair.1], count: 4)
          ).accuracy
      } / Double(rows.count)
    #expect(abs(population - expected) < 1e-6)
    #expect(population < BayesCeiling(dimensions: 4, between: 1, within: 0.5).accuracy)
  }

  @Test func `Rows stand in the order of the tables, with one outcome a seed`() async throws {
    let tiny = try TinyExperiment()
    try await tiny.run(jobs: 2)
    let results = try ExperimentResults(tiny.bind(), results: tiny.results)
    #expect(
      results.rows.map(\.row.label) == [
        "untrained (features as stored)", "ceiling (Bayes oracle)", "NormFace, Conventional, small",
        "CosFace, Conventional, small",
      ])
    #expect(
      results.rows.map { $0.entries["tiny-lfw"]?.outcomes.map(\.seed) } == [[nil], [nil], [1, 2], [1, 2]])
    #expect(results.rows.allSatisfy { $0.gap == nil && $0.state == .finished })
    #expect(results.rows.allSatisfy { $0.environments.count == $0.runs.count })
    #expect(results.provenance.commits.count == 1 && results.provenance.lastDate != nil)
  }

  @Test func `One protocol on two sets is two tests, each with its own numbers`() async throws {
    var parts = TinyExperiment.Parts()
    parts.losses = "[{name: normface, scale: 8}]"
    parts.seeds = "[1]"
    let tiny = try TinyExperiment(parts)
    try await tiny.run()
    let before = try tiny.snapshot()
    // A third set with the test set's four folds would do; its list has three, so it needs a protocol of its own, called the same.
    try AtomicFile.write(
      TinyExperiment.verification(name: "tiny-lfw", folds: 3), to: tiny.folder.file("validation-lfw.yaml"))
    parts.protocols =
      "[{protocol: tiny-lfw.yaml, set: test}, {protocol: validation-lfw.yaml, set: validation}]"
    try tiny.write(parts)
    let log = EventLog()
    #expect(try await tiny.run(show: log.add).finished == 3)
    // Nothing trains again, and the earlier evaluations are found.
    #expect(log.starts.values.allSatisfy { $0 == 0 || $0 == 40 })
    let after = try tiny.snapshot()
    for (path, file) in before where !path.hasSuffix("specification.json") { #expect(after[path] == file) }
    let results = try ExperimentResults(tiny.bind(), results: tiny.results)
    #expect(results.experiment.datasets[0].tests.map(\.name) == ["tiny-lfw-test", "tiny-lfw-validation"])
    for row in results.rows {
      let counts = try ["tiny-lfw-test", "tiny-lfw-validation"].map { name in
        try #require(row.entries[name]?.outcomes.first?.curves.first?.genuineCount)
      }
      #expect(counts == [80, 24], "\(row.row.label)")
    }
  }

  @Test func `A world is generated once and found again`() throws {
    let tiny = try TinyExperiment()
    _ = try tiny.bind()
    let before = try StoredFile.deterministic(under: tiny.results + "/worlds")
    _ = try tiny.bind()
    #expect(try StoredFile.deterministic(under: tiny.results + "/worlds") == before)
    // Training and test people differ.
    let dataset = try tiny.bind().datasets[0]
    let tested = Set(dataset.tests[0].embeddings.names.map { $0.prefix { $0 != "/" } })
    let folder = try #require(before.keys.sorted().first?.split(separator: "/").first)
    let trained = try FeatureStore(
      opening: StoreLocation(path: "\(tiny.results)/worlds/\(folder)/train.h5")
    ).imageNames()
    #expect(tested.isDisjoint(with: trained.map { $0.prefix { $0 != "/" } }))
  }
}
