import CKernels
import COpenBLAS
public import RealModule

extension Double: Scalar {
  public static let _nothing = Matrix<Double>.makeNothing()

  public static func _gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Double,
    _ a: UnsafePointer<Double>, _ lda: Int, _ b: UnsafePointer<Double>, _ ldb: Int, _ beta: Double,
    _ c: UnsafeMutablePointer<Double>, _ ldc: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
  }

  public static func _gemv(
    _ transpose: Bool, _ rows: Int, _ columns: Int, _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int,
    _ x: UnsafePointer<Double>, _ beta: Double, _ y: UnsafeMutablePointer<Double>
  ) {
    cblas_dgemv(
      CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), alpha, a,
      blasint(lda), x, 1, beta, y, 1)
  }

  public static func _ger(
    _ rows: Int, _ columns: Int, _ alpha: Double, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>,
    _ a: UnsafeMutablePointer<Double>, _ lda: Int
  ) {
    cblas_dger(CblasRowMajor, blasint(rows), blasint(columns), alpha, x, 1, y, 1, a, blasint(lda))
  }

  public static func _axpy(
    _ count: Int, _ alpha: Double, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    cblas_daxpy(blasint(count), alpha, x, 1, y, 1)
  }

  public static func _nrm2(_ x: UnsafePointer<Double>, _ count: Int) -> Double {
    cblas_dnrm2(blasint(count), x, 1)
  }

  public static func _exp(_ x: UnsafeMutablePointer<Double>, _ count: Int) { ck_exp_f64(x, count) }

  public static func _maximum(_ x: UnsafePointer<Double>, _ count: Int) -> Double { ck_max_f64(x, count) }

  public static func _expSum(
    _ x: UnsafeMutablePointer<Double>, _ count: Int, _ scale: Double, _ shift: Double
  ) -> Double {
    ck_exp_sum_f64(x, count, scale, shift)
  }

  public static func _scale(_ x: UnsafeMutablePointer<Double>, _ count: Int, _ factor: Double) {
    ck_scale_f64(x, count, factor)
  }

  public static func _dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int) -> Double {
    ck_dot_f64(x, y, count)
  }
}
