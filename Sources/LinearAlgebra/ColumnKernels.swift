/// Passes over the columns of a batch: biases, batch normalisation, parametric rectifiers.
///
/// A batch is a matrix with one sample a row; vectors with one element a column are 1 × n matrices. Work is cut into
/// fixed blocks, of columns where columns are reduced, each in the order of its rows, so results have the same bytes for any
/// number of workers. Mismatched shapes are programming errors.
public enum ColumnKernels {
  /// Columns per piece of parallel work.
  static let columnsPerPiece = 64
  /// Rows per piece where each row is for itself.
  private static let rowsPerPiece = 64

  /// Sets every row of `y` to `row`.
  public static func fill<Element: Scalar>(
    _ y: inout Matrix<Element>, row: Matrix<Element>, workers: Workers = .one
  ) {
    precondition(row.isRow(for: y), "shapes differ")
    y.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(row.storage.base)
    nonisolated(unsafe) let to = y.storage.base
    let (rows, columns) = (y.rows, y.columns)
    forEachRows(rows, workers) { first, count in
      Element._fillRows(to + first * columns, columns, count, columns, from)
    }
  }

  /// sum ← sum + Σ over the rows of x.
  public static func addSums<Element: Scalar>(
    of x: Matrix<Element>, to sum: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(sum.isRow(for: x), "shapes differ")
    sum.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let to = sum.storage.base
    let (rows, columns) = (x.rows, x.columns)
    // One pass over what may not fit any cache: wide blocks read it in long runs.
    forEachBlock(columns, of: 8 * columnsPerPiece, workers) { start, width in
      Element._columnSums(from + start, columns, rows, width, to + start)
    }
  }

  /// The mean of each column and the mean squared deviation from it. `x` must have a row.
  public static func moments<Element: Scalar>(
    of x: Matrix<Element>, mean: inout Matrix<Element>, variance: inout Matrix<Element>,
    workers: Workers = .one
  ) {
    precondition(x.rows > 0, "moments of no rows")
    precondition(mean.isRow(for: x) && variance.isRow(for: x), "shapes differ")
    mean.makeUnique()
    variance.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let mean = mean.storage.base
    nonisolated(unsafe) let variance = variance.storage.base
    let (rows, columns) = (x.rows, x.columns)
    forEachBlock(columns, workers) { start, width in
      Element._columnMoments(from + start, columns, rows, width, mean + start, variance + start)
    }
  }

  /// unit ← (x − mean)·inverse; y ← gain·unit + shift.
  public static func standardise<Element: Scalar>(
    _ x: Matrix<Element>, mean: Matrix<Element>, inverse: Matrix<Element>, gain: Matrix<Element>,
    shift: Matrix<Element>, unit: inout Matrix<Element>, into y: inout Matrix<Element>,
    workers: Workers = .one
  ) {
    precondition(mean.isRow(for: x) && inverse.isRow(for: x), "shapes differ")
    precondition(gain.isRow(for: x) && shift.isRow(for: x), "shapes differ")
    precondition(unit.isShaped(like: x) && y.isShaped(like: x), "shapes differ")
    unit.makeUnique()
    y.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let mean = UnsafePointer(mean.storage.base)
    nonisolated(unsafe) let inverse = UnsafePointer(inverse.storage.base)
    nonisolated(unsafe) let gain = UnsafePointer(gain.storage.base)
    nonisolated(unsafe) let shift = UnsafePointer(shift.storage.base)
    nonisolated(unsafe) let unit = unit.storage.base
    nonisolated(unsafe) let y = y.storage.base
    let (rows, columns) = (x.rows, x.columns)
    forEachRows(rows, workers) { first, count in
      let start = first * columns
      Element._standardise(
        from + start, columns, count, columns, mean, inverse, gain, shift, unit + start, y + start)
    }
  }

  /// The derivative of `standardise` where mean and inverse are those of `unit`'s own rows.
  ///
  /// From g = ∂L/∂y adds to the gradients of gain and shift and writes ∂L/∂x into `dx`.
  public static func standardiseBackward<Element: Scalar>(
    _ g: Matrix<Element>, unit: Matrix<Element>, inverse: Matrix<Element>, gain: Matrix<Element>,
    gainGradient: inout Matrix<Element>, shiftGradient: inout Matrix<Element>, into dx: inout Matrix<Element>,
    scratch: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(inverse.isRow(for: g) && gain.isRow(for: g), "shapes differ")
    precondition(gainGradient.isRow(for: g) && shiftGradient.isRow(for: g), "shapes differ")
    precondition(unit.isShaped(like: g) && dx.isShaped(like: g), "shapes differ")
    precondition(scratch.rows == 2 && scratch.columns == g.columns, "scratch of another shape")
    gainGradient.makeUnique()
    shiftGradient.makeUnique()
    dx.makeUnique()
    scratch.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(g.storage.base)
    nonisolated(unsafe) let unit = UnsafePointer(unit.storage.base)
    nonisolated(unsafe) let inverse = UnsafePointer(inverse.storage.base)
    nonisolated(unsafe) let gain = UnsafePointer(gain.storage.base)
    nonisolated(unsafe) let gainGradient = gainGradient.storage.base
    nonisolated(unsafe) let shiftGradient = shiftGradient.storage.base
    nonisolated(unsafe) let dx = dx.storage.base
    nonisolated(unsafe) let scratch = scratch.storage.base
    let (rows, columns) = (g.rows, g.columns)
    forEachBlock(columns, workers) { start, width in
      Element._standardiseBackward(
        from + start, unit + start, columns, rows, width, inverse + start, gain + start, gainGradient + start,
        shiftGradient + start, dx + start, scratch + 2 * start)
    }
  }

  /// y ← x where x > 0, slope·x elsewhere, with one slope a column.
  public static func prelu<Element: Scalar>(
    _ x: Matrix<Element>, slope: Matrix<Element>, into y: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(slope.isRow(for: x) && y.isShaped(like: x), "shapes differ")
    y.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let slope = UnsafePointer(slope.storage.base)
    nonisolated(unsafe) let y = y.storage.base
    let (rows, columns) = (x.rows, x.columns)
    forEachRows(rows, workers) { first, count in
      Element._prelu(from + first * columns, columns, count, columns, slope, y + first * columns)
    }
  }

  /// The derivative of `prelu`: writes ∂L/∂x into `dx` and adds to the gradient of the slopes. At 0 the slope's side counts.
  public static func preluBackward<Element: Scalar>(
    _ x: Matrix<Element>, gradient: Matrix<Element>, slope: Matrix<Element>,
    slopeGradient: inout Matrix<Element>, into dx: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(slope.isRow(for: x) && slopeGradient.isRow(for: x), "shapes differ")
    precondition(gradient.isShaped(like: x) && dx.isShaped(like: x), "shapes differ")
    slopeGradient.makeUnique()
    dx.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let g = UnsafePointer(gradient.storage.base)
    nonisolated(unsafe) let slope = UnsafePointer(slope.storage.base)
    nonisolated(unsafe) let slopeGradient = slopeGradient.storage.base
    nonisolated(unsafe) let dx = dx.storage.base
    let (rows, columns) = (x.rows, x.columns)
    forEachBlock(columns, workers) { start, width in
      Element._preluBackward(
        from + start, g + start, columns, rows, width, slope + start, dx + start, slopeGradient + start)
    }
  }

  /// For passes in which no element depends on another: rows lie together in memory.
  private static func forEachRows(
    _ rows: Int, _ workers: Workers, _ body: @Sendable (_ first: Int, _ count: Int) -> Void
  ) {
    workers.forEach((rows + rowsPerPiece - 1) / rowsPerPiece) { piece in
      let first = piece * rowsPerPiece
      body(first, min(rowsPerPiece, rows - first))
    }
  }

  private static func forEachBlock(
    _ columns: Int, of size: Int = columnsPerPiece, _ workers: Workers,
    _ body: @Sendable (_ start: Int, _ width: Int) -> Void
  ) {
    workers.forEach((columns + size - 1) / size) { piece in
      let start = piece * size
      body(start, min(size, columns - start))
    }
  }
}

extension Matrix {
  /// Whether it has one row and the columns of `other`.
  fileprivate func isRow(for other: Matrix) -> Bool { rows == 1 && columns == other.columns }
}
