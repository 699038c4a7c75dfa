import LinearAlgebra

/// The eigenvalues of a symmetric matrix, in double precision.
enum SymmetricEigenvalues {
  /// All eigenvalues with their multiplicity, the largest first; NaN for each where an element is not finite.
  ///
  /// Householder reflections make the matrix tridiagonal, and each eigenvalue is bisected by Sturm's count of the negative pivots
  /// of T − x (Golub and Van Loan, Matrix Computations, 8.3 and 8.4). Errors are of the order of the rounding of the largest
  /// eigenvalue. Only the lower triangle is read. O(n³).
  static func of(_ matrix: Matrix<Double>) -> [Double] {
    precondition(matrix.rows == matrix.columns, "eigenvalues of a matrix that is not square")
    let n = matrix.rows
    guard n > 0 else { return [] }
    guard matrix.elements.allSatisfy(\.isFinite) else { return Array(repeating: .nan, count: n) }
    let (diagonal, beside) = tridiagonal(matrix)
    // Gershgorin's circles hold all eigenvalues.
    var bounds = diagonal[0]...diagonal[0]
    for index in 0..<n {
      let radius =
        (index > 0 ? beside[index - 1].magnitude : 0) + (index < n - 1 ? beside[index].magnitude : 0)
      bounds =
        min(bounds.lowerBound, diagonal[index] - radius)...max(bounds.upperBound, diagonal[index] + radius)
    }
    let squares = beside.map { $0 * $0 }
    return (0..<n).reversed().map { bisect(index: $0, in: bounds, diagonal, squares) }
  }

  /// The eigenvalue with `index` smaller ones.
  private static func bisect(
    index: Int, in bounds: ClosedRange<Double>, _ diagonal: [Double], _ squares: [Double]
  ) -> Double {
    var low = bounds.lowerBound
    var high = bounds.upperBound
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return middle }
      if smaller(than: middle, diagonal, squares) > index { high = middle } else { low = middle }
    }
  }

  /// The number of eigenvalues below x.
  private static func smaller(than x: Double, _ diagonal: [Double], _ squares: [Double]) -> Int {
    var count = 0
    var pivot = 1.0
    for index in diagonal.indices {
      pivot = diagonal[index] - x - (index > 0 ? squares[index - 1] / pivot : 0)
      // A pivot of 0 is as good as the smallest number.
      if pivot == 0 { pivot = .leastNormalMagnitude }
      if pivot < 0 { count += 1 }
    }
    return count
  }

  /// The diagonal, and what is beside it, of a tridiagonal matrix with the same eigenvalues.
  private static func tridiagonal(_ matrix: Matrix<Double>) -> (diagonal: [Double], beside: [Double]) {
    let n = matrix.rows
    var a = matrix.elements
    var beside = [Double](repeating: 0, count: max(n - 1, 0))
    var v = [Double](repeating: 0, count: n)
    var w = v
    for row in 0..<n { for column in 0..<row { a[column * n + row] = a[row * n + column] } }
    for step in 0..<max(n - 2, 0) {
      var square = 0.0
      for row in step + 1..<n {
        v[row] = a[row * n + step]
        square += v[row] * v[row]
      }
      let length = square.squareRoot()
      guard length > 0 else { continue }
      let target = v[step + 1] > 0 ? -length : length
      beside[step] = target
      // The reflection along v − target·e takes the column to the target.
      let norm = 2 * (square - target * v[step + 1])
      v[step + 1] -= target
      let factor = 2 / norm
      var inner = 0.0
      for row in step + 1..<n {
        var sum = 0.0
        for column in step + 1..<n { sum += a[row * n + column] * v[column] }
        w[row] = factor * sum
        inner += w[row] * v[row]
      }
      for row in step + 1..<n { w[row] -= factor / 2 * inner * v[row] }
      for row in step + 1..<n {
        for column in step + 1..<n { a[row * n + column] -= v[row] * w[column] + w[row] * v[column] }
      }
    }
    if n > 1 { beside[n - 2] = a[(n - 1) * n + n - 2] }
    return ((0..<n).map { a[$0 * n + $0] }, beside)
  }
}
