import LinearAlgebra

/// The eigenvalues of a symmetric matrix, in double precision.
enum SymmetricEigenvalues {
  /// All eigenvalues with their multiplicity, the largest first; NaN for each where an element is not finite.
  ///
  /// By `TridiagonalMatrix`: errors are of the order of the rounding of the largest eigenvalue. Only the lower triangle is read. O(n³).
  static func of(_ matrix: Matrix<Double>) -> [Double] {
    precondition(matrix.rows == matrix.columns, "eigenvalues of a matrix that is not square")
    let n = matrix.rows
    guard n > 0 else { return [] }
    guard matrix.elements.allSatisfy(\.isFinite) else { return Array(repeating: .nan, count: n) }
    return TridiagonalMatrix(matrix).eigenvalues((0..<n).reversed())
  }
}
