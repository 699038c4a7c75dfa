import FeatureStores
import Foundation
import Learning
import LinearAlgebra
import TestSupport
import Testing

@testable import Experiments

@Suite("Choice of a checkpoint")
struct CheckpointChoiceTests {
  private func parts(
    _ checkpoint: String?, validation: String? = "{set: validation}", diagnostics: String? = nil
  ) -> TinyExperiment.Parts {
    var parts = TinyExperiment.Parts()
    parts.losses = "[{name: normface, scale: 8}]"
    if let validation { parts.seeds += "\nvalidation: \(validation)" }
    if let checkpoint { parts.seeds += "\ncheckpoint: \(checkpoint)" }
    if let diagnostics { parts.seeds += "\ndiagnostics: \(diagnostics)" }
    return parts
  }

  private func definition(_ parts: TinyExperiment.Parts) throws -> ExperimentDefinition {
    let tiny = try TinyExperiment(parts)
    return try withExtendedLifetime(tiny) { try ExperimentDefinition(file: tiny.file) }
  }

  private func best(every: Int) -> String { "{name: best-validation, every: \(every)}" }

  private func trainedRuns(_ experiment: BoundExperiment) -> [GridRun] {
    experiment.grid.runs.filter { $0.row.kind == .trained }
  }

  private func folder(_ run: GridRun, _ results: String) -> RunFolder {
    RunFolder(results: results, identity: run.identity)
  }

  private func result(_ run: GridRun, _ results: String) throws -> TrainingResult {
    try CanonicalJSON.decode(TrainingResult.self, from: folder(run, results).resultFile)
  }

  /// A model on the way of a training, with its accuracy on the validation pairs.
  private struct Candidate {
    var step: Int
    var accuracy: Double
    var model: TrainedModel<Float>
  }

  /// The training of a run by hand, with the rule `last`: what is there after each `every` steps and after the last one.
  private func candidates(_ experiment: BoundExperiment, _ run: GridRun, every: Int) throws -> [Candidate] {
    let dataset = experiment.datasets[run.dataset]
    var configuration = try #require(run.specification.training)
    (configuration.checkpoint, configuration.validateEvery) = (.last, nil)
    let rows = dataset.rows(fold: run.fold) ?? Array(dataset.labels.indices)
    let validation = try #require(dataset.validation(fold: run.fold))
    var trainer = try Trainer<Float>(
      configuration: configuration, features: dataset.features.gathering(rows: rows),
      labels: rows.map { dataset.labels[$0] })
    var found: [Candidate] = []
    for step in 1...configuration.steps {
      _ = try trainer.step()
      guard step % every == 0 || step == configuration.steps else { continue }
      let model = trainer.currentModel
      let accuracy = validation.accuracy(of: model.embed(validation.features)).accuracy
      found.append(Candidate(step: step, accuracy: try #require(accuracy), model: model))
    }
    return found
  }

  /// The first one that no other is better than.
  private func choice(_ candidates: [Candidate]) -> Candidate {
    var best = candidates[0]
    for candidate in candidates where candidate.accuracy > best.accuracy { best = candidate }
    return best
  }

  // MARK: Definition

  @Test func `The last model is the default, and both rules can be spelt out`() throws {
    func choice(_ text: String?) throws -> CheckpointChoice {
      try definition(parts(text)).checkpoint
    }
    #expect(try choice(nil) == .last)
    #expect(try choice("last") == .last)
    #expect(try choice("{name: last}") == .last)
    #expect(try choice("{every: 25, name: best-validation}") == .bestValidation(every: 25))
  }

  @Test(
    arguments: [
      ("best", "line 11, checkpoint", "‘best’", nil),
      ("best-validation", "line 11, checkpoint", "‘best-validation’", "{name: best-validation, every: 25}"),
      ("{name: best-validation}", "line 11, checkpoint", "no ‘every’", nil),
      ("{every: 25}", "line 11, checkpoint", "no ‘name’", nil),
      ("{name: best-validatio, every: 2}", "line 11, checkpoint.name", "‘best-validatio’", "Did you mean"),
      ("{name: best-validation, evry: 2}", "line 11, checkpoint", "‘evry’", "‘every’"),
      ("{name: best-validation, every: 0}", "line 11, checkpoint.every", "‘0’", nil),
      (
        "{name: best-validation, every: 41}", "line 11, checkpoint.every",
        "41 steps between validations, and a training of 40 steps", "checkpoint: last"
      ),
      ("{name: best-validation, every: [5, 10]}", "line 11, checkpoint.every", "a list", nil),
      ("{name: last, every: 5}", "line 11, checkpoint", "‘every’", nil),
      ("[last]", "line 11, checkpoint", "a list", nil),
    ] as [(String, String, String, String?)])
  func `Mistakes are refused with their place`(text: String, place: String, found: String, advice: String?)
    throws
  {
    let tiny = try TinyExperiment(parts(text))
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(error.kind == .badInput && error.file == tiny.file && error.place == place, "\(error)")
    #expect(error.found.contains(found), "\(error)")
    if let advice { #expect(error.advice?.contains(advice) == true, "\(error)") }
  }

  @Test func `The shortest training is validated on its way, too`() throws {
    var parts = parts(best(every: 20))
    parts.training = "{steps: [40, 20], batch: 16, optimiser: {learning-rate: 0.05}}"
    #expect(try definition(parts).checkpoint == .bestValidation(every: 20))
    parts.seeds = parts.seeds.replacing("every: 20", with: "every: 21")
    let tiny = try TinyExperiment(parts)
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(error.place == "line 11, checkpoint.every" && error.expected == "at most 20", "\(error)")
  }

  @Test func `Without validation identities nothing can be chosen`() throws {
    let tiny = try TinyExperiment(parts(best(every: 25), validation: nil))
    let error = try harnessError { try ExperimentDefinition(file: tiny.file) }
    #expect(error.kind == .badInput && error.file == tiny.file && error.place == "line 10, checkpoint")
    #expect(error.found == "the rule ‘best-validation’ without validation identities")
    #expect(error.expected == "‘validation’ beside ‘checkpoint’")
    #expect(error.advice?.contains("held-out: 100") == true)
    // The other rule asks for nobody.
    #expect(try definition(parts("last", validation: nil)).validation == nil)
  }

  // MARK: Identity

  @Test func `The specification of the rule last is what it was before there was another`() throws {
    var parts = parts(nil, validation: nil)
    parts.networks = "{small: [{linear: 6}]}"
    parts.training = "{steps: 20, batch: 16, optimiser: {learning-rate: 0.05}}"
    parts.seeds = "[1]"
    func specification(_ parts: TinyExperiment.Parts, _ validation: String?) throws -> RunSpecification {
      let configurations = try Grid.configurations(definition(parts))
      var specification = RunSpecification.trained(
        try #require(configurations.first), store: "0a", rows: [0, 2])
      specification.validation = validation
      return specification
    }
    let last = try specification(parts, nil)
    let training = """
      "loss":{"name":"normface","options":{"filter":0,"focal-gamma":0,"keep-rate":1,"scale":8}},\
      "mechanism":{"name":"conventional","options":{"initialise":"automatic","sample-rate":1}},\
      "network":{"layers":[{"linear":{"bias":true,"initialisation":"he","outputs":6}}]},\
      "optimizer":{"learningRate":0.05,"momentum":0.9,"nesterov":false,"weightDecay":{"bias":0,\
      "loss-parameter":0,"norm-scale":0,"norm-shift":0,"prototype":0.0005,"slope":0,"weight":0.0005}},\
      "sampler":"uniform","schedule":{"shape":{"constant":{}},"warmUp":0},"seed":1,"steps":20
      """
    let rows = "a7841ea775e1dff3e5b22dd5f4b66487299bda2f6dc0b7932dc4d375e2ace554"
    #expect(
      String(decoding: try CanonicalJSON.encode(last), as: UTF8.self)
        == #"{"kind":"trained","rows":"\#(rows)","store":"0a","training":{"batch":16,"checkpoint":"last",\#(training)}}"#
    )
    #expect(
      try RunIdentity(of: last, prefix: "").hash
        == "0c14a490435cfa65ccfc8c9822cf0e8f85e3d67894c8246cd8c0876a4ed09f2b")
    parts.seeds += "\nvalidation: {set: validation}\ncheckpoint: \(best(every: 20))"
    let choosing = try specification(parts, "0b")
    #expect(
      String(decoding: try CanonicalJSON.encode(choosing), as: UTF8.self)
        == #"{"kind":"trained","rows":"\#(rows)","store":"0a","training":{"batch":16,"checkpoint":"best-validation",\#(training),"validateEvery":20},"validation":"0b"}"#
    )
    #expect(
      try RunIdentity(of: choosing, prefix: "").hash
        == "9dcb6806ee314ff0fb3643d22354a8235856439c297edcdce52a281af2cfec87")
  }

  @Test func `Rule, steps and validation pairs are part of the identity where they choose`() throws {
    func hashes(_ checkpoint: String?, _ validation: String?) throws -> [String] {
      try trainedRuns(TinyExperiment(parts(checkpoint, validation: validation)).bind()).map(\.identity.hash)
    }
    let few = "{set: validation, pairs: 20}"
    let last = try hashes(nil, nil)
    #expect(try last == hashes("last", "{set: validation}") && last == hashes("{name: last}", few))
    let chosen = [
      last, try hashes(best(every: 25), "{set: validation}"),
      try hashes(best(every: 24), "{set: validation}"),
      try hashes(best(every: 25), few), try hashes(best(every: 25), "{held-out: 4}"),
      try hashes("last", "{held-out: 4}"),
    ]
    #expect(Set(chosen.flatMap(\.self)).count == chosen.count * last.count)
    // More pairs than there are name the same set.
    #expect(try hashes(best(every: 25), "{set: validation, pairs: 500}") == chosen[1])
  }

  @Test func `Rows that train nothing are the same under both rules`() throws {
    func untrained(_ checkpoint: String) throws -> [String] {
      try TinyExperiment(parts(checkpoint)).bind().grid.runs.filter { $0.row.kind != .trained }.map(
        \.identity.hash)
    }
    #expect(try untrained("last") == untrained(best(every: 5)))
  }

  @Test func `What an experiment trains is known without its data`() throws {
    let tiny = try TinyExperiment(parts(best(every: 5)))
    let definition = try ExperimentDefinition(file: tiny.file)
    #expect(
      try Grid.configurations(definition) == trainedRuns(tiny.bind()).compactMap(\.specification.training))
  }

  // MARK: Choice

  @Test(arguments: [1, 15, 40])
  func `The model is the one that a loop over all steps would choose`(every: Int) async throws {
    var parts = parts(best(every: every))
    parts.losses = TinyExperiment.Parts().losses
    let tiny = try TinyExperiment(parts)
    #expect(try await tiny.run() == ExperimentRunner.Outcome(finished: 6))
    let experiment = try tiny.bind()
    let due = [1: Array(1...40), 15: [15, 30, 40], 40: [40]][every]
    var steps: [Int] = []
    for run in trainedRuns(experiment) {
      let candidates = try candidates(experiment, run, every: every)
      #expect(candidates.map(\.step) == due)
      let expected = choice(candidates)
      let folder = folder(run, tiny.results)
      let bytes = try expected.model.encoded()
      #expect(FileManager.default.contents(atPath: folder.modelFile) == bytes)
      let result = try result(run, tiny.results)
      #expect(result.checkpoint == .bestValidation && result.modelDigest == Digest.sha256(bytes))
      #expect(
        result.chosen
          == TrainingResult.Choice(step: expected.step, validationAccuracy: expected.accuracy))
      #expect(result.history.validations.map(\.step) == candidates.map(\.step))
      #expect(result.history.validations.map(\.value) == candidates.map(\.accuracy))
      // Training goes on to its end, whatever is chosen.
      #expect(result.history.losses.count == 40)
      #expect(!folder.exists(folder.checkpointFile))
      steps.append(expected.step)
    }
    // The rule is put to the test.
    if every == 1 { #expect(steps.contains { $0 < 40 }) }
  }

  @Test func `Of equal models the earliest is chosen`() async throws {
    var parts = parts(best(every: 7))
    // What does not move keeps its accuracy.
    parts.networks = "{linear: [{linear: 6}]}"
    parts.training = "{steps: 40, batch: 16, optimiser: {learning-rate: 0}}"
    let tiny = try TinyExperiment(parts)
    #expect(try await tiny.run().finished == 4)
    for run in try trainedRuns(tiny.bind()) {
      let result = try result(run, tiny.results)
      #expect(result.history.validations.map(\.step) == [7, 14, 21, 28, 35, 40])
      #expect(Set(result.history.validations.map(\.value)).count == 1)
      #expect(result.chosen?.step == 7)
      #expect(try folder(run, tiny.results).model().steps == 7)
    }
  }

  @Test func `A result of the rule last says what it said before there was another`() async throws {
    var parts = parts("last")
    parts.seeds = parts.seeds.replacing("[1, 2]", with: "[1]")
    let tiny = try TinyExperiment(parts)
    try await tiny.run()
    let run = try #require(try trainedRuns(tiny.bind()).first)
    let data = try #require(FileManager.default.contents(atPath: folder(run, tiny.results).resultFile))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(
      object.keys.sorted() == [
        "checkpoint", "history", "identities", "identity", "images", "modelDigest", "semantics",
      ])
    let history = try #require(object["history"] as? [String: Any])
    #expect(history.keys.sorted() == ["gradientNorms", "losses", "validations"])
    #expect((history["validations"] as? [Any])?.isEmpty == true && object["checkpoint"] as? String == "last")
  }

  @Test func `The chosen model is evaluated and diagnosed, and what follows training stays as it is`()
    async throws
  {
    let diagnostics = "[spectrum, {name: curve, every: 10}, {name: landscape, points: 3}]"
    let tiny = try TinyExperiment(parts(best(every: 1), diagnostics: diagnostics))
    let last = try TinyExperiment(parts("last", diagnostics: diagnostics))
    try await tiny.run()
    try await last.run()
    let experiment = try tiny.bind()
    for (run, other) in zip(trainedRuns(experiment), try trainedRuns(last.bind())) {
      let model = try choice(candidates(experiment, run, every: 1)).model
      let folder = folder(run, tiny.results)
      for evaluation in experiment.evaluations(of: run) {
        let record = try evaluation.evaluate(.trained, model: model, workers: .one)
        let file = folder.evaluationFile(name: evaluation.name, hash: try evaluation.hash())
        #expect(try FileManager.default.contents(atPath: file) == CanonicalJSON.encodeIndented(record))
      }
      for diagnostic in experiment.diagnostics(of: run) {
        let record = try CanonicalJSON.decode(DiagnosticRecord.self, from: diagnostic.file(in: folder))
        if diagnostic.name == "spectrum" {
          let validation = try #require(diagnostic.validation)
          #expect(record.spectrum == EmbeddingSpectrum(model.embed(validation.features)))
        } else {
          let file = try diagnostic.file(in: RunFolder(results: last.results, identity: other.identity))
          #expect(try record == CanonicalJSON.decode(DiagnosticRecord.self, from: file))
        }
      }
    }
    // Diagnostics that come later find the same model, by training again where they follow it.
    let later = try TinyExperiment(parts(best(every: 1)))
    try await later.run()
    let before = try later.snapshot()
    try later.write(parts(best(every: 1), diagnostics: diagnostics))
    #expect(try await later.run().failed == 0)
    #expect(try later.snapshot().filter { before[$0.key] != nil } == before)
    #expect(try later.snapshot().digests == tiny.snapshot().digests)
  }

  @Test func `For fold-wise data each fold chooses on its own identities`() async throws {
    let foldwise = try FoldwiseExperiment(
      derive: "{shallow: 2}\nvalidation: {held-out: 3}\ncheckpoint: \(best(every: 4))")
    #expect(try await foldwise.run().failed == 0)
    let experiment = try foldwise.bind()
    let runs = trainedRuns(experiment)
    // Neighbouring folds may hold out the same people, but not all of them.
    #expect(runs.count == 4 && Set(runs.map(\.specification.validation)).count > 1)
    for run in runs {
      #expect(
        run.specification.validation == experiment.datasets[0].validation(fold: run.fold)?.digest)
      let expected = choice(try candidates(experiment, run, every: 4))
      #expect(try result(run, foldwise.results).chosen?.step == expected.step)
      #expect(
        try FileManager.default.contents(atPath: folder(run, foldwise.results).modelFile)
          == expected.model.encoded())
    }
  }

  @Test func `A model that cannot be judged is an error with its step`() throws {
    let experiment = try TinyExperiment(parts(best(every: 5))).bind()
    let validation = try #require(experiment.datasets[0].validations.first)
    let configuration = try #require(trainedRuns(experiment).first?.specification.training)
    let model = TrainedModel(
      network: try Network<Float>(configuration.network, inputs: validation.features.columns, seed: 1),
      steps: 25)
    #expect(
      try validation.accuracy(of: model, workers: .one)
        == validation.accuracy(of: model.embed(validation.features)).accuracy)
    var features = validation.features
    features[validation.impostor[0].x, 0] = .infinity
    let broken = try ValidationSet(
      features: features, labels: validation.labels, store: "", rows: nil, pairs: 1000, file: "",
      place: "")
    let error = try harnessError { try broken.accuracy(of: model, workers: .one) }
    #expect(error.kind == .badInput && error.place == "validation after step 25", "\(error)")
  }

  // MARK: Interruption

  private static let undisturbed = Task {
    let tiny = try TinyExperiment(CheckpointChoiceTests().parts("{name: best-validation, every: 5}"))
    try await tiny.run()
    return try tiny.snapshot().digests
  }

  /// Runs until this step of the last run is done.
  private func interrupt(_ tiny: TinyExperiment, at step: Int) async throws -> RunFolder {
    let run = try #require(try trainedRuns(tiny.bind()).last)
    let name = run.identity.folderName
    let interruption = Interruption()
    let outcome = try await tiny.run(interruption: interruption) { event in
      if case .stepped(name, step, _, _) = event { interruption.request() }
    }
    #expect(outcome.interrupted)
    return folder(run, tiny.results)
  }

  @Test(arguments: [1, 4, 5, 6, 23, 25, 39])
  func `Interrupted, it goes on to the model of an undisturbed run`(step: Int) async throws {
    let tiny = try TinyExperiment(parts(best(every: 5)))
    let folder = try await interrupt(tiny, at: step)
    #expect(folder.exists(folder.checkpointFile) && !folder.exists(folder.resultFile))
    let log = EventLog()
    #expect(try await tiny.run(show: log.add).finished == 1)
    #expect(log.starts[folder.identity.folderName] == step && log.notes.isEmpty)
    #expect(!folder.exists(folder.checkpointFile))
    #expect(try await tiny.snapshot().digests == Self.undisturbed.value)
  }

  @Test func `Checkpoints after every step change nothing`() async throws {
    let tiny = try TinyExperiment(parts(best(every: 5)))
    // Any time at all has passed since the last one.
    #expect(try await tiny.run(checkpointInterval: -1).finished == 4)
    #expect(try await tiny.snapshot().digests == Self.undisturbed.value)
  }

  @Test(arguments: [(3, 38), (5, 6), (14, 16), (24, 25)])
  func `A checkpoint that comes back from before a better model forgets that model`(earlier: Int, later: Int)
    async throws
  {
    let tiny = try TinyExperiment(parts(best(every: 5)))
    let folder = try await interrupt(tiny, at: earlier)
    let checkpoint = try #require(FileManager.default.contents(atPath: folder.checkpointFile))
    _ = try await interrupt(tiny, at: later)
    #expect(FileManager.default.contents(atPath: folder.checkpointFile) != checkpoint)
    try AtomicFile.write(checkpoint, to: folder.checkpointFile)
    let log = EventLog()
    #expect(try await tiny.run(show: log.add).finished == 1)
    #expect(log.starts[folder.identity.folderName] == earlier)
    #expect(try await tiny.snapshot().digests == Self.undisturbed.value)
  }

  @Test(arguments: ["last", "{name: best-validation, every: 4}"])
  func `A checkpoint of another rule is noted, and the run starts again`(other: String) async throws {
    let tiny = try TinyExperiment(parts(best(every: 5)))
    let folder = try await interrupt(tiny, at: 20)
    let elsewhere = try TinyExperiment(parts(other))
    let foreign = try await interrupt(elsewhere, at: 20)
    #expect(foreign.identity != folder.identity)
    let data = try withExtendedLifetime(elsewhere) {
      try #require(FileManager.default.contents(atPath: foreign.checkpointFile))
    }
    try AtomicFile.write(data, to: folder.checkpointFile)
    let log = EventLog()
    #expect(try await tiny.run(show: log.add).finished == 1)
    #expect(log.notes.count == 1 && log.notes[0].contains("a checkpoint of another run"))
    #expect(log.starts[folder.identity.folderName] == 0)
    #expect(try await tiny.snapshot().digests == Self.undisturbed.value)
  }

  // MARK: Verification

  @Test func `Made again, the run has the same files`() async throws {
    let tiny = try TinyExperiment(parts(best(every: 5)))
    try await tiny.run()
    let run = try #require(try trainedRuns(tiny.bind()).first)
    let outcome = try #require(
      try await RunVerification(tiny.bind(), results: tiny.results).verify(run))
    #expect(outcome.isSame && Set(outcome.compared).isSuperset(of: ["model.bin", "result.json"]))
  }
}
