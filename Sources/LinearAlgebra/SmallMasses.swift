/// How much of each row of a matrix lies in its small elements, for several bounds of what is small.
///
/// The memory is kept from one matrix to the next. The same results on every CPU and for any number of workers.
public struct SmallMasses<Element: Scalar>: Sendable {
  /// How many bounds there are.
  public static var boundCount: Int { 8 }

  /// The bounds of the last `measure`.
  public private(set) var bounds = [Element](repeating: 0, count: Self.boundCount)
  private var masses: [Element] = []
  private var counts: [UInt32] = []

  /// Rows per piece of parallel work.
  private static var rowsPerPiece: Int { 16 }

  public init() {}

  /// Measures the rows of `x` with `boundCount` bounds.
  public mutating func measure(_ x: Matrix<Element>, bounds: [Element], workers: Workers = .one) {
    let size = Self.boundCount
    precondition(bounds.count == size, "\(bounds.count) bounds for \(size)")
    precondition(x.columns <= Int(Int32.max), "too many columns to count")
    for index in 0..<size { self.bounds[index] = bounds[index] }
    if masses.count != x.rows * size {
      masses = Array(repeating: 0, count: x.rows * size)
      counts = Array(repeating: 0, count: x.rows * size)
    }
    let (rows, columns) = (x.rows, x.columns)
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    bounds.withUnsafeBufferPointer { bounds in
      masses.withUnsafeMutableBufferPointer { masses in
        counts.withUnsafeMutableBufferPointer { counts in
          guard let boundsBase = bounds.baseAddress, let massesBase = masses.baseAddress,
            let countsBase = counts.baseAddress
          else { return }
          nonisolated(unsafe) let bounds = boundsBase
          nonisolated(unsafe) let masses = massesBase
          nonisolated(unsafe) let counts = countsBase
          workers.forEach((rows + Self.rowsPerPiece - 1) / Self.rowsPerPiece) { piece in
            for row in piece * Self.rowsPerPiece..<min(rows, (piece + 1) * Self.rowsPerPiece) {
              Element._massesBelow(
                from + row * columns, columns, bounds, masses + row * size, counts + row * size)
            }
          }
        }
      }
    }
  }

  /// Σ m and Σ m² over the rows, m being the sum of a row's magnitudes up to bound number `index`, each as large as rounding can have made it smaller.
  public func sums(bound index: Int) -> (sum: Double, squares: Double) {
    var (sum, squares) = (0.0, 0.0)
    for place in stride(from: index, to: masses.count, by: Self.boundCount) {
      // A row of n elements is summed with a relative error below n/16 roundings: far below this for any row that fits into memory twice.
      let mass = Double(masses[place]) * 1.01
      sum += mass
      squares += mass * mass
    }
    return (sum, squares)
  }

  /// How many elements lie above bound number `index`, NaN among them.
  public func countAbove(bound index: Int) -> Int {
    stride(from: index, to: counts.count, by: Self.boundCount).reduce(0) { $0 + Int(counts[$1]) }
  }
}
