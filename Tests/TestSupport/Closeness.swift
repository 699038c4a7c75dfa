import LinearAlgebra

/// |a − b| relative to |b|, or the absolute difference where b is 0. Equal values, infinities and pairs of NaN among them,
/// are 0 apart; a NaN or an infinity against anything else is infinitely far.
public func relativeError(_ a: Double, _ b: Double) -> Double {
  if a == b || (a.isNaN && b.isNaN) { return 0 }
  guard a.isFinite && b.isFinite else { return .infinity }
  return abs(a - b) / (b == 0 ? 1 : abs(b))
}

/// The largest |aᵢ − bᵢ| relative to the largest |bᵢ|, or absolute where all bᵢ are 0. Different counts and non-finite
/// values that differ are infinitely far.
public func relativeError(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
  guard a.count == b.count else { return .infinity }
  var difference = 0.0
  var scale = 0.0
  for (a, b) in zip(a, b) {
    if a == b || (a.isNaN && b.isNaN) {
      if b.isFinite { scale = max(scale, abs(b)) }
      continue
    }
    guard a.isFinite && b.isFinite else { return .infinity }
    difference = max(difference, abs(a - b))
    scale = max(scale, abs(b))
  }
  return difference == 0 ? 0 : difference / (scale == 0 ? 1 : scale)
}

/// The largest |aᵢⱼ − bᵢⱼ| relative to the largest |bᵢⱼ|; different shapes are infinitely far.
public func relativeError<Element: Scalar>(_ a: Matrix<Element>, _ b: Matrix<Double>) -> Double {
  guard a.rows == b.rows && a.columns == b.columns else { return .infinity }
  return relativeError(a.elements.map(Double.init), b.elements)
}
