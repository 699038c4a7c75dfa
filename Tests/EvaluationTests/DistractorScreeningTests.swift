import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Evaluation

/// Identification among distractors with screening: the numbers are those of looking at every score.
@Suite("Screening of distractors")
struct DistractorScreeningTests {
  /// 60 photos of 12 identities and 3,000 distractors, among them copies of photos and near copies: hard, with ties at the mates' scores.
  struct Hard {
    let table: EmbeddingTable
    let folder: ListFolder
    static let sizes = [10, 700, 3000]

    init() throws {
      var stream = RandomStream(seed: 12, name: "hard")
      var features = Matrix<Float>(rows: 3060, columns: 64)
      stream.fillNormal(&features)
      for row in 0..<60 {
        for column in 0..<64 {
          features[row, column] = 0.5 * features[row, column] + features[3000 + row % 12, column]
        }
      }
      for copy in 0..<90 {
        let nearness: Float = copy % 3 == 0 ? 0 : copy % 3 == 1 ? 1e-4 : 0.3
        for column in 0..<64 {
          features[60 + 33 * copy, column] =
            features[copy * 7 % 60, column] + nearness * features[60 + 33 * copy, column]
        }
      }
      let probes = (0..<60).map { "P\($0 % 12)/\($0).jpg" }
      let distractors = (0..<3000).map { "\($0 % 50)/\($0)_0.jpg" }
      table = try EmbeddingTable(
        source: "store.h5", names: (probes + distractors).map { String($0.dropLast(4)) }, features: features)
      func json(_ object: [String: [String]]) throws -> String {
        String(
          decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
      }
      var files = [
        "probes.json": try json(["path": probes, "id": (0..<60).map { "P\($0 % 12)" }]),
        "pn.txt": "P3_3.png\n", "dn.txt": "0/50_0.jpg\n",
      ]
      for size in Self.sizes {
        files["distractors.json_\(size)_1"] = try json(["path": Array(distractors.prefix(size))])
      }
      folder = try ListFolder(files)
    }

    func task(_ convention: String, far: String = "[0.001, 0.0001]", screened: Bool) throws -> DistractorTask
    {
      let definition = try ProtocolDefinition(
        text: """
          name: hard
          kind: distractor-identification
          lists: {format: megaface, probes: probes.json, distractors: distractors.json, set: 1}
          sizes: \(Self.sizes)
          ranks: [1, 5, 20]
          convention: \(convention)
          far: \(far)
          interval: {replicates: 10}
          \(screened ? "screening: 8-bit" : "")
          """, file: "test.yaml")
      return try #require(
        try definition.task(lists: folder.path, names: table.names, source: table.source) as? DistractorTask)
    }
  }

  /// Everything but the histogram of all scores, which screening does not see, is equal.
  private func expectSame(
    _ screened: DistractorResult, _ plain: DistractorResult, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(screened.sizes == plain.sizes, sourceLocation: sourceLocation)
    #expect(screened.intervals == plain.intervals, sourceLocation: sourceLocation)
    #expect(screened.records == plain.records, sourceLocation: sourceLocation)
    #expect(screened.warnings == plain.warnings, sourceLocation: sourceLocation)
    #expect(screened.screening == .eightBit && screened.scores == nil, sourceLocation: sourceLocation)
    #expect(plain.screening == nil && plain.scores != nil, sourceLocation: sourceLocation)
  }

  @Test(arguments: CumulativeMatch.Ties.allCases, ["cosine", "inner-product"])
  func `Hard distractors, ties and every size give the same counts and thresholds`(
    ties: CumulativeMatch.Ties, similarity: String
  ) throws {
    let hard = try Hard()
    let convention = "{noise: keep, ties: \(ties), similarity: \(similarity)}"
    for far in ["[0.001, 0.0001]", "[0.3]", "[1.0e-5]"] {
      let plain = try hard.task(convention, far: far, screened: false).result(of: hard.table)
      var tally: ScreeningTally?
      let screened = try hard.task(convention, far: far, screened: true).result(of: hard.table) { tally = $0 }
      expectSame(screened, plain)
      #expect(tally?.products == 60 * 3000)
    }
  }

  @Test(arguments: [1, 100, 1000, 4096], [1, 2])
  func `Blocks and threads change nothing, and most scores are never computed`(block: Int, threads: Int)
    throws
  {
    let hard = try Hard()
    let plain = try hard.task("{noise: keep}", screened: false).result(of: hard.table, blockRows: block)
    let task = try hard.task("{noise: keep}", screened: true)
    var tally = ScreeningTally()
    let screened = try task.result(of: hard.table, workers: Workers(threads), blockRows: block) { tally = $0 }
    expectSame(screened, plain)
    // Two thirds are behind the first tiles; a core that cannot be replayed computes tiles with candidates whole.
    #expect(tally.products == 60 * 3000 && tally.inWholeTiles + tally.candidates <= tally.products)
    let share = try #require(tally.rescoredShare)
    #expect(tally.candidates == 0 || share < 0.6)
  }

  @Test(arguments: DistractorConvention.Noise.allCases, CumulativeMatch.Ties.allCases)
  func `Every rule of noise and ties, with few and equal scores`(
    noise: DistractorConvention.Noise, ties: CumulativeMatch.Ties
  ) throws {
    let small = try DistractorTests.Small()
    let convention = "{noise: \(noise), ties: \(ties)}"
    let plain = try small.task(convention).result(of: small.table)
    expectSame(try small.task(convention, "screening: 8-bit").result(of: small.table), plain)
    #expect(try small.task(convention, "screening: none").result(of: small.table) == plain)
  }

  @Test func `A screened result says so, is read again, and has every curve but the histogram`() throws {
    let small = try DistractorTests.Small()
    let plain = try small.task().result(of: small.table)
    let screened = try small.task("likeness", "screening: 8-bit").result(of: small.table)
    #expect(
      screened.tables[0].title.contains("8-bit screening") && !plain.tables[0].title.contains("screening"))
    #expect(try JSONDecoder().decode(DistractorResult.self, from: screened.json()) == screened)
    #expect(String(decoding: try screened.json(), as: UTF8.self).contains(#""screening""#))
    #expect(!String(decoding: try plain.json(), as: UTF8.self).contains("screening"))
    #expect(screened.curves.count == plain.curves.count - 1)
    #expect(
      !screened.curves.contains { if case .histogram = $0.content { true } else { false } })
  }

  @Test func `Without screening a protocol is encoded as before there was any`() throws {
    let encoder = JSONEncoder()
    let plain = try encoder.encode(DistractorTests.definition("likeness"))
    #expect(!String(decoding: plain, as: UTF8.self).contains("screening"))
    let screened = try DistractorTests.definition("likeness", "screening: 8-bit")
    let kind = try #require(
      try JSONDecoder().decode(ProtocolDefinition.self, from: encoder.encode(screened)).kind
        as? DistractorIdentification)
    #expect(kind.screening == .eightBit)
    let error = try harnessError { try DistractorTests.definition("likeness", "screening: 4-bit") }
    #expect(error.place?.contains("line") == true && error.expected?.contains("8-bit") == true)
  }

  @Test func `Any protocol among distractors can be screened, and no other`() throws {
    #expect(
      try DistractorTests.definition("likeness").screened()
        == DistractorTests.definition("likeness", "screening: 8-bit"))
    let error = try harnessError { try TemplateVerificationTests.definition("likeness").screened() }
    #expect(error.found == "the kind template-verification" && error.advice != nil)
  }

  @Test func `Embeddings without a direction are refused as without screening`() throws {
    let small = try DistractorTests.Small()
    var features = small.table.features
    for column in 0..<16 { features[30, column] = .nan }
    let table = try EmbeddingTable(source: "s.h5", names: small.table.names, features: features)
    let error = try harnessError {
      try small.task("{noise: keep}", "screening: 8-bit").result(of: table)
    }
    #expect(error.place == "features, row 30")
  }
}
