import FeatureStores
import Foundation
import Learning
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Experiments

@Suite("Diagnostics of experiments")
struct DiagnosticExperimentTests {
  private static let all = """
    [{name: curve, every: 10}, {name: compactness, images: 30}, spectrum, {name: groups, groups: 2}, \
    {name: clusters, identities: 5, images: 2, groups: 3}, {name: head-gradients, every: 15}, {name: smoothness, every: 20, rates: [0.1, 0.5]}, \
    {name: landscape, points: 3}, cost]
    """

  /// One method, its seed, and these diagnostics.
  private func parts(
    _ diagnostics: String?, validation: String? = "{set: validation}", mechanism: String = "conventional"
  ) -> TinyExperiment.Parts {
    var parts = TinyExperiment.Parts()
    parts.losses = "[{name: normface, scale: 8}]"
    parts.mechanisms = "[\(mechanism)]"
    parts.seeds = "[1]"
    if let validation { parts.seeds += "\nvalidation: \(validation)" }
    if let diagnostics { parts.seeds += "\ndiagnostics: \(diagnostics)" }
    return parts
  }

  private func trainedRun(_ experiment: BoundExperiment) throws -> GridRun {
    try #require(experiment.grid.runs.first { $0.row.kind == .trained })
  }

  /// The records of the one trained run, by name.
  private func records(_ tiny: TinyExperiment) throws -> [String: DiagnosticRecord] {
    let experiment = try tiny.bind()
    let run = try trainedRun(experiment)
    let folder = RunFolder(results: tiny.results, identity: run.identity)
    return try Dictionary(
      uniqueKeysWithValues: experiment.diagnostics(of: run).map {
        ($0.name, try CanonicalJSON.decode(DiagnosticRecord.self, from: $0.file(in: folder)))
      })
  }

  // MARK: Definition

  @Test(
    arguments: [
      ("[curves]", "{set: validation}", "‘curves’"), ("[curve]", nil, "without validation identities"),
      ("[{name: curve, every: 0}]", "{set: validation}", "every"),
      ("[spectrum, spectrum]", "{set: validation}", "equal"),
      ("[cost]", "{set: test}", "test"), ("[cost]", "{set: train}", "train"),
      ("[cost]", "{held-out: 23}", "23 of 24"),
      ("[cost]", "{set: validation, held-out: 3}", "set and held-out"),
      ("[cost]", "{pairs: 20}", "no identities"),
      (
        "[{name: groups, groups: 4}]", "{set: validation}", "4 groups do not divide an embedding of 6 columns"
      ), ("[clusters]", nil, "without validation identities"),
      ("[{name: clusters, identities: 1}]", "{set: validation}", "identities"),
      (
        "[{name: clusters, groups: 4}]", "{set: validation}",
        "4 groups do not divide an embedding of 6 columns"
      ),
    ] as [(String, String?, String)])
  func `Mistakes are refused`(diagnostics: String, validation: String?, found: String) throws {
    let tiny = try TinyExperiment(parts(diagnostics, validation: validation))
    let error = try harnessError { try tiny.bind() }
    #expect("\(error)".contains(found), "\(error)")
  }

  @Test func `Diagnostics are no part of a run's identity`() throws {
    let without = try trainedRun(TinyExperiment(parts(nil, validation: nil)).bind())
    let with = try trainedRun(TinyExperiment(parts(Self.all)).bind())
    #expect(without.identity == with.identity)
    // Held-out identities do not train.
    let heldOut = try trainedRun(TinyExperiment(parts(Self.all, validation: "{held-out: 4}")).bind())
    #expect(heldOut.identity != with.identity)
  }

  // MARK: Validation images

  @Test func `Identities that are held out train in no run`() throws {
    let tiny = try TinyExperiment(parts(Self.all, validation: "{held-out: 5}"))
    let dataset = try tiny.bind().datasets[0]
    let training = Set(try #require(dataset.derivedRows).map { dataset.labels[$0] })
    let validation = Set(try #require(dataset.validations.first).labels)
    #expect(training.count == 19 && validation.count == 5)
    #expect(training.isDisjoint(with: validation))
    #expect(training.union(validation) == Set(dataset.labels))
  }

  @Test func `Each fold holds out identities that train for it`() throws {
    let whole = try FoldwiseExperiment().bind().datasets[0]
    let some = try FoldwiseExperiment(derive: "{shallow: 2}\nvalidation: {held-out: 3}").bind().datasets[0]
    let folds = try #require(whole.trainingRows)
    #expect(some.validations.count == folds.count)
    for fold in folds.indices {
      let before = Set(folds[fold].map { whole.labels[$0] })
      let training = Set(try #require(some.rows(fold: fold)).map { some.labels[$0] })
      let validation = Set(try #require(some.validation(fold: fold)).labels)
      #expect(validation.count == 3 && training.isDisjoint(with: validation))
      #expect(training.union(validation) == before)
      // All images of validation identities, two of those that train.
      #expect(some.validation(fold: fold)?.labels.count == 12)
      #expect(some.rows(fold: fold)?.count == 2 * training.count)
    }
  }

  @Test(arguments: [10, 40, 1000]) func `Pairs are of one kind each, different, and balanced`(pairs: Int)
    throws
  {
    let tiny = try TinyExperiment(parts("[cost]", validation: "{set: validation, pairs: \(pairs)}"))
    let set = try #require(try tiny.bind().datasets[0].validations.first)
    // 12 people of three images have 36 genuine pairs.
    #expect(set.genuine.count == min(pairs, 36) && set.impostor.count == set.genuine.count)
    #expect(set.genuine.allSatisfy { $0.x < $0.y && set.labels[$0.x] == set.labels[$0.y] })
    #expect(set.impostor.allSatisfy { $0.x < $0.y && set.labels[$0.x] != set.labels[$0.y] })
    #expect(Set(set.genuine).count == set.genuine.count && Set(set.impostor).count == set.impostor.count)
  }

  @Test func `The first images of the first identities that have two are chosen`() throws {
    let labels = [5, 2, 2, 9, 5, 2, 1, 9, 5, 5]
    func rows(_ identities: Int, _ images: Int) throws -> [Int] {
      try ValidationSet(
        features: Matrix(rows: 10, columns: 3), labels: labels, store: "store", rows: nil, pairs: 10,
        file: "file", place: "place"
      ).rows(identities: identities, images: images)
    }
    // Identity 1 has a single image.
    #expect(try rows(2, 2) == [1, 2, 0, 4])
    #expect(try rows(2, 3) == [1, 2, 5, 0, 4, 8])
    #expect(try rows(32, 100) == [1, 2, 5, 0, 4, 8, 9, 3, 7])
  }

  @Test func `Validation accuracy is that of loops over folds`() throws {
    let tiny = try TinyExperiment(parts("[cost]"))
    let set = try #require(try tiny.bind().datasets[0].validations.first)
    let found = set.accuracy(of: set.features)
    func cosine(_ pair: SIMD2<Int>) -> Double {
      let (a, b) = (set.features.row(pair.x).map(Double.init), set.features.row(pair.y).map(Double.init))
      let dot = { (x: [Double], y: [Double]) in zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
      return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
    let (genuine, impostor) = (set.genuine.map(cosine), set.impostor.map(cosine))
    var wins = 0.0
    for a in genuine { for b in impostor { wins += a > b ? 1 : a == b ? 0.5 : 0 } }
    #expect(abs(try #require(found.auc) - wins / Double(genuine.count * impostor.count)) < 1e-12)
    // The best threshold of the other folds: the highest of the best midpoints.
    var accuracies: [Double] = []
    for fold in 0..<10 {
      let others = (
        genuine.enumerated().filter { $0.offset % 10 != fold }.map(\.element),
        impostor.enumerated().filter { $0.offset % 10 != fold }.map(\.element)
      )
      let distinct = Array(Set(others.0 + others.1)).sorted()
      let thresholds =
        [distinct[0] - 1] + zip(distinct, distinct.dropFirst()).map { ($0 + $1) / 2 } + [distinct.last! + 1]
      func correct(_ t: Double, _ g: [Double], _ i: [Double]) -> Int {
        g.count { $0 >= t } + i.count { $0 < t }
      }
      let best = thresholds.max {
        (correct($0, others.0, others.1), $0) < (correct($1, others.0, others.1), $1)
      }!
      let own = (
        genuine.enumerated().filter { $0.offset % 10 == fold }.map(\.element),
        impostor.enumerated().filter { $0.offset % 10 == fold }.map(\.element)
      )
      accuracies.append(Double(correct(best, own.0, own.1)) / Double(own.0.count + own.1.count))
    }
    #expect(abs(try #require(found.accuracy) - accuracies.reduce(0, +) / 10) < 1e-12)
    var broken = set.features
    broken[set.genuine[0].x, 0] = .nan
    #expect(set.accuracy(of: broken) == ValidationAccuracy())
  }

  // MARK: Records

  @Test func `Every diagnostic that is asked for is beside the result`() async throws {
    let tiny = try TinyExperiment(parts(Self.all))
    #expect(try await tiny.run() == ExperimentRunner.Outcome(finished: 3))
    let records = try records(tiny)
    #expect(records.count == 9)
    let curve = try #require(records["curve"]?.curve)
    #expect(curve.map(\.step) == [0, 10, 20, 30, 40])
    #expect(curve[0].loss == nil)
    let experiment = try tiny.bind()
    let run = try trainedRun(experiment)
    let folder = RunFolder(results: tiny.results, identity: run.identity)
    let result = try CanonicalJSON.decode(TrainingResult.self, from: folder.resultFile)
    let mean = result.history.losses[10..<20].reduce(0, +) / 10
    #expect(abs(try #require(curve[2].loss) - mean) < 1e-12)
    let model = try TrainedModel<Float>(
      decoding: try #require(FileManager.default.contents(atPath: folder.modelFile)))
    let validation = try #require(experiment.datasets[0].validations.first)
    let embeddings = model.embed(validation.features)
    #expect(curve[4].validation == validation.accuracy(of: embeddings))
    #expect(records["spectrum"]?.spectrum == EmbeddingSpectrum(embeddings))
    #expect(
      records["compactness"]?.compactness
        == Compactness(embeddings.rows(in: 0..<30), labels: Array(validation.labels[0..<30])))
    let groups = try #require(records["groups"]?.groups)
    #expect(groups.whole == curve[4].validation)
    #expect(groups.alone == [0, 3].map { validation.accuracy(of: embeddings.columns(in: $0..<$0 + 3)) })
    #expect(groups.comparison == GroupComparison(embeddings, labels: validation.labels, groups: 2))
    let clusters = try #require(records["clusters"]?.clusters)
    let rows = validation.rows(identities: 5, images: 2)
    let chosen = embeddings.gathering(rows: rows)
    #expect(clusters.labels == rows.map { validation.labels[$0] })
    #expect(clusters.whole == IdentityClusters(chosen, labels: clusters.labels))
    #expect(
      clusters.alone
        == [0, 2, 4].map { IdentityClusters(chosen.columns(in: $0..<$0 + 2), labels: clusters.labels) })
    #expect(clusters.whole.coordinates.count == 10 && (clusters.whole.betweenToWithin ?? 0) > 0)
    #expect(records["head-gradients"]?.headGradients?.map(\.step) == [15, 30, 40])
    #expect(
      records["head-gradients"]?.headGradients?.allSatisfy { $0.heads.map(\.name) == ["prototypes.0"] }
        == true)
    let smoothness = try #require(records["smoothness"]?.smoothness)
    #expect(smoothness.map(\.step) == [0, 20, 40])
    #expect(
      smoothness.allSatisfy { $0.line.places.map(\.rate) == [0.1, 0.5] && ($0.line.smoothness ?? 0) > 0 })
    let landscape = try #require(records["landscape"]?.landscape)
    #expect(landscape.steps == [-1, 0, 1])
    // The middle is the batch at which the last gradient line begins.
    #expect(landscape.losses[1][1] == smoothness[2].line.loss)
    #expect(records["cost"]?.cost?.networkNumbers == 12 * 8 + 8 + 16 + 8 + 8 * 6 + 6)
    let environment = try CanonicalJSON.decode(RunEnvironment.self, from: folder.environmentFile)
    #expect((environment.secondsPerStep ?? 0) > 0 && (environment.secondsPerEmbedding ?? 0) > 0)
    // Stored features have what measures an embedding.
    #expect(experiment.diagnostics(of: experiment.grid.runs[0]).map(\.name) == ["compactness", "spectrum"])
    #expect(experiment.diagnostics(of: experiment.grid.runs[1]).isEmpty)
  }

  @Test func `Training goes the same way with and without diagnostics`() async throws {
    for mechanism in [
      "conventional", "{name: multi-agent, agents: 2, queue: 16, ema: 0.9, groups: 2, identities: free}",
    ] {
      let plain = try TinyExperiment(parts(nil, validation: nil, mechanism: mechanism))
      let observed = try TinyExperiment(parts(Self.all, mechanism: mechanism))
      try await plain.run()
      try await observed.run()
      let some = try plain.snapshot().digests
      let all = try observed.snapshot().digests
      #expect(all.filter { !$0.key.contains("diagnostic-") } == some, "\(mechanism)")
    }
  }

  @Test func `What a model tells is added without training, what training tells with the same training`()
    async throws
  {
    let expected = try TinyExperiment(parts(Self.all))
    try await expected.run()
    let tiny = try TinyExperiment(parts(nil))
    try await tiny.run()
    let before = try tiny.snapshot()
    try tiny.write(parts("[{name: compactness, images: 30}, spectrum, cost]"))
    let model = EventLog()
    // The trained run and the stored features; the ceiling lacks nothing.
    #expect(try await tiny.run(show: model.add).finished == 2)
    #expect(!model.events.contains { if case .stepped = $0 { true } else { false } })
    #expect(try tiny.snapshot().filter { before[$0.key] != nil } == before)
    try tiny.write(parts(Self.all))
    let training = EventLog()
    #expect(try await tiny.run(show: training.add).finished == 1)
    #expect(training.events.contains { if case .stepped = $0 { true } else { false } })
    // Neither the model nor the result was written again.
    #expect(try tiny.snapshot().filter { before[$0.key] != nil } == before)
    #expect(try tiny.snapshot().digests == expected.snapshot().digests)
  }

  @Test(arguments: [1, 9, 10, 25, 39]) func `Interrupted, they go on to the same bytes`(step: Int)
    async throws
  {
    let expected = try TinyExperiment(parts(Self.all))
    try await expected.run()
    let tiny = try TinyExperiment(parts(Self.all))
    let interruption = Interruption()
    let outcome = try await tiny.run(interruption: interruption) { event in
      if case .stepped(_, step, _, _) = event { interruption.request() }
    }
    #expect(outcome.interrupted)
    let log = EventLog()
    try await tiny.run(show: log.add)
    let run = try trainedRun(tiny.bind())
    #expect(log.starts[run.identity.folderName] == step)
    #expect(try tiny.snapshot().digests == expected.snapshot().digests)
  }

  @Test func `A checkpoint without its observations starts the run again`() async throws {
    let tiny = try TinyExperiment(parts(nil))
    let interruption = Interruption()
    _ = try await tiny.run(interruption: interruption) { event in
      if case .stepped(_, 25, _, _) = event { interruption.request() }
    }
    try tiny.write(parts(Self.all))
    let log = EventLog()
    try await tiny.run(show: log.add)
    #expect(log.starts[try trainedRun(tiny.bind()).identity.folderName] == 0)
    #expect(log.notes.contains { $0.contains("starts again") })
    #expect(try records(tiny)["curve"]?.curve?.map(\.step) == [0, 10, 20, 30, 40])
  }

  @Test func `A model of another machine is not diagnosed as if it were this one's`() async throws {
    let tiny = try TinyExperiment(parts(nil))
    try await tiny.run()
    let run = try trainedRun(tiny.bind())
    let folder = RunFolder(results: tiny.results, identity: run.identity)
    var model = try TrainedModel<Float>(
      decoding: try #require(FileManager.default.contents(atPath: folder.modelFile)))
    model = TrainedModel(network: model.network, steps: model.steps + 1)
    let bytes = try model.encoded()
    try AtomicFile.write(bytes, to: folder.modelFile)
    var result = try CanonicalJSON.decode(TrainingResult.self, from: folder.resultFile)
    result.modelDigest = Digest.sha256(bytes)
    try AtomicFile.write(try CanonicalJSON.encodeIndented(result), to: folder.resultFile)
    try tiny.write(parts("[curve]"))
    #expect(try await tiny.run().failed == 1)
    let failure = try CanonicalJSON.decode(RunFailure.self, from: folder.failureFile)
    #expect(failure.reason.contains("a model of other bytes"))
  }

  @Test func `Every number of a table is in its record`() async throws {
    let tiny = try TinyExperiment(parts(Self.all))
    try await tiny.run()
    let records = try records(tiny)
    let values = { (name: String) in records[name]?.values ?? [] }
    #expect(
      values("curve").map(\.quantity)
        == Array(repeating: ["loss", "accuracy", "auc", "eer"], count: 5).flatMap(\.self))
    #expect(values("curve").map(\.step).first == 0 && values("curve").last?.step == 40)
    let spectrum = try #require(records["spectrum"]?.spectrum)
    #expect(values("spectrum").first?.value == spectrum.effectiveDimension)
    #expect(
      values("groups").map(\.quantity) == [
        "accuracy-whole", "accuracy-0", "accuracy-1", "neighbour-accuracy-0", "neighbour-accuracy-1",
        "alignment-0-1", "neighbour-agreement-0-1",
      ])
    #expect(
      values("clusters").map(\.quantity)
        == ["whole", "0", "1", "2"].flatMap { part in
          ["between-within", "silhouette", "variance-share"].map { "\($0)-\(part)" }
        })
    let clusters = try #require(records["clusters"]?.clusters)
    #expect(
      values("clusters").suffix(3).map(\.value) == [
        clusters.alone[2].betweenToWithin, clusters.alone[2].silhouette,
        clusters.alone[2].shares.map { $0[0] + $0[1] },
      ])
    #expect(
      values("head-gradients").prefix(3).map(\.quantity) == [
        "prototypes.0-all", "prototypes.0-present", "prototypes.0-absent",
      ])
    #expect(values("landscape").count == 3 && values("cost").count == 10)
    #expect(values("compactness").count == 12 && values("smoothness").count == 21)
  }

  @Test func `A landscape without the trained weights among its points has no loss of theirs`() throws {
    var record = DiagnosticRecord(try DiagnosticConfiguration("landscape", ["points": .number(4)]))
    record.landscape = try JSONDecoder().decode(
      LossSlice.self, from: Data(#"{"steps": [-1, 1], "losses": [[1, 2], [3, 4]]}"#.utf8))
    #expect(record.values.map(\.value) == [nil, 1, 4])
  }
}
