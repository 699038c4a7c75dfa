/// Elementwise passes over whole matrices, with the same bits on every CPU and for any number of workers.
public enum ElementwiseKernels {
  /// Elements per piece of parallel work.
  static let elementsPerPiece = 1 << 15
  /// Elements whose squares are summed in their own precision.
  private static let squaresPerPart = 4096

  /// y ← x·mask, element by element.
  public static func multiply<Element: Scalar>(
    _ x: Matrix<Element>, _ mask: Matrix<Element>, into y: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(mask.isShaped(like: x) && y.isShaped(like: x), "shapes differ")
    y.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let mask = UnsafePointer(mask.storage.base)
    nonisolated(unsafe) let y = y.storage.base
    forEachBlock(x.count, workers) { start, count in
      Element._multiply(from + start, mask + start, count, y + start)
    }
  }

  /// y ← y + x.
  public static func add<Element: Scalar>(
    _ x: Matrix<Element>, to y: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(x.isShaped(like: y), "shapes differ")
    y.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let y = y.storage.base
    forEachBlock(x.count, workers) { start, count in Element._add(from + start, count, y + start) }
  }

  /// Copies x over y, a matrix of the same shape, without allocating.
  public static func copy<Element: Scalar>(
    _ x: Matrix<Element>, to y: inout Matrix<Element>, workers: Workers = .one
  ) {
    precondition(x.isShaped(like: y), "shapes differ")
    y.makeUnique()
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    nonisolated(unsafe) let to = y.storage.base
    forEachBlock(x.count, workers) { start, count in (to + start).update(from: from + start, count: count) }
  }

  /// Sets every element to 0, keeping the memory.
  public static func clear<Element: Scalar>(_ x: inout Matrix<Element>, workers: Workers = .one) {
    x.makeUnique()
    nonisolated(unsafe) let to = x.storage.base
    forEachBlock(x.count, workers) { start, count in
      // Both types' zero is all bits zero.
      UnsafeMutableRawBufferPointer(start: to + start, count: count * MemoryLayout<Element>.stride)
        .initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  /// x ← factor·x.
  public static func scale<Element: Scalar>(
    _ x: inout Matrix<Element>, by factor: Element, workers: Workers = .one
  ) {
    x.makeUnique()
    let count = x.count
    nonisolated(unsafe) let x = x.storage.base
    forEachBlock(count, workers) { start, count in Element._scale(x + start, count, factor) }
  }

  /// Fills `mask` with 1/(1 − rate) where an element is kept and 0 where it is dropped, each with probability `rate`.
  ///
  /// Element i depends on the key and i alone. `rate` must lie in [0, 1).
  public static func fillDropoutMask<Element: Scalar>(
    _ mask: inout Matrix<Element>, rate: Double, key: SIMD2<UInt32>, workers: Workers = .one
  ) {
    precondition(rate >= 0 && rate < 1, "a dropout rate lies in [0, 1)")
    mask.makeUnique()
    let threshold = UInt32(min((rate * 0x1p32).rounded(), 0x1p32 - 1))
    let kept = Element(1 / (1 - rate))
    let count = mask.count
    nonisolated(unsafe) let mask = mask.storage.base
    forEachBlock(count, workers) { start, count in
      Element._dropoutMask(mask + start, count, key, UInt64(start), threshold, kept)
    }
  }

  /// Σ x² in a fixed order, summed over pieces in double precision.
  public static func sumOfSquares<Element: Scalar>(_ x: Matrix<Element>) -> Double {
    var sum = 0.0
    var start = 0
    while start < x.count {
      let count = min(squaresPerPart, x.count - start)
      sum += Double(Element._dot(x.storage.base + start, x.storage.base + start, count))
      start += count
    }
    return sum
  }

  /// The same number by several threads, with `parts` for memory, which is kept from call to call.
  public static func sumOfSquares<Element: Scalar>(
    _ x: Matrix<Element>, parts: inout [Double], workers: Workers
  ) -> Double {
    let count = (x.count + squaresPerPart - 1) / squaresPerPart
    if parts.count < count { parts = Array(repeating: 0, count: count) }
    let total = x.count
    nonisolated(unsafe) let from = UnsafePointer(x.storage.base)
    return parts.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let parts = buffer
      forEachBlock(count, of: 16, workers) { first, count in
        for part in first..<first + count {
          let start = from + part * squaresPerPart
          parts[part] = Double(
            Element._dot(start, start, min(squaresPerPart, total - part * squaresPerPart)))
        }
      }
      var sum = 0.0
      for part in 0..<count { sum += parts[part] }
      return sum
    }
  }

  /// One step of stochastic gradient descent on w with velocity v, in PyTorch's form:
  /// d = scale·g + decay·w; v ← momentum·v + d; w ← w − rate·(nesterov ? d + momentum·v : v).
  public static func descend<Element: Scalar>(
    _ w: inout Matrix<Element>, gradient: Matrix<Element>, velocity: inout Matrix<Element>, rate: Element,
    momentum: Element, decay: Element, scale: Element, nesterov: Bool, workers: Workers = .one
  ) {
    precondition(gradient.isShaped(like: w) && velocity.isShaped(like: w), "shapes differ")
    w.makeUnique()
    velocity.makeUnique()
    let count = w.count
    nonisolated(unsafe) let w = w.storage.base
    nonisolated(unsafe) let g = UnsafePointer(gradient.storage.base)
    nonisolated(unsafe) let v = velocity.storage.base
    forEachBlock(count, workers) { start, count in
      Element._sgd(w + start, g + start, v + start, count, rate, momentum, decay, scale, nesterov)
    }
  }

  private static func forEachBlock(
    _ count: Int, of size: Int = elementsPerPiece, _ workers: Workers,
    _ body: @Sendable (_ start: Int, _ count: Int) -> Void
  ) {
    workers.forEach((count + size - 1) / size) { piece in
      let start = piece * size
      body(start, min(size, count - start))
    }
  }
}
