import Metrics
import Testing

/// The highest scores as one process hands them to another.
@Suite("Summaries of the highest scores")
struct HighestScoresSummaryTests {
  /// Scores with many ties, from a small generator.
  private static let scores: [Float] = {
    var state: UInt32 = 7
    return (0..<300).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 27) / 8 - 2
    }
  }()

  private func accumulated(_ scores: some Sequence<Float>, capacity: Int) -> HighestScores {
    var result = HighestScores(capacity: capacity)
    for score in scores { result.insert(score) }
    return result
  }

  @Test(arguments: [1, 2, 5, 40, 299, 300, 1000], [1, 2, 3, 7, 400])
  func `Parts that were handed over merge to the whole, in any order`(capacity: Int, parts: Int) throws {
    let whole = accumulated(Self.scores, capacity: capacity)
    let summaries = (0..<parts).map { part in
      accumulated(
        Self.scores[part * 300 / parts..<(part + 1) * 300 / parts], capacity: capacity
      ).summary
    }
    for order in [Array(summaries), summaries.reversed()] {
      var merged = HighestScores(capacity: capacity)
      for summary in order {
        let part = try #require(HighestScores(summary))
        #expect(part.summary == summary)
        merged.merge(part)
      }
      #expect(merged == whole && merged.summary == whole.summary)
    }
  }

  @Test func `Scores that were only counted stay counted`() throws {
    var scores = HighestScores(capacity: 3)
    scores.skip(5)
    #expect(try #require(HighestScores(scores.summary)) == scores)
    scores.insert(1)
    let again = try #require(HighestScores(scores.summary))
    #expect(again.count == 6 && again.descending == [1] && again == scores)
  }

  @Test func `What no accumulator gives is refused`() {
    func isRefused(
      _ capacity: Int, _ count: Int, _ above: [Float], _ lowest: Float?, _ ties: Int
    ) -> Bool {
      HighestScores(
        HighestScores.Summary(
          capacity: capacity, count: count, above: above, lowest: lowest, lowestCount: ties)) == nil
    }
    #expect(!isRefused(3, 9, [3, 3], 1, 2))
    #expect(isRefused(0, 9, [], nil, 0) && isRefused(3, 9, [4, 3, 2, 1], 0, 1))
    #expect(
      isRefused(3, 2, [3, 2], 1, 1) && isRefused(3, 9, [2, 3], 1, 1) && isRefused(3, 9, [3, 1], 1, 1))
    #expect(isRefused(3, 9, [1], 2, 1) && isRefused(3, 9, [.nan], 1, 1) && isRefused(3, 9, [2], .nan, 1))
    #expect(isRefused(3, 9, [2], nil, 0) && isRefused(3, 9, [2], 1, 0) && isRefused(3, 9, [], 1, -1))
  }
}
