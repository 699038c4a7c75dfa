import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Experiments on several worlds and training sets")
struct SeveralWorldsTests {
  private func made(_ data: String, validation: Bool = false) throws -> TinyExperiment {
    var parts = TinyExperiment.Parts()
    parts.data = data
    parts.losses = "[normface]"
    parts.seeds = "[1]"
    let tiny = try TinyExperiment(parts)
    let more = TinyExperiment.world.replacingOccurrences(
      of: "  - {name: validation",
      with:
        "  - {name: tail, kind: long-tail, identities: 20, distribution: exponential, most: 9, least: 2}\n  - {name: validation"
    )
    try AtomicFile.write(more, to: tiny.folder.file("world.yaml"))
    try AtomicFile.write(
      more.replacingOccurrences(of: "name: tiny", with: "name: other").replacingOccurrences(
        of: "seed: 11", with: "seed: 12"), to: tiny.folder.file("other.yaml"))
    if validation { try AtomicFile.write(parts.text + "\nvalidation: {set: validation}\n", to: tiny.file) }
    return tiny
  }

  @Test(arguments: [
    ("definition: world.yaml, train: [train]", ["tiny"]),
    ("definition: [other.yaml, world.yaml], train: train", ["other", "tiny"]),
    ("definition: world.yaml, train: [tail, train]", ["tail", "train"]),
    (
      "definition: [world.yaml, other.yaml], train: [train, tail]",
      ["tiny-train", "tiny-tail", "other-train", "other-tail"]
    ),
  ])
  func `Each world and set is a block of rows, named by what tells it apart`(world: String, names: [String])
    throws
  {
    let experiment = try made("world: {\(world)}").bind()
    #expect(experiment.datasets.map(\.name) == names)
    #expect(Set(experiment.datasets.map(\.digest)).count == names.count)
    // The stored features, the ceiling and the loss of each.
    #expect(experiment.grid.rows.map(\.dataset) == names.flatMap { [$0, $0, $0] })
    #expect(Set(experiment.grid.runs.map(\.identity.hash)).count == experiment.grid.runs.count)
  }

  @Test func `How far worlds are generated is told from the first image to the last`() throws {
    let tiny = try made("world: {definition: [other.yaml, world.yaml], train: train}")
    func told() throws -> [[Int]] {
      var told: [[Int]] = []
      _ = try BoundExperiment(
        ExperimentDefinition(file: tiny.file), data: nil, results: tiny.results,
        progress: { images, total in told.append([images, total]) })
      return told
    }
    let first = try told()
    // Either world has as many images; the second begins anew.
    #expect(Set(first.map { $0[1] }).count == 1)
    #expect(first.count { $0[0] == $0[1] } == 2 && first.last?[0] == first.last?[1])
    #expect(zip(first, first.dropFirst()).count { $0[0] >= $1[0] } == 1)
    // What is there already takes no time.
    #expect(try told() == [])
  }

  @Test func `A run is the same one wherever its set stands among others`() throws {
    let many = try made(
      "world: {definition: [world.yaml, other.yaml], train: [train, tail]}", validation: true)
    let one = try made("world: {definition: other.yaml, train: tail}", validation: true)
    let alone = try one.bind()
    let together = try many.bind()
    let block = try #require(together.datasets.first { $0.name == "other-tail" })
    #expect(block.digest == alone.datasets[0].digest && block.labels == alone.datasets[0].labels)
    // Its tests and its validation images are those of its own world.
    #expect(block.tests.map(\.digest) == alone.datasets[0].tests.map(\.digest))
    let validations = together.datasets.map { $0.validation(fold: nil)?.digest }
    #expect(validations[0] == validations[1] && validations[2] == validations[3])
    #expect(
      validations[3] == alone.datasets[0].validation(fold: nil)?.digest && validations[0] != validations[3])
    func hashes(_ experiment: BoundExperiment, _ dataset: String) -> [String] {
      experiment.grid.runs.filter { $0.row.dataset == dataset && $0.row.kind == .trained }.map(
        \.identity.hash)
    }
    #expect(hashes(together, "other-tail") == hashes(alone, "other"))
    #expect(hashes(together, "other-tail").count == 1)
  }

  @Test(arguments: [
    ("definition: world.yaml, train: []", "an empty list"),
    ("definition: [], train: train", "an empty list"),
    ("definition: world.yaml, train: [train, train]", "‘train’, ‘train’"),
    ("definition: [world.yaml, world.yaml], train: train", "‘tiny’, ‘tiny’"),
    ("definition: [world.yaml, plain.yaml], train: tail", "‘tail’"),
  ])
  func `What is there twice, or not in every world, is refused`(world: String, found: String) throws {
    let tiny = try made("world: {\(world)}")
    try AtomicFile.write(
      TinyExperiment.world.replacingOccurrences(of: "name: tiny", with: "name: plain"),
      to: tiny.folder.file("plain.yaml"))
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(error.kind == .badInput && error.found.contains(found), "\(error)")
    #expect(error.place?.contains("data.world") == true, "\(error)")
  }

  @Test func `A set that one row trains on tests no other`() throws {
    let tiny = try made("world: {definition: world.yaml, train: [train, validation]}", validation: true)
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(
      error.place?.hasSuffix("validation.set") == true && error.found.contains("‘validation’"), "\(error)")
  }
}
