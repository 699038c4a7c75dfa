import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Experiments that extend others")
struct ExtensionTests {
  /// A tiny experiment with a file beside it that extends it.
  private func extended(_ text: String, in folder: String = "more") throws -> (TinyExperiment, String) {
    let tiny = try TinyExperiment()
    try FileManager.default.createDirectory(
      atPath: tiny.folder.file(folder), withIntermediateDirectories: true)
    let file = tiny.folder.file("\(folder)/extension.yaml")
    try AtomicFile.write(text, to: file)
    return (tiny, file)
  }

  @Test func `Mappings merge deeply, lists and single values replace, and the rest is taken over`() throws {
    let (tiny, file) = try extended(
      """
      extends: ../experiment.yaml
      name: longer
      training: {steps: 80, schedule: {warm-up: 8}}
      networks: {large: [{linear: 16}]}
      losses: [softmax]
      """)
    let base = try ExperimentDefinition(file: tiny.file)
    let longer = try ExperimentDefinition(file: file)
    #expect(longer.name == "longer" && longer.file == file)
    #expect(longer.recipes[0].steps == 80 && longer.recipes[0].batch == 16)
    #expect(longer.recipes[0].optimizer == base.recipes[0].optimizer)
    #expect(longer.recipes[0].schedule.shape == .cosine(final: 0) && longer.recipes[0].schedule.warmUp == 8)
    #expect(longer.networks.map(\.name) == ["small", "large"])
    #expect(longer.losses.map(\.name) == ["softmax"])
    // Paths stay relative to the file that they are written in.
    #expect(longer.protocols == base.protocols && longer.data == base.data && longer.seeds == base.seeds)
  }

  @Test func `Runs are those of the same experiment written out`() throws {
    let (tiny, file) = try extended("{extends: ../experiment.yaml, name: same, title: Another title}")
    let same = try BoundExperiment(
      ExperimentDefinition(file: file), data: nil, results: tiny.results)
    #expect(try same.grid.runs.map(\.identity) == tiny.bind().grid.runs.map(\.identity))
  }

  @Test func `Null takes away what the other file has`() throws {
    let (tiny, file) = try extended(
      """
      extends: ../experiment.yaml
      name: other
      networks: {small: ~, large: [{linear: 16}]}
      mechanisms: ~
      """)
    let definition = try ExperimentDefinition(file: file)
    #expect(definition.networks.map(\.name) == ["large"])
    #expect(definition.mechanisms.map(\.name) == ["conventional"])
    withExtendedLifetime(tiny) {}
  }

  @Test func `A file that is extended may extend a third`() throws {
    let (tiny, file) = try extended(
      "{extends: ../middle.yaml, name: last, training: {batch: 32}}")
    try AtomicFile.write(
      "{extends: experiment.yaml, name: middle, seeds: [9], training: {batch: 24, steps: 7}}",
      to: tiny.folder.file("middle.yaml"))
    let definition = try ExperimentDefinition(file: file)
    #expect(definition.seeds == [9])
    #expect(definition.recipes[0].batch == 32 && definition.recipes[0].steps == 7)
  }

  @Test func `A cycle is an error with its way`() throws {
    let (tiny, file) = try extended("{extends: ../middle.yaml, name: last}")
    let middle = tiny.folder.file("middle.yaml")
    try AtomicFile.write("name: middle\nextends: more/extension.yaml\n", to: middle)
    let error = try harnessError { try ExperimentDefinition(file: file) }
    #expect(error.file == middle && error.place == "line 2, extends", "\(error)")
    #expect(error.found.hasPrefix("‘more/extension.yaml’, which extends this file in turn ("), "\(error)")
    #expect(error.found.contains("\(middle) → \(file))"))
    try AtomicFile.write("name: last\nextends: extension.yaml\n", to: file)
    #expect(try harnessError { try ExperimentDefinition(file: file) }.place == "line 2, extends")
  }

  @Test func `A file that is not there is named with the nearest that is`() throws {
    let (tiny, file) = try extended("name: last\nextends: ../experimnt.yaml\n")
    let error = try harnessError { try ExperimentDefinition(file: file) }
    #expect(error.kind == .missingInput && error.file == file && error.place == "line 2, extends")
    #expect(error.advice == "Did you mean ‘../experiment.yaml’?")
    withExtendedLifetime(tiny) {}
  }

  @Test func `An experiment has a name of its own`() throws {
    let (tiny, file) = try extended("{extends: ../experiment.yaml, seeds: [3]}")
    let error = try harnessError { try ExperimentDefinition(file: file) }
    #expect(error.file == file && error.found == "no ‘name’ beside ‘extends’")
    withExtendedLifetime(tiny) {}
  }

  @Test func `A mistake is placed in the file that holds it`() throws {
    let (tiny, file) = try extended("{extends: ../experiment.yaml, name: last, seeds: [3]}")
    try AtomicFile.write(
      TinyExperiment.Parts().text.replacingOccurrences(of: "batch: 16", with: "bach: 16"), to: tiny.file)
    let below = try harnessError { try ExperimentDefinition(file: file) }
    #expect(below.place == "line 8, training" && below.found == "the unknown key ‘bach’")
    #expect((below.file as NSString).lastPathComponent == "experiment.yaml")
    try tiny.write(TinyExperiment.Parts())
    try AtomicFile.write("extends: ../experiment.yaml\nname: last\ntraining: {stepps: 3}\n", to: file)
    let above = try harnessError { try ExperimentDefinition(file: file) }
    #expect(above.file == file && above.place == "line 3, training")
    #expect(above.advice == "Did you mean ‘steps’?")
  }
}
