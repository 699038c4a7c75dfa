import Foundation

extension Spread {
  /// Median, quartiles and range, each a cell of a table.
  public var columns: [String] {
    // As many decimals as three digits of the median need.
    let decimals = median >= 100 ? 0 : median >= 10 ? 1 : 2
    func text(_ value: Double) -> String { String(format: "%.\(decimals)f", value) }
    return [text(median), "\(text(lower))–\(text(upper))", "\(text(least))–\(text(most))"]
  }
}
