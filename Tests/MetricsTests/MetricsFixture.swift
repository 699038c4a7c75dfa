import Foundation
import Metrics
import Testing

/// `Tests/Fixtures/metrics.json`, written by the naive restatements of `make_metrics_fixtures.py`.
struct MetricsFixture: Decodable {
  struct Reading: Decodable {
    let rule: FARRule
    let target: Double
    let tar: Double
    let falseAccepts: Int?
    let threshold: ExtendedReal?
  }

  struct Folds: Decodable {
    let accuracies: [Double]
    let thresholds: ExtendedReals
  }

  struct ScoreSet: Decodable, CustomTestStringConvertible {
    let name: String
    let genuine: [Double]
    let impostor: [Double]
    let auc: Double
    let eer: Double
    let readings: [Reading]
    let foldCount: Int
    let folds: [String: Folds]

    var testDescription: String { name }
    var roc: ROCCurve { ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor)) }

    /// The folds of the script: score j of either class belongs to fold j mod `foldCount`.
    func folds(_ score: (Double) -> Double = { $0 }) -> [LabelledScores] {
      (0..<foldCount).map { fold in
        func members(_ scores: [Double]) -> [Double] {
          scores.indices.filter { $0 % foldCount == fold }.map { score(scores[$0]) }
        }
        let (same, different) = (members(genuine), members(impostor))
        return LabelledScores(
          scores: same + different,
          isGenuine: same.map { _ in true } + different.map { _ in false })
      }
    }
  }

  struct Interval: Decodable {
    let k: Int
    let n: Int
    let confidence: Double
    let lower: Double
    let upper: Double
  }

  struct Discordance: Decodable {
    let b: Int
    let c: Int
    let exactP: Double
    let midP: Double
    let chiSquared: Double
  }

  struct Spread: Decodable {
    let values: [Double]
    let mean: Double
    let populationSD: Double
    let sampleSD: Double?
    let sem: Double?
  }

  struct Allowed: Decodable {
    let target: Double
    let impostors: Int
    let count: Int
  }

  let sets: [ScoreSet]
  let clopperPearson: [Interval]
  let mcNemar: [Discordance]
  let spread: [Spread]
  let allowed: [Allowed]

  static let shared: Result<MetricsFixture, any Error> = Result {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/metrics.json")
    return try JSONDecoder().decode(MetricsFixture.self, from: Data(contentsOf: file))
  }

  static let sets: [ScoreSet] = (try? shared.get().sets) ?? []
}

/// Whether two numbers agree to `tolerance`, relative where they are larger than 1; infinities agree with themselves.
func agree(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
  a == b || abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}

/// A small deterministic generator for property tests (SplitMix64).
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `count` scores about `mean`, rounded to multiples of `step` where it is not 0.
  mutating func scores(_ count: Int, mean: Double, step: Double) -> [Double] {
    (0..<count).map { _ in
      let value = mean + (0..<4).reduce(0) { sum, _ in sum + Double.random(in: -0.3...0.3, using: &self) }
      return step == 0 ? value : (value / step).rounded() * step
    }
  }
}
