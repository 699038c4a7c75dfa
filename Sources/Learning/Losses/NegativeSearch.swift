import LinearAlgebra

/// Finds the largest similarities to other classes, among those that do not exceed a bound of their row, without sorting.
///
/// The largest similarity of every block of columns is taken in one pass; only blocks that can hold what is asked for are
/// looked at again. Ties have no influence: values are asked for, and all that exceed one.
struct NegativeSearch<Element: Scalar>: Sendable {
  static var columnsPerBlock: Int { 256 }

  /// How many similarities there are.
  let count: Int
  /// The largest similarity of each row to another class, whatever its bound.
  let largestOfRows: [Element]

  private let targets: [Int]
  private let bounds: [Element]
  private let blocksPerRow: Int
  /// The largest similarity of each block, −∞ where it has none.
  private let largest: [Element]

  /// `bounds` holds what the similarities of each row must not exceed. The targets take no part.
  init(_ similarities: Matrix<Element>, targets: [Int], bounds: [Element], workers: Workers) {
    let (rows, columns) = (similarities.rows, similarities.columns)
    let size = Self.columnsPerBlock
    let blocks = (columns + size - 1) / size
    var largest = Matrix<Element>(rows: rows, columns: blocks)
    var summaries = [(count: Int, largest: Element)](repeating: (0, 0), count: rows)
    var scratch = Matrix<Element>(rows: Matrix<Element>.scratchRows(for: rows), columns: blocks)
    largest.updateRows(scratch: &scratch, results: &summaries, workers: workers) { row, values, _ in
      similarities.withRow(row) { cosines in
        var summary = (count: 0, largest: -Element.infinity)
        for block in 0..<blocks {
          let range = block * size..<min((block + 1) * size, columns)
          let (most, above, ofAll) = VectorKernels.maximum(cosines.extracting(range), atMost: bounds[row])
          values[block] = most
          summary.count += range.count - above
          guard range.contains(targets[row]) else {
            summary.largest = max(summary.largest, ofAll)
            continue
          }
          // The target itself was among them unless it exceeds its bound.
          if cosines[targets[row]] <= bounds[row] { summary.count -= 1 }
          values[block] = Self.maximum(cosines, in: range, except: targets[row], atMost: bounds[row])
          summary.largest = max(
            summary.largest, Self.maximum(cosines, in: range, except: targets[row], atMost: .infinity))
        }
        return summary
      }
    }
    self.targets = targets
    self.bounds = bounds
    self.largest = largest.elements
    blocksPerRow = blocks
    count = summaries.reduce(0) { $0 + $1.count }
    largestOfRows = summaries.map(\.largest)
  }

  private static func maximum(
    _ values: Span<Element>, in range: Range<Int>, except target: Int, atMost bound: Element
  ) -> Element {
    var result = -Element.infinity
    for index in range where index != target && values[index] <= bound { result = max(result, values[index]) }
    return result
  }

  /// The `rank`-th largest similarity, 1 for the largest; nil where there are fewer.
  func value(ofRank rank: Int, in similarities: Matrix<Element>) -> Element? {
    guard rank >= 1 && rank <= count else { return nil }
    // As many blocks hold one that large each, so the value asked for is no smaller.
    let floor = rank <= largest.count ? Self.element(ofRank: rank, of: largest) : -Element.infinity
    var values: [Element] = []
    forEach(atLeast: floor, in: similarities) { values.append($2) }
    // NaN, which compares with nothing, may be among those that were counted.
    guard rank <= values.count else { return nil }
    return Self.element(ofRank: rank, of: values)
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

  /// Calls `body` with every similarity above `threshold`, row by row.
  func forEach(
    above threshold: Element, in similarities: Matrix<Element>,
    _ body: (_ row: Int, _ column: Int, _ value: Element) -> Void
  ) {
    forEach(atLeast: threshold, in: similarities) { if $2 > threshold { body($0, $1, $2) } }
  }

  private func forEach(
    atLeast floor: Element, in similarities: Matrix<Element>,
    _ body: (_ row: Int, _ column: Int, _ value: Element) -> Void
  ) {
    for row in 0..<similarities.rows {
      similarities.withRow(row) { values in
        for block in 0..<blocksPerRow where largest[row * blocksPerRow + block] >= floor {
          let first = block * Self.columnsPerBlock
          for column in first..<min(first + Self.columnsPerBlock, values.count) {
            let value = values[column]
            if value >= floor && value <= bounds[row] && column != targets[row] { body(row, column, value) }
          }
        }
      }
    }
  }
}
