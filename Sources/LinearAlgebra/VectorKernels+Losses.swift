/// Passes of training losses over one row of similarities, with the same bits on every CPU.
///
/// −∞ stands for a column that takes no part. Two spans of one call must have one length.
extension VectorKernels {
  /// Where x > `bound`: x ← x·(square·x + factor) + shift, slope ← 2·square·x + factor; elsewhere x stays, slope ← 1.
  ///
  /// Returns the largest result, −∞ where there is none, and the sum and the number of the old x above `bound`. The number is
  /// exact up to 2²⁴ elements in `Float`.
  @inlinable
  public static func harden<Element: Scalar>(
    _ x: inout MutableSpan<Element>, slopes: inout MutableSpan<Element>, above bound: Element,
    square: Element, factor: Element, shift: Element
  ) -> (largest: Element, sum: Element, count: Int) {
    precondition(x.count == slopes.count, "spans of different lengths")
    return x.withUnsafeMutableBufferPointer { x in
      slopes.withUnsafeMutableBufferPointer { slopes in
        guard let base = x.baseAddress, let slope = slopes.baseAddress else {
          return (-Element.infinity, 0, 0)
        }
        var (sum, count): (Element, Element) = (0, 0)
        let largest = Element._harden(base, slope, x.count, bound, square, factor, shift, &sum, &count)
        return (largest, sum, Int(count))
      }
    }
  }

  /// y ← y + x. Returns the largest result, −∞ where there is none.
  @inlinable
  public static func addReturningMaximum<Element: Scalar>(
    _ x: Span<Element>, to y: inout MutableSpan<Element>
  ) -> Element {
    precondition(x.count == y.count, "spans of different lengths")
    return y.withUnsafeMutableBufferPointer { y in
      x.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress, let base = y.baseAddress else { return -Element.infinity }
        return Element._addMaximum(x, y.count, base)
      }
    }
  }

  /// With α = max(x + margin, 0): x ← α·(x − margin), slope ← α. Returns the largest result, −∞ where there is none.
  @inlinable
  public static func circle<Element: Scalar>(
    _ x: inout MutableSpan<Element>, slopes: inout MutableSpan<Element>, margin: Element
  ) -> Element {
    precondition(x.count == slopes.count, "spans of different lengths")
    return x.withUnsafeMutableBufferPointer { x in
      slopes.withUnsafeMutableBufferPointer { slopes in
        guard let base = x.baseAddress, let slope = slopes.baseAddress else { return -Element.infinity }
        return Element._circle(base, slope, x.count, margin)
      }
    }
  }

  /// x ← factor·x, sum ← sum + x.
  @inlinable
  public static func scale<Element: Scalar>(
    _ x: inout MutableSpan<Element>, by factor: Element, addingTo sum: inout MutableSpan<Element>
  ) {
    precondition(x.count == sum.count, "spans of different lengths")
    x.withUnsafeMutableBufferPointer { x in
      sum.withUnsafeMutableBufferPointer { sum in
        guard let base = x.baseAddress, let to = sum.baseAddress else { return }
        Element._scaleAdding(base, x.count, factor, to)
      }
    }
  }

  /// The largest element of at most `bound` of every `block` elements goes to `maxima`, −∞ where there is none. Returns the
  /// number of all elements above `bound` and the largest of all, −∞ where there is none. The number is exact up to 2²⁴
  /// elements in `Float`.
  @inlinable
  public static func maxima<Element: Scalar>(
    _ x: Span<Element>, ofEvery block: Int, atMost bound: Element, into maxima: inout MutableSpan<Element>
  ) -> (above: Int, largest: Element) {
    precondition(block > 0 && maxima.count == (x.count + block - 1) / block, "a maximum a block")
    var count: Element = 0
    let largest = maxima.withUnsafeMutableBufferPointer { maxima in
      x.withUnsafeBufferPointer { x in
        guard let base = x.baseAddress, let to = maxima.baseAddress else { return -Element.infinity }
        return Element._blockMaxima(base, x.count, block, bound, to, &count)
      }
    }
    return (Int(count), largest)
  }

  /// Σ exp(scale·x − shift) in a fixed order, and the largest x, −∞ where there is none.
  ///
  /// The exponents must be about 0 or below: from 88 (709 in `Double`) on each counts as that.
  @inlinable
  public static func sumOfExponentials<Element: Scalar>(
    _ x: borrowing MutableSpan<Element>, scale: Element, shift: Element
  ) -> (sum: Element, largest: Element) {
    var largest = -Element.infinity
    let sum = x.withUnsafeBufferPointer { x in
      x.baseAddress.map { Element._sumOfExp($0, x.count, scale, shift, &largest) } ?? 0
    }
    return (sum, largest)
  }

  /// With u = scale·x − shift clamped to ±limit: returns Σ ln(1 + e^u) in a fixed order, and x ← 1/(1 + e^−u), the
  /// derivative by u, or 0 where u was clamped; `logistics` is the sum of these.
  @inlinable
  public static func softplus<Element: Scalar>(
    _ x: inout MutableSpan<Element>, scale: Element, shift: Element, limit: Element = .infinity
  ) -> (sum: Element, logistics: Element) {
    var logistics: Element = 0
    let sum = x.withUnsafeMutableBufferPointer { x in
      x.baseAddress.map { Element._softplus($0, x.count, scale, shift, limit, &logistics) } ?? 0
    }
    return (sum, logistics)
  }

  /// With p = max((x + 1)/2, 0): x ← 2·p^power − 1 and slope ← power·p^(power − 1), for a whole power of at least 1.
  @inlinable
  public static func spreadPower<Element: Scalar>(
    _ x: inout MutableSpan<Element>, slopes: inout MutableSpan<Element>, power: Int
  ) {
    precondition(x.count == slopes.count && power >= 1, "spans of different lengths, or no power")
    x.withUnsafeMutableBufferPointer { x in
      slopes.withUnsafeMutableBufferPointer { slopes in
        if let base = x.baseAddress, let slope = slopes.baseAddress {
          Element._spreadPower(base, slope, x.count, Int32(clamping: power))
        }
      }
    }
  }
}
