extension VectorKernels {
  /// x ← exp(scale·x − shift), returning the sum of the results and the sum of the results times the old x, both in a fixed
  /// order. An x of −∞ adds nothing to either.
  @inlinable
  public static func exponentiateWithMoment<Element: Scalar>(
    _ x: inout MutableSpan<Element>, scale: Element, shift: Element
  ) -> (sum: Element, moment: Element) {
    x.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { Element._expSumMoment($0, buffer.count, scale, shift) } ?? (0, 0)
    }
  }

  /// x ← x clamped to ±bound. −∞ stays.
  @inlinable
  public static func limit<Element: Scalar>(_ x: inout MutableSpan<Element>, to bound: Element) {
    x.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { Element._limit(base, buffer.count, bound) }
    }
  }

  /// x ← x clamped to ±bound; slope ← 0 where it was clamped, else 1. −∞ stays.
  @inlinable
  public static func limit<Element: Scalar>(
    _ x: inout MutableSpan<Element>, to bound: Element, slopes: inout MutableSpan<Element>
  ) {
    precondition(x.count == slopes.count, "spans of different lengths")
    x.withUnsafeMutableBufferPointer { x in
      slopes.withUnsafeMutableBufferPointer { slopes in
        if let base = x.baseAddress, let slope = slopes.baseAddress {
          Element._limitMasked(base, slope, x.count, bound)
        }
      }
    }
  }

  /// With t = factor·exp(−rate·(x − centre)²): x ← t·x + t − 1 and slope ← t. −∞ stays. Returns the largest result, −∞
  /// where there is none.
  @inlinable
  public static func emphasise<Element: Scalar>(
    _ x: inout MutableSpan<Element>, near centre: Element, factor: Element, rate: Element,
    slopes: inout MutableSpan<Element>
  ) -> Element {
    precondition(x.count == slopes.count, "spans of different lengths")
    return x.withUnsafeMutableBufferPointer { x in
      slopes.withUnsafeMutableBufferPointer { slopes in
        guard let base = x.baseAddress, let slope = slopes.baseAddress else { return -Element.infinity }
        return Element._emphasise(base, slope, x.count, centre, factor, rate)
      }
    }
  }

  /// With t = factor·exp(−rate·(x − centre)²) and e = exp(scale·(t·x + t − 1) − shift): x ← e·t, 0 where x is −∞. Returns Σ e in a
  /// fixed order.
  ///
  /// `shift` must be no smaller than the exponents' first terms, up to rounding: from 88 (709 in `Double`) on each counts as that.
  @inlinable
  public static func emphasiseAndExponentiate<Element: Scalar>(
    _ x: inout MutableSpan<Element>, near centre: Element, factor: Element, rate: Element, scale: Element,
    shift: Element
  ) -> Element {
    x.withUnsafeMutableBufferPointer { x in
      x.baseAddress.map { Element._emphasiseExp($0, x.count, centre, factor, rate, scale, shift) } ?? 0
    }
  }

  /// With u = √((1 + x)/2), kept in [0, 1]: x ← Σ value[k]·T_k(2u − 1), Chebyshev polynomials. −∞ stays.
  @inlinable
  public static func halfAngle<Element: Scalar>(_ x: inout MutableSpan<Element>, value: [Element]) {
    precondition(!value.isEmpty, "no terms")
    x.withUnsafeMutableBufferPointer { x in
      if let base = x.baseAddress { Element._halfAngle(base, base, x.count, value, nil, value.count, 1) }
    }
  }

  /// The same, and slope ← Σ derivative[k]·T_k(2u − 1)/(4·max(u, least)): with the derivative of the sum by u, that of the
  /// result by x.
  @inlinable
  public static func halfAngle<Element: Scalar>(
    _ x: inout MutableSpan<Element>, value: [Element], derivative: [Element], least: Element,
    slopes: inout MutableSpan<Element>
  ) {
    precondition(x.count == slopes.count, "spans of different lengths")
    precondition(value.count == derivative.count && !value.isEmpty, "sums of different lengths")
    x.withUnsafeMutableBufferPointer { x in
      slopes.withUnsafeMutableBufferPointer { slopes in
        if let base = x.baseAddress, let slope = slopes.baseAddress {
          Element._halfAngle(base, slope, x.count, value, derivative, value.count, least)
        }
      }
    }
  }

  /// With θ = arccos of x kept within ±bound: x ← share·d(θ⁻²)/dx, 0 where x was not within. Returns share·Σ θ⁻² in a fixed order.
  /// −∞ adds nothing and becomes 0.
  ///
  /// `arcsine` holds the coefficients of the Chebyshev polynomials of 4t − 1 whose sum is arcsin(√t)/√t over [0, ½]; `bound` is below 1.
  @inlinable
  public static func inverseSquareAngle<Element: Scalar>(
    _ x: inout MutableSpan<Element>, within bound: Element, share: Element, arcsine: [Element]
  ) -> Element {
    precondition(!arcsine.isEmpty, "no terms")
    return x.withUnsafeMutableBufferPointer { x in
      x.baseAddress.map {
        Element._inverseSquareAngle($0, x.count, bound, share, arcsine, arcsine.count)
      } ?? 0
    }
  }
}

extension Matrix {
  /// Changes every row like `updateRows`, but hands over the largest of each `pooling` neighbouring columns.
  ///
  /// `body` gets the index of the row, columns / `pooling` maxima, and scratch of their number. What it leaves of a maximum goes
  /// to the first column that has it, and 0 to the others. `pooling` must divide the number of columns; with 1 it is
  /// `updateRows`.
  public mutating func updateRows<Result: Sendable>(
    pooling: Int, scratch: inout Matrix, results: inout [Result], workers: Workers,
    _ body:
      @Sendable (_ row: Int, _ values: inout MutableSpan<Element>, _ scratch: inout MutableSpan<Element>)
      -> Result
  ) {
    guard pooling > 1 else {
      updateRows(scratch: &scratch, results: &results, workers: workers, body)
      return
    }
    precondition(columns % pooling == 0, "\(pooling) does not divide \(columns) columns")
    let classes = columns / pooling
    updateRows(scratch: &scratch, results: &results, workers: workers) { row, values, spare in
      values.withUnsafeMutableBufferPointer { values in
        spare.withUnsafeMutableBufferPointer { spare in
          guard let base = values.baseAddress, let pooled = spare.baseAddress else {
            var none = UnsafeMutableBufferPointer<Element>(start: nil, count: 0).mutableSpan
            var nothing = UnsafeMutableBufferPointer<Element>(start: nil, count: 0).mutableSpan
            return body(row, &none, &nothing)
          }
          Element._pool(base, classes, pooling, pooled)
          var maxima = UnsafeMutableBufferPointer(start: pooled, count: classes).mutableSpan
          var rest = UnsafeMutableBufferPointer(start: pooled + classes, count: classes).mutableSpan
          let result = body(row, &maxima, &rest)
          Element._spread(base, classes, pooling, pooled)
          return result
        }
      }
    }
  }
}
