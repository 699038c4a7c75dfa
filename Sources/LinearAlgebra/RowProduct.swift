/// Products that have the same bytes on every machine.
///
/// BLAS cores differ in the last bits; these products, several times slower, sum in one fixed order without fused
/// multiply-add. For data that must not depend on the machine (synthetic worlds), not for training or scoring.
public enum RowProduct {
  static let rowsPerPiece = 256

  /// A·Bᵀ, with A of m × k and B of n × k.
  public static func multiply<Element: Scalar>(
    _ a: Matrix<Element>, byTransposeOf b: Matrix<Element>, workers: Workers = .one
  ) -> Matrix<Element> {
    precondition(a.columns == b.columns, "product of \(a.columns) and \(b.columns) columns")
    let result = Matrix<Element>(rows: a.rows, columns: b.rows)
    nonisolated(unsafe) let pa = UnsafePointer(a.storage.base)
    nonisolated(unsafe) let pb = UnsafePointer(b.storage.base)
    nonisolated(unsafe) let pc = result.storage.base
    let (m, n, k) = (a.rows, b.rows, a.columns)
    workers.forEach((m + rowsPerPiece - 1) / rowsPerPiece) { piece in
      for row in piece * rowsPerPiece..<min(m, (piece + 1) * rowsPerPiece) {
        for column in 0..<n { pc[row * n + column] = Element._dot(pa + row * k, pb + column * k, k) }
      }
    }
    return result
  }
}
