import CKernels
import COpenBLAS
public import RealModule

extension Float: Scalar {
  public static let _nothing = Matrix<Float>.makeNothing()

  public static func _gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, _ beta: Float,
    _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
  }

  public static func _gemv(
    _ transpose: Bool, _ rows: Int, _ columns: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int,
    _ x: UnsafePointer<Float>, _ beta: Float, _ y: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemv(
      CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), alpha, a,
      blasint(lda), x, 1, beta, y, 1)
  }

  public static func _ger(
    _ rows: Int, _ columns: Int, _ alpha: Float, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
    _ a: UnsafeMutablePointer<Float>, _ lda: Int
  ) {
    cblas_sger(CblasRowMajor, blasint(rows), blasint(columns), alpha, x, 1, y, 1, a, blasint(lda))
  }

  public static func _axpy(
    _ count: Int, _ alpha: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    cblas_saxpy(blasint(count), alpha, x, 1, y, 1)
  }

  public static func _nrm2(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    cblas_snrm2(blasint(count), x, 1)
  }

  public static func _exp(_ x: UnsafeMutablePointer<Float>, _ count: Int) { ck_exp_f32(x, count) }

  public static func _maximum(_ x: UnsafePointer<Float>, _ count: Int) -> Float { ck_max_f32(x, count) }

  public static func _expSum(
    _ x: UnsafeMutablePointer<Float>, _ count: Int, _ scale: Float, _ shift: Float
  ) -> Float {
    ck_exp_sum_f32(x, count, scale, shift)
  }

  public static func _scale(_ x: UnsafeMutablePointer<Float>, _ count: Int, _ factor: Float) {
    ck_scale_f32(x, count, factor)
  }

  public static func _dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) -> Float {
    ck_dot_f32(x, y, count)
  }
}
