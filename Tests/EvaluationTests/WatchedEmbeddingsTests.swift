import FeatureStores
import Foundation
import LinearAlgebra
import Synchronization
import TestSupport
import Testing

@testable import Evaluation

/// How many rows are read, as they are and as tasks announce them.
@Suite("Watched embeddings")
struct WatchedEmbeddingsTests {
  /// Embeddings whose reading is counted.
  private final class Reading: Sendable {
    private let count = Mutex(0)
    var rows: Int { count.withLock { $0 } }

    func watched(_ embeddings: any EmbeddingSource) -> WatchedEmbeddings {
      WatchedEmbeddings(embeddings) { rows in self.count.withLock { $0 += rows } }
    }
  }

  /// A task of each kind, with what it evaluates; the lists are kept as long.
  private static func tasks() throws -> [(
    task: any EvaluationTask, table: EmbeddingTable, lists: ListFolder
  )] {
    let pairs = try ListFolder(["p.txt": "1 a b 1\n1 a c -1\n2 d c 1\n2 d b -1\n"])
    let table = try circle([("a", 0), ("b", 60), ("c", 90), ("d", 180), ("nowhere", 120)])
    let verification = try definition("{format: split-pairs, pairs: p.txt}").task(
      lists: pairs.path, names: table.names, source: table.source)
    let groups = try GroupVerificationTests.folder()
    let grouped = try circle(GroupVerificationTests.angles)
    let group = try GroupVerificationTests.definition().task(
      lists: groups.path, names: grouped.names, source: grouped.source)
    let templates = try TemplateVerificationTests.Small()
    let galleries = try IdentificationTests.Small()
    let distractors = try DistractorTests.Small()
    let trials = try AllPairsTests.Small()
    return [
      (verification, table, pairs), (group, grouped, groups),
      (try templates.task("insightface"), templates.table, templates.folder),
      (try galleries.task("{detector-score: false}"), galleries.table, galleries.folder),
      (try distractors.task("{noise: keep}"), distractors.table, distractors.folder),
      (try distractors.task("{noise: exclude}"), distractors.table, distractors.folder),
      (try trials.task(), trials.table, trials.folder),
    ]
  }

  @Test func `A task of any kind reads as many rows as it announces, and results are the same`() throws {
    for (task, table, _) in try Self.tasks() {
      for workers in [Workers.one, Workers(2)] {
        let reading = Reading()
        let result = try task.evaluation(of: reading.watched(table), workers: workers)
        let kind = "\(type(of: task))"
        #expect(reading.rows == task.rowsRead && reading.rows > 0, "\(kind)")
        #expect(try result.json() == task.evaluation(of: table, workers: .one).json(), "\(kind)")
      }
    }
  }

  @Test(arguments: [Workers.one, Workers(2)])
  func `A store's digest is the same whether it is begun at once or when it is asked for`(workers: Workers)
    throws
  {
    let folder = try TemporaryFolder()
    let location = StoreLocation(path: folder.file("s.h5"))
    try FeatureStoreContents(
      features: Matrix([[1, 2], [3, 4]]), metadata: StoreMetadata(names: ["a", "b"])
    ).write(to: location)
    let store = try FeatureStore(opening: location)
    let embeddings = try StoreEmbeddings(store, workers: workers)
    for _ in 0..<2 { #expect(try embeddings.contentDigest() == store.digest()) }
  }

  @Test func `All that is asked of a source is that of the watched one`() throws {
    let small = try TemplateVerificationTests.Small()
    let table = try EmbeddingTable(
      source: "s.h5", names: small.table.names, features: small.table.features, flipped: small.table.flipped,
      digest: "0123")
    let reading = Reading()
    let watched = reading.watched(table)
    #expect(watched.source == "s.h5" && watched.names == table.names && watched.dimension == table.dimension)
    #expect(try watched.hasFlipped && watched.contentDigest() == "0123")
    #expect(try watched.flippedEmbeddings(ofRows: [3, 1]) == table.flippedEmbeddings(ofRows: [3, 1]))
    #expect(reading.rows == 0)
    #expect(try watched.embeddings(ofRows: [2, 2, 5]) == table.embeddings(ofRows: [2, 2, 5]))
    #expect(reading.rows == 3)
    #expect(throws: (any Error).self) {
      try reading.watched(circle([("a", 0)])).flippedEmbeddings(ofRows: [0])
    }
  }

  @Test func `A shard reads no more than the whole`() throws {
    let small = try DistractorTests.Small()
    let table = try EmbeddingTable(
      source: "s.h5", names: small.table.names, features: small.table.features, digest: "0123")
    let folder = try TemporaryFolder()
    var read: [Int] = []
    for number in 1...3 {
      let reading = Reading()
      let evaluation = try ShardedEvaluation(
        DistractorTests.definition("{noise: keep}"), lists: small.folder.path, of: reading.watched(table),
        folder: ShardFolder(folder.path), semantics: 1)
      #expect(try evaluation.make(#require(Shard(number, of: 3))) && evaluation.rowsRead == 51)
      read.append(reading.rows)
    }
    // Each has all eleven probes, and its part of the forty distractors.
    #expect(read.allSatisfy { $0 > 11 && $0 < 51 } && read.reduce(0, +) == 3 * 11 + 40)
  }

  @Test func `A comparison announces and reads the rows of both embeddings once`() throws {
    let small = try TemplateVerificationTests.Small()
    let lists = try ListFolder(["p.txt": "1 a b 1\n1 a c -1\n2 d c 1\n2 d b -1\n"])
    let table = try circle([("a", 0), ("b", 60), ("c", 90), ("d", 180)])
    let other = try circle([("d", 10), ("c", 20), ("b", 70), ("a", 40)])
    for (definition, lists, first, second, rows) in [
      (try definition("{format: split-pairs, pairs: p.txt}"), lists, table, other, 8),
      (
        try TemplateVerificationTests.definition("insightface", "interval: {replicates: 20}"), small.folder,
        small.table, small.table, 62
      ),
    ] {
      let reading = Reading()
      var announced: [Int] = []
      let comparison = try EmbeddingComparison(
        definition, lists: lists.path, reading.watched(first), reading.watched(second),
        begin: { announced.append($0) })
      #expect(announced == [rows] && reading.rows == rows, "\(definition.name)")
      #expect(
        try comparison.json()
          == EmbeddingComparison(definition, lists: lists.path, first, second).json())
    }
  }

  @Test func `An export announces and tells every score and every row`() throws {
    let folder = try TemporaryFolder()
    var exports = 0
    for (task, table, lists) in try Self.tasks() where task is any PairScoring {
      let reading = Reading()
      let export = try ScoreExport(task.definition, reading.watched(table), lists: lists.path)
      var told = 0
      #expect(try export.writeCSV(to: folder.file("s.csv")) { told += $0 } == export.count)
      #expect(told == export.count && told > 0 && reading.rows == export.rowsRead)
      told = 0
      if !(task is GroupTask) {
        try export.writeMatrix(to: folder.file("s.mtx")) { told += $0 }
        #expect(told == export.count)
      }
      exports += 1
    }
    #expect(exports == 3)
    // A missing image takes its pairs with it, unless they have a score all the same; more scores than are told of at once.
    let table = try circle((0..<100).map { ("i\($0)", Double($0)) })
    let all = (0..<100).flatMap { first in
      (0..<100).map { "\(1 + first % 2) i\(first) i\($0) \((first + $0) % 4 < 2 ? 1 : -1)\n" }
    }
    let lists = try ListFolder(["p.txt": all.joined() + "1 i0 lost 1\n"])
    for (missing, count) in [("reject-pair", 10_000), ("score-minimum", 10_001)] {
      let export = try ScoreExport(
        definition("{format: split-pairs, pairs: p.txt}", "balanced: false\nmissing: \(missing)"), table,
        lists: lists.path)
      var told: [Int] = []
      #expect(export.count == count)
      #expect(try export.writeCSV(to: folder.file("s.csv")) { told.append($0) } == count)
      #expect(told == [4096, 4096, count - 8192])
    }
  }
}
