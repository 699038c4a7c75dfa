import FeatureStores
import Foundation
import Metrics

extension AccumulatorFile {
  /// Adds the highest scores as `name.highest`, with their counts and the lowest of them beside.
  mutating func add(_ name: String, _ scores: HighestScores) {
    let summary = scores.summary
    add("\(name).highest", summary.above)
    add("\(name).highest.lowest", [summary.lowest].compactMap(\.self))
    add("\(name).highest.counts", [summary.capacity, summary.count, summary.lowestCount])
  }

  /// The highest scores that `add` wrote as `name`, of an accumulator of `capacity`.
  func highest(_ name: String, capacity: Int) throws -> HighestScores {
    let counts = try integers("\(name).highest.counts", count: 3)
    let summary = HighestScores.Summary(
      capacity: counts[0], count: counts[1], above: try reals("\(name).highest"),
      lowest: try reals("\(name).highest.lowest").first, lowestCount: counts[2])
    guard counts[0] == capacity, let scores = HighestScores(summary) else {
      throw error(
        "\(name).highest", found: "no such accumulator of \(counts[0]) scores",
        expected: "the \(capacity) highest scores")
    }
    return scores
  }

  mutating func add(_ name: String, _ histogram: ScoreHistogram) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    add("\(name).histogram", text: String(decoding: try encoder.encode(histogram), as: UTF8.self))
  }

  func histogram(_ name: String) throws -> ScoreHistogram {
    let text = try text("\(name).histogram")
    do { return try JSONDecoder().decode(ScoreHistogram.self, from: Data(text.utf8)) } catch {
      throw self.error("\(name).histogram", found: "‘\(text.prefix(40))’", expected: "a histogram")
    }
  }
}
