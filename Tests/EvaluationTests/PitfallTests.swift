import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import Synchronization
import TestSupport
import Testing

@testable import Evaluation

/// The pitfalls of published evaluation code that concern lists, embeddings and searches, by their numbers in the list of twenty that this
/// project keeps; those of scores are in MetricsTests, of stores in FeatureStoresTests, of runs in ExperimentsTests.
@Suite("Pitfalls of lists and searches")
struct PitfallTests {
  @Test func `Pitfall 7: an image that is missing never moves a fold`() throws {
    let list = "2\t1\nAnn\t1\t2\nAnn\t1\tBo\t1\nBo\t1\t2\nBo\t1\tAnn\t2\n"
    let lists = try ListFolder(["pairs.txt": list])
    let table = try circle([("Ann/Ann_0001", 0), ("Bo/Bo_0001", 70), ("Bo/Bo_0002", 80)])
    let error = try harnessError { try definition("{format: lfw}").evaluate(table, lists: lists.path) }
    #expect(error.kind == .missingInput && error.found.contains("Ann/Ann_0002"))
    // Where the protocol asks for it the pair stays where it is, below every score.
    let task = try VerificationTask(
      definition("{format: lfw}", "missing: score-minimum"), lists: lists.path, names: table.names,
      source: table.source)
    #expect(try task.scores(table.features, fold: 0).scores.first == -.infinity)
    #expect(try task.scores(table.features, fold: 1).count == 2)
    #expect(task.pairs.map(\.listed.fold) == [0, 0, 1, 1])
  }

  @Test func `Pitfall 8: what is done with the mirrored image has a name in every result`() throws {
    let small = try TemplateVerificationTests.Small()
    var scores: [[Float]] = []
    for flip in ["none", "sum", "concatenate"] {
      let task = try small.task("{preset: likeness, flip: \(flip)}")
      let result = try task.result(of: small.table)
      #expect(result.convention.pooling.flip.rawValue == flip)
      #expect(String(decoding: try result.json(), as: UTF8.self).contains("\"flip\" : \"\(flip)\""))
      scores.append(try task.scores(split: 0, templates: task.templates(split: 0, of: small.table)))
    }
    // Three rules, three results.
    #expect(scores[0] != scores[1] && scores[1] != scores[2] && scores[0] != scores[2])
  }

  /// A map that would give other numbers for another batch, if it ever saw rows in another number than it is called with.
  private struct Recorded: EmbeddingSource {
    let base: EmbeddingTable
    let calls = Calls()

    final class Calls: Sendable {
      private let counts = Mutex<[Int]>([])
      func add(_ count: Int) { counts.withLock { $0.append(count) } }
      var all: [Int] { counts.withLock { $0 } }
    }

    var source: String { base.source }
    var names: [String] { base.names }
    var dimension: Int { base.dimension }
    var hasFlipped: Bool { base.hasFlipped }
    func embeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
      calls.add(rows.count)
      return try base.embeddings(ofRows: rows)
    }
    func flippedEmbeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
      try base.flippedEmbeddings(ofRows: rows)
    }
    func contentDigest() throws -> String? { nil }
  }

  @Test func `Pitfall 9: the last, smaller block is treated as the others are`() throws {
    let small = try TemplateVerificationTests.Small()
    let task = try small.task("{preset: likeness, flip: sum}")
    let source = Recorded(base: small.table)
    let whole = try task.templates(split: 0, of: small.table)
    // 31 entries in blocks of 7: four whole ones and one of three.
    #expect(try task.templates(split: 0, of: source, blockImages: 7) == whole)
    #expect(source.calls.all.reduce(0, +) == 31 && Set(source.calls.all).count > 1, "\(source.calls.all)")
  }

  @Test func `Pitfall 10: no result depends on the size of a block`() throws {
    let distractors = try DistractorTests.Small()
    let task = try distractors.task()
    let expected = try task.result(of: distractors.table)
    for block in [1, 3, 17, 40, 1000] {
      #expect(try task.result(of: distractors.table, blockRows: block) == expected, "\(block)")
    }
    let templates = try TemplateVerificationTests.Small()
    let pooled = try templates.task("likeness")
    let whole = try pooled.templates(split: 0, of: templates.table)
    for block in [1, 2, 5, 30, 31, 32] {
      #expect(try pooled.templates(split: 0, of: templates.table, blockImages: block) == whole, "\(block)")
    }
  }

  @Test func `Pitfall 11: a threshold from pairs of a closed set is no FPIR, and says so`() throws {
    let small = try IdentificationTests.Small()
    let task = try small.task("{preset: likeness, detector-score: false}")
    let found = try task.searches(gallery: 0, of: small.table)
    // Mated and non-mated searches are told apart by who is enrolled: people below 8 are in the first gallery.
    #expect(found.mated.count == small.probes.count { $0.person < 8 })
    #expect(found.nonMated.count == small.probes.count { $0.person >= 8 })
    let old = try small.task("{preset: insightface-closed-set-threshold, detector-score: false}")
    #expect(old.warnings.contains { $0.contains("is no false positive identification rate") })
    #expect(!task.warnings.contains { $0.contains("is no false positive identification rate") })
  }

  @Test func `Pitfall 12: images that are listed as noise are left out, or replaced without chance`() throws {
    let small = try DistractorTests.Small()
    #expect(DistractorConvention.likeness.noise == .exclude)
    let excluded = try small.task()
    #expect(excluded.noise.foundProbes == 1 && excluded.noise.foundDistractors == 2)
    #expect(try excluded.result(of: small.table).sizes.map(\.distractors) == [4, 31, 38])
    let replaced = try small.task("{noise: replace}")
    #expect(try replaced.result(of: small.table) == replaced.result(of: small.table))
  }

  @Test func `Pitfall 14: a search keeps as many scores as ranks and targets need, whatever the gallery`() {
    var highest = HighestScores(capacity: 64)
    var stream = RandomStream(seed: 1, name: "pitfall 14")
    var all: [Float] = []
    for _ in 0..<20_000 {
      let score = Float(stream.integer(below: 1 << 20))
      all.append(score)
      highest.insert(score)
    }
    #expect((64..<128).contains(highest.descending.count))
    var genuine: [Float] = []
    let curve = ROCCurve(genuine: &genuine, highestImpostors: highest)
    let sorted = all.sorted(by: >)
    #expect(curve.impostorCount == 20_000)
    for allowed in [1, 7, 60] {
      #expect(
        curve.accepted(at: Double(sorted[allowed - 1])).acceptedImpostor
          == all.count { $0 >= sorted[allowed - 1] })
    }
  }

  @Test func `Pitfall 16: people, images and rows that train and are tested are found`() throws {
    let folder = try TemporaryFolder()
    func store(_ name: String, _ people: [String], _ rows: [[Float]]) throws -> FeatureStore {
      let location = StoreLocation(path: folder.file(name))
      try FeatureStoreContents(
        features: Matrix(rows),
        metadata: StoreMetadata(
          labels: people.indices.map { Int32($0) }, names: people.map { "\(name)/\($0)" }, identities: people)
      ).write(to: location)
      return try FeatureStore(opening: location)
    }
    let test = try store("test.h5", ["Aaron_Eckhart", "Bo"], [[1, 2], [3, 4]])
    let clean = try store("clean.h5", ["Cy", "Di"], [[5, 6], [7, 8]])
    let leaking = try store("leaking.h5", ["aaron eckhart", "Di"], [[5, 6], [3, 4]])
    #expect(try ProtocolValidation.findings(of: test, against: clean) == [])
    let found = try ProtocolValidation.findings(of: test, against: leaking)
    #expect(found.allSatisfy { $0.severity == .error && $0.check == .trainingOverlap })
    #expect(found.count == 2 && found[0].found.hasPrefix("Aaron_Eckhart trains in "))
    #expect(found[1].found.hasPrefix("row 1 is equal in every bit to row 1 of "))
  }

  @Test func `Pitfall 20: folds cut from a list that is sorted by class are refused`() throws {
    let genuine = (0..<4).map { "\($0 / 2 + 1) a\($0) b\($0) 1\n" }.joined()
    let impostor = (0..<4).map { "\($0 / 2 + 3) a\($0) b\(($0 + 1) % 4) -1\n" }.joined()
    let lists = try ListFolder(["p.txt": genuine + impostor])
    let table = try circle(
      (0..<4).flatMap { [(name: "a\($0)", degrees: Double($0)), (name: "b\($0)", degrees: Double($0) + 40)] })
    let sorted = try definition("{format: split-pairs, pairs: p.txt}", folds: 4)
    let error = try harnessError { try sorted.evaluate(table, lists: lists.path) }
    #expect(error.place == "fold 1" && error.found == "2 genuine and 0 impostor pairs")
    // CALFW and CPLFW are sorted so, and their format interleaves them.
    let both =
      (0..<4).map { "a\($0) 1\nb\($0) 1\n" }.joined()
      + (0..<4).map { "a\($0) 0\nb\(($0 + 1) % 4) 0\n" }.joined()
    let interleaved = try definition("{format: two-line, pairs: p.txt}", folds: 4)
    let folder = try ListFolder(["p.txt": both])
    let task = try VerificationTask(
      interleaved, lists: folder.path, names: table.names, source: table.source)
    for fold in 0..<4 {
      #expect(task.pairs.filter { $0.listed.fold == fold }.map(\.listed.isGenuine) == [true, false])
    }
  }
}
