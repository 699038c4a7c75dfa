import LinearAlgebra

/// Finds the largest similarities to other classes, among those that do not exceed a bound of their row, without sorting.
///
/// The largest similarity of every block of columns is taken in one pass; only blocks that can hold what is asked for are
/// looked at again. Ties have no influence: values are asked for, and all that exceed one.
struct NegativeSearch<Element: Scalar>: Sendable {
  static var columnsPerBlock: Int { 128 }
  /// Columns of a block that are looked at one by one where their largest can be what is asked for.
  static var columnsPerStrip: Int { 32 }

  /// What `largest` finds.
  struct Found {
    let threshold: Element
    let rows: [[(column: Int, value: Element)]]
  }

  /// How many similarities there are.
  let count: Int
  /// The largest similarity of each row to another class, whatever its bound.
  let largestOfRows: [Element]

  private let targets: [Int]
  private let bounds: [Element]
  /// The largest similarity of each block, −∞ where it has none; a row a row.
  private let largest: Matrix<Element>
  private let workers: Workers

  /// The targets' similarities must be −∞. `bounds` holds what the similarities of each row must not exceed.
  init(_ similarities: Matrix<Element>, targets: [Int], bounds: [Element], workers: Workers) {
    let (rows, columns) = (similarities.rows, similarities.columns)
    let size = Self.columnsPerBlock
    let blocks = (columns + size - 1) / size
    var largest = Matrix<Element>(rows: rows, columns: blocks)
    var summaries = [(above: Int, largest: Element)](repeating: (0, 0), count: rows)
    var scratch = Matrix<Element>(rows: Matrix<Element>.scratchRows(for: rows), columns: blocks)
    largest.updateRows(scratch: &scratch, results: &summaries, workers: workers) { row, values, _ in
      similarities.withRow(row) {
        VectorKernels.maxima($0, ofEvery: size, atMost: bounds[row], into: &values)
      }
    }
    self.targets = targets
    self.bounds = bounds
    self.largest = largest
    self.workers = workers
    count = summaries.reduce(0) { $0 + columns - 1 - $1.above }
    largestOfRows = summaries.map(\.largest)
  }

  /// The `rank`-th largest similarity, 1 for the largest, and for each row its similarities above that, in the order of their
  /// columns; nil where there are fewer.
  func largest(_ rank: Int, of similarities: Matrix<Element>) -> Found? {
    guard rank >= 1 && rank <= count else { return nil }
    let floor = lowerBound(ofRank: rank)
    var rows = workers.map(similarities.rows, inPiecesOf: 32) { row in
      similarities.withRow(row) { values in
        largest.withRow(row) { candidates(values, row: row, largest: $0, atLeast: floor) }
      }
    }
    // NaN, which compares with nothing, may be among those that were counted.
    var values: [Element] = []
    values.reserveCapacity(rows.reduce(0) { $0 + $1.count })
    for row in rows {
      for candidate in row { values.append(candidate.value) }
    }
    guard rank <= values.count else { return nil }
    let threshold = Self.element(ofRank: rank, of: values)
    for row in rows.indices { rows[row].removeAll { !($0.value > threshold) } }
    return Found(threshold: threshold, rows: rows)
  }

  /// A value that at least `rank` similarities reach: that many blocks, or groups of them, hold one as large.
  private func lowerBound(ofRank rank: Int) -> Element {
    guard rank <= largest.count else { return -Element.infinity }
    return largest.withElements { largest in
      // Groups make the selection short; a few for each rank keep the bound near.
      let size = max(1, largest.count / (4 * rank))
      let groups = stride(from: 0, to: largest.count, by: size).map { first in
        VectorKernels.maximum(largest.extracting(first..<min(first + size, largest.count)))
      }
      return Self.element(ofRank: rank, of: groups)
    }
  }

  private func candidates(
    _ values: Span<Element>, row: Int, largest: Span<Element>, atLeast floor: Element
  ) -> [(column: Int, value: Element)] {
    var found: [(column: Int, value: Element)] = []
    let (bound, target) = (bounds[row], targets[row])
    for block in largest.indices where largest[block] >= floor {
      let first = block * Self.columnsPerBlock
      let end = min(first + Self.columnsPerBlock, values.count)
      for start in stride(from: first, to: end, by: Self.columnsPerStrip) {
        let strip = start..<min(start + Self.columnsPerStrip, end)
        guard VectorKernels.maximum(values.extracting(strip)) >= floor else { continue }
        for column in strip where values[column] >= floor {
          if values[column] <= bound && column != target { found.append((column, values[column])) }
        }
      }
    }
    return found
  }

  /// The `rank`-th largest of at least as many values.
  private static func element(ofRank rank: Int, of values: [Element]) -> Element {
    var values = values
    return Selection.moveToPlace(rank - 1, of: &values)
  }
}
