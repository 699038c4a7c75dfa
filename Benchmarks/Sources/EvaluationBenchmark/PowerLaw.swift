import Foundation

/// The line through logarithms of sizes and times, by least squares: time ∝ size to the power of `exponent`.
struct PowerLaw {
  let exponent: Double

  /// Of at least two different sizes, all positive, as are the times.
  init(_ sizes: [Double], _ times: [Double]) {
    precondition(sizes.count == times.count && Set(sizes).count > 1, "too few sizes for a line")
    let (x, y) = (sizes.map { log($0) }, times.map { log($0) })
    let count = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    exponent = covariance / x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
  }
}
