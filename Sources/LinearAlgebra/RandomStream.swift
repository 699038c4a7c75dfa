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
    // The name is absorbed in blocks of 12 bytes, each with its length and place, so no name is another's prefix.
    var key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let bytes = Array(name.utf8)
    var start = 0
    repeat {
      let part = bytes[start..<min(start + 12, bytes.count)]
      var words = SIMD4<UInt32>(0, 0, 0, UInt32(truncatingIfNeeded: start << 8 | part.count))
      for (offset, byte) in part.enumerated() { words[offset / 4] |= UInt32(byte) << UInt32(offset % 4 * 8) }
      let mixed = Philox.block(counter: words, key: key)
      key = SIMD2(mixed.x ^ mixed.z, mixed.y ^ mixed.w)
      start += 12
    } while start < bytes.count
    self.key = key
    position = 0
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    let index = position >> 2
    let block = Philox.block(
      counter: SIMD4(UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), 0, 0),
      key: key)
    let word = block[Int(position & 3)]
    position += 1
    return word
  }

  /// Uniform on [0, 1): a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double {
    let high = UInt64(nextWord())
    let low = UInt64(nextWord())
    return Double((high << 32 | low) >> 11) * 0x1p-53
  }

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
      let value = UInt64(nextWord()) << 32 | UInt64(nextWord())
      if value <= limit { return Int(value % bound) }
    }
  }

  /// A standard normal number, by inversion of the distribution function (Wichura's AS 241, PPND16).
  public mutating func normal() -> Double {
    // The middle of the cell, so that 0 and 1 never occur and the distribution is symmetric.
    NormalDistribution.quantile(uniform() + 0x1p-54)
  }

  /// Fills `values` with normal numbers of the given mean and standard deviation.
  public mutating func fillNormal<Element: Scalar>(
    _ values: inout Matrix<Element>, mean: Double = 0, standardDeviation: Double = 1
  ) {
    values.makeUnique()
    for index in 0..<values.count {
      values.storage.base[index] = Element(mean + standardDeviation * normal())
    }
  }

  /// Fills `values` with numbers uniform on `range`.
  public mutating func fillUniform<Element: Scalar>(_ values: inout Matrix<Element>, in range: Range<Double>)
  {
    values.makeUnique()
    for index in 0..<values.count { values.storage.base[index] = Element(uniform(in: range)) }
  }

  /// A uniformly random order of 0..<count (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// Puts `values` in a uniformly random order.
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
      let draw = uniform() * total
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
