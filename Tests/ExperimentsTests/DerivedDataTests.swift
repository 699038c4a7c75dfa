import FeatureStores
import Foundation
import Learning
import TestSupport
import Testing

@testable import Experiments

@Suite("Experiments on derived data")
struct DerivedDataTests {
  private static let world = "world: {definition: world.yaml, train: train}"

  @Test func `A shallow set is an index of the store, and part of a run's identity`() async throws {
    var parts = TinyExperiment.Parts()
    let all = try TinyExperiment(parts).bind()
    parts.data = Self.world + "\n  derive: {shallow: 2}"
    let tiny = try TinyExperiment(parts)
    let shallow = try tiny.bind()
    let rows = try #require(shallow.datasets[0].derivedRows)
    #expect(rows.count == 48)
    #expect(shallow.datasets[0].labels.count == 144)
    #expect(shallow.datasets[0].trainingIdentities == 24)
    let trained = { (experiment: BoundExperiment) in
      experiment.grid.runs.filter { $0.row.kind == .trained }.map(\.identity.hash)
    }
    #expect(Set(trained(all)).isDisjoint(with: trained(shallow)))
    // The rows that nobody trains on are the same.
    #expect(shallow.grid.runs[0].identity == all.grid.runs[0].identity)
    try await tiny.run()
    for run in shallow.grid.runs where run.row.kind == .trained {
      let result = try CanonicalJSON.decode(
        TrainingResult.self, from: RunFolder(results: tiny.results, identity: run.identity).resultFile)
      #expect(result.images == 48 && result.identities == 24)
    }
    parts.data = Self.world + "\n  derive: {shallow: 2, seed: 1}"
    #expect(Set(trained(try TinyExperiment(parts).bind())).isDisjoint(with: trained(shallow)))
  }

  @Test func `A derivation holds in every fold`() throws {
    let whole = try FoldwiseExperiment().bind().datasets[0]
    let shallow = try FoldwiseExperiment(derive: "{shallow: 2}").bind().datasets[0]
    for (all, some) in zip(try #require(whole.trainingRows), try #require(shallow.trainingRows)) {
      #expect(Set(some).isSubset(of: all))
      #expect(some.count == 2 * Set(all.map { whole.labels[$0] }).count)
    }
    #expect(shallow.trainingIdentities == 8)
  }

  @Test func `Every mechanism draws in its own way unless the experiment says how`() throws {
    var parts = TinyExperiment.Parts()
    parts.mechanisms = "[conventional, {name: semi-siamese, queue: 8}, {name: semi-siamese, queue: 16}]"
    parts.training = "{steps: 4, batch: 8, optimiser: {}}"
    let grid = try TinyExperiment(parts).bind().grid
    let samplers = grid.runs.compactMap { $0.specification.training }.map {
      "\($0.mechanism.name) \($0.sampler.rawValue)"
    }
    #expect(Set(samplers) == ["conventional uniform", "semi-siamese two-per-identity"])
    // 24 identities are just enough for a queue of 16 and batches of 8.
    #expect(grid.rows.allSatisfy { $0.unsupportedReason == nil })
    parts.mechanisms = "[{name: semi-siamese, queue: 24}]"
    let small = try TinyExperiment(parts).bind().grid.rows
    #expect(
      small.last?.unsupportedReason
        == "a queue of 24 identities and batches of 8 need 32 identities, so that none is twice in the queue; there are 24. "
        + "The longest queue for them is 16")
  }

  @Test func `Semi-siamese and multi-agent runs are interrupted and resumed to the same bytes`() async throws
  {
    var parts = TinyExperiment.Parts()
    parts.data = Self.world + "\n  derive: {shallow: 2}"
    parts.losses = "[{name: normface, scale: 8}]"
    parts.mechanisms =
      "[{name: semi-siamese, queue: 16}, {name: multi-agent, agents: 3, queue: 16, groups: 2}]"
    parts.training = "{steps: 40, batch: 8, optimiser: {learning-rate: 0.05}}"
    parts.seeds = "[1]"
    let whole = try TinyExperiment(parts)
    #expect(try await whole.run().finished == 4)
    let often = try TinyExperiment(parts)
    let interruption = Interruption()
    let log = EventLog()
    _ = try await often.run(interruption: interruption, checkpointInterval: 0) { event in
      log.add(event)
      if case .stepped(_, let step, _, _) = event, step == 17 { interruption.request() }
    }
    _ = try await often.run()
    #expect(try often.snapshot().digests == whole.snapshot().digests)
  }

  @Test func `Mistakes name the place in the file`() throws {
    var parts = TinyExperiment.Parts()
    parts.data = Self.world + "\n  derive: {shalow: 2}"
    let error = try harnessError { try TinyExperiment(parts).bind() }
    #expect(error.place == "line 4, data.derive" && error.found == "the unknown key ‘shalow’")
    parts.data = Self.world + "\n  derive: {shallow: 7}"
    let few = try TinyExperiment(parts)
    let none = try harnessError { try few.bind() }
    #expect(none.file == few.file && none.place == "data.derive" && none.found == "0 identities")
  }
}
