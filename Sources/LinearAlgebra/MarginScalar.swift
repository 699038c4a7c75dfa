/// The vector passes of margin losses that differ by type: the kernels of `CKernelsMargins.h`, whose comments say what each
/// does. They are reached through `VectorKernels` and `Matrix`.
public protocol _MarginScalar {
  static func _expSumMoment(
    _ x: UnsafeMutablePointer<Self>, _ n: Int, _ scale: Self, _ shift: Self
  ) -> (sum: Self, moment: Self)
  static func _limit(_ x: UnsafeMutablePointer<Self>, _ n: Int, _ bound: Self)
  static func _limitMasked(
    _ x: UnsafeMutablePointer<Self>, _ slope: UnsafeMutablePointer<Self>, _ n: Int, _ bound: Self)
  static func _emphasise(
    _ x: UnsafeMutablePointer<Self>, _ slope: UnsafeMutablePointer<Self>, _ n: Int, _ centre: Self,
    _ factor: Self, _ rate: Self
  ) -> Self
  static func _emphasiseExp(
    _ x: UnsafeMutablePointer<Self>, _ n: Int, _ centre: Self, _ factor: Self, _ rate: Self, _ scale: Self,
    _ shift: Self
  ) -> Self
  static func _halfAngle(
    _ x: UnsafeMutablePointer<Self>, _ slope: UnsafeMutablePointer<Self>, _ n: Int,
    _ value: UnsafePointer<Self>, _ derivative: UnsafePointer<Self>?, _ terms: Int, _ least: Self)
  static func _inverseSquareAngle(
    _ x: UnsafeMutablePointer<Self>, _ n: Int, _ bound: Self, _ share: Self, _ arcsine: UnsafePointer<Self>,
    _ terms: Int
  ) -> Self
  static func _pool(
    _ x: UnsafePointer<Self>, _ classes: Int, _ k: Int, _ y: UnsafeMutablePointer<Self>)
  static func _spread(
    _ x: UnsafeMutablePointer<Self>, _ classes: Int, _ k: Int, _ g: UnsafePointer<Self>)
}
