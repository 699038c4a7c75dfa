import CKernels

/// What all tiles of a screened product share.
struct ScreenedOperands: Sendable {
  /// Both padded to whole tiles.
  let left: Matrix<Float>
  let coded: CodedRows
  let right: Matrix<Float>
  let panels: CodedPanels
  let replay: ProductReplay?

  var depth: Int { left.columns }

  init(
    left: Matrix<Float>, coded: CodedRows, right: Matrix<Float>, panels: CodedPanels, replay: ProductReplay?
  ) {
    self.left = left
    self.coded = coded
    self.right = right
    self.panels = panels
    self.replay = replay
  }
}

/// One tile of a screened product at a time, of one stripe: its floors, its candidates, and the products that reach their floors.
struct ScreenedTile {
  /// In a tile with more candidates than one of these all products are computed: one by one the candidates would take about as long.
  private static let productsPerCandidate = 32

  private let operands: ScreenedOperands
  private let rows: Range<Int>
  /// One a row of the stripe; +∞ for rows of its padding.
  private var floors = [Float](repeating: .infinity, count: ScoreTiles.stripeRows)
  private var masks = [UInt16](
    repeating: 0, count: ScoreTiles.stripeRows * ScoreTiles.tileColumns / CodedPanels.width)
  /// The row and the column of each product that was found, and the product.
  private var left: [UInt32] = []
  private var right: [UInt32] = []
  private var products: [Float] = []

  init(_ operands: ScreenedOperands, rows: Range<Int>) {
    self.operands = operands
    self.rows = rows
  }

  /// Sets the floors for the next tile.
  mutating func setFloors(_ floor: (_ row: Int) -> Float) {
    for row in rows { floors[row - rows.lowerBound] = floor(row) }
  }

  /// Finds the products with `columns` that reach their floors.
  mutating func find(columns: Range<Int>, _ tally: inout ScreeningTally) {
    let count = rows.count * columns.count
    tally.products += count
    left.removeAll(keepingCapacity: true)
    right.removeAll(keepingCapacity: true)
    products.removeAll(keepingCapacity: true)
    if floors[..<rows.count].allSatisfy({ $0 > -.infinity }) {
      screen(columns)
      if left.isEmpty { return }
      if let replay = operands.replay, left.count <= count / Self.productsPerCandidate {
        tally.candidates += left.count
        exclude()
        tally.replayed += left.count
        multiply(replay)
        return
      }
    }
    tally.inWholeTiles += count
    multiplyAll(columns)
  }

  /// Calls `body` for what was found.
  func visit(_ body: (_ row: Int, _ column: Int, _ product: Float) -> Void) {
    for (index, product) in products.enumerated() where product >= floors[Int(left[index]) - rows.lowerBound]
    {
      body(Int(left[index]), Int(right[index]), product)
    }
  }

  /// Collects the candidates.
  private mutating func screen(_ columns: Range<Int>) {
    let (width, step) = (CodedPanels.width, Int(CK_SCREEN_ROWS))
    let first = columns.lowerBound / width
    let panels = min(ScoreTiles.tileColumns / width, operands.panels.panels - first)
    let (coded, codes) = (operands.coded, operands.panels)
    coded.codes.withUnsafeBufferPointer { left in
      coded.rows.withUnsafeBufferPointer { rows in
        codes.codes.withUnsafeBufferPointer { right in
          codes.bounds.withUnsafeBufferPointer { bounds in
            guard let left = left.baseAddress, let row = rows.baseAddress, let right = right.baseAddress,
              let bound = bounds.baseAddress
            else { return }
            ck_screen(
              left + self.rows.lowerBound * coded.length, row + self.rows.lowerBound, floors,
              (self.rows.count + step - 1) / step * step, right + first * codes.length,
              bound + first * 3 * width, panels, operands.depth, &masks)
          }
        }
      }
    }
    for row in 0..<rows.count {
      for panel in 0..<panels where masks[row * panels + panel] != 0 {
        var mask = masks[row * panels + panel]
        while mask != 0 {
          let column = (first + panel) * width + mask.trailingZeroBitCount
          mask &= mask - 1
          guard column < columns.upperBound else { continue }
          left.append(UInt32(rows.lowerBound + row))
          right.append(UInt32(column))
        }
      }
    }
  }

  /// Drops candidates that a product in float, in whatever order, shows to be below their floors.
  private mutating func exclude() {
    let depth = operands.depth
    let (x, y) = (operands.left.storage.base, operands.right.storage.base)
    // Twice what two orders of summing can differ by, which is that much more than the rounding of the comparison; and what underflow can take away.
    let rounding = Float(4 * depth + 128) * 0x1p-24
    let lost = Float(depth) * 0x1p-110
    var kept = 0
    for index in left.indices {
      let (row, column) = (Int(left[index]), Int(right[index]))
      let product = Float._dot(x + row * depth, y + column * depth, depth)
      let slack = rounding * operands.coded.rows[row].length * operands.panels.columnLength(column) + lost
      guard !(product + slack < floors[row - rows.lowerBound]) else { continue }
      left[kept] = left[index]
      right[kept] = right[index]
      kept += 1
    }
    left.removeSubrange(kept...)
    right.removeSubrange(kept...)
  }

  private mutating func multiply(_ replay: ProductReplay) {
    products = [Float](repeating: 0, count: left.count)
    replay.multiply(
      operands.left.storage.base, operands.right.storage.base, left: left, right: right, into: &products)
  }

  /// All products of the tile; those that reach their floors are kept.
  private mutating func multiplyAll(_ columns: Range<Int>) {
    let depth = operands.depth
    left.removeAll(keepingCapacity: true)
    right.removeAll(keepingCapacity: true)
    let tile = UnsafeMutablePointer<Float>.allocate(capacity: ScoreTiles.stripeRows * ScoreTiles.tileColumns)
    defer { tile.deallocate() }
    ScoreTiles.product(
      operands.left.storage.base + rows.lowerBound * depth,
      operands.right.storage.base + columns.lowerBound * depth, depth: depth, into: tile)
    for row in rows {
      let (floor, base) = (
        floors[row - rows.lowerBound], tile + (row - rows.lowerBound) * ScoreTiles.tileColumns
      )
      guard Float._maximum(base, columns.count) >= floor else { continue }
      for index in 0..<columns.count where base[index] >= floor {
        left.append(UInt32(row))
        right.append(UInt32(columns.lowerBound + index))
        products.append(base[index])
      }
    }
  }
}
