import CKernels

/// Single products of rows with the bits that `ScoreTiles` gives them, where the BLAS core sums in an order that can be replayed.
///
/// Cores with fused multiply-add sum an inner product element by element, in one part or two. Where the parts end differs with the core, so it is found out:
/// by trying, and then by comparing products from everywhere in a tile bit by bit. A core that sums in another way has no replay.
struct ProductReplay: Sendable {
  /// Where the parts of the sum end; the last end is the depth.
  let ends: [UInt32]
  private let depth: Int

  /// Nil where the products of the present core cannot be replayed.
  init?(depth: Int) {
    _ = BLASCore.current
    guard depth > 0, depth <= CK_SCREEN_DEPTH, ck_screen_level() > 0 || !Self.needsLevel else { return nil }
    var ends: [UInt32] = []
    for inner in stride(from: 0, to: depth, by: ProductTile.inner) {
      let length = min(ProductTile.inner, depth - inner)
      guard let slice = Self.ends(ofSlice: length) else { return nil }
      ends += slice.map { $0 + UInt32(inner) }
    }
    self.init(depth: depth, ends: ends)
    guard Trial(depth: depth).agrees(with: self) else { return nil }
  }

  private init(depth: Int, ends: [UInt32]) {
    self.depth = depth
    self.ends = ends
  }

  /// Without fused multiply-add in the CPU the core has none either, and a replay would call a function for each.
  private static var needsLevel: Bool {
    #if arch(x86_64)
      true
    #else
      false
    #endif
  }

  /// The ends of the parts of a slice: of one part, or of two, of which halves are the likeliest.
  private static func ends(ofSlice length: Int) -> [UInt32]? {
    let trial = Trial(depth: length)
    let half = (length + 1) / 2
    let splits = [length] + Array(half..<max(half, length)) + Array(1..<max(1, half))
    for split in splits {
      let ends = (split < length ? [split, length] : [length]).map { UInt32($0) }
      if trial.agrees(with: ProductReplay(depth: length, ends: ends), places: 16) { return ends }
    }
    return nil
  }

  /// products[i] ← the product of row `left[i]` of `x` with row `right[i]` of `y`. To be called where denormals are flushed as in tiles.
  func multiply(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, left: [UInt32], right: [UInt32],
    into products: inout [Float]
  ) {
    precondition(left.count == right.count && products.count == left.count, "lists of different lengths")
    ck_chains_f32(x, y, depth, left, right, left.count, ends, ends.count, &products)
  }
}

extension ProductReplay {
  /// A tile of normal numbers.
  private struct Trial {
    private let left: Matrix<Float>
    private let right: Matrix<Float>
    private let tile: Matrix<Float>

    init(depth: Int) {
      var stream = RandomStream(seed: 0, name: "product.replay")
      var left = Matrix<Float>(rows: ScoreTiles.stripeRows, columns: depth)
      var right = Matrix<Float>(rows: ScoreTiles.tileColumns, columns: depth)
      stream.fillNormal(&left)
      stream.fillNormal(&right)
      self.left = left
      self.right = right
      tile = Matrix(rows: ScoreTiles.stripeRows, columns: ScoreTiles.tileColumns)
      Workers.flushingDenormals {
        ScoreTiles.product(left.storage.base, right.storage.base, depth: depth, into: tile.storage.base)
      }
    }

    /// Compares `places` products, or one of every sixteen: in any sixteen rows one of each column.
    func agrees(with replay: ProductReplay, places: Int? = nil) -> Bool {
      let step = 16
      let places = places ?? tile.count / step
      let across = ScoreTiles.tileColumns / step
      let rows = (0..<places).map { UInt32($0 / across) }
      let columns = (0..<places).map { UInt32($0 % across * step + $0 / across % step) }
      var products = [Float](repeating: 0, count: places)
      Workers.flushingDenormals {
        replay.multiply(left.storage.base, right.storage.base, left: rows, right: columns, into: &products)
      }
      return (0..<places).allSatisfy { tile[Int(rows[$0]), Int(columns[$0])] == products[$0] }
    }
  }
}
