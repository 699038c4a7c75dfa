import FeatureStores
import Learning
import TestSupport
import Testing

@testable import Experiments

@Suite("Sweeps")
struct SweepTests {
  private func definition(_ change: (inout TinyExperiment.Parts) -> Void) throws -> (
    TinyExperiment, ExperimentDefinition
  ) {
    var parts = TinyExperiment.Parts()
    change(&parts)
    let tiny = try TinyExperiment(parts)
    return (tiny, try ExperimentDefinition(file: tiny.file))
  }

  @Test func `Lists of a loss's options are the cross product of their values, the first list slowest`()
    throws
  {
    let (tiny, definition) = try definition {
      $0.losses = "[{name: cosface, scale: [8, 16], margin: [0.1, 0.2, 0.3]}, {name: normface, scale: [8]}]"
    }
    let scales: [Double] = definition.losses.map { $0.options.number("scale") }
    #expect(scales == [8, 8, 8, 16, 16, 16, 8])
    let margins: [Double] = definition.losses.prefix(6).map { $0.options.number("margin") }
    #expect(margins == [0.1, 0.2, 0.3, 0.1, 0.2, 0.3])
    let grid = try tiny.bind().grid
    let labels = grid.rows.filter { $0.kind == .trained }.map(\.loss)
    #expect(labels.prefix(2) == ["CosFace (margin 0.1, scale 8)", "CosFace (margin 0.2, scale 8)"])
    #expect(labels.last == "NormFace")
    #expect(Set(labels).count == 7 && grid.runs.count == 16)
    #expect(Set(grid.runs.map(\.identity.hash)).count == 16)
  }

  @Test func `A value of a sweep is the run that it is when written alone`() throws {
    let (tiny, _) = try definition { $0.losses = "[{name: cosface, scale: 8, margin: [0.1, 0.2]}]" }
    let swept = try tiny.bind().grid.runs.filter { $0.row.loss == "CosFace (margin 0.2)" }
    let alone = try TinyExperiment().bind().grid.runs.filter { $0.row.loss == "CosFace" }
    #expect(swept.map(\.identity.hash) == alone.map(\.identity.hash) && swept.count == 2)
  }

  @Test func `Names and presets are swept, too`() throws {
    let (_, definition) = try definition {
      $0.losses = "[{name: [cosface, arcface], scale: 8}, {name: elasticface, preset: [arc, cos]}]"
    }
    let expected = try [
      LossConfiguration("cosface", ["scale": .number(8)]),
      LossConfiguration("arcface", ["scale": .number(8)]),
      LossConfiguration("elasticface", preset: "arc"), LossConfiguration("elasticface", preset: "cos"),
    ]
    #expect(definition.losses == expected)
  }

  @Test func `An option that takes several numbers takes a list as one value, and is swept by lists`() throws
  {
    let (_, definition) = try definition {
      $0.mechanisms =
        "[{name: multi-agent, agents: 2, queue: 16, ema: [0.9, 0.8]}, {name: multi-agent, agents: 2, queue: 16, ema: [[0.5], [0.6, 0.7]]}, {name: multiface, groups: [2, 3]}]"
    }
    let averages: [[Double]] = definition.mechanisms.prefix(3).map { $0.options.numbers("ema") }
    #expect(averages == [[0.9, 0.8], [0.5], [0.6, 0.7]])
    #expect(definition.mechanisms.suffix(2).map { $0.options.integer("groups") } == [2, 3])
  }

  @Test func `Lists in the training are recipes, told apart by what differs`() throws {
    let (tiny, definition) = try definition {
      $0.training =
        "{steps: 40, batch: [8, 16], optimiser: {learning-rate: [0.1, 0.05]}, schedule: [constant, {name: cosine, warm-up: [2, 4]}]}"
    }
    #expect(definition.recipes.count == 12)
    #expect(definition.recipes.prefix(6).allSatisfy { $0.batch == 8 })
    #expect(definition.recipes.suffix(6).allSatisfy { $0.batch == 16 })
    let labels = definition.recipes.map { $0.label(among: definition.recipes) }
    #expect(
      labels.prefix(2) == [
        "batch 8, learning-rate 0.1, schedule constant, warm-up 0",
        "batch 8, learning-rate 0.1, schedule cosine, final 0, warm-up 2",
      ])
    #expect(Set(labels).count == 12)
    let grid = try tiny.bind().grid
    #expect(grid.rows.filter { $0.kind == .trained }.prefix(12).map(\.recipe) == labels)
    #expect(Set(grid.runs.map(\.identity.hash)).count == 50)
    #expect(grid.rows[2].label == "NormFace, Conventional, small, \(labels[0])")
  }

  @Test func `Recipes may be listed whole, and milestones are one value`() throws {
    let (_, definition) = try definition {
      $0.training =
        "[{steps: 4, batch: 8, optimiser: {}}, {steps: 6, batch: 8, optimiser: {}, schedule: {name: step, milestones: [2, 4]}}]"
    }
    #expect(definition.recipes.map(\.steps) == [4, 6])
    #expect(definition.recipes[1].schedule.shape == .step(milestones: [2, 4], factor: 0.1))
    #expect(
      definition.recipes[1].label(among: definition.recipes)
        == "steps 6, schedule step, milestones 2 4, factor 0.1")
    #expect(definition.recipes[0].label(among: [definition.recipes[0]]) == "")
  }

  @Test(arguments: [
    (
      "margin: 0.2", "margin: [0.1, x]", "line 6, losses[1].margin[1]", "‘x’"
    ),
    ("margin: 0.2", "margin: []", "line 6, losses[1].margin", "an empty list"),
    ("margin: 0.2", "margin: [[0.1], 0.2]", "line 6, losses[1].margin[0]", "a list"),
    ("margin: 0.2", "mrgin: [0.1, 0.2]", "line 6, losses[1]", "the unknown key ‘mrgin’"),
    (
      "margin: 0.2", "margin: [0.1, 0.2, 0.10]", "line 6, losses",
      "element 4 of 4, lists expanded, is equal to an earlier one"
    ),
    ("batch: 16", "batch: [16, 0]", "line 8, training.batch[1]", "‘0’"),
    (
      "batch: 16", "batch: [16, 1.6e1]", "line 8, training",
      "element 2 of 2, lists expanded, is equal to an earlier one"
    ),
  ])
  func `A mistake in a sweep is refused with file, line and element`(
    text: String, replacement: String, place: String, found: String
  ) throws {
    let tiny = try TinyExperiment()
    try AtomicFile.write(
      TinyExperiment.Parts().text.replacingOccurrences(of: text, with: replacement), to: tiny.file)
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(error.file == tiny.file && error.place == place, "\(error)")
    #expect(error.found.hasPrefix(found), "\(error)")
  }

  @Test func `Recipes are trained and reported one by one`() async throws {
    var parts = TinyExperiment.Parts()
    parts.training = "{steps: [3, 5], batch: 16, optimiser: {learning-rate: 0.05}}"
    parts.losses = "[{name: normface, scale: 8}]"
    parts.seeds = "[1]"
    let tiny = try TinyExperiment(parts)
    #expect(try await tiny.run().finished == 4)
    let results = try ExperimentResults(tiny.bind(), results: tiny.results)
    #expect(results.rows.map(\.row.recipe) == ["", "", "steps 3", "steps 5"])
    #expect(results.rows.allSatisfy { $0.state == .finished && $0.entries["tiny-lfw"]?.outcomes.count == 1 })
    let steps = try results.rows.suffix(2).map { row in
      try CanonicalJSON.decode(
        TrainingResult.self,
        from: RunFolder(results: tiny.results, identity: row.runs[0].run.identity).resultFile
      ).history.losses.count
    }
    #expect(steps == [3, 5])
  }
}
