/// Passes over the columns of a batch: biases, batch normalisation, parametric rectifiers.
///
/// A batch is a matrix with one sample a row; vectors with one element a column are 1 × n matrices. Work is cut into
/// fixed blocks of columns and each column is reduced in the order of its rows, so results have the same bytes for any
/// number of workers. Mismatched shapes are programming errors.
public enum ColumnKernels {
  /// Columns per piece of parallel work.
  static let columnsPerPiece = 64

  /// Sets every row of `y` to `row`.
  public static func fill<Element: Scalar>(_ y: inout Matrix<Element>, row: Matrix<Element>) {
    precondition(row.rows == 1 && row.columns == y.columns, "shapes differ")
    y.makeUnique()
    Element._fillRows(y.storage.base, y.columns, y.rows, y.columns, row.storage.base)
  }

  /// sum ← sum + Σ over the rows of x.
  public static func addSums<Element: Scalar>(
    of x: Matrix<Element>, to sum: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(sum.rows == 1 && sum.columns == x.columns, "shapes differ")
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
    precondition(mean.rows == 1 && mean.columns == x.columns, "shapes differ")
    precondition(variance.rows == 1 && variance.columns == x.columns, "shapes differ")
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
    precondition([mean, inverse, gain, shift].allSatisfy { $0.rows == 1 && $0.columns == x.columns })
    precondition([unit, y].allSatisfy { $0.rows == x.rows && $0.columns == x.columns }, "shapes differ")
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
    forEachBlock(columns, workers) { start, width in
      Element._standardise(
        from + start, columns, rows, width, mean + start, inverse + start, gain + start, shift + start,
        unit + start, y + start)
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
    precondition([inverse, gain, gainGradient, shiftGradient].allSatisfy { $0.count == g.columns })
    precondition([unit, dx].allSatisfy { $0.rows == g.rows && $0.columns == g.columns }, "shapes differ")
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
    precondition(slope.rows == 1 && slope.columns == x.columns, "shapes differ")
    precondition(y.rows == x.rows && y.columns == x.columns, "shapes differ")
    y.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let slope = UnsafePointer(slope.storage.base)
    nonisolated(unsafe) let y = y.storage.base
    let (rows, columns) = (x.rows, x.columns)
    forEachBlock(columns, workers) { start, width in
      Element._prelu(from + start, columns, rows, width, slope + start, y + start)
    }
  }

  /// The derivative of `prelu`: writes ∂L/∂x into `dx` and adds to the gradient of the slopes. At 0 the slope's side counts.
  public static func preluBackward<Element: Scalar>(
    _ x: Matrix<Element>, gradient: Matrix<Element>, slope: Matrix<Element>,
    slopeGradient: inout Matrix<Element>, into dx: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(
      [slope, slopeGradient].allSatisfy { $0.rows == 1 && $0.columns == x.columns }, "shapes differ")
    precondition([gradient, dx].allSatisfy { $0.rows == x.rows && $0.columns == x.columns }, "shapes differ")
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
