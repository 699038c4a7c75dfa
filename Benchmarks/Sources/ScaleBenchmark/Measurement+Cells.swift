import BenchmarkSupport
import Foundation

extension [Measurement] {
  /// Cells of a table: the spread of all seconds, the median of each of `steps`, empty where it was not taken, and that of the peak memory.
  func cells(steps: [String]) -> [String] {
    let times = steps.map { step in
      let seconds = compactMap { $0.steps[step] }
      return seconds.isEmpty ? "" : String(format: "%.2f", Spread(of: seconds).median)
    }
    return Spread(of: map(\.seconds)).columns + times + ["\(Int(Spread(of: map(\.peakMiB)).median))"]
  }
}
