import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Evaluation

@Suite("Comparison of two embeddings")
struct EmbeddingComparisonTests {
  /// Two folds of the pairs of eight people with three images each, in either of two embeddings; the second is noisier.
  private struct Made {
    let lists: ListFolder
    let first: EmbeddingTable
    let second: EmbeddingTable
    let definition: ProtocolDefinition

    init() throws {
      var stream = RandomStream(seed: 9, name: "comparison")
      var names: [String] = []
      var rows: (first: [[Float]], second: [[Float]]) = ([], [])
      for person in 0..<8 {
        let centre = (0..<4).map { _ in stream.normal() }
        for image in 1...3 {
          names.append("P\(person)/P\(person)_000\(image)")
          rows.first.append(centre.map { Float($0 + 0.3 * stream.normal()) })
          rows.second.append(centre.map { Float($0 + 0.9 * stream.normal()) })
        }
      }
      first = try EmbeddingTable(source: "first.h5", names: names, features: Matrix(rows.first), digest: "1")
      // The same images in another order.
      let order = names.indices.reversed()
      second = try EmbeddingTable(
        source: "second.h5", names: order.map { names[$0] },
        features: Matrix(order.map { rows.second[$0] }), digest: "2")
      var text = "2\t12\n"
      for fold in 0..<2 {
        for person in 0..<4 {
          for (a, b) in [(1, 2), (1, 3), (2, 3)] { text += "P\(fold * 4 + person)\t\(a)\t\(b)\n" }
        }
        for pair in 0..<12 {
          text += "P\(fold * 4 + pair % 4)\t\(1 + pair / 4)\tP\(fold * 4 + (pair + 1 + pair / 8) % 4)\t2\n"
        }
      }
      lists = try ListFolder(["pairs.txt": text])
      definition = try EvaluationTests.definition(
        "{format: lfw}", "interval: {replicates: 80}", far: "[0.25, 0.0001]")
    }

    func compared() throws -> EmbeddingComparison {
      try EmbeddingComparison(definition, lists: lists.path, first, second)
    }
  }

  @Test func `Numbers are those of either result, differences those of the replicates of the same people`()
    throws
  {
    let made = try Made()
    let comparison = try made.compared()
    let a = try made.definition.result(made.first, made.lists)
    let b = try made.definition.result(made.second, made.lists)
    #expect(
      comparison.numbers.map(\.name)
        == ["accuracy", "AUC", "EER", "TAR at FAR 0.25", "TAR at FAR 0.0001"])
    let accuracy = comparison.numbers[0]
    #expect(accuracy.first == a.accuracy?.mean && accuracy.second == b.accuracy?.mean)
    #expect(comparison.numbers[1].first == a.auc && comparison.numbers[1].second == b.auc)
    for (place, name) in ["accuracy", "AUC", "EER", "TAR at FAR 0.25"].enumerated() {
      let mine = try #require(a.intervals.subjects?[name]?.replicates.values)
      let theirs = try #require(b.intervals.subjects?[name]?.replicates.values)
      let differences = zip(mine, theirs).map { mine, theirs in mine.flatMap { a in theirs.map { a - $0 } } }
      let paired = try #require(comparison.numbers[place].paired)
      #expect(paired.interval == PercentileInterval(differences, level: 0.95))
      #expect(paired.seeds == 1)
      #expect(agree(paired.difference, try #require(comparison.numbers[place].difference)))
    }
    // What the list cannot support is not attainable for either, and has no difference.
    #expect(comparison.numbers[4].first == nil && comparison.numbers[4].paired == nil)
    #expect(comparison.tables[0].rows[4][1] == "not attainable")
  }

  @Test func `McNemar's counts are those of the decisions one by one`() throws {
    let made = try Made()
    let decisions = try #require(try made.compared().decisions)
    var counts = [[0, 0], [0, 0]]
    let results = try [made.first, made.second].map { try made.definition.result($0, made.lists) }
    let tasks = try [made.first, made.second].map {
      try VerificationTask(made.definition, lists: made.lists.path, names: $0.names, source: $0.source)
    }
    for fold in 0..<2 {
      let scores = try zip(tasks, [made.first, made.second]).map { try $0.scores($1.features, fold: fold) }
      for place in scores[0].scores.indices {
        let right = try zip(scores, results).map { scores, result in
          (scores.scores[place] >= (try #require(result.accuracy)).thresholds[fold])
            == scores.isGenuine[place]
        }
        counts[right[0] ? 1 : 0][right[1] ? 1 : 0] += 1
      }
    }
    #expect(decisions.bothRight == counts[1][1] && decisions.bothWrong == counts[0][0])
    #expect(decisions.test == McNemar(onlyFirst: counts[1][0], onlySecond: counts[0][1]))
    #expect(counts.joined().reduce(0, +) == 48 && counts[1][0] > counts[0][1])
  }

  @Test func `Equal comparisons have equal bytes, and swapping the embeddings mirrors them`() throws {
    let made = try Made()
    let comparison = try made.compared()
    #expect(try comparison.json() == made.compared().json())
    let swapped = try EmbeddingComparison(made.definition, lists: made.lists.path, made.second, made.first)
    for (one, other) in zip(comparison.numbers, swapped.numbers) {
      #expect(one.first == other.second && one.paired?.p == other.paired?.p)
    }
    #expect(comparison.decisions?.test.onlyFirst == swapped.decisions?.test.onlySecond)
    #expect(comparison.warnings == ["FAR 0.0001 is not attainable with 24 impostor pairs"])
    let same = try EmbeddingComparison(made.definition, lists: made.lists.path, made.first, made.first)
    #expect(same.warnings.last == "both stores hold the same embeddings")
    #expect(same.numbers[0].paired?.p == 1 && same.decisions?.test.exactP == 1)
  }

  @Test func `Stores of other images and kinds without resamples are refused`() throws {
    let made = try Made()
    let fewer = try EmbeddingTable(
      source: "fewer.h5", names: Array(made.first.names.dropLast()),
      features: made.first.features.gathering(rows: Array(0..<made.first.names.count - 1)))
    for (a, b) in [(made.first, fewer), (fewer, made.first)] {
      let error = try harnessError {
        try EmbeddingComparison(made.definition, lists: made.lists.path, a, b)
      }
      #expect(error.file == "fewer.h5" && error.found == "1 image of first.h5 missing: P7/P7_0003")
    }
    let groups = try ProtocolDefinition(
      text: """
        name: all
        kind: all-pairs
        lists: {format: labelled-images, images: people.txt}
        far: [0.1]
        """, file: "all.yaml")
    let error = try harnessError {
      try EmbeddingComparison(groups, lists: made.lists.path, made.first, made.second)
    }
    #expect(error.found == "the protocol ‘all’ of the kind ‘all-pairs’")
  }
}
