import CKernels
import COpenBLAS
public import RealModule

/// A floating-point type that matrices can hold: `Float`, in which everything is trained and scored, and
/// `Double`, in which gradients are proved.
///
/// The requirements are the handful of dense products and fused vector passes that differ by type. They are
/// called through `Matrix` and the free functions of this module; conforming another type is not supported.
public protocol Scalar: Real, BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
  /// Row-major C ← α·op(A)·op(B) + β·C for one tile, on the calling thread.
  static func _gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self,
    _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int)
  static func _gemv(
    _ transpose: Bool, _ rows: Int, _ columns: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
    _ x: UnsafePointer<Self>, _ beta: Self, _ y: UnsafeMutablePointer<Self>)
  static func _ger(
    _ rows: Int, _ columns: Int, _ alpha: Self, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>,
    _ a: UnsafeMutablePointer<Self>, _ lda: Int)
  static func _exp(_ x: UnsafeMutablePointer<Self>, _ count: Int)
  static func _maximum(_ x: UnsafePointer<Self>, _ count: Int) -> Self
  static func _expSum(_ x: UnsafeMutablePointer<Self>, _ count: Int, _ scale: Self, _ shift: Self) -> Self
  static func _scale(_ x: UnsafeMutablePointer<Self>, _ count: Int, _ factor: Self)
  static func _axpy(_ count: Int, _ alpha: Self, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)
  static func _dot(_ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ count: Int) -> Self
}
