/// The large elements of a matrix G, for products of G that leave the others out.
///
/// G is cut into tiles of 512 columns. A tile keeps the elements above a threshold as a list, in the order of its rows; a tile in which these are more
/// than a quarter of all is taken whole, and so is everything where G has more rows than the lists' 16-bit places can name (65,536). What is kept
/// depends on G and the threshold alone, and the order of every sum on what is kept alone: the same bytes for any number of workers. The memory is
/// kept from one matrix to the next of the same shape.
public struct LargeElements<Element: Scalar>: Sendable {
  private var lists = TileLists<Element>(rows: 0, columns: 0)

  /// Columns of W that a piece of a product works on: what it needs of a tile of W then stays in a core's own cache.
  private static var productColumns: Int { 128 }

  public init() {}

  /// The part of all elements that products take part in: 1 where everything is taken whole.
  public var share: Double {
    let kept = (0..<lists.tiles).reduce(0) { $0 + lists.count(ofTile: $1) }
    return lists.rows * lists.columns == 0 ? 1 : Double(kept) / Double(lists.rows * lists.columns)
  }

  /// Takes in the elements of `g` with |x| > threshold, NaN among them, and whatever they are those in the `count` columns from always[i]·count on of
  /// each row i; without a threshold everything.
  public mutating func select(
    from g: Matrix<Element>, above threshold: Element?, always: [Int], columnsEach count: Int = 1,
    workers: Workers = .one
  ) {
    precondition(always.count == g.rows, "a place to keep for each row")
    precondition(always.allSatisfy { $0 >= 0 && ($0 + 1) * count <= g.columns }, "column out of range")
    if lists.rows != g.rows || lists.columns != g.columns {
      lists = TileLists(rows: g.rows, columns: g.columns)
    } else {
      makeUnique()
    }
    guard let threshold, lists.canHold else {
      lists.takeEverything()
      return
    }
    nonisolated(unsafe) let from = UnsafePointer(g.storage.base)
    workers.forEach(lists.tiles) { [lists] in
      lists.select(tile: $0, from: from, above: threshold) { always[$0] * count..<(always[$0] + 1) * count }
    }
  }

  /// G − G': what products of `g`, the last matrix that `select` took in, leave out, and 0 elsewhere.
  public func leftOut(of g: Matrix<Element>) -> Matrix<Element> {
    requireSelected(g)
    var rest = g
    rest.makeUnique()
    for tile in 0..<lists.tiles { lists.clear(tile: tile, in: rest.storage.base) }
    return rest
  }

  /// Y ← α·G'·W, with G' what was kept of `g`, the last matrix that `select` took in.
  ///
  /// `w` has a row for each column of `g`, `y` the rows of `g` and the columns of `w`.
  public func multiply(
    alpha: Element = 1, _ g: Matrix<Element>, _ w: Matrix<Element>, into y: inout Matrix<Element>,
    workers: Workers = .one
  ) {
    requireSelected(g)
    precondition(w.rows == g.columns && y.rows == g.rows && y.columns == w.columns, "shapes differ")
    guard lists.leavesOut else {
      gemm(alpha: alpha, g, .asIs, w, into: &y, workers: workers)
      return
    }
    ElementwiseKernels.clear(&y)
    _ = BLASCore.current
    nonisolated(unsafe) let pg = UnsafePointer(g.storage.base)
    nonisolated(unsafe) let pw = UnsafePointer(w.storage.base)
    nonisolated(unsafe) let py = y.storage.base
    let (rows, width) = (g.rows, w.columns)
    // The fewer columns there are, the fewer rows, so that there are pieces for several threads.
    let height = max(ProductTile.rows, min(512, width))
    let down = (rows + height - 1) / height
    let across = (width + Self.productColumns - 1) / Self.productColumns
    workers.forEach(across * down) { [lists] piece in
      let first = piece / down * Self.productColumns
      let block = piece % down * height..<min(rows, (piece % down + 1) * height)
      // Every element's sum goes through the tiles in order.
      for tile in 0..<lists.tiles {
        lists.addProduct(
          tile: tile, rows: block, of: pg, with: pw + tile * TileLists<Element>.span * width + first,
          to: py + first,
          columns: min(Self.productColumns, width - first), stride: width)
      }
    }
    if alpha != 1 { ElementwiseKernels.scale(&y, by: alpha, workers: workers) }
  }

  /// Y ← α·G'ᵀ·E, with G' as in `multiply`, and returns Σ Y².
  ///
  /// `e` has a row for each row of `g`, `y` a row for each column of `g` and the columns of `e`. A row of `y` for which nothing was kept is 0.
  public mutating func multiplyTransposed(
    alpha: Element = 1, _ g: Matrix<Element>, _ e: Matrix<Element>, into y: inout Matrix<Element>,
    workers: Workers = .one
  ) -> Double {
    requireSelected(g)
    precondition(e.rows == g.rows && y.rows == g.columns && y.columns == e.columns, "shapes differ")
    guard lists.leavesOut else {
      gemm(alpha: alpha, g, .transposed, e, into: &y, workers: workers)
      return ElementwiseKernels.sumOfSquares(y)
    }
    makeUnique()
    y.makeUnique()
    _ = BLASCore.current
    nonisolated(unsafe) let pg = UnsafePointer(g.storage.base)
    nonisolated(unsafe) let pe = UnsafePointer(e.storage.base)
    nonisolated(unsafe) let py = y.storage.base
    let width = e.columns
    // Every piece has its own memory to turn lists in, so pieces are groups of tiles.
    workers.forEach(TileLists<Element>.turns) { [lists] piece in
      for tile in stride(from: piece, to: lists.tiles, by: TileLists<Element>.turns) {
        lists.multiplyTransposed(
          tile: tile, turn: piece, of: pg, with: pe, alpha: alpha,
          into: py + tile * TileLists<Element>.span * width, columns: width)
      }
    }
    return (0..<lists.tiles).reduce(0) { $0 + lists.squares[$1] }
  }

  private func requireSelected(_ g: Matrix<Element>) {
    precondition(g.rows == lists.rows && g.columns == lists.columns, "another matrix than was selected from")
  }

  /// A copy must not write where another reads.
  private mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&lists) { lists = TileLists(copying: lists) }
  }
}
