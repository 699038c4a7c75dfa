import FeatureStores
import Foundation
import Learning
import TestSupport
import Testing

@testable import Experiments

@Suite("All combinations")
struct CombinationTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// One of the experiments of all combinations, on a small world and for few steps: its losses and mechanisms are those of the file.
  private func small(_ name: String, _ tiny: TinyExperiment) throws -> BoundExperiment {
    var definition = try ExperimentDefinition(file: "\(Self.root)/experiments/\(name).yaml")
    let here = try ExperimentDefinition(file: tiny.file)
    definition.data = here.data
    definition.protocols = here.protocols
    definition.networks = here.networks
    definition.recipes = here.recipes
    definition.seeds = here.seeds
    definition.mechanisms = try definition.mechanisms.map { mechanism in
      guard mechanism.options.values["queue"] != nil else { return mechanism }
      return try MechanismConfiguration(
        mechanism.name, mechanism.options.values.merging(["queue": .number(16)]) { $1 })
    }
    return try BoundExperiment(definition, data: nil, results: tiny.results)
  }

  private func tiny() throws -> TinyExperiment {
    var parts = TinyExperiment.Parts()
    parts.networks = "{small: [{linear: 8}, batch-norm, prelu, {linear: 8}]}"
    parts.losses = "[normface]"
    parts.training = "{steps: 3, batch: 8, optimiser: {learning-rate: 0.01, clip-norm: 1}}"
    parts.seeds = "[1]"
    return try TinyExperiment(parts)
  }

  @Test(arguments: ["combinations", "combinations-quick"])
  func `They hold every loss and every mechanism that there is`(name: String) throws {
    let definition = try ExperimentDefinition(file: "\(Self.root)/experiments/\(name).yaml")
    #expect(Set(definition.losses.map(\.name)) == Set(LossRegistry.descriptions.map(\.name)))
    #expect(Set(definition.mechanisms.map(\.name)) == Set(MechanismRegistry.descriptions.map(\.name)))
    // MultiFace in two sizes, and groups with one gallery network and with several.
    let groups = definition.mechanisms.filter { $0.subspaces.count > 1 }
    #expect(groups.map(\.name) == ["multiface", "multiface", "semi-siamese", "multi-agent"])
    #expect(groups.map(\.subspaces.count) == [2, 4, 2, 2])
  }

  @Test func `Every cell is finished, or unsupported with a reason`() async throws {
    let tiny = try tiny()
    let experiment = try small("combinations", tiny)
    let (losses, mechanisms) = (experiment.definition.losses, experiment.definition.mechanisms)
    // Untrained and ceiling before the product.
    #expect(experiment.grid.rows.count == 2 + losses.count * mechanisms.count)
    let outcome = try await ExperimentRunner(experiment, results: tiny.results, jobs: 1).run()
    #expect(outcome.failed == 0)
    let results = try ExperimentResults(experiment, results: tiny.results)
    for row in results.rows {
      switch row.state {
      case .finished:
        let accuracy = row.entries["tiny-lfw"]?.outcomes.first?.accuracy
        #expect((0...1).contains(try #require(accuracy)), "\(row.row.label)")
      case .unsupported(let reason): #expect(reason.count > 20, "\(row.row.label)")
      default: Issue.record("\(row.row.label): \(row.state)")
      }
    }
    // What makes sense: pair losses with siamese networks; all others with class weights; and with gallery features those
    // that neither learn a number a class nor move prototypes nor need several of them.
    let finished = results.rows.filter { $0.state == .finished }.compactMap(\.row.method)
    let pairs: Set = ["contrastive", "triplet", "n-pair"]
    for loss in losses {
      let own = finished.filter { $0.loss == loss }.map(\.mechanism)
      if pairs.contains(loss.name) {
        #expect(Set(own.map(\.name)) == ["siamese"], "\(loss.name)")
        continue
      }
      #expect(own.count { ["conventional", "multiface"].contains($0.name) } == 3, "\(loss.name)")
      #expect(!own.contains { $0.name == "siamese" }, "\(loss.name)")
      #expect(
        [0, 4].contains(own.count { ["semi-siamese", "multi-agent"].contains($0.name) }), "\(loss.name)")
    }
    let withQueue = Set(finished.filter { $0.mechanism.name == "multi-agent" }.map(\.loss.name))
    #expect(withQueue.isSuperset(of: ["normface", "cosface", "arcface", "magface", "adaface", "circle"]))
    #expect(withQueue.isDisjoint(with: ["subcentre-arcface", "adam-softmax"]))
  }
}
