/// A dense row-major matrix of `Float` or `Double`.
///
/// A value type: copies share their memory until one of them is changed. Element (r, c) lies at `r·columns + c`;
/// rows are contiguous, without padding, and the first element is aligned to 64 bytes. Either count may be 0.
///
/// Indices out of range and mismatched shapes are programming errors and stop the program; shapes that come
/// from files are checked where the files are read.
public struct Matrix<Element: Scalar>: Sendable {
  public let rows: Int
  public let columns: Int
  @usableFromInline var storage: Storage

  /// A matrix of zeros. One without elements allocates nothing.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative size")
    let count = rows * columns
    self.init(
      rows: rows, columns: columns, storage: count > 0 ? Storage(count: count) : Element._nothing.storage)
  }

  init(rows: Int, columns: Int, storage: Storage) {
    self.rows = rows
    self.columns = columns
    self.storage = storage
  }

  /// A matrix without elements in memory of its own, which all others share.
  static func makeNothing() -> Matrix { Matrix(rows: 0, columns: 0, storage: Storage(count: 0)) }

  /// A matrix with every element set to `value`.
  @inlinable
  public init(rows: Int, columns: Int, repeating value: Element) {
    self.init(rows: rows, columns: columns)
    storage.base.update(repeating: value, count: rows * columns)
  }

  /// A matrix of `elements` in row-major order. `elements.count` must be `rows × columns`.
  public init(rows: Int, columns: Int, elements: [Element]) {
    precondition(elements.count == rows * columns, "\(elements.count) elements for \(rows) × \(columns)")
    self.init(rows: rows, columns: columns)
    elements.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { storage.base.update(from: base, count: source.count) }
    }
  }

  /// A matrix from its rows, which must all have the same length.
  public init(_ rows: [[Element]]) {
    let columns = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == columns }, "rows of different lengths")
    self.init(rows: rows.count, columns: columns, elements: Array(rows.joined()))
  }

  /// The number of elements.
  public var count: Int { rows * columns }

  func isShaped(like other: Matrix) -> Bool { rows == other.rows && columns == other.columns }

  @inlinable
  public subscript(row: Int, column: Int) -> Element {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "index out of range")
      return storage.base[row * columns + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "index out of range")
      makeUnique()
      storage.base[row * columns + column] = newValue
    }
  }

  /// All elements in row-major order, as a copy.
  public var elements: [Element] {
    Array(UnsafeBufferPointer(start: storage.base, count: count))
  }

  /// Calls `body` with all elements in row-major order.
  @inlinable
  public func withElements<Result, Failure: Error>(
    _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(start: storage.base, count: count).span)
  }

  /// Calls `body` with all elements in row-major order, to change them.
  @inlinable
  public mutating func withMutableElements<Result, Failure: Error>(
    _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    var span = UnsafeMutableBufferPointer(start: storage.base, count: count).mutableSpan
    return try body(&span)
  }

  /// Calls `body` with one row.
  @inlinable
  public func withRow<Result, Failure: Error>(
    _ row: Int, _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(row >= 0 && row < rows, "row out of range")
    return try body(UnsafeBufferPointer(start: storage.base + row * columns, count: columns).span)
  }

  /// Calls `body` with one row, to change it.
  @inlinable
  public mutating func withMutableRow<Result, Failure: Error>(
    _ row: Int, _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(row >= 0 && row < rows, "row out of range")
    makeUnique()
    var span = UnsafeMutableBufferPointer(start: storage.base + row * columns, count: columns).mutableSpan
    return try body(&span)
  }

  /// One row, as a copy.
  public func row(_ row: Int) -> [Element] {
    precondition(row >= 0 && row < rows, "row out of range")
    return Array(UnsafeBufferPointer(start: storage.base + row * columns, count: columns))
  }

  /// The rows `range`, as a copy.
  public func rows(in range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows out of range")
    let result = Matrix(rows: range.count, columns: columns)
    result.storage.base.update(
      from: storage.base + range.lowerBound * columns, count: range.count * columns)
    return result
  }

  /// The columns `range`, as a copy.
  public func columns(in range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns out of range")
    let result = Matrix(rows: rows, columns: range.count)
    for row in 0..<rows {
      (result.storage.base + row * range.count).update(
        from: storage.base + row * columns + range.lowerBound, count: range.count)
    }
    return result
  }

  /// The rows at `indices`, in that order; an index may repeat.
  public func gathering(rows indices: [Int]) -> Matrix {
    var result = Matrix(rows: indices.count, columns: columns)
    gather(rows: indices, into: &result)
    return result
  }

  /// Copies the rows at `indices` into `result`, which must be `indices.count × columns`, without allocating.
  public func gather(rows indices: [Int], into result: inout Matrix, workers: Workers = .one) {
    precondition(result.rows == indices.count && result.columns == columns, "gather into another shape")
    precondition(indices.allSatisfy { $0 >= 0 && $0 < rows }, "row out of range")
    result.makeUnique()
    let (size, columns) = (64, columns)
    nonisolated(unsafe) let from = UnsafePointer(storage.base)
    nonisolated(unsafe) let to = result.storage.base
    workers.forEach((indices.count + size - 1) / size) { piece in
      for row in piece * size..<min(indices.count, (piece + 1) * size) {
        (to + row * columns).update(from: from + indices[row] * columns, count: columns)
      }
    }
  }

  /// The transpose, as a copy.
  @inlinable
  public func transposed() -> Matrix {
    let result = Matrix(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns {
        result.storage.base[column * rows + row] = storage.base[row * columns + column]
      }
    }
    return result
  }

  /// Sets every element to `value`, keeping the memory where it is not shared.
  @inlinable
  public mutating func fill(_ value: Element) {
    makeUnique()
    storage.base.update(repeating: value, count: count)
  }

  /// The same numbers in another type, each rounded to the nearest.
  @inlinable
  public func converted<Other: Scalar>(to type: Other.Type) -> Matrix<Other> {
    let result = Matrix<Other>(rows: rows, columns: columns)
    for index in 0..<count { result.storage.base[index] = Other(storage.base[index]) }
    return result
  }

  @inlinable
  mutating func makeUnique() {
    // Where there is nothing to change, it may stay shared.
    if storage.count > 0 && !isKnownUniquelyReferenced(&storage) { storage = Storage(copying: storage) }
  }

  /// The element memory. Immutable while shared: only `makeUnique` hands out writing.
  @usableFromInline
  final class Storage: @unchecked Sendable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    @usableFromInline let count: Int

    /// `count` zeros.
    init(count: Int) {
      self.count = count
      let bytes = max(count, 1) * MemoryLayout<Element>.stride
      let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      // Both types' zero is all bits zero; a byte fill is fast where the element type is not known.
      raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      base = raw.bindMemory(to: Element.self, capacity: max(count, 1))
    }

    @usableFromInline
    init(copying other: Storage) {
      count = other.count
      let raw = UnsafeMutableRawPointer.allocate(
        byteCount: max(count, 1) * MemoryLayout<Element>.stride, alignment: 64)
      base = raw.bindMemory(to: Element.self, capacity: max(count, 1))
      base.initialize(from: other.base, count: count)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
  }
}

extension Matrix: Equatable {
  /// Same shape and equal elements (so a NaN makes two matrices differ).
  @inlinable
  public static func == (a: Matrix, b: Matrix) -> Bool {
    guard a.rows == b.rows && a.columns == b.columns else { return false }
    return (0..<a.count).allSatisfy { a.storage.base[$0] == b.storage.base[$0] }
  }
}
