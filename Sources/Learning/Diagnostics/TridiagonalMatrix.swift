import LinearAlgebra

/// A symmetric matrix made tridiagonal by Householder reflections, which keep its eigenvalues (Golub and Van Loan, Matrix Computations, 8.3).
struct TridiagonalMatrix {
  private(set) var diagonal: [Double]
  /// The elements beside the diagonal, one fewer.
  private(set) var beside: [Double]
  /// The reflections in the order in which they were done.
  private var reflections: [Reflection] = []

  /// I − factor·v·vᵀ, v beginning at row `first` and 0 before it.
  private struct Reflection {
    var first: Int
    var factor: Double
    var v: [Double]
  }

  /// The size n of the matrix.
  var size: Int { diagonal.count }

  /// The tridiagonal form of a square matrix, of which only the lower triangle is read. O(n³).
  init(_ matrix: Matrix<Double>) {
    let n = matrix.rows
    var a = matrix.elements
    var beside = [Double](repeating: 0, count: max(n - 1, 0))
    var v = [Double](repeating: 0, count: n)
    var w = v
    for row in 0..<n { for column in 0..<row { a[column * n + row] = a[row * n + column] } }
    for step in 0..<max(n - 2, 0) {
      var square = 0.0
      for row in step + 1..<n {
        v[row] = a[row * n + step]
        square += v[row] * v[row]
      }
      let length = square.squareRoot()
      guard length > 0 else { continue }
      let target = v[step + 1] > 0 ? -length : length
      beside[step] = target
      // The reflection along v − target·e takes the column to the target.
      let norm = 2 * (square - target * v[step + 1])
      v[step + 1] -= target
      let factor = 2 / norm
      var inner = 0.0
      for row in step + 1..<n {
        var sum = 0.0
        for column in step + 1..<n { sum += a[row * n + column] * v[column] }
        w[row] = factor * sum
        inner += w[row] * v[row]
      }
      for row in step + 1..<n { w[row] -= factor / 2 * inner * v[row] }
      for row in step + 1..<n {
        for column in step + 1..<n { a[row * n + column] -= v[row] * w[column] + w[row] * v[column] }
      }
      reflections.append(Reflection(first: step + 1, factor: factor, v: Array(v[(step + 1)...])))
    }
    if n > 1 { beside[n - 2] = a[(n - 1) * n + n - 2] }
    diagonal = (0..<n).map { a[$0 * n + $0] }
    self.beside = beside
  }

  // MARK: Eigenvalues

  /// Bounds of all eigenvalues, by Gershgorin's circles; there must be one.
  var eigenvalueBounds: ClosedRange<Double> {
    var bounds = diagonal[0]...diagonal[0]
    for index in diagonal.indices {
      let radius =
        (index > 0 ? beside[index - 1].magnitude : 0) + (index < size - 1 ? beside[index].magnitude : 0)
      bounds =
        min(bounds.lowerBound, diagonal[index] - radius)...max(bounds.upperBound, diagonal[index] + radius)
    }
    return bounds
  }

  /// The eigenvalues with these numbers of smaller ones, each bisected by Sturm's count of the negative pivots of T − x (Golub and Van Loan, 8.4).
  /// Errors are of the order of the rounding of the largest eigenvalue.
  func eigenvalues(_ indices: some Sequence<Int>) -> [Double] {
    let bounds = eigenvalueBounds
    let squares = beside.map { $0 * $0 }
    return indices.map { bisect(index: $0, in: bounds, squares) }
  }

  private func bisect(index: Int, in bounds: ClosedRange<Double>, _ squares: [Double]) -> Double {
    var low = bounds.lowerBound
    var high = bounds.upperBound
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return middle }
      if smaller(than: middle, squares) > index { high = middle } else { low = middle }
    }
  }

  /// The number of eigenvalues below x.
  private func smaller(than x: Double, _ squares: [Double]) -> Int {
    var count = 0
    var pivot = 1.0
    for index in diagonal.indices {
      pivot = diagonal[index] - x - (index > 0 ? squares[index - 1] / pivot : 0)
      // A pivot of 0 is as good as the smallest number.
      if pivot == 0 { pivot = .leastNormalMagnitude }
      if pivot < 0 { count += 1 }
    }
    return count
  }

  // MARK: Eigenvectors

  /// Unit eigenvectors of the matrix itself to these eigenvalues of it, orthogonal to each other also where eigenvalues are equal or close.
  ///
  /// By inverse iteration with T − x, each vector kept orthogonal to those before, from a start that a stream of its own draws (the method of LAPACK's
  /// dstein); the reflections are then undone.
  func eigenvectors(_ eigenvalues: [Double]) -> [[Double]] {
    let bounds = size > 0 ? eigenvalueBounds : 0...0
    let scale = max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude)
    var found: [[Double]] = []
    var stream = RandomStream(seed: 0, name: "eigenvectors")
    for value in eigenvalues {
      var noise = Matrix<Double>(rows: 1, columns: size)
      stream.fillNormal(&noise)
      var x = noise.elements
      Self.orthonormalise(&x, found)
      // In a zero matrix every vector is one; else two rounds are enough, and more change nothing.
      for _ in 0..<(scale > 0 ? 4 : 0) {
        solve(shift: value, scale: scale, &x)
        Self.orthonormalise(&x, found)
      }
      found.append(x)
    }
    return found.map(undone)
  }

  /// Makes x orthogonal to `others`, twice for the sake of rounding, and of unit length.
  private static func orthonormalise(_ x: inout [Double], _ others: [[Double]]) {
    func scaleToUnit() {
      let largest = x.reduce(0) { max($0, $1.magnitude) }
      guard largest > 0 else { return }
      for index in x.indices { x[index] /= largest }
      let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for index in x.indices { x[index] /= norm }
    }
    scaleToUnit()
    for _ in 0..<2 {
      for other in others {
        let inner = zip(x, other).reduce(0) { $0 + $1.0 * $1.1 }
        for index in x.indices { x[index] -= inner * other[index] }
      }
      scaleToUnit()
    }
  }

  /// Replaces x by the solution y of (T − shift)·y = scale·x, by elimination with row exchanges; pivots of nearly 0 are rounding's size.
  private func solve(shift: Double, scale: Double, _ x: inout [Double]) {
    let n = size
    // The rows of the triangle: the diagonal, and two elements right of it. Divided by the scale, so that nothing overflows.
    var pivot = diagonal.map { ($0 - shift) / scale }
    var first = beside.map { $0 / scale }
    var second = [Double](repeating: 0, count: n)
    let below = first
    first.append(0)
    for row in 0..<n - 1 {
      if below[row].magnitude > pivot[row].magnitude {
        let factor = pivot[row] / below[row]
        let next = (pivot: pivot[row + 1], first: first[row + 1], x: x[row + 1])
        (pivot[row + 1], first[row + 1], x[row + 1]) = (
          first[row] - factor * next.pivot, -factor * next.first, x[row] - factor * next.x
        )
        (pivot[row], first[row], second[row], x[row]) = (below[row], next.pivot, next.first, next.x)
      } else {
        if pivot[row].magnitude < .ulpOfOne { pivot[row] = .ulpOfOne }
        let factor = below[row] / pivot[row]
        pivot[row + 1] -= factor * first[row]
        x[row + 1] -= factor * x[row]
      }
    }
    if pivot[n - 1].magnitude < .ulpOfOne { pivot[n - 1] = .ulpOfOne }
    for row in stride(from: n - 1, through: 0, by: -1) {
      if row + 1 < n { x[row] -= first[row] * x[row + 1] }
      if row + 2 < n { x[row] -= second[row] * x[row + 2] }
      x[row] /= pivot[row]
    }
  }

  /// A vector of T's space in that of the matrix.
  private func undone(_ vector: [Double]) -> [Double] {
    var result = vector
    for reflection in reflections.reversed() {
      var inner = 0.0
      for (index, value) in reflection.v.enumerated() { inner += value * result[reflection.first + index] }
      for (index, value) in reflection.v.enumerated() {
        result[reflection.first + index] -= reflection.factor * inner * value
      }
    }
    return result
  }
}
