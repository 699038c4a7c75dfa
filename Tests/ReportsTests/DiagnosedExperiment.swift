import Experiments
import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Reports

/// A tiny experiment that records diagnostics, trained for a few steps.
struct DiagnosedExperiment {
  let folder: TemporaryFolder
  let file: String
  var results: String { folder.file("results") }

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
      - {name: train, kind: deep, identities: 24, images-per-identity: 4}
      - {name: validation, kind: lfw, identities: 12, images-per-identity: 3, folds: 3, pairs-per-fold: 8}
      - {name: test, kind: lfw, identities: 16, images-per-identity: 3, folds: 3, pairs-per-fold: 12}
    """,
    "tiny-lfw.yaml": """
    name: tiny-lfw
    kind: pair-verification
    lists: {format: lfw}
    folds: 3
    far: [0.5]
    interval: {replicates: 50}
    """,
    "experiment.yaml": """
    name: tiny
    title: Tiny
    data:
      world: {definition: world.yaml, train: train}
    protocols: [{protocol: tiny-lfw.yaml, set: test}]
    networks: {small: [{linear: 6}]}
    losses: [normface, cosface]
    mechanisms: [conventional, {name: multiface, groups: 2}]
    training: {steps: 6, batch: 8, optimiser: {learning-rate: 0.05}}
    seeds: [1, 2]
    validation: {set: validation}
    diagnostics: [{name: curve, every: 3}, {name: curve, every: 1}, spectrum, groups, compactness, {name: smoothness, every: 3}, cost]
    """,
  ]

  /// Makes the experiment with the given lines in place of those that begin with the same key, and runs it where `run`.
  init(_ lines: [String] = [], run: Bool = true) async throws {
    folder = try TemporaryFolder()
    for (name, text) in Self.files {
      let edited = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
        let key = line.prefix { $0 != ":" } + ":"
        return name == "experiment.yaml" ? lines.first { $0.hasPrefix(key) } ?? String(line) : String(line)
      }
      try AtomicFile.write(edited.joined(separator: "\n"), to: folder.file(name))
    }
    file = folder.file("experiment.yaml")
    if run {
      let outcome = try await ExperimentRunner(try bound(), results: results, jobs: 1).run()
      try #require(outcome.failed == 0)
    }
  }

  func bound() throws -> BoundExperiment {
    try BoundExperiment(ExperimentDefinition(file: file), data: nil, results: results)
  }

  func report() throws -> ExperimentReport {
    try ExperimentReport(ExperimentResults(try bound(), results: results))
  }

  /// Puts validation accuracies after 0, 10, 20, … steps in the place of what the runs of a row recorded, seed by seed, in every curve.
  func setCurve(loss: String, mechanism: String, recipe: String? = nil, _ accuracies: [UInt64: [Double]])
    throws
  {
    for run in try bound().grid.runs
    where run.row.loss == loss && run.row.mechanism == mechanism
      && recipe.map({ $0 == run.row.recipe }) ?? true
    {
      guard let seed = run.seed, let values = accuracies[seed] else { continue }
      let path = "\(results)/runs/\(run.identity.folderName)"
      for name in try FileManager.default.contentsOfDirectory(atPath: path)
      where name.hasPrefix("diagnostic-curve-") {
        let data = try #require(FileManager.default.contents(atPath: "\(path)/\(name)"))
        var record = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        record["curve"] = values.enumerated().map { place, value in
          ["step": 10 * place, "loss": 1, "validation": ["accuracy": value, "auc": value, "eer": 1 - value]]
            as [String: Any]
        }
        try AtomicFile.write(try JSONSerialization.data(withJSONObject: record), to: "\(path)/\(name)")
      }
    }
  }
}
