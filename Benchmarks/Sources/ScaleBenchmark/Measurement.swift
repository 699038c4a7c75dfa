import BenchmarkSupport
import Foundation

/// What a process took: printed as one line of JSON, by the Python peer too.
struct Measurement: Codable {
  /// Seconds by the wall clock, step by step.
  var steps: [String: Double] = [:]
  /// The process's peak resident memory.
  var peakMiB = 0.0
  /// Numbers that must agree between peers.
  var results: [String: Double] = [:]
  /// Shares of the scores by what was done with them, where not all are computed.
  var shares: [String: Double]?

  var seconds: Double { steps.values.reduce(0, +) }

  /// Runs `body` and notes its time as `step`.
  mutating func time<Result>(_ step: String, _ body: () throws -> Result) rethrows -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    let passed = (clock.now - start).components
    steps[step, default: 0] += Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
    return result
  }

  /// Prints it with the process's peak memory so far.
  func report() throws {
    var result = self
    result.peakMiB = ProcessUsage().peakMiB
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    print(String(decoding: try encoder.encode(result), as: UTF8.self))
  }
}
