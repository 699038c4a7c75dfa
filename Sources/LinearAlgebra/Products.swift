/// Whether an operand enters a product as it is or transposed.
public enum Orientation: Sendable {
  case asIs
  case transposed
}

/// The fixed cut of every product: tiles of C, and slices of the inner dimension that are added in order.
///
/// Some BLAS cores change the last bits of a product with its shape, and all of them with the length of the inner
/// dimension past 512 and the number of threads. Cutting the same way always, whoever does the work, makes the bytes of a
/// product a function of its operands and the core alone.
enum ProductTile {
  static let rows = 128
  static let columns = 512
  static let inner = 512
}

/// C ← α·op(A)·op(B) + β·C.
///
/// op(A) must be m × k, op(B) k × n and C m × n. With β = 0 the old content of C is ignored, NaN included. With k = 0 the
/// result is β·C. The same bytes for any number of `workers`.
public func gemm<Element: Scalar>(
  alpha: Element = 1, _ a: Matrix<Element>, _ orientationA: Orientation = .asIs, _ b: Matrix<Element>,
  _ orientationB: Orientation = .asIs, beta: Element = 0, into c: inout Matrix<Element>,
  workers: Workers = .one
) {
  let transposeA = orientationA == .transposed
  let transposeB = orientationB == .transposed
  let m = transposeA ? a.columns : a.rows
  let k = transposeA ? a.rows : a.columns
  let n = transposeB ? b.rows : b.columns
  precondition(
    (transposeB ? b.columns : b.rows) == k && c.rows == m && c.columns == n,
    "product of \(m) × \(k) and \(transposeB ? b.columns : b.rows) × \(n) into \(c.rows) × \(c.columns)")
  guard m > 0 && n > 0 else { return }
  c.makeUnique()
  guard k > 0 else {
    if beta == 0 { c.fill(0) } else { Element._scale(c.storage.base, c.count, beta) }
    return
  }
  _ = BLASCore.current
  nonisolated(unsafe) let pa = UnsafePointer(a.storage.base)
  nonisolated(unsafe) let pb = UnsafePointer(b.storage.base)
  nonisolated(unsafe) let pc = c.storage.base
  let lda = a.columns
  let ldb = b.columns
  let tilesAcross = (n + ProductTile.columns - 1) / ProductTile.columns
  let tilesDown = (m + ProductTile.rows - 1) / ProductTile.rows
  workers.forEach(tilesAcross * tilesDown) { tile in
    // Down first: neighbouring pieces share the columns of B.
    let row = tile % tilesDown * ProductTile.rows
    let column = tile / tilesDown * ProductTile.columns
    let height = min(ProductTile.rows, m - row)
    let width = min(ProductTile.columns, n - column)
    var inner = 0
    while inner < k {
      let depth = min(ProductTile.inner, k - inner)
      Element._gemm(
        transposeA, transposeB, height, width, depth, alpha,
        pa + (transposeA ? inner * lda + row : row * lda + inner), lda,
        pb + (transposeB ? column * ldb + inner : inner * ldb + column), ldb,
        inner == 0 ? beta : 1, pc + row * n + column, n)
      inner += depth
    }
  }
}

/// The product op(A)·op(B) as a new matrix. See `gemm`.
public func product<Element: Scalar>(
  _ a: Matrix<Element>, _ orientationA: Orientation = .asIs, _ b: Matrix<Element>,
  _ orientationB: Orientation = .asIs, workers: Workers = .one
) -> Matrix<Element> {
  var result = Matrix<Element>(
    rows: orientationA == .transposed ? a.columns : a.rows,
    columns: orientationB == .transposed ? b.rows : b.columns)
  gemm(a, orientationA, b, orientationB, into: &result, workers: workers)
  return result
}

/// y ← α·op(A)·x + β·y. With β = 0 the old content of y is ignored.
public func gemv<Element: Scalar>(
  alpha: Element = 1, _ a: Matrix<Element>, _ orientation: Orientation = .asIs, _ x: [Element],
  beta: Element = 0, into y: inout [Element]
) {
  let transpose = orientation == .transposed
  precondition(
    x.count == (transpose ? a.rows : a.columns) && y.count == (transpose ? a.columns : a.rows),
    "product of a \(a.rows) × \(a.columns) matrix with \(x.count) elements into \(y.count)")
  guard !y.isEmpty else { return }
  // Some OpenBLAS versions scale y by a beta of 0 as well, which keeps a NaN.
  if beta == 0 { y = [Element](repeating: 0, count: y.count) }
  guard !x.isEmpty else {
    if beta != 0 { y.withUnsafeMutableBufferPointer { Element._scale($0.baseAddress!, $0.count, beta) } }
    return
  }
  _ = BLASCore.current
  x.withUnsafeBufferPointer { x in
    y.withUnsafeMutableBufferPointer { y in
      Element._gemv(
        transpose, a.rows, a.columns, alpha, a.storage.base, a.columns, x.baseAddress!, beta, y.baseAddress!)
    }
  }
}

/// A ← A + α·x·yᵀ, with x of `a.rows` and y of `a.columns` elements.
public func ger<Element: Scalar>(
  alpha: Element = 1, _ x: [Element], _ y: [Element], into a: inout Matrix<Element>
) {
  precondition(x.count == a.rows && y.count == a.columns, "outer product of another shape")
  guard a.count > 0 else { return }
  _ = BLASCore.current
  a.makeUnique()
  x.withUnsafeBufferPointer { x in
    y.withUnsafeBufferPointer { y in
      Element._ger(a.rows, a.columns, alpha, x.baseAddress!, y.baseAddress!, a.storage.base, a.columns)
    }
  }
}

/// Y ← Y + α·X, for matrices of one shape.
public func axpy<Element: Scalar>(alpha: Element, _ x: Matrix<Element>, into y: inout Matrix<Element>) {
  precondition(x.rows == y.rows && x.columns == y.columns, "sum of matrices of different shapes")
  _ = BLASCore.current
  y.makeUnique()
  Element._axpy(y.count, alpha, x.storage.base, y.storage.base)
}

/// The Frobenius norm √Σx²; 0 for an empty matrix. Does not overflow or underflow on the way.
public func nrm2<Element: Scalar>(_ x: Matrix<Element>) -> Element {
  _ = BLASCore.current
  return norm(of: x.storage.base, count: x.count)
}

/// The Euclidean norm of `count` elements without overflow or underflow on the way.
func norm<Element: Scalar>(of x: UnsafePointer<Element>, count: Int) -> Element {
  guard count > 0 else { return 0 }
  let direct = Element._nrm2(x, count)
  // Squares that underflowed took less than count·leastNormal from the sum: nothing, next to a sum this large.
  if direct.isFinite && direct * direct >= leastSafeSquare(count) { return direct }
  var largest: Element = 0
  for index in 0..<count { largest = max(largest, x[index].magnitude) }
  guard largest > 0 && largest.isFinite else { return largest == 0 ? direct : largest }
  var sum = 0.0
  for index in 0..<count {
    let ratio = Double(x[index] / largest)
    sum += ratio * ratio
  }
  return largest * Element(sum.squareRoot())
}

/// The least sum of `count` squares to whose last place no square that underflowed can have mattered.
func leastSafeSquare<Element: Scalar>(_ count: Int) -> Element {
  Element(count) * Element.leastNormalMagnitude / Element.ulpOfOne
}
