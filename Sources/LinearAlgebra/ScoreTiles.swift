/// The inner products of all rows of two matrices, computed tile by tile and handed out before they are ever stored whole.
///
/// Every tile is computed in the same shape, whatever the sizes of the matrices: rows past the end are zeros, and the inner dimension
/// is cut into slices of at most 512. So a product is a function of its two rows and of the BLAS core alone: the same bits whatever
/// the other rows are, in however many blocks the columns come, and for any number of threads. Memory: one tile a thread, and the
/// padded matrices.
public struct ScoreTiles: Sendable {
  /// Rows of one tile: a stripe, the unit of parallel work. Twice that of other products: every tile of the right matrix is brought into the
  /// library's own order once a stripe, which costs a tenth of the time with fewer rows.
  public static let stripeRows = 2 * ProductTile.rows
  /// Columns of one tile. Blocks of columns of a multiple of it waste nothing.
  public static let tileColumns = ProductTile.columns

  /// Tiles of one piece of parallel work: few enough that the threads end together.
  private static let tilesPerPiece = 2

  /// The rows of the left matrix, without padding.
  public let rows: Int
  /// With rows of zeros up to a whole stripe.
  let padded: Matrix<Float>

  /// The left matrix, which stays in memory.
  public init(_ left: Matrix<Float>) {
    rows = left.rows
    padded = Self.padded(left, to: Self.stripeRows)
  }

  /// The number of stripes of the left matrix.
  public var stripes: Int { padded.rows / Self.stripeRows }

  /// The rows of stripe `stripe`, without padding.
  public func rows(ofStripe stripe: Int) -> Range<Int> {
    stripe * Self.stripeRows..<min(rows, (stripe + 1) * Self.stripeRows)
  }

  /// Calls `body` for each row of the left matrix and each tile of the rows of `right`, with the inner products of that row with the
  /// rows `columns` of `right`.
  ///
  /// One call of `body` at a time has a stripe; for each it sees the tiles in the order of the columns, and within a tile the rows in order. So
  /// what belongs to a stripe needs no lock: `states` holds one state a stripe. `alongside` is called once, by one of the threads, before it
  /// turns to stripes: what would keep all waiting if it came before, such as reading what is compared next.
  public func forEachRow<State>(
    with right: Matrix<Float>, states: inout [State], workers: Workers = .one,
    alongside: @Sendable () -> Void = {},
    _ body:
      @Sendable (
        _ state: inout State, _ row: Int, _ columns: Range<Int>, _ products: borrowing MutableSpan<Float>
      ) -> Void
  ) {
    precondition(
      right.columns == padded.columns, "products of \(padded.columns) and \(right.columns) columns")
    precondition(states.count == stripes, "\(states.count) states for \(stripes) stripes")
    guard right.rows > 0, rows > 0 else { return alongside() }
    _ = BLASCore.current
    let full = Self.padded(right, to: Self.tileColumns)
    nonisolated(unsafe) let left = UnsafePointer(padded.storage.base)
    nonisolated(unsafe) let other = UnsafePointer(full.storage.base)
    let (depth, count) = (right.columns, right.rows)
    states.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let states = buffer
      forEachPiece(ofColumns: count, workers: workers, alongside: alongside) { stripe, piece in
        let tile = UnsafeMutablePointer<Float>.allocate(capacity: Self.stripeRows * Self.tileColumns)
        defer { tile.deallocate() }
        for first in stride(from: piece.lowerBound, to: piece.upperBound, by: Self.tileColumns) {
          Self.product(
            left + stripe * Self.stripeRows * depth, other + first * depth, depth: depth, into: tile)
          let columns = first..<min(count, first + Self.tileColumns)
          for row in rows(ofStripe: stripe) {
            let products = UnsafeMutableBufferPointer(
              start: tile + (row - stripe * Self.stripeRows) * Self.tileColumns, count: columns.count
            ).mutableSpan
            body(&states[stripe], row, columns, products)
          }
        }
      }
    }
  }

  /// Calls `body` for pieces of a few tiles of `count` columns each: those of one stripe come in order, and one at a time.
  func forEachPiece(
    ofColumns count: Int, workers: Workers, alongside: @Sendable () -> Void,
    _ body: @Sendable (_ stripe: Int, _ columns: Range<Int>) -> Void
  ) {
    let width = Self.tilesPerPiece * Self.tileColumns
    let parts = (count + width - 1) / width
    // How many parts of each stripe are done.
    let done = ProgressCounters(count: stripes)
    workers.forEach(stripes * parts + 1) { piece in
      guard piece > 0 else { return alongside() }
      let (part, stripe) = (piece - 1).quotientAndRemainder(dividingBy: stripes)
      // Pieces are handed out in order, so the part before this one is some thread's work by now.
      done.wait(stripe, for: part)
      body(stripe, part * width..<min(count, (part + 1) * width))
      done.advance(stripe)
    }
  }

  /// One tile of full shape.
  static func product(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, depth: Int,
    into tile: UnsafeMutablePointer<Float>
  ) {
    guard depth > 0 else {
      tile.update(repeating: 0, count: stripeRows * tileColumns)
      return
    }
    for inner in stride(from: 0, to: depth, by: ProductTile.inner) {
      Float._gemm(
        false, true, stripeRows, tileColumns, min(ProductTile.inner, depth - inner), 1, left + inner, depth,
        right + inner, depth, inner == 0 ? 0 : 1, tile, tileColumns)
    }
  }

  /// `matrix` with rows of zeros up to a multiple of `multiple`; itself where there is nothing to add.
  static func padded(_ matrix: Matrix<Float>, to multiple: Int) -> Matrix<Float> {
    let rows = (matrix.rows + multiple - 1) / multiple * multiple
    guard rows != matrix.rows else { return matrix }
    var result = Matrix<Float>(rows: rows, columns: matrix.columns)
    result.replaceRows(from: 0, with: matrix, rows: 0..<matrix.rows)
    return result
  }
}

/// Inner products of listed pairs of rows.
public enum RowPairs {
  /// Pairs a piece of parallel work.
  static let pairsPerPiece = 1 << 14

  /// `products[i]` ← the inner product of rows `first[i]` and `second[i]` of `matrix`, summed in one fixed order: the same bits on every CPU
  /// and for any number of threads. All three arrays have one length; row numbers are those of the matrix.
  public static func dot(
    _ matrix: Matrix<Float>, first: [Int32], second: [Int32], into products: inout [Float],
    workers: Workers = .one
  ) {
    precondition(first.count == second.count && products.count == first.count, "lists of different lengths")
    let (rows, depth, count) = (Int32(clamping: matrix.rows), matrix.columns, first.count)
    nonisolated(unsafe) let base = UnsafePointer(matrix.storage.base)
    products.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let products = buffer
      workers.forEach((count + pairsPerPiece - 1) / pairsPerPiece) { piece in
        for index in piece * pairsPerPiece..<min(count, (piece + 1) * pairsPerPiece) {
          let (i, j) = (first[index], second[index])
          precondition(i >= 0 && j >= 0 && i < rows && j < rows, "row out of range")
          products[index] = Float._dot(base + Int(i) * depth, base + Int(j) * depth, depth)
        }
      }
    }
  }
}
