import LinearAlgebra

/// The directions along which rows vary most, and where the rows lie along them.
struct PrincipalComponents {
  /// The variances along the components, the largest first; NaN where a row is not finite.
  let variances: [Double]
  /// The variance along all axes.
  let totalVariance: Double
  /// A row for each row, a column for each component.
  let coordinates: Matrix<Double>

  /// The first `count` components of rows of which there must be one; where rows have fewer columns, the others have variance and coordinates 0.
  ///
  /// The mean is taken out; sums are divided by the number of rows. A component is a unit eigenvector of the covariance, of the two the one whose
  /// largest loading (the first of equals in magnitude) is positive. The same bytes for any number of `workers`.
  init(_ rows: Matrix<Double>, count: Int, workers: Workers = .one) {
    precondition(rows.rows > 0, "the components of nothing")
    var centred = rows
    centred.centreColumns()
    var covariance = Matrix<Double>(rows: rows.columns, columns: rows.columns)
    gemm(alpha: 1 / Double(rows.rows), centred, .transposed, centred, into: &covariance, workers: workers)
    totalVariance = (0..<rows.columns).reduce(0) { $0 + covariance[$1, $1] }
    var loadings = Matrix<Double>(rows: count, columns: rows.columns)
    guard covariance.elements.allSatisfy(\.isFinite) else {
      variances = Array(repeating: .nan, count: count)
      coordinates = Matrix(rows: rows.rows, columns: count, repeating: .nan)
      return
    }
    let form = TridiagonalMatrix(covariance)
    let values = form.eigenvalues((0..<form.size).reversed().prefix(count))
    for (place, vector) in form.eigenvectors(values).enumerated() {
      let largest = vector.reduce(0) { $0.magnitude < $1.magnitude ? $1 : $0 }
      for (column, loading) in vector.enumerated() {
        loadings[place, column] = largest < 0 ? -loading : loading
      }
    }
    variances = values.map { max($0, 0) } + Array(repeating: 0, count: count - values.count)
    coordinates = product(centred, .asIs, loadings, .transposed, workers: workers)
  }
}
