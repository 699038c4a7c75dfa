import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Fold-wise on real stores", .enabled(if: SharedData.isAvailable, "needs ../shared"))
struct RealFoldwiseTests {
  @Test func `A shortened cross-pose experiment runs end to end`() async throws {
    let folder = try TemporaryFolder()
    var text = try String(
      contentsOfFile: SharedData.repositoryRoot + "/experiments/cfp-cross-pose.yaml", encoding: .utf8)
    for (old, new) in [
      ("[cfp_dlib.h5, cfp_mobileface_v2.h5]", "[cfp_dlib.h5]"), ("steps: 400", "steps: 5"),
      ("seeds: [1, 2, 3]", "seeds: [1]"), ("../protocols", SharedData.repositoryRoot + "/protocols"),
      ("  - {name: cosface, scale: 16, margin: 0.2}\n", ""),
      ("  - {name: arcface, scale: 16, margin: 0.2}\n", ""),
    ] {
      #expect(text.contains(old))
      text = text.replacingOccurrences(of: old, with: new)
    }
    try AtomicFile.write(text, to: folder.file("short.yaml"))
    let experiment = try BoundExperiment(
      ExperimentDefinition(file: folder.file("short.yaml")), data: SharedData.data(""),
      results: folder.file("results"))
    let dataset = experiment.datasets[0]
    // Each fold has 50 people; eight folds train.
    let training = try #require(dataset.trainingRows)
    #expect(training.map(\.count) == Array(repeating: 400 * 14, count: 10))
    for (fold, rows) in training.enumerated() {
      let trained = Set(rows.map { dataset.labels[$0] })
      for test in dataset.tests {
        for held in [fold, (fold + 1) % 10] {
          let rows = try #require(test.verification).rows(inFold: held)
          #expect(trained.isDisjoint(with: rows.map { dataset.labels[$0] }))
        }
      }
    }
    let runner = ExperimentRunner(experiment, results: folder.file("results"), jobs: 2)
    // Untrained, and one loss by two networks by ten folds.
    #expect(try await runner.run() == ExperimentRunner.Outcome(finished: 21))
    let results = try ExperimentResults(experiment, results: folder.file("results"))
    #expect(results.rows.map(\.row.network) == ["", "linear", "mlp"])
    for row in results.rows {
      for name in ["cfp-ff", "cfp-fp"] {
        let outcome = try #require(row.entries[name]?.outcomes.first)
        #expect(outcome.curves.count == 10)
        for value in [outcome.accuracy, outcome.auc, outcome.eer] {
          #expect(try #require(value).isFinite)
        }
        let mean = try outcome.curves.map { try #require($0.auc) }.reduce(0, +) / 10
        #expect(relativeError(try #require(outcome.auc), mean) < 1e-12)
      }
    }
    // Cosine on CFP's own splits is far above chance before any training, and frontal pairs are easier.
    let untrained = try #require(results.rows.first)
    let frontal = try #require(untrained.entries["cfp-ff"]?.outcomes.first?.auc)
    let profile = try #require(untrained.entries["cfp-fp"]?.outcomes.first?.auc)
    #expect(frontal > 0.99 && profile > 0.9 && frontal > profile)
  }
}
