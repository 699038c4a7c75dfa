extension VectorKernels {
  /// y ← factor·y·mask, for spans of one length.
  @inlinable
  public static func scale<Element: Scalar>(
    _ y: inout MutableSpan<Element>, by factor: Element, masked mask: borrowing MutableSpan<Element>
  ) {
    precondition(y.count == mask.count, "spans of different lengths")
    y.withUnsafeMutableBufferPointer { y in
      mask.withUnsafeBufferPointer { mask in
        if let y = y.baseAddress, let base = mask.baseAddress {
          Element._scaleBy(y, base, mask.count, factor)
        }
      }
    }
  }

  /// y ← y + x, for spans of one length.
  @inlinable
  public static func add<Element: Scalar>(_ x: Span<Element>, to y: inout MutableSpan<Element>) {
    precondition(x.count == y.count, "spans of different lengths")
    y.withUnsafeMutableBufferPointer { y in
      x.withUnsafeBufferPointer { x in
        if let x = x.baseAddress, let base = y.baseAddress { Element._add(x, y.count, base) }
      }
    }
  }
}
