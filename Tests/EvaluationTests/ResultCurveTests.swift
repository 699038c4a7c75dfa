import Evaluation
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// The curves of each kind of result: their points and the counts behind them against counting.
struct ResultCurveTests {
  @Test(arguments: [1, 2], [7, 2048])
  func `Among distractors histograms hold every score once, whatever the blocks and threads`(
    threads: Int, block: Int
  ) throws {
    let small = try DistractorTests.Small()
    let result = try small.task("{noise: keep}").result(
      of: small.table, workers: Workers(threads), blockRows: block)
    func score(_ i: Int, _ j: Int) -> Float {
      zip(small.table.features.row(i), small.table.features.row(j)).reduce(Float(0)) { $0 + $1.0 * $1.1 }
    }
    let genuine = (0..<11).flatMap { i in
      (0..<11).filter { $0 != i && small.identities[$0] == small.identities[i] }.map { score(i, $0) }
    }
    let impostor = (0..<11).flatMap { i in (11..<51).map { score(i, $0) } }
    #expect(
      result.scores
        == ScoreHistograms(genuine: ScoreHistogram(genuine), impostor: ScoreHistogram(impostor)))
  }

  @Test func `Curves among distractors are those of the largest list, of ranks, and of numbers`() throws {
    let small = try DistractorTests.Small()
    let result = try small.task("{noise: keep}").result(of: small.table)
    #expect(
      result.curves.map { "\($0.kind.rawValue) \($0.of)" } == [
        "distractors ", "cmc 5 distractors", "cmc 33 distractors", "cmc 40 distractors", "roc 5 distractors",
        "roc 33 distractors", "roc 40 distractors", "histogram ",
      ])
    let rates = try #require(result.curves[0].tables.first)
    #expect(rates.columns == ["distractors", "rank_1_rate", "hits", "lower", "upper"])
    for (point, size) in zip(rates.points, result.sizes) {
      #expect(
        point == [
          Double(size.listed), size.match.rate(rank: 1), Double(size.match.hits[0]), size.intervals[0]?.lower,
          size.intervals[0]?.upper,
        ])
    }
    #expect(rates.counts.map(\.value) == [result.sizes[0].match.searches])
    let ranks = result.curves[3].tables[0]
    #expect(ranks.points.map { $0[0] } == (1...12).map(Double.init))
    #expect(ranks.points.map { $0[2] } == result.sizes[2].match.hits.map(Double.init))
    guard case .roc(_, let reach) = result.curves[6].content else {
      Issue.record("no ROC curve")
      return
    }
    #expect(reach == 0.1)
  }

  @Test(arguments: [1, 13, 2048])
  func `Histograms of all pairs hold every pair once`(block: Int) throws {
    let small = try AllPairsTests.Small()
    let result = try small.task().result(of: small.table, workers: Workers(2), blockRows: block)
    for (images, trial) in zip(small.trials, result.trials) {
      var naive = ScoreHistograms()
      for (place, a) in images.enumerated() {
        for b in images.dropFirst(place + 1) {
          let score = zip(small.table.features.row(a), small.table.features.row(b)).reduce(0.0) {
            $0 + Double($1.0) * Double($1.1)
          }
          if a % 9 == b % 9 { naive.genuine.insert(score) } else { naive.impostor.insert(score) }
        }
      }
      #expect(trial.scores == naive)
    }
    #expect(result.curves.map(\.kind) == [.roc, .roc, .roc, .histogram, .histogram, .histogram])
  }

  @Test func `Searches have an identification DET, ranks and scores for each gallery`() throws {
    let small = try IdentificationTests.Small()
    let task = try small.task("{detector-score: false}")
    let result = try task.result(of: small.table)
    #expect(
      result.curves.map { "\($0.kind.rawValue) \($0.of)" }
        == ["iddet", "cmc", "histogram"].flatMap { ["\($0) g1.txt", "\($0) g2.txt"] })
    for gallery in 0..<2 {
      let searches = try task.searches(gallery: gallery, of: small.table)
      let det = result.curves[gallery].tables[0]
      #expect(det.columns == ["fpir", "fnir", "threshold", "accepted_mated", "accepted_non_mated"])
      for point in det.points {
        let threshold = try #require(point[2])
        #expect(point[1] == searches.fnir(rank: 1, threshold: threshold))
        #expect(point[0] == searches.fpir(threshold: threshold))
      }
      #expect(det.counts.map(\.value) == [searches.mated.count, searches.nonMated.count])
      #expect(
        result.galleries[gallery].scores
          == ScoreHistograms(
            genuine: ScoreHistogram(searches.mated.map(\.score)), impostor: ScoreHistogram(searches.nonMated))
      )
    }
    let closed = try small.task("{detector-score: false, threshold: closed-set-pairs}").result(
      of: small.table)
    #expect(closed.curves.map(\.kind) == [.cmc, .histogram], "no open-set curve by the old rule")
  }

  @Test func `Comparisons have an exact curve and the distributions behind it`() throws {
    let small = try TemplateVerificationTests.Small()
    let task = try small.task("likeness")
    let result = try task.result(of: small.table)
    let curve = try task.curve(split: 0, of: small.table)
    #expect(result.curves.map(\.kind) == [.roc, .histogram])
    #expect(result.splits[0].scores == ScoreHistograms(curve))
    let roc = result.curves[0].tables[0]
    #expect(roc.counts.map(\.value) == [curve.genuineCount, curve.impostorCount])
    for point in roc.points {
      let accepted = curve.accepted(at: try #require(point[2]))
      #expect(
        point == [
          curve.far(accepted), curve.tar(accepted), point[2], Double(accepted.acceptedGenuine),
          Double(accepted.acceptedImpostor),
        ])
    }
  }

  @Test func `Groups have a curve and distributions each, of distances in their own unit`() throws {
    let folder = try GroupVerificationTests.folder()
    let table = try circle(GroupVerificationTests.angles)
    let result = try #require(
      try GroupVerificationTests.definition("convention: {similarity: negative-angle}").evaluate(
        table, lists: folder.path) as? GroupResult)
    #expect(
      result.curves.map { "\($0.kind.rawValue) \($0.of)" } == [
        "roc A", "roc B", "histogram A", "histogram B",
      ])
    let tables = result.curves[2].tables
    #expect(tables.map(\.part) == ["genuine", "impostor"])
    // Genuine angles of group A: 10° and 20°, impostors 50° and 60°, over 180°.
    for (table, angles) in zip(tables, [[10.0, 20], [50, 60]]) {
      #expect(table.columns == ["from", "density", "to", "count"] && table.counts[0].value == 2)
      let filled = table.points.filter { $0[3] != 0 }
      #expect(filled.count == 2)
      for (point, angle) in zip(filled, angles) {
        let (low, high) = (try #require(point[0]), try #require(point[2]))
        #expect(low <= angle / 180 + 1e-9 && angle / 180 - 1e-9 <= high)
        #expect(high - low == 1.0 / 128 && point[1] == 64 && point[3] == 1)
      }
      #expect(zip(table.points, table.points.dropFirst()).allSatisfy { ($0[0] ?? 0) < ($1[0] ?? 0) })
    }
  }

  @Test func `As CSV each curve has a title, a header and a line a point with its counts`() throws {
    let small = try DistractorTests.Small()
    let result = try small.task("{noise: keep}").result(of: small.table)
    let blocks = result.curvesCSV.components(separatedBy: "\n\n").map { $0.split(separator: "\n") }
    #expect(
      blocks.map { String($0[0]) } == [
        "distractors,", "cmc,5 distractors", "cmc,33 distractors", "cmc,40 distractors",
        "roc-head,5 distractors",
        "roc-head,33 distractors", "roc-head,40 distractors", "histogram,genuine", "histogram,impostor",
      ])
    #expect(blocks[0][1] == "distractors,rank_1_rate,hits,lower,upper,searches")
    let match = result.sizes[0].match
    #expect(blocks[0][2].hasPrefix("5,\(match.rate(rank: 1) ?? .nan),\(match.hits[0]),"))
    #expect(blocks[0][2].hasSuffix(",\(match.searches)"))
    #expect(blocks[4][2].hasPrefix("0,") && blocks[4][2].contains(",Infinity,0,0,"))
    for block in blocks {
      let width = block[1].split(separator: ",", omittingEmptySubsequences: false).count
      #expect(
        block.dropFirst().allSatisfy {
          $0.split(separator: ",", omittingEmptySubsequences: false).count == width
        })
    }
  }
}
