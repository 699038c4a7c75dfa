import BenchmarkSupport
import Experiments
import Foundation

/// What one run of the grid gave, on either side.
struct GridOutcome: Codable {
  /// The losses of the first steps, each before its step.
  let losses: [Double]
  /// On the pairs, the mean over folds.
  let accuracy: Double
}

extension GridOutcome {
  /// How many losses are compared.
  static let comparedLosses = 20

  /// What the product wrote of a run, in the folder of runs.
  init(ofRun identity: String, in runs: String) throws {
    let manager = FileManager.default
    guard
      let name = try manager.contentsOfDirectory(atPath: runs).first(where: { $0.hasSuffix("-\(identity)") })
    else { throw Failure("no run \(identity) in \(runs)") }
    let folder = "\(runs)/\(name)"
    let files = try manager.contentsOfDirectory(atPath: folder)
    guard let evaluation = files.first(where: { $0.hasPrefix("evaluation-") }) else {
      throw Failure("no evaluation in \(folder)")
    }
    let training = try JSONDecoder().decode(
      TrainingResult.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/result.json")))
    let tested = try JSONDecoder().decode(
      Evaluation.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(evaluation)")))
    losses = Array(training.history.losses.prefix(Self.comparedLosses))
    accuracy = tested.result.accuracy.mean
  }

  private struct Evaluation: Decodable {
    struct Result: Decodable {
      struct Accuracy: Decodable { let mean: Double }
      let accuracy: Accuracy
    }
    let result: Result
  }

  /// The largest difference of two losses of the same step, of their size.
  func difference(from other: GridOutcome) -> Double {
    guard losses.count == other.losses.count else { return .infinity }
    return zip(losses, other.losses).map { abs($0 - $1) / max(abs($0), abs($1)) }.max() ?? .infinity
  }
}

/// What a peer prints of a whole grid, by the hash of the run.
struct PeerGrid: Decodable {
  let engine: String
  let peers: [String]
  let runs: [String: GridOutcome]
}
