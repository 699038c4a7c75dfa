import LinearAlgebra

extension FeatureStore {
  /// All features, N × D.
  public func features() throws -> Matrix<Float> { try allRows(of: featuresDataset) }

  /// All features of the mirrored images, N × D. A store without them is an error.
  public func flippedFeatures() throws -> Matrix<Float> { try allRows(of: requiredFlippedDataset()) }

  /// The features of some rows, in the order given; a row may repeat. Neighbouring rows are read together, so the order costs
  /// nothing, and chunks are decompressed once. A row out of range is an error.
  public func features(ofRows rows: [Int]) throws -> Matrix<Float> { try gather(rows, from: featuresDataset) }

  /// The mirrored features of some rows, as `features(ofRows:)`.
  public func flippedFeatures(ofRows rows: [Int]) throws -> Matrix<Float> {
    try gather(rows, from: requiredFlippedDataset())
  }

  /// The features of named images, in the order of `names`. Missing names are an error that lists the first ten.
  public func features(named names: [String]) throws -> Matrix<Float> {
    try features(ofRows: rowIndices(named: names))
  }

  /// Calls `body` with consecutive blocks of `rows` rows (the last may have fewer) and the range of rows that each holds.
  ///
  /// Memory stays that of one block, if `body` keeps none. The library's lock is not held during `body`, which may read this or
  /// other stores.
  public func forEachBlock(
    rows: Int, _ body: (_ rows: Range<Int>, _ features: Matrix<Float>) throws -> Void
  ) throws {
    try forEachBlock(of: featuresDataset, rows: rows, body)
  }

  /// The same for the features of the mirrored images. A store without them is an error.
  public func forEachFlippedBlock(
    rows: Int, _ body: (_ rows: Range<Int>, _ features: Matrix<Float>) throws -> Void
  ) throws {
    try forEachBlock(of: requiredFlippedDataset(), rows: rows, body)
  }

  /// Blocks of a size that suits a pass over everything.
  func forEachBlock(_ body: (Range<Int>, Matrix<Float>) throws -> Void) throws {
    try forEachBlock(rows: passRows, body)
  }

  /// The same for the mirrored features; none where there are none.
  func forEachFlippedBlock(_ body: (Range<Int>, Matrix<Float>) throws -> Void) throws {
    if hasFlippedFeatures { try forEachFlippedBlock(rows: passRows, body) }
  }

  /// As many rows as take a mebibyte, which stays in a cache.
  private var passRows: Int { max(1, (1 << 18) / dimension) }

  private func requiredFlippedDataset() throws -> HDF5Dataset {
    guard let flippedDataset else {
      throw StoreCheck(location: location).error(
        StoreSchema.flippedFeatures, kind: .missingInput, found: "no such dataset",
        expected: "the features of the mirrored images", advice: "Extract them, or use a rule without flips.")
    }
    return flippedDataset
  }

  private func forEachBlock(
    of dataset: HDF5Dataset, rows blockRows: Int, _ body: (Range<Int>, Matrix<Float>) throws -> Void
  ) throws {
    precondition(blockRows > 0, "a block has at least one row")
    var reader = HDF5RowReader(dataset)
    var block = Matrix<Float>(rows: 0, columns: dimension)
    for first in stride(from: 0, to: rowCount, by: blockRows) {
      let rows = first..<min(first + blockRows, rowCount)
      if block.rows != rows.count { block = Matrix(rows: rows.count, columns: dimension) }
      try reader.read(rows, into: &block)
      try body(rows, block)
    }
  }

  private func allRows(of dataset: HDF5Dataset) throws -> Matrix<Float> {
    try consecutive(0..<rowCount, from: dataset)
  }

  private func consecutive(_ rows: Range<Int>, from dataset: HDF5Dataset) throws -> Matrix<Float> {
    var result = Matrix<Float>(rows: rows.count, columns: dimension)
    var reader = HDF5RowReader(dataset)
    // In pieces, so that other readers get their turn and halves need little scratch memory.
    let pieceRows = max(1, (1 << 22) / dimension)
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: pieceRows) {
      try reader.read(
        first..<min(first + pieceRows, rows.upperBound), into: &result, at: first - rows.lowerBound)
    }
    return result
  }

  private func gather(_ rows: [Int], from dataset: HDF5Dataset) throws -> Matrix<Float> {
    if let row = rows.first(where: { $0 < 0 || $0 >= rowCount }) {
      throw StoreCheck(location: location).error(
        dataset.name, row: row, found: "no such row", expected: "a row from 0 to \(rowCount - 1)")
    }
    if let first = rows.first, rows.indices.allSatisfy({ rows[$0] == first + $0 }) {
      return try consecutive(first..<first + rows.count, from: dataset)
    }
    var result = Matrix<Float>(rows: rows.count, columns: dimension)
    var reader = HDF5RowReader(dataset)
    let order = rows.indices.sorted { (rows[$0], $0) < (rows[$1], $1) }
    // Rows with small gaps between them are read in one piece: a gap costs less than a call.
    let largestGap = 8
    var next = 0
    while next < order.count {
      let first = rows[order[next]]
      var end = next + 1
      while end < order.count, rows[order[end]] - rows[order[end - 1]] <= largestGap,
        rows[order[end]] - first < passRows
      {
        end += 1
      }
      let last = rows[order[end - 1]]
      var piece = Matrix<Float>(rows: last - first + 1, columns: dimension)
      try reader.read(first..<last + 1, into: &piece)
      for target in order[next..<end] {
        piece.withRow(rows[target] - first) { source in
          result.withMutableRow(target) { row in
            for column in source.indices { row[column] = source[column] }
          }
        }
      }
      next = end
    }
    return result
  }
}
