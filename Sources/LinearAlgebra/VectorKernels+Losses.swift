/// Passes of training losses over one row of similarities, with the same bits on every CPU.
///
/// −∞ stands for a column that takes no part. Two spans of one call must have one length.
extension VectorKernels {
  /// Where x > `bound`: x ← x·(square·x + factor) + shift, slope ← 2·square·x + factor; elsewhere x stays, slope ← 1.
  ///
  /// Returns the largest result, −∞ where there is none.
  public static func harden<Element: Scalar>(
    _ x: inout MutableSpan<Element>, slopes: inout MutableSpan<Element>, above bound: Element,
    square: Element, factor: Element, shift: Element
  ) -> Element {
    precondition(x.count == slopes.count, "spans of different lengths")
    return x.withUnsafeMutableBufferPointer { x in
      slopes.withUnsafeMutableBufferPointer { slopes in
        guard let base = x.baseAddress, let slope = slopes.baseAddress else { return -Element.infinity }
        return Element._harden(base, slope, x.count, bound, square, factor, shift)
      }
    }
  }

  /// With α = max(x + margin, 0): x ← α·(x − margin), slope ← α. Returns the largest result, −∞ where there is none.
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

  /// The sum and the number of the elements above `bound`. The number is exact up to 2²⁴ elements in `Float`.
  public static func sum<Element: Scalar>(
    _ x: borrowing MutableSpan<Element>, above bound: Element
  ) -> (sum: Element, count: Int) {
    var count: Element = 0
    let sum = x.withUnsafeBufferPointer { x in
      x.baseAddress.map { Element._sumAbove($0, x.count, bound, &count) } ?? 0
    }
    return (sum, Int(count))
  }

  /// The largest element of at most `bound`, the number of elements above it, and the largest of all; −∞ where there is none.
  public static func maximum<Element: Scalar>(
    _ x: Span<Element>, atMost bound: Element
  ) -> (maximum: Element, above: Int, ofAll: Element) {
    var count: Element = 0
    var largest = -Element.infinity
    let maximum = x.withUnsafeBufferPointer { x in
      x.baseAddress.map { Element._maximumBelow($0, x.count, bound, &count, &largest) } ?? -Element.infinity
    }
    return (maximum, Int(count), largest)
  }

  /// Σ exp(scale·x − shift) in a fixed order.
  public static func sumOfExponentials<Element: Scalar>(
    _ x: borrowing MutableSpan<Element>, scale: Element, shift: Element
  ) -> Element {
    x.withUnsafeBufferPointer { x in
      x.baseAddress.map { Element._sumOfExp($0, x.count, scale, shift) } ?? 0
    }
  }

  /// With u = scale·x − shift clamped to ±limit: returns Σ ln(1 + e^u) in a fixed order, and x ← 1/(1 + e^−u), the
  /// derivative by u, or 0 where u was clamped; `logistics` is the sum of these.
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
