import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Experiment definitions")
struct ExperimentDefinitionTests {
  private static let folder = SharedData.repositoryRoot + "/experiments"
  private static let files =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
      // The claims have a schema of their own.
      $0.hasSuffix(".yaml") && $0 != "claims.yaml"
    }
    .sorted()

  @Test func `Experiments are shipped`() {
    #expect(Set(Self.files).isSuperset(of: ["quick.yaml", "cfp-cross-pose.yaml"]))
  }

  @Test(arguments: files)
  func `Every shipped experiment is read and named like its file`(file: String) throws {
    let definition = try ExperimentDefinition(file: "\(Self.folder)/\(file)")
    #expect(definition.name + ".yaml" == file)
    #expect(definition.legendFAR == 0.01)
  }

  @Test func `The quick experiment is four conventional losses by three seeds on the default world`() throws {
    let quick = try ExperimentDefinition(file: "\(Self.folder)/quick.yaml")
    #expect(quick.losses.map(\.name) == ["softmax", "normface", "cosface", "arcface"])
    #expect(quick.mechanisms.map(\.name) == ["conventional"])
    #expect(quick.seeds == [1, 2, 3])
    guard case .worlds(let sets) = quick.data else {
      Issue.record("not on a world")
      return
    }
    #expect(sets.map(\.definition.name) == ["default"] && sets.map(\.train) == ["train"])
    #expect(sets.map(\.name) == ["default"])
  }

  @Test func `The cross-pose experiment is fold-wise, and unlisted identities do not train`() throws {
    let cross = try ExperimentDefinition(file: "\(Self.folder)/cfp-cross-pose.yaml")
    #expect(cross.data.isFoldwise)
    guard case .folds(_, let unlisted) = cross.data else { return }
    #expect(unlisted == .exclude)
    #expect(
      cross.protocols.map { ($0.file as NSString).lastPathComponent } == ["cfp-ff.yaml", "cfp-fp.yaml"])
    #expect(cross.losses.map(\.name) == ["normface", "cosface", "arcface"])
    #expect(cross.networks.map(\.name) == ["linear", "mlp"])
  }

  @Test func `What is left out has the documented defaults`() throws {
    let tiny = try TinyExperiment()
    try AtomicFile.write(
      """
      name: tiny
      data: {world: {definition: world.yaml, train: train}}
      protocols: [{protocol: tiny-lfw.yaml, set: test}]
      networks: {identity: []}
      losses: [softmax]
      training: {steps: 1, batch: 2, optimiser: {}}
      seeds: [0]
      """, to: tiny.file)
    let definition = try ExperimentDefinition(file: tiny.file)
    #expect(definition.title == "tiny")
    #expect(definition.mechanisms.map(\.name) == ["conventional"])
    #expect(definition.samplers == [nil])
    #expect(definition.legendFAR == nil)
  }

  /// A mistake: what is replaced by what, the line and the place, and what the message says.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var text: String
    var replacement: String
    var place: String
    var found: String
    var advice: String?
    var kind = HarnessError.Kind.badInput

    init(
      _ text: String, _ replacement: String, _ place: String, _ found: String, _ advice: String? = nil,
      _ kind: HarnessError.Kind = .badInput
    ) {
      (self.text, self.replacement, self.place) = (text, replacement, place)
      (self.found, self.advice, self.kind) = (found, advice, kind)
    }

    var testDescription: String { replacement }
  }

  @Test(arguments: [
    Mistake("seeds:", "seds:", "line 9", "the unknown key ‘seds’", "Did you mean ‘seeds’?"),
    Mistake(
      "train: train", "trian: train", "line 3, data.world", "the unknown key ‘trian’", "Did you mean ‘train’?"
    ),
    Mistake(
      "batch: 16", "bach: 16", "line 8, training", "the unknown key ‘bach’", "Did you mean ‘batch’?"),
    Mistake(
      "margin: 0.2", "margn: 0.2", "line 6, losses[1]", "the unknown key ‘margn’", "Did you mean ‘margin’?"),
    Mistake(
      "name: cosface", "name: cosfase", "line 6, losses[1].name", "‘cosfase’", "Did you mean ‘cosface’?"),
    Mistake(
      "[conventional]", "[conventionel]", "line 7, mechanisms[0]", "‘conventionel’",
      "Did you mean ‘conventional’?"),
    Mistake(
      "batch-norm", "batchnorm", "line 5, networks.small[1]", "‘batchnorm’", "Did you mean ‘batch-norm’?"),
    Mistake(
      "set: test", "set: tset", "line 4, protocols[0].set", "‘tset’", "Did you mean ‘test’?"),
    Mistake("set: test", "set: train", "line 4, protocols[0].set", "‘train’"),
    Mistake(
      "train: train", "train: trian", "line 3, data.world.train", "‘trian’", "Did you mean ‘train’?"),
    Mistake(
      "protocol: tiny-lfw.yaml", "protocol: tiny-lwf.yaml", "line 4, protocols[0].protocol",
      "‘tiny-lwf.yaml’, but there is no file", "Did you mean ‘tiny-lfw.yaml’?", .missingInput),
    Mistake(
      "definition: world.yaml", "definition: ./wrold.yaml", "line 3, data.world.definition",
      "‘./wrold.yaml’, but there is no file", "Did you mean ‘./world.yaml’?", .missingInput),
    Mistake("name: tiny", "name: Tiny World", "line 1, name", "the name ‘Tiny World’"),
    Mistake("name: tiny", "name: a/b", "line 1, name", "the name ‘a/b’"),
    Mistake("seeds: [1, 2]", "seeds: []", "line 9, seeds", "an empty list"),
    Mistake("seeds: [1, 2]", "seeds: [1, 1]", "line 9, seeds", "element 2 is equal to an earlier one"),
    Mistake("seeds: [1, 2]", "seeds: [-1]", "line 9, seeds[0]", "‘-1’"),
    Mistake("mechanisms: [conventional]", "mechanisms: []", "line 7, mechanisms", "an empty list"),
    Mistake("steps: 40", "steps: 0", "line 8, training.steps", "‘0’"),
    // The same loss, once with its default spelled out.
    Mistake(
      "{name: cosface, scale: 8, margin: 0.2}", "{name: normface, scale: 8.0}", "line 6, losses",
      "element 2 is equal to an earlier one, every option resolved"),
  ])
  func `A mistake is refused with file, line, key and the nearest name`(mistake: Mistake) throws {
    let tiny = try TinyExperiment()
    let text = TinyExperiment.Parts().text
    #expect(text.contains(mistake.text))
    try AtomicFile.write(
      text.replacingOccurrences(of: mistake.text, with: mistake.replacement), to: tiny.file)
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(error.kind == mistake.kind)
    #expect(error.file == tiny.file)
    #expect(error.place == mistake.place, "\(error)")
    #expect(error.found.hasPrefix(mistake.found), "\(error)")
    if let advice = mistake.advice { #expect(error.advice == advice) }
  }

  @Test(arguments: [
    ("networks", "{a: [{linear: 4}], b: [{linear: {outputs: 4}}]}", "element 2 is equal to an earlier one"),
    ("networks", "{}", "no network"),
    (
      "protocols", "[{protocol: tiny-lfw.yaml, set: test}, {protocol: ./tiny-lfw.yaml, set: test}]",
      "element 2 is equal to an earlier one"
    ),
    ("losses", "[]", "an empty list"),
  ])
  func `Two ways to write one thing are one thing`(key: String, value: String, found: String) throws {
    var parts = TinyExperiment.Parts()
    switch key {
    case "networks": parts.networks = value
    case "protocols": parts.protocols = value
    default: parts.losses = value
    }
    let tiny = try TinyExperiment(parts)
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(error.place?.hasSuffix(key) == true)
    #expect(error.found.hasPrefix(found), "\(error)")
  }

  @Test(arguments: [
    ("{}", "no data"),
    ("{world: {definition: world.yaml, train: train}, stores: {train: a.h5}}", "world and stores"),
    ("{folds: {stores: [], unlisted: train}}", "no stores, or one twice"),
    ("{folds: {stores: [a.h5, a.h5], unlisted: train}}", "no stores, or one twice"),
    ("{folds: {stores: [a.h5]}}", "no ‘unlisted’"), ("{folds: {stores: [a.h5], unlisted: tran}}", "‘tran’"),
  ])
  func `Data are one of a world, stores and folds, with nothing left to guess`(data: String, found: String)
    throws
  {
    let tiny = try TinyExperiment()
    let text = TinyExperiment.Parts().text.replacingOccurrences(
      of: "data:\n  world: {definition: world.yaml, train: train}", with: "data: \(data)")
    try AtomicFile.write(text, to: tiny.file)
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(error.found == found)
    #expect(error.place?.hasPrefix("line 2, data") == true, "\(error)")
  }

  @Test func `A file that is not there is an error of its own`() throws {
    let error = try harnessError { try ExperimentDefinition(file: "/nowhere/x.yaml") }
    #expect(error.kind == .missingInput && error.file == "/nowhere/x.yaml")
  }
}
