/// The memory of `LargeElements` and the work on one tile of 512 columns of it.
///
/// Different tiles may be worked on at the same time; what is turned at the same time needs memory of its own, which `turn` counts.
final class TileLists<Element: Scalar>: @unchecked Sendable {
  /// Columns of a tile: the inner slice of every product.
  static var span: Int { ProductTile.columns }
  /// The most elements of a tile that a list holds: one in so many.
  static var fullest: Int { 4 }
  /// How many tiles can be turned at the same time.
  static var turns: Int { 16 }

  let rows: Int
  let columns: Int
  let tiles: Int
  /// Elements from one tile's list to the next one's: room for a row more than the fullest list, since a row's elements are found before they are counted.
  private let capacity: Int

  /// For each tile whether it is taken whole.
  private let isWhole: UnsafeMutablePointer<Bool>
  /// For each tile where the list of each row starts, and where the last one ends.
  private let starts: UnsafeMutablePointer<UInt32>
  private let values: UnsafeMutablePointer<Element>
  /// The columns of the values within the tile.
  private let places: UnsafeMutablePointer<UInt16>
  /// The same by columns, with rows for places.
  private let turnedStarts: UnsafeMutablePointer<UInt32>
  private let turnedValues: UnsafeMutablePointer<Element>
  private let turnedPlaces: UnsafeMutablePointer<UInt16>
  /// Σ x² of what the last transposed product wrote for each tile.
  let squares: UnsafeMutablePointer<Double>

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    tiles = (columns + Self.span - 1) / Self.span
    let canHold = rows <= 1 << 16
    capacity = canHold ? rows * Self.span / Self.fullest + Self.span : 0
    isWhole = Self.zeros(tiles, true)
    starts = Self.zeros(canHold ? tiles * (rows + 1) : 0, 0)
    values = Self.zeros(tiles * capacity, 0)
    places = Self.zeros(tiles * capacity, 0)
    turnedStarts = Self.zeros(Self.turns * (Self.span + 1), 0)
    turnedValues = Self.zeros(Self.turns * capacity, 0)
    turnedPlaces = Self.zeros(Self.turns * capacity, 0)
    squares = Self.zeros(tiles, 0)
  }

  convenience init(copying other: TileLists) {
    self.init(rows: other.rows, columns: other.columns)
    isWhole.update(from: other.isWhole, count: tiles)
    guard canHold else { return }
    starts.update(from: other.starts, count: tiles * (rows + 1))
    values.update(from: other.values, count: tiles * capacity)
    places.update(from: other.places, count: tiles * capacity)
  }

  deinit {
    isWhole.deallocate()
    starts.deallocate()
    values.deallocate()
    places.deallocate()
    turnedStarts.deallocate()
    turnedValues.deallocate()
    turnedPlaces.deallocate()
    squares.deallocate()
  }

  private static func zeros<Number>(_ count: Int, _ zero: Number) -> UnsafeMutablePointer<Number> {
    let memory = UnsafeMutablePointer<Number>.allocate(capacity: max(count, 1))
    memory.initialize(repeating: zero, count: max(count, 1))
    return memory
  }

  /// Whether a list's places can name every row.
  var canHold: Bool { rows <= 1 << 16 }

  /// Whether some tile is not taken whole.
  var leavesOut: Bool { (0..<tiles).contains { !isWhole[$0] } }

  func takeEverything() { isWhole.update(repeating: true, count: tiles) }

  func width(ofTile tile: Int) -> Int { min(Self.span, columns - tile * Self.span) }

  /// How many elements of a tile are taken.
  func count(ofTile tile: Int) -> Int {
    isWhole[tile] ? rows * width(ofTile: tile) : Int(starts[tile * (rows + 1) + rows])
  }

  /// Takes in the elements of a tile with |x| > threshold, and all of those whose columns are `always` of their row.
  func select(
    tile: Int, from g: UnsafePointer<Element>, above threshold: Element, always: (_ row: Int) -> Range<Int>
  ) {
    let tileColumns = tile * Self.span..<tile * Self.span + width(ofTile: tile)
    let limit = rows * tileColumns.count / Self.fullest
    let starts = starts + tile * (rows + 1)
    var count = 0
    func take(_ columns: Range<Int>, of row: UnsafePointer<Element>, above threshold: Element) {
      let place = tile * capacity + count
      count += Element._select(
        row + columns.lowerBound, columns.count, columns.lowerBound - tileColumns.lowerBound, threshold,
        values + place, places + place)
    }
    for row in 0..<rows where count <= limit {
      starts[row] = UInt32(count)
      let kept = always(row).clamped(to: tileColumns)
      take(tileColumns.lowerBound..<kept.lowerBound, of: g + row * columns, above: threshold)
      // No magnitude is negative.
      take(kept, of: g + row * columns, above: -1)
      take(kept.upperBound..<tileColumns.upperBound, of: g + row * columns, above: threshold)
    }
    isWhole[tile] = count > limit
    starts[rows] = UInt32(count)
  }

  /// Sets what is taken of a tile to 0 in `x`, a matrix of the shape of G.
  func clear(tile: Int, in x: UnsafeMutablePointer<Element>) {
    for row in 0..<rows {
      let first = x + row * columns + tile * Self.span
      if isWhole[tile] {
        first.update(repeating: 0, count: width(ofTile: tile))
      } else {
        let starts = starts + tile * (rows + 1)
        for place in starts[row]..<starts[row + 1] { first[Int(places[tile * capacity + Int(place)])] = 0 }
      }
    }
  }

  /// Adds the tile's part of a product with W to these rows of Y: `w` and `y` point to the first of `columns` columns, in rows
  /// that lie `stride` apart, `w` to the tile's first row.
  func addProduct(
    tile: Int, rows block: Range<Int>, of g: UnsafePointer<Element>, with w: UnsafePointer<Element>,
    to y: UnsafeMutablePointer<Element>, columns count: Int, stride: Int
  ) {
    if isWhole[tile] {
      var row = block.lowerBound
      while row < block.upperBound {
        let height = min(ProductTile.rows, block.upperBound - row)
        Element._gemm(
          false, false, height, count, width(ofTile: tile), 1, g + row * columns + tile * Self.span, columns,
          w, stride, 1, y + row * stride, stride)
        row += height
      }
      return
    }
    let starts = starts + tile * (rows + 1)
    for row in block where starts[row] < starts[row + 1] {
      let first = tile * capacity + Int(starts[row])
      Element._combineRows(
        values + first, places + first, Int(starts[row + 1] - starts[row]), w, stride, count, true,
        y + row * stride)
    }
  }

  /// Writes α times the product of the tile's transpose with E to `y`, the rows of the tile's columns, and notes Σ Y².
  func multiplyTransposed(
    tile: Int, turn: Int, of g: UnsafePointer<Element>, with e: UnsafePointer<Element>, alpha: Element,
    into y: UnsafeMutablePointer<Element>, columns count: Int
  ) {
    let rowsOfY = width(ofTile: tile)
    if isWhole[tile] {
      multiplyWhole(tile, of: g, with: e, alpha: alpha, into: y, columns: count)
    } else {
      let (values, places) = (turnedValues + turn * capacity, turnedPlaces + turn * capacity)
      let starts = turnedStarts + turn * (Self.span + 1)
      Element._turnLists(
        self.values + tile * capacity, self.places + tile * capacity, self.starts + tile * (rows + 1), rows,
        rowsOfY,
        values, places, starts)
      for column in 0..<rowsOfY {
        let first = Int(starts[column])
        Element._combineRows(
          values + first, places + first, Int(starts[column + 1]) - first, e, count, count, false,
          y + column * count)
      }
      if alpha != 1 { Element._scale(y, rowsOfY * count, alpha) }
    }
    var sum = 0.0
    for column in 0..<rowsOfY { sum += Double(Element._dot(y + column * count, y + column * count, count)) }
    squares[tile] = sum
  }

  /// The same of a tile that is taken whole, cut as `gemm` cuts it.
  private func multiplyWhole(
    _ tile: Int, of g: UnsafePointer<Element>, with e: UnsafePointer<Element>, alpha: Element,
    into y: UnsafeMutablePointer<Element>, columns count: Int
  ) {
    let last = width(ofTile: tile)
    for first in stride(from: 0, to: last, by: ProductTile.rows) {
      for column in stride(from: 0, to: count, by: ProductTile.columns) {
        for inner in stride(from: 0, to: rows, by: ProductTile.inner) {
          Element._gemm(
            true, false, min(ProductTile.rows, last - first), min(ProductTile.columns, count - column),
            min(ProductTile.inner, rows - inner), alpha, g + inner * columns + tile * Self.span + first,
            columns,
            e + inner * count + column, count, inner == 0 ? 0 : 1, y + first * count + column, count)
        }
      }
    }
  }
}
