/// Scaling the rows of a matrix to unit length, and its derivative.
///
/// û = x / max(‖x‖, ε) with ε = `minimumNorm`: a zero row stays zero rather than becoming NaN. Nothing overflows or underflows
/// on the way: any finite row gives a finite result, and one of norm ε or more a unit row, even where the norm itself is
/// larger than the largest number (then +∞ is reported for it). The same bytes on every CPU and for any number of workers.
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
    precondition(unit.rows == x.rows, "shapes differ")
    forward(x, into: &unit, norms: &norms, workers: workers) { $0 }
  }

  /// The same for some rows: row i of `unit` becomes the normalised row `indices[i]` of `x`.
  public static func forward<Element: Scalar>(
    _ x: Matrix<Element>, rows indices: [Int], into unit: inout Matrix<Element>, norms: inout [Element],
    workers: Workers = .one
  ) {
    precondition(unit.rows == indices.count, "shapes differ")
    precondition(indices.allSatisfy { $0 >= 0 && $0 < x.rows }, "row out of range")
    forward(x, into: &unit, norms: &norms, workers: workers) { indices[$0] }
  }

  /// Normalises the rows of `x` where they lie, to the same bits as `forward`, and writes their norms (before ε) to `norms`.
  public static func normalize<Element: Scalar>(
    _ x: inout Matrix<Element>, norms: inout [Element], workers: Workers = .one
  ) {
    x.makeUnique()
    let base = x.storage.base
    forward(
      base, into: base, rows: x.rows, columns: x.columns, norms: &norms, workers: workers
    ) { $0 }
  }

  private static func forward<Element: Scalar>(
    _ x: Matrix<Element>, into unit: inout Matrix<Element>, norms: inout [Element], workers: Workers,
    source index: @Sendable (_ row: Int) -> Int
  ) {
    precondition(unit.columns == x.columns, "shapes differ")
    unit.makeUnique()
    forward(
      x.storage.base, into: unit.storage.base, rows: unit.rows, columns: x.columns, norms: &norms,
      workers: workers, source: index)
  }

  private static func forward<Element: Scalar>(
    _ x: UnsafePointer<Element>, into unit: UnsafeMutablePointer<Element>, rows: Int, columns: Int,
    norms: inout [Element], workers: Workers, source index: @Sendable (_ row: Int) -> Int
  ) {
    precondition(norms.count == rows, "shapes differ")
    nonisolated(unsafe) let source = x
    nonisolated(unsafe) let target = unit
    norms.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let norms = buffer
      workers.forEach((rows + rowsPerPiece - 1) / rowsPerPiece) { piece in
        for row in piece * rowsPerPiece..<min(rows, (piece + 1) * rowsPerPiece) {
          norms[row] = normalize(source + index(row) * columns, into: target + row * columns, count: columns)
        }
      }
    }
  }

  /// Normalises one row, which may be where it comes to lie, and returns its norm.
  private static func normalize<Element: Scalar>(
    _ x: UnsafePointer<Element>, into unit: UnsafeMutablePointer<Element>, count: Int
  ) -> Element {
    let minimum = minimumNorm(Element.self)
    let square = Element._dot(x, x, count)
    if square.isFinite && square >= leastSafeSquare(count) {
      let length = square.squareRoot()
      // A division, not a product with the reciprocal, which would round twice.
      Element._divide(x, count, max(length, minimum), unit)
      return length
    }
    return normalizeExtreme(Array(UnsafeBufferPointer(start: x, count: count)), into: unit, square: square)
  }

  /// The same for a row whose sum of squares is too large or too small to be told, or no number.
  private static func normalizeExtreme<Element: Scalar>(
    _ x: [Element], into unit: UnsafeMutablePointer<Element>, square: Element
  ) -> Element {
    let (minimum, count) = (minimumNorm(Element.self), x.count)
    let largest = largestMagnitude(x, count)
    guard largest.isFinite && largest > 0 else {
      // Zeros, or a row with a NaN or an infinite element.
      let length = square == 0 ? 0 : square.squareRoot()
      Element._divide(x, count, max(length, minimum), unit)
      return length
    }
    Element._divide(x, count, largest, unit)
    let ratio = Element._dot(unit, unit, count).squareRoot()
    let length = largest * ratio
    if length < minimum {
      Element._divide(x, count, minimum, unit)
    } else {
      Element._divide(unit, count, ratio, unit)
    }
    return length
  }

  /// The largest magnitude; NaN where there is one.
  private static func largestMagnitude<Element: Scalar>(_ x: UnsafePointer<Element>, _ count: Int) -> Element
  {
    var largest: Element = 0
    for index in 0..<count {
      let magnitude = x[index].magnitude
      if !(magnitude <= largest) { largest = magnitude }
      if largest.isNaN { break }
    }
    return largest
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
