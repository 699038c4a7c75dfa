/// Scaling the rows of a matrix to unit length, and its derivative.
///
/// û = x / max(‖x‖, ε) with ε = `minimumNorm`: a zero row stays zero rather than becoming NaN. The norm does not overflow or
/// underflow on the way, so any finite row gives a finite result.
public enum RowNormalization {
  /// Norms below this are taken for it.
  public static func minimumNorm<Element: Scalar>(_ type: Element.Type) -> Element { 1e-12 }

  /// Rows per piece of parallel work.
  static let rowsPerPiece = 64

  /// Writes the normalised rows of `x` to `unit` and their norms (before ε) to `norms`.
  ///
  /// `unit` must have the shape of `x`, `norms` one element a row. NaN in a row gives NaN in that row.
  public static func forward<Element: Scalar>(
    _ x: Matrix<Element>, into unit: inout Matrix<Element>, norms: inout [Element], workers: Workers = .one
  ) {
    precondition(unit.rows == x.rows && unit.columns == x.columns && norms.count == x.rows, "shapes differ")
    unit.makeUnique()
    let columns = x.columns
    let rows = x.rows
    nonisolated(unsafe) let source = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let target = unit.storage.base
    let minimum = minimumNorm(Element.self)
    _ = BLASCore.current
    norms.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let norms = buffer
      workers.forEach((rows + rowsPerPiece - 1) / rowsPerPiece) { piece in
        for row in piece * rowsPerPiece..<min(rows, (piece + 1) * rowsPerPiece) {
          let from = source + row * columns
          let to = target + row * columns
          let length = norm(of: from, count: columns)
          norms[row] = length
          let divisor = max(length, minimum)
          // A division, not a product with the reciprocal: 1/‖x‖ overflows for tiny norms.
          Element._divide(from, columns, divisor, to)
        }
      }
    }
  }

  /// Replaces ∂L/∂û by ∂L/∂x = (g − (g·û)û)/‖x‖, row by row; a row with ‖x‖ < ε was divided by a constant: g/ε.
  public static func backward<Element: Scalar>(
    unit: Matrix<Element>, norms: [Element], gradient: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(
      unit.rows == gradient.rows && unit.columns == gradient.columns && norms.count == unit.rows,
      "shapes differ")
    gradient.makeUnique()
    let columns = unit.columns
    let rows = unit.rows
    nonisolated(unsafe) let unitBase = UnsafePointer(unit.storage.base)
    nonisolated(unsafe) let gradientBase = gradient.storage.base
    let minimum = minimumNorm(Element.self)
    workers.forEach((rows + rowsPerPiece - 1) / rowsPerPiece) { piece in
      for row in piece * rowsPerPiece..<min(rows, (piece + 1) * rowsPerPiece) {
        let u = unitBase + row * columns
        let g = gradientBase + row * columns
        let radial = norms[row] < minimum ? 0 : Element._dot(g, u, columns)
        let divisor = max(norms[row], minimum)
        Element._removeRadial(u, columns, radial, divisor, g)
      }
    }
  }
}
