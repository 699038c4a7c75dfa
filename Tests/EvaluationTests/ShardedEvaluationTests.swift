import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Evaluation

extension EmbeddingTable {
  /// The same as if it were a store's, with a digest.
  fileprivate func digested(_ digest: String = "0123") throws -> EmbeddingTable {
    try EmbeddingTable(source: source, names: names, features: features, flipped: flipped, digest: digest)
  }
}

/// Evaluations in parts give the bytes of the whole.
@Suite("Evaluations in shards")
struct ShardedEvaluationTests {
  /// More than there are distractors, pairs or searches in most of the lists.
  private static let counts = [1, 2, 3, 7, 60]

  /// Everything that a reader of a result gets.
  private func output(_ result: any EvaluationResult) throws -> [String] {
    [
      String(decoding: try result.json(), as: UTF8.self), result.csv, result.curvesCSV, "\(result.tables)",
      "\(result.warnings)",
    ]
  }

  /// Makes the shards in an order of their own, with one thread and with two, and compares what they merge to with the whole.
  private func check(
    _ definition: ProtocolDefinition, _ lists: ListFolder, _ table: EmbeddingTable, counts: [Int] = counts,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let table = try table.digested()
    let whole = try output(definition.evaluate(table, lists: lists.path))
    for count in counts {
      let folder = try TemporaryFolder()
      for number in (1...count).reversed() {
        let evaluation = try ShardedEvaluation(
          definition, lists: lists.path, of: table, folder: ShardFolder(folder.path), semantics: 1,
          workers: Workers(1 + number % 2))
        let shard = try #require(Shard(number, of: count))
        #expect(try evaluation.make(shard), sourceLocation: sourceLocation)
        #expect(try !evaluation.make(shard), sourceLocation: sourceLocation)
      }
      let merged = try ShardedEvaluation(
        definition, lists: lists.path, of: table, folder: ShardFolder(folder.path), semantics: 1
      ).merged()
      let found = try output(merged.result)
      #expect(found == whole && merged.warnings == [], "\(count) shards", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: DistractorConvention.Noise.allCases, CumulativeMatch.Ties.allCases)
  func `Among distractors, for every rule of noise and ties`(
    noise: DistractorConvention.Noise, ties: CumulativeMatch.Ties
  ) throws {
    let small = try DistractorTests.Small()
    try check(
      DistractorTests.definition(
        "{noise: \(noise.rawValue), ties: \(ties.rawValue)}", "interval: {replicates: 20}"), small.folder,
      small.table)
  }

  @Test(arguments: DistractorConvention.Noise.allCases)
  func `Among distractors with screening`(noise: DistractorConvention.Noise) throws {
    let small = try DistractorTests.Small()
    try check(
      DistractorTests.definition(
        "{noise: \(noise.rawValue)}", "interval: {replicates: 20}\nscreening: 8-bit"), small.folder,
      small.table)
  }

  @Test
  func `Among distractors, for every rule of thresholds, without intervals, and for scores of any size`()
    throws
  {
    let small = try DistractorTests.Small()
    for rule in DistractorConvention.farRules {
      try check(
        DistractorTests.definition("{noise: keep, far-rule: \(rule.rawValue)}", "interval: none"),
        small.folder, small.table, counts: [3])
    }
    var features = Matrix<Float>(rows: 51, columns: 16)
    var stream = RandomStream(seed: 4, name: "sizes")
    stream.fillNormal(&features, standardDeviation: 3)
    let table = try EmbeddingTable(source: "s", names: small.table.names, features: features)
    try check(
      DistractorTests.definition("{similarity: inner-product}", "interval: binomial"), small.folder, table)
  }

  @Test(arguments: [1, 5, 4096])
  func `What a shard writes depends neither on blocks nor on threads`(block: Int) throws {
    let small = try DistractorTests.Small()
    let task = try small.task()
    func file(_ workers: Workers, _ block: Int) throws -> AccumulatorFile {
      var file = AccumulatorFile()
      try task.part(
        try #require(Shard(2, of: 3)), of: small.table, workers: workers, blockRows: block
      ).write(to: &file)
      return file
    }
    #expect(try file(Workers(2), block) == file(.one, DistractorTask.blockRows))
  }

  @Test(arguments: [
    "likeness", "insightface", "magface", "{similarity: inner-product, detector-score: false}",
  ])
  func `Templates, for several ways of pooling`(convention: String) throws {
    let small = try TemplateVerificationTests.Small()
    try check(
      TemplateVerificationTests.definition(convention, "interval: {replicates: 20}"), small.folder,
      small.table)
  }

  @Test func `Templates without images, and templates that no pair compares`() throws {
    let small = try TemplateVerificationTests.Small()
    let lists = try ListFolder([
      "tid.txt": small.entries.map { "\($0.image).jpg \($0.template) \($0.media)\n" }.joined()
        + "lost.jpg 3 1\n",
      "scores.txt": small.entries.map { "\($0.image).jpg 1 2 3 4 5 6 7 8 9 10 \($0.score)\n" }.joined()
        + "lost.jpg 1 2 3 4 5 6 7 8 9 10 1\n",
      "pairs.txt": "44 3 0\n"
        + small.pairs.filter { $0.0 <= 72 && $0.1 <= 72 }.map { "\($0.0) \($0.1) \($0.2)\n" }.joined(),
    ])
    try check(
      TemplateVerificationTests.definition(
        "likeness", "missing: score-minimum\ninterval: {replicates: 20}"), lists, small.table)
    // An image that no shard compares is looked at by one of them all the same, as by the whole.
    var features = small.table.features
    // Image 7 is in two templates, one of which is compared.
    let row = try #require(small.entries.first { $0.template > 72 && $0.image != 7 }).image
    for column in 0..<6 { features[row, column] = .nan }
    let table = try EmbeddingTable(
      source: "s.h5", names: small.table.names, features: features, flipped: small.table.flipped, digest: "1")
    let definition = try TemplateVerificationTests.definition("likeness", "missing: score-minimum")
    let whole = try harnessError { try definition.evaluate(table, lists: lists.path) }
    let folder = try TemporaryFolder()
    let evaluation = try ShardedEvaluation(
      definition, lists: lists.path, of: table, folder: ShardFolder(folder.path), semantics: 1)
    let errors = (1...3).compactMap { number -> HarnessError? in
      guard let shard = Shard(number, of: 3) else { return nil }
      do { _ = try evaluation.make(shard) } catch { return error as? HarnessError }
      return nil
    }
    #expect(errors == [whole])
  }

  @Test func `Splits of templates`() throws {
    func metadata(_ shift: Int) -> String {
      "TEMPLATE_ID,SUBJECT_ID,FILE,MEDIA_ID,SIGHTING_ID\n"
        + (0..<12).map { "\($0 + 1),\(($0 + shift) / 2),f\($0),\($0),\($0)\n" }.joined()
    }
    let comparisons = (1...12).flatMap { a in (a + 1..<13).map { "\(a),\($0)\n" } }.joined()
    let lists = try ListFolder([
      "m1.csv": metadata(0), "m2.csv": metadata(1), "c1.csv": comparisons,
      "c2.csv": comparisons.split(separator: "\n").prefix(20).map { $0 + "\n" }.joined(),
    ])
    let definition = try ProtocolDefinition(
      text: """
        name: splits
        kind: template-verification
        lists: {format: ijb-a, metadata: "m{n}.csv", comparisons: "c{n}.csv", splits: 2}
        convention: {detector-score: false}
        far: [0.5, 0.1]
        interval: {replicates: 20}
        """, file: "p.yaml")
    let angles = (0..<12).map { image -> (name: String, degrees: Double) in
      let degrees: Int = image * image % 50 + image / 2 * 40
      return (name: "f\(image)", degrees: Double(degrees))
    }
    try check(definition, lists, circle(angles))
  }

  @Test(arguments: [
    ("{detector-score: false}", false), ("{detector-score: false, ties: optimistic}", true),
    ("{detector-score: false, threshold: closed-set-pairs}", true),
  ])
  func `Searches of galleries`(convention: String, distractors: Bool) throws {
    let small = try IdentificationTests.Small()
    let task = try small.task(convention, "interval: {replicates: 20}", distractors: distractors)
    try check(task.definition, small.folder, small.table)
  }

  @Test func `All pairs of trials`() throws {
    let small = try AllPairsTests.Small()
    try check(small.task().definition, small.folder, small.table, counts: [1, 2, 3, 7, 80])
  }

  @Test func `Kinds that are not cut say which are`() throws {
    let lists = try ListFolder(["p.txt": "1 A/1 A/2 1\n"])
    let error = try harnessError {
      try ShardedEvaluation(
        definition("{format: split-pairs, pairs: p.txt}"), lists: lists.path,
        of: circle([("A/1", 0), ("A/2", 1)]), folder: ShardFolder("none"), semantics: 1)
    }
    #expect(error.kind == .usage && error.found == "the protocol ‘test’ of the kind ‘pair-verification’")
    #expect(
      error.expected
        == "a kind whose evaluation is cut into shards: distractor-identification, template-verification, template-identification, all-pairs"
    )
  }
}
