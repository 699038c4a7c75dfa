import FeatureStores
import Foundation
import Testing

@testable import Experiments

@Suite("Plan of an experiment")
struct ExperimentPlanTests {
  private static var parts: TinyExperiment.Parts {
    var parts = TinyExperiment.Parts()
    parts.losses = "[{name: normface, scale: 8}]"
    parts.seeds = "[1]"
    return parts
  }

  private func plan(_ tiny: TinyExperiment) throws -> ExperimentPlan {
    try ExperimentPlan(tiny.bind(), results: tiny.results, selection: RunSelection())
  }

  private func trained(_ plan: ExperimentPlan) throws -> ExperimentPlan.Cell {
    try #require(plan.cells.first { $0.operations != nil })
  }

  @Test func `What is left of a training is what its checkpoint lacks`() async throws {
    let tiny = try TinyExperiment(Self.parts)
    let fresh = try plan(tiny)
    let whole = try #require(try trained(fresh).operations)
    #expect(whole > 0 && fresh.missingOperations == whole)
    #expect(fresh.missingSeconds(jobs: 1) == nil)
    #expect(fresh.leastSeconds(rate: whole / 4) == 4 && fresh.leastSeconds(rate: 0) == nil)

    let interruption = Interruption()
    _ = try await tiny.run(interruption: interruption) { event in
      if case .stepped(_, 10, _, _) = event { interruption.request() }
    }
    let interrupted = try plan(tiny)
    #expect(try trained(interrupted).leftShare == 0.75)
    #expect(interrupted.missingOperations == 0.75 * whole)

    // A damaged checkpoint helps nobody: the run starts again.
    let file = RunFolder(results: tiny.results, identity: try trained(fresh).run.identity).checkpointFile
    try AtomicFile.write("damaged", to: file)
    #expect(try plan(tiny).missingOperations == whole)

    _ = try await tiny.run()
    let finished = try plan(tiny)
    #expect(finished.missing.isEmpty && finished.missingOperations == 0)
    #expect(finished.leastSeconds(rate: 1) == nil)
  }

  @Test func `A run that lacks an evaluation trains no more`() async throws {
    var parts = Self.parts
    let tiny = try TinyExperiment(parts)
    _ = try await tiny.run()
    try AtomicFile.write(
      TinyExperiment.verification(name: "other-lfw", folds: 4), to: tiny.folder.file("other-lfw.yaml"))
    parts.protocols = "[{protocol: tiny-lfw.yaml, set: test}, {protocol: other-lfw.yaml, set: test}]"
    try tiny.write(parts)
    let left = try plan(tiny)
    #expect(left.missing.count == 3 && left.missingOperations == 0)
  }

  @Test func `Other seeds of a row take as long as its finished ones, for what is left of them`() async throws
  {
    var parts = Self.parts
    let tiny = try TinyExperiment(parts)
    _ = try await tiny.run()
    parts.seeds = "[1, 2]"
    try tiny.write(parts)
    let cells = try plan(tiny).cells.filter { $0.operations != nil }
    #expect(cells.map(\.state) == [.finished, .pending])
    let measured = try #require(cells[0].seconds)
    #expect(cells[1].seconds == measured)
    let left = try #require(try plan(tiny).missingSeconds(jobs: 1))
    #expect(left == measured)
  }

  @Test func `A batch larger than what trains is warned of, once for each size and training set`() throws {
    var parts = TinyExperiment.Parts()
    // 24 identities with 6 images each.
    parts.training = "{steps: 2, batch: 144, optimiser: {learning-rate: 0.05}}"
    let tiny = try TinyExperiment(parts)
    #expect(try tiny.bind().warnings == [])
    parts.training = "{steps: 2, batch: [144, 145, 200], optimiser: {learning-rate: 0.05}}"
    try tiny.write(parts)
    let experiment = try tiny.bind()
    #expect(experiment.grid.runs.count > 4)
    #expect(
      experiment.warnings
        == [145, 200].map {
          "\(tiny.file): batches of \($0) are larger than the 144 images of ‘tiny’ that train: each holds some of them more than once"
        })
  }
}
