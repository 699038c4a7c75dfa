public import RealModule

/// A floating-point type that matrices can hold: `Float`, in which everything is trained and scored, and
/// `Double`, in which gradients are proved.
///
/// The underscored requirements are the dense products and vector passes that differ by type. They are reached
/// through `Matrix` and the functions of this module; no other type can usefully conform.
public protocol Scalar: Real, BinaryFloatingPoint, SIMDScalar, Codable, Sendable, _TrainingScalar,
  _MarginScalar, _LossScalar, _SkippingScalar
{
  /// The memory of all matrices without elements.
  static var _nothing: Matrix<Self> { get }

  /// Row-major C ← α·op(A)·op(B) + β·C on the calling thread.
  static func _gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self,
    _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int)

  /// y ← α·op(A)·x + β·y.
  static func _gemv(
    _ transpose: Bool, _ rows: Int, _ columns: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
    _ x: UnsafePointer<Self>, _ beta: Self, _ y: UnsafeMutablePointer<Self>)

  /// A ← A + α·x·yᵀ.
  static func _ger(
    _ rows: Int, _ columns: Int, _ alpha: Self, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>,
    _ a: UnsafeMutablePointer<Self>, _ lda: Int)

  /// y ← y + α·x.
  static func _axpy(_ count: Int, _ alpha: Self, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// √Σx².
  static func _nrm2(_ x: UnsafePointer<Self>, _ count: Int) -> Self

  /// x ← exp(x).
  static func _exp(_ x: UnsafeMutablePointer<Self>, _ count: Int)

  /// The largest element.
  static func _maximum(_ x: UnsafePointer<Self>, _ count: Int) -> Self

  /// x ← exp(scale·x − shift), returning the sum.
  static func _expSum(_ x: UnsafeMutablePointer<Self>, _ count: Int, _ scale: Self, _ shift: Self) -> Self

  /// x ← factor·x.
  static func _scale(_ x: UnsafeMutablePointer<Self>, _ count: Int, _ factor: Self)

  /// Σ x·y in a fixed order.
  static func _dot(_ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ count: Int) -> Self
}
