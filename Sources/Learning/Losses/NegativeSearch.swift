import LinearAlgebra

/// Finds the largest similarities to other classes, among those that do not exceed a bound of their row, without sorting.
///
/// The largest similarity of every block of columns is taken in one pass; only blocks that can hold what is asked for are
/// looked at again. Ties have no influence: values are asked for, and all that exceed one.
struct NegativeSearch<Element: Scalar>: Sendable {
  static var columnsPerBlock: Int { 256 }

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
  private let blocksPerRow: Int
  /// The largest similarity of each block, −∞ where it has none.
  private let largest: [Element]

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
    self.largest = largest.elements
    blocksPerRow = blocks
    count = summaries.reduce(0) { $0 + columns - 1 - $1.above }
    largestOfRows = summaries.map(\.largest)
  }

  /// The `rank`-th largest similarity, 1 for the largest, and for each row its similarities above that, in the order of their
  /// columns; nil where there are fewer.
  func largest(_ rank: Int, of similarities: Matrix<Element>) -> Found? {
    guard rank >= 1 && rank <= count else { return nil }
    let floor = lowerBound(ofRank: rank)
    // So few blocks are left that waking other threads would take longer.
    let rows = (0..<similarities.rows).map { row in
      similarities.withRow(row) { candidates($0, row: row, atLeast: floor) }
    }
    // NaN, which compares with nothing, may be among those that were counted.
    let values = rows.flatMap { $0.map(\.value) }
    guard rank <= values.count else { return nil }
    let threshold = Self.element(ofRank: rank, of: values)
    return Found(threshold: threshold, rows: rows.map { $0.filter { $0.value > threshold } })
  }

  /// A value that at least `rank` similarities reach: that many blocks, or groups of them, hold one as large.
  private func lowerBound(ofRank rank: Int) -> Element {
    guard rank <= largest.count else { return -Element.infinity }
    // Groups make the selection short; a few for each rank keep the bound near.
    let size = max(1, largest.count / (4 * rank))
    guard size > 1 else { return Self.element(ofRank: rank, of: largest) }
    let groups = stride(from: 0, to: largest.count, by: size).map { first in
      var most = largest[first]
      for index in first..<min(first + size, largest.count) { most = max(most, largest[index]) }
      return most
    }
    return Self.element(ofRank: rank, of: groups)
  }

  private func candidates(
    _ values: Span<Element>, row: Int, atLeast floor: Element
  ) -> [(column: Int, value: Element)] {
    var found: [(column: Int, value: Element)] = []
    let (bound, target) = (bounds[row], targets[row])
    for block in 0..<blocksPerRow where largest[row * blocksPerRow + block] >= floor {
      let first = block * Self.columnsPerBlock
      for column in first..<min(first + Self.columnsPerBlock, values.count) where values[column] >= floor {
        if values[column] <= bound && column != target { found.append((column, values[column])) }
      }
    }
    return found
  }

  /// The `rank`-th largest of at least as many values, by Hoare's selection.
  private static func element(ofRank rank: Int, of values: [Element]) -> Element {
    var values = values
    var (low, high) = (0, values.count - 1)
    while low < high {
      let pivot = values[(low + high) / 2]
      var (i, j) = (low, high)
      while i <= j {
        while values[i] > pivot { i += 1 }
        while values[j] < pivot { j -= 1 }
        if i <= j {
          values.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if rank - 1 <= j {
        high = j
      } else if rank - 1 >= i {
        low = i
      } else {
        break
      }
    }
    return values[rank - 1]
  }
}
