import LinearAlgebra

/// Finds rows that are equal in every bit, by half of their SHA-256 digests: that two different rows ever share these 128 bits is
/// out of the question.
struct DuplicateRows {
  private struct Key: Hashable {
    var high: UInt64
    var low: UInt64

    init(_ row: Span<Float>) {
      var digest = Digest()
      row.withUnsafeBytes { digest.update($0) }
      let bytes = digest.bytes()
      func word(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
      high = word(0..<8)
      low = word(8..<16)
    }
  }

  private var rowCount = 0
  private var firstRows: [Key: Int] = [:]
  private var repeats: [Int: [Int]] = [:]

  mutating func add(_ row: Span<Float>) {
    let key = Key(row)
    if let first = firstRows[key] {
      repeats[first, default: []].append(rowCount)
    } else {
      firstRows[key] = rowCount
    }
    rowCount += 1
  }

  /// The first of the rows that were added and are equal to `row`.
  func first(equalTo row: Span<Float>) -> Int? { firstRows[Key(row)] }

  /// The sets of equal rows, each in ascending order, in the order of their first rows.
  var groups: [[Int]] {
    repeats.sorted { $0.key < $1.key }.map { [$0.key] + $0.value }
  }
}

extension FeatureStore {
  /// The sets of rows that are equal in every bit, each in ascending order, in the order of their first rows. `progress` hears how many more rows are
  /// read.
  public func duplicateRows(progress: (_ rows: Int) -> Void = { _ in }) throws -> [[Int]] {
    try rowDigests(progress).groups
  }

  /// Every row that is equal in every bit to one of `other`, with the first such row there. `progress` hears how many more rows of either are read;
  /// stores of different widths have nothing to read.
  public func rows(
    equalToThoseOf other: FeatureStore, progress: (_ rows: Int) -> Void = { _ in }
  ) throws -> [(row: Int, other: Int)] {
    guard dimension == other.dimension else { return [] }
    let digests = try other.rowDigests(progress)
    var equal: [(row: Int, other: Int)] = []
    try forEachBlock { rows, block in
      for row in 0..<block.rows {
        if let first = block.withRow(row, { digests.first(equalTo: $0) }) {
          equal.append((rows.lowerBound + row, first))
        }
      }
      progress(rows.count)
    }
    return equal
  }

  private func rowDigests(_ progress: (_ rows: Int) -> Void) throws -> DuplicateRows {
    var digests = DuplicateRows()
    try forEachBlock { rows, block in
      for row in 0..<block.rows { block.withRow(row) { digests.add($0) } }
      progress(rows.count)
    }
    return digests
  }
}
