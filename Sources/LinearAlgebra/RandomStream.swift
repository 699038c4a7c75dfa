/// A named stream of random numbers.
///
/// The same (seed, name) gives the same numbers on every machine; different names give independent streams. The numbers use
/// additions, products, divisions and square roots only, so no mathematics library can change a bit of them. A stream is
/// a value: a copy goes on from the same place, and `position` alone restores it.
public struct RandomStream: Sendable, Hashable {
  private let key: SIMD2<UInt32>
  /// How many 32-bit words have been drawn. Setting it moves to that place in the stream.
  public var position: UInt64

  /// The stream called `name` of `seed`.
  public init(seed: UInt64, name: String) {
    var bytes = StreamName(seed: seed)
    bytes.append(name)
    self.init(key: bytes.finish())
  }

  /// The stream called `name` and the number, with a dot between: that of "\(name).\(number)", without making the text.
  public init(seed: UInt64, name: String, _ number: Int) {
    var bytes = StreamName(seed: seed)
    bytes.append(name)
    bytes.append(part: number)
    self.init(key: bytes.finish())
  }

  /// The same with two numbers: the stream of "\(name).\(first).\(second)".
  public init(seed: UInt64, name: String, _ first: Int, _ second: Int) {
    var bytes = StreamName(seed: seed)
    bytes.append(name)
    bytes.append(part: first)
    bytes.append(part: second)
    self.init(key: bytes.finish())
  }

  private init(key: SIMD2<UInt32>) {
    self.key = key
    position = 0
  }

  /// The four words at positions 4·index to 4·index + 3.
  private func block(_ index: UInt64) -> SIMD4<UInt32> {
    Philox.block(
      counter: SIMD4(UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), 0, 0),
      key: key)
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    let word = block(position >> 2)[Int(position & 3)]
    position &+= 1
    return word
  }

  /// The next two words, the first one high.
  private mutating func nextPair() -> UInt64 {
    let words = block(position >> 2)
    let pair: (high: UInt32, low: UInt32) =
      switch position & 3 {
      case 0: (words.x, words.y)
      case 1: (words.y, words.z)
      case 2: (words.z, words.w)
      default: (words.w, block((position >> 2) &+ 1).x)
      }
    position &+= 2
    return UInt64(pair.high) << 32 | UInt64(pair.low)
  }

  /// Replaces each element by the value that `make` gives for the next two words, in order.
  private mutating func fill(_ values: UnsafeMutableBufferPointer<Double>, _ make: (UInt64) -> Double) {
    var index = 0
    while index < values.count {
      if position & 3 == 0 && index + 1 < values.count {
        // A whole block at once gives two.
        let words = block(position >> 2)
        values[index] = make(UInt64(words.x) << 32 | UInt64(words.y))
        values[index + 1] = make(UInt64(words.z) << 32 | UInt64(words.w))
        position &+= 4
        index += 2
      } else {
        values[index] = make(nextPair())
        index += 1
      }
    }
  }

  private static func uniform(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

  static func normal(_ bits: UInt64) -> Double {
    // The middle of one of 2⁵³ cells, so that 0 and 1 never occur; the upper half mirrors the lower one, where the middles
    // are exact.
    let cell = bits >> 11
    let half: UInt64 = 1 << 52
    return cell < half
      ? NormalDistribution.quantile((Double(cell) + 0.5) * 0x1p-53)
      : -NormalDistribution.quantile((Double(2 * half - 1 - cell) + 0.5) * 0x1p-53)
  }

  /// Uniform on [0, 1): a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Self.uniform(nextPair()) }

  /// Uniform on [range.lowerBound, range.upperBound).
  public mutating func uniform(in range: Range<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A uniform integer in 0..<bound, without bias. `bound` must be positive.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "no integer lies below \(bound)")
    let bound = UInt64(bound)
    // Draws in the last, incomplete run of multiples of the bound are thrown away.
    let limit = UInt64.max - (UInt64.max % bound + 1) % bound
    while true {
      let value = nextPair()
      if value <= limit { return Int(value % bound) }
    }
  }

  /// A standard normal number, by inversion of the distribution function (Wichura's AS 241, PPND16). At most 8.3 in magnitude.
  public mutating func normal() -> Double { Self.normal(nextPair()) }

  /// Fills `values` with normal numbers of the given mean and standard deviation: the same as from as many calls of `normal`.
  @inlinable
  public mutating func fillNormal<Element: Scalar>(
    _ values: inout Matrix<Element>, mean: Double = 0, standardDeviation: Double = 1
  ) {
    fillByParts(&values, { $0.fillNormal($1) }, { Element(mean + standardDeviation * $0) })
  }

  /// Fills `values` with numbers uniform on `range`: the same as from as many calls of `uniform(in:)`, rounded to `Element`.
  @inlinable
  public mutating func fillUniform<Element: Scalar>(_ values: inout Matrix<Element>, in range: Range<Double>)
  {
    let width = range.upperBound - range.lowerBound
    fillByParts(&values, { $0.fillUniform($1) }, { Element(range.lowerBound + width * $0) })
  }

  /// Fills `values` with `convert` of numbers that `draw` writes a part at a time.
  @inlinable
  mutating func fillByParts<Element: Scalar>(
    _ values: inout Matrix<Element>,
    _ draw: (inout RandomStream, UnsafeMutableBufferPointer<Double>) -> Void,
    _ convert: (Double) -> Element
  ) {
    values.makeUnique()
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 512) { part in
      var start = 0
      while start < values.count {
        let count = min(part.count, values.count - start)
        draw(&self, UnsafeMutableBufferPointer(rebasing: part[..<count]))
        for index in 0..<count { values.storage.base[start + index] = convert(part[index]) }
        start += count
      }
    }
  }

  @usableFromInline
  mutating func fillNormal(_ values: UnsafeMutableBufferPointer<Double>) { fill(values, Self.normal) }

  @usableFromInline
  mutating func fillUniform(_ values: UnsafeMutableBufferPointer<Double>) { fill(values, Self.uniform) }

  /// A uniformly random order of 0..<count (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order: [Int] = []
    fillPermutation(&order, count)
    return order
  }

  /// Makes `order` what `permutation` returns, in its own memory where that is large enough.
  public mutating func fillPermutation(_ order: inout [Int], _ count: Int) {
    order.removeAll(keepingCapacity: true)
    order.append(contentsOf: 0..<count)
    shuffle(&order)
  }

  /// Puts `values` in a uniformly random order.
  @specialized(where Value == Int)
  public mutating func shuffle<Value>(_ values: inout [Value]) {
    guard values.count > 1 else { return }
    for last in stride(from: values.count - 1, to: 0, by: -1) {
      values.swapAt(last, integer(below: last + 1))
    }
  }

  /// How often each outcome occurs in `trials` independent draws with the given relative weights.
  ///
  /// Weights must be finite and not negative, with a positive sum. The counts add up to `trials`.
  public mutating func multinomial(trials: Int, weights: [Double]) -> [Int] {
    precondition(trials >= 0, "a negative number of trials")
    var cumulative: [Double] = []
    var total = 0.0
    for weight in weights {
      precondition(weight >= 0 && weight.isFinite, "a weight must be finite and not negative")
      total += weight
      cumulative.append(total)
    }
    precondition(total > 0 && total.isFinite, "weights must have a positive, finite sum")
    var counts = [Int](repeating: 0, count: weights.count)
    for _ in 0..<trials {
      // Below the total even where the product rounds up to it.
      let draw = min(uniform() * total, total.nextDown)
      // The first outcome whose cumulative weight exceeds the draw: never one of weight 0.
      var low = 0
      var high = cumulative.count - 1
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] > draw { high = middle } else { low = middle + 1 }
      }
      counts[low] += 1
    }
    return counts
  }
}
