/// The line through sizes and times with the least squares of relative deviations: time = `fixed` + `each` · size, neither below 0.
struct StraightLine {
  /// The time at size 0.
  let fixed: Double
  /// The time that one more takes.
  let each: Double

  /// Of at least two different sizes, all positive, as are the times.
  init(_ sizes: [Double], _ times: [Double]) {
    precondition(sizes.count == times.count && Set(sizes).count > 1, "too few sizes for a line")
    var (ww, wx, wxx, wt, wxt) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for (size, time) in zip(sizes, times) {
      let weight = 1 / (time * time)
      ww += weight
      wx += weight * size
      wxx += weight * size * size
      wt += weight * time
      wxt += weight * size * time
    }
    let slope = (ww * wxt - wx * wt) / (ww * wxx - wx * wx)
    let start = (wt - slope * wx) / ww
    // A line through zero, or a flat one, where a better one would go below zero.
    if start < 0 {
      (fixed, each) = (0, wxt / wxx)
    } else if slope < 0 {
      (fixed, each) = (wt / ww, 0)
    } else {
      (fixed, each) = (start, slope)
    }
  }

  func time(_ size: Double) -> Double { fixed + each * size }

  /// The largest deviation of a time from the line, as a share of what the line says.
  func departure(_ sizes: [Double], _ times: [Double]) -> Double {
    zip(sizes, times).map { abs($1 / time($0) - 1) }.max() ?? 0
  }
}
