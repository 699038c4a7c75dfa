import BenchmarkSupport
import Foundation
import Learning

/// What steps of training took in one process: printed as one line of JSON, by the Python peers too.
struct StepMeasurement: Codable {
  /// What computed them, with its version.
  var engine: String
  /// Seconds a step, of the steps that count.
  var step: Spread
  /// Seconds of the step's matrix products alone, where they were measured.
  var products: Spread?
  /// The losses of the first steps, each before its step.
  var losses: [Double]
  /// Page faults a step, of the steps that count.
  var pageFaults: Double
  /// The process's peak resident memory.
  var peakMiB: Double
  /// What leaving small gradients out changed in the step after those that count, where that was done.
  var skipping: [SkippingError]?

  /// How many losses are compared, of the steps before those that count.
  static let comparedLosses = 20

  /// The largest relative difference of two losses of the same step; infinite where a number is not finite.
  func lossDifference(from other: Self) -> Double {
    zip(losses, other.losses).map { x, y in
      guard x.isFinite && y.isFinite else { return .infinity }
      return x == y ? 0 : abs(x - y) / max(abs(x), abs(y))
    }.max() ?? .infinity
  }

  /// Prints it.
  func report() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    print(String(decoding: try encoder.encode(self), as: UTF8.self))
  }
}
