extension Matrix {
  /// Gives the matrix this shape. The content is arbitrary afterwards.
  ///
  /// The memory is kept where it is large enough and not shared, so that one which is reshaped again and again allocates only when it
  /// becomes larger than ever.
  public mutating func reshape(_ rows: Int, _ columns: Int) {
    if self.rows == rows && self.columns == columns { return }
    if rows >= 0 && columns >= 0 && rows * columns <= storage.count && isKnownUniquelyReferenced(&storage) {
      self = Matrix(rows: rows, columns: columns, storage: storage)
    } else {
      self = Matrix(rows: rows, columns: columns)
    }
  }

  /// Rows per piece of `updateRows`.
  @inlinable public static var rowsPerPiece: Int { 16 }

  /// How many rows of scratch `updateRows` needs for a matrix of `rows` rows.
  @inlinable public static func scratchRows(for rows: Int) -> Int { (rows + rowsPerPiece - 1) / rowsPerPiece }

  /// Changes every row, in parallel, and collects one result a row.
  ///
  /// `body` gets the index of the row, the row, and a row of scratch of the same length whose content is arbitrary.
  /// Rows are handed out in fixed pieces; within one they come in order. `results` needs an element a row,
  /// `scratch` `scratchRows(for: rows)` rows and the columns of this matrix.
  @inlinable
  public mutating func updateRows<Result: Sendable>(
    scratch: inout Matrix, results: inout [Result], workers: Workers,
    _ body:
      @Sendable (_ row: Int, _ values: inout MutableSpan<Element>, _ scratch: inout MutableSpan<Element>)
      -> Result
  ) {
    precondition(results.count == rows, "one result a row")
    precondition(
      scratch.rows >= Self.scratchRows(for: rows) && scratch.columns == columns, "scratch too small")
    makeUnique()
    scratch.makeUnique()
    let (rows, columns) = (rows, columns)
    nonisolated(unsafe) let base = storage.base
    nonisolated(unsafe) let scratchBase = scratch.storage.base
    results.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let results = buffer
      workers.forEach(Self.scratchRows(for: rows)) { piece in
        var spare = UnsafeMutableBufferPointer(start: scratchBase + piece * columns, count: columns)
          .mutableSpan
        for row in piece * Self.rowsPerPiece..<min(rows, (piece + 1) * Self.rowsPerPiece) {
          var values = UnsafeMutableBufferPointer(start: base + row * columns, count: columns).mutableSpan
          results[row] = body(row, &values, &spare)
        }
      }
    }
  }

  /// Adds row i of `x`, which becomes `factors[i]` times itself first, to row `indices[i]`, in the order of i for any number of workers. Rows may be named
  /// more than once. Without factors `x` stays.
  public mutating func addRows(
    of x: inout Matrix, scaledBy factors: [Element]? = nil, at indices: [Int], workers: Workers = .one
  ) {
    precondition(x.columns == columns && x.rows == indices.count, "shapes differ")
    precondition(factors.map { $0.count == indices.count } ?? true, "one factor a row")
    precondition(indices.allSatisfy { $0 >= 0 && $0 < rows }, "row out of range")
    makeUnique()
    if factors != nil { x.makeUnique() }
    let (width, columns) = (128, columns)
    nonisolated(unsafe) let from = x.storage.base
    nonisolated(unsafe) let to = storage.base
    // Pieces are of columns: a row that is named twice is in one piece both times.
    workers.forEach((columns + width - 1) / width) { piece in
      let first = piece * width
      let count = min(width, columns - first)
      for (row, index) in indices.enumerated() {
        if let factors {
          Element._scaleAdding(
            from + row * columns + first, count, factors[row], to + index * columns + first)
        } else {
          Element._add(from + row * columns + first, count, to + index * columns + first)
        }
      }
    }
  }

  /// Copies the columns `range` into `result`, which must have that shape, without allocating.
  public func copyColumns(_ range: Range<Int>, into result: inout Matrix, workers: Workers = .one) {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns out of range")
    precondition(result.rows == rows && result.columns == range.count, "copy into another shape")
    result.makeUnique()
    Self.copyRows(
      storage.base + range.lowerBound, columns, to: result.storage.base, range.count, rows: rows,
      count: range.count, workers: workers)
  }

  /// Copies `count` elements of each of `rows` rows, which lie so many elements apart.
  private static func copyRows(
    _ x: UnsafePointer<Element>, _ strideX: Int, to y: UnsafeMutablePointer<Element>, _ strideY: Int,
    rows: Int, count: Int, workers: Workers
  ) {
    let size = 64
    nonisolated(unsafe) let (from, to) = (x, y)
    workers.forEach((rows + size - 1) / size) { piece in
      for row in piece * size..<min(rows, (piece + 1) * size) {
        (to + row * strideY).update(from: from + row * strideX, count: count)
      }
    }
  }

  /// Writes `part` over the columns that start at `first`.
  public mutating func replaceColumns(from first: Int, with part: Matrix, workers: Workers = .one) {
    precondition(part.rows == rows && first >= 0 && first + part.columns <= columns, "columns out of range")
    makeUnique()
    Self.copyRows(
      part.storage.base, part.columns, to: storage.base + first, columns, rows: rows, count: part.columns,
      workers: workers)
  }

  /// Copies the rows `range` of `source` into the rows of this matrix that start at `first`, without allocating.
  public mutating func replaceRows(from first: Int, with source: Matrix, rows range: Range<Int>) {
    precondition(source.columns == columns, "rows of another length")
    precondition(range.lowerBound >= 0 && range.upperBound <= source.rows, "rows out of range")
    precondition(first >= 0 && first + range.count <= rows, "rows out of range")
    makeUnique()
    (storage.base + first * columns).update(
      from: source.storage.base + range.lowerBound * columns, count: range.count * columns)
  }

  /// The elements as little-endian bytes in row-major order.
  public var littleEndianBytes: [UInt8] {
    precondition(Int(littleEndian: 1) == 1, "the machine must be little-endian")
    return UnsafeRawBufferPointer(start: storage.base, count: count * MemoryLayout<Element>.stride).map(
      \.self)
  }

  /// A matrix from little-endian bytes in row-major order; nil where their number does not fit.
  public init?(rows: Int, columns: Int, littleEndianBytes bytes: some Collection<UInt8>) {
    precondition(Int(littleEndian: 1) == 1, "the machine must be little-endian")
    guard rows >= 0, columns >= 0, let size = Self.byteCount(rows, columns),
      bytes.count == size
    else {
      return nil
    }
    self.init(rows: rows, columns: columns)
    UnsafeMutableRawBufferPointer(start: storage.base, count: bytes.count).copyBytes(from: bytes)
  }

  /// rows × columns × bytes an element; nil where that overflows.
  private static func byteCount(_ rows: Int, _ columns: Int) -> Int? {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    let (size, overflowBytes) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    return overflow || overflowBytes ? nil : size
  }
}
