import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Evaluation

/// Shards that are not there, or are not of this evaluation.
@Suite("Refused shards")
struct ShardRefusalTests {
  /// Three shards of one evaluation among distractors.
  private struct Made {
    let small: DistractorTests.Small
    let folder: TemporaryFolder

    init() throws {
      small = try DistractorTests.Small()
      folder = try TemporaryFolder()
      for number in 1...3 { _ = try make(number) }
    }

    func evaluation(
      _ convention: String = "likeness", digest: String? = "0123", names: [String]? = nil, semantics: Int = 1
    ) throws -> ShardedEvaluation {
      try ShardedEvaluation(
        DistractorTests.definition(convention, "interval: none"), lists: small.folder.path,
        of: EmbeddingTable(
          source: "store.h5", names: names ?? small.table.names, features: small.table.features,
          digest: digest
        ), folder: ShardFolder(folder.path), semantics: semantics)
    }

    func make(_ number: Int, of count: Int = 3, _ convention: String = "likeness", digest: String? = "0123")
      throws -> Bool
    {
      try evaluation(convention, digest: digest).make(try #require(Shard(number, of: count)))
    }

    func file(_ number: Int, of count: Int = 3) -> String { folder.file("shard-\(number)-of-\(count).h5") }

    func bytes(_ number: Int) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file(number))) }
  }

  @Test func `A missing shard is named with all that are missing`() throws {
    let made = try Made()
    for number in [1, 3] { try FileManager.default.removeItem(atPath: made.file(number)) }
    let error = try harnessError { try made.evaluation().merged() }
    #expect(error.kind == .missingInput && error.file == made.file(1))
    #expect(error.found == "no such file; shards missing: 1, 3 (of 3)")
    #expect(error.advice == "Make each with --shard K/3 --output \(made.folder.path).")
    try FileManager.default.removeItem(atPath: made.file(2))
    let none = try harnessError { try made.evaluation().merged() }
    #expect(none.kind == .missingInput && none.file == made.folder.path && none.found == "no shards")
  }

  @Test func `Shards of another number are refused`() throws {
    let made = try Made()
    // Before any work, and again where one was put there.
    let early = try harnessError { try made.make(2, of: 4) }
    #expect(early.kind == .badInput && early.file == made.file(1))
    #expect(early.found == "a shard of 3 in the folder for shards of 4")
    #expect(!FileManager.default.fileExists(atPath: made.file(2, of: 4)))
    try FileManager.default.copyItem(atPath: made.file(2), toPath: made.file(2, of: 4))
    let late = try harnessError { try made.make(1) }
    #expect(late.file == made.file(2, of: 4), "one that is there already, too")
    let error = try harnessError { try made.evaluation().merged() }
    #expect(error.kind == .badInput && error.file == made.file(2, of: 4))
    #expect(error.found == "a shard of 4 beside shards of 3")
    try FileManager.default.removeItem(atPath: made.file(2, of: 4))
    // And by its content where the name tells another.
    try FileManager.default.removeItem(atPath: made.file(2))
    try FileManager.default.copyItem(atPath: made.file(1), toPath: made.file(2))
    let renamed = try harnessError { try made.evaluation().merged() }
    #expect(renamed.kind == .badInput && renamed.file == made.file(2) && renamed.place == "identity")
    #expect(renamed.found == "shard: 1" && renamed.expected == "shard: 2")
  }

  @Test func `Shards of another store, protocol, similarity or meaning are refused, and not made again`()
    throws
  {
    let made = try Made()
    let before = try made.bytes(2)
    let shard = try #require(Shard(2, of: 3))
    let fields = "protocol.fields.convention"
    let others: [(ShardedEvaluation, found: String, expected: String)] = [
      (try made.evaluation(digest: "4567"), "store.sha256: 0123", "store.sha256: 4567"),
      (
        try made.evaluation("{similarity: inner-product}"),
        "\(fields).name: likeness, \(fields).similarity: cosine",
        "\(fields).name: custom, \(fields).similarity: inner-product"
      ), (try made.evaluation(semantics: 2), "semantics: 1", "semantics: 2"),
    ]
    for other in others {
      for error in [
        try harnessError { try other.0.merged() }, try harnessError { try other.0.make(shard) },
      ] {
        #expect(error.kind == .badInput && error.place == "identity", "\(error)")
        #expect(error.found == other.found && error.expected == other.expected, "\(error)")
        #expect(error.advice?.hasPrefix("It is a shard of another evaluation;") == true)
      }
    }
    #expect(try made.bytes(2) == before)
    // Other lists.
    try Data("4/32@N0/32_1.png\n".utf8).write(
      to: URL(fileURLWithPath: made.small.folder.folder.file("dn.txt")))
    let lists = try harnessError { try made.evaluation().merged() }
    #expect(lists.file == made.file(1) && lists.found.hasPrefix("lists."), "\(lists)")
  }

  @Test func `A shard that was cut or damaged is refused, and not made again`() throws {
    let made = try Made()
    let bytes = try made.bytes(2)
    let url = URL(fileURLWithPath: made.file(2))
    for content in [bytes.prefix(bytes.count / 2), Data("no shard".utf8), Data()] {
      try content.write(to: url)
      for error in [
        try harnessError { try made.evaluation().merged() }, try harnessError { try made.make(2) },
      ] {
        #expect(error.kind == .badInput && error.file == made.file(2), "\(error)")
        #expect(error.advice == "The file was cut or damaged; remove it, and make it again.", "\(error)")
      }
    }
    try FileManager.default.removeItem(at: url)
    #expect(try made.make(2))
    #expect(try made.bytes(2) == bytes)
    _ = try made.evaluation().merged()
  }

  @Test func `Accumulators of another size than the protocol's are refused`() throws {
    let made = try Made()
    let task = try made.small.task()
    let shard = try #require(Shard(1, of: 3))
    var file = AccumulatorFile()
    var part = try task.part(shard, of: made.small.table, workers: .one)
    part.sizes[1].best.removeLast()
    try part.write(to: &file)
    let error = try harnessError { try task.part(shard, reading: file) }
    #expect(error.place == "size1.best.counts" && error.found == "9 numbers" && error.expected == "10")
  }

  @Test func `Embeddings without a digest are refused`() throws {
    let made = try Made()
    try FileManager.default.removeItem(atPath: made.file(1))
    let error = try harnessError { try made.make(1, digest: nil) }
    #expect(error.kind == .usage && error.file == "store.h5")
  }

  @Test func `A folder that cannot be made is an error`() throws {
    let made = try Made()
    try AtomicFile.write("", to: made.folder.file("file"))
    let evaluation = try ShardedEvaluation(
      DistractorTests.definition("likeness"), lists: made.small.folder.path,
      of: EmbeddingTable(
        source: "s", names: made.small.table.names, features: made.small.table.features, digest: "1"),
      folder: ShardFolder(made.folder.file("file/shards")), semantics: 1)
    let error = try harnessError { try evaluation.make(.whole) }
    #expect(error.kind == .cannotWrite && error.file == made.folder.file("file/shards"))
  }
}
