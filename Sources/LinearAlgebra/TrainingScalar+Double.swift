import CKernels

extension Double {
  public static func _fillRows(
    _ y: UnsafeMutablePointer<Double>, _ stride: Int, _ rows: Int, _ n: Int, _ row: UnsafePointer<Double>
  ) {
    ck_fill_rows_f64(y, stride, rows, n, row)
  }

  public static func _columnSums(
    _ x: UnsafePointer<Double>, _ stride: Int, _ rows: Int, _ n: Int, _ sum: UnsafeMutablePointer<Double>
  ) {
    ck_column_sums_f64(x, stride, rows, n, sum)
  }

  public static func _columnMoments(
    _ x: UnsafePointer<Double>, _ stride: Int, _ rows: Int, _ n: Int, _ mean: UnsafeMutablePointer<Double>,
    _ variance: UnsafeMutablePointer<Double>
  ) {
    ck_column_moments_f64(x, stride, rows, n, mean, variance)
  }

  public static func _standardise(
    _ x: UnsafePointer<Double>, _ stride: Int, _ rows: Int, _ n: Int, _ mean: UnsafePointer<Double>,
    _ inverse: UnsafePointer<Double>, _ gain: UnsafePointer<Double>, _ shift: UnsafePointer<Double>,
    _ unit: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    ck_standardise_f64(x, stride, rows, n, mean, inverse, gain, shift, unit, y)
  }

  public static func _standardiseBackward(
    _ g: UnsafePointer<Double>, _ unit: UnsafePointer<Double>, _ stride: Int, _ rows: Int, _ n: Int,
    _ inverse: UnsafePointer<Double>, _ gain: UnsafePointer<Double>,
    _ gainGradient: UnsafeMutablePointer<Double>, _ shiftGradient: UnsafeMutablePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>
  ) {
    ck_standardise_backward_f64(
      g, unit, stride, rows, n, inverse, gain, gainGradient, shiftGradient, dx, sums)
  }

  public static func _prelu(
    _ x: UnsafePointer<Double>, _ stride: Int, _ rows: Int, _ n: Int, _ slope: UnsafePointer<Double>,
    _ y: UnsafeMutablePointer<Double>
  ) {
    ck_prelu_f64(x, stride, rows, n, slope, y)
  }

  public static func _preluBackward(
    _ x: UnsafePointer<Double>, _ g: UnsafePointer<Double>, _ stride: Int, _ rows: Int, _ n: Int,
    _ slope: UnsafePointer<Double>, _ dx: UnsafeMutablePointer<Double>,
    _ slopeGradient: UnsafeMutablePointer<Double>
  ) {
    ck_prelu_backward_f64(x, g, stride, rows, n, slope, dx, slopeGradient)
  }

  public static func _multiply(
    _ x: UnsafePointer<Double>, _ mask: UnsafePointer<Double>, _ n: Int, _ y: UnsafeMutablePointer<Double>
  ) {
    ck_multiply_f64(x, mask, n, y)
  }

  public static func _scaleBy(
    _ y: UnsafeMutablePointer<Double>, _ mask: UnsafePointer<Double>, _ n: Int, _ factor: Double
  ) {
    ck_scale_by_f64(y, mask, n, factor)
  }

  public static func _add(_ x: UnsafePointer<Double>, _ n: Int, _ y: UnsafeMutablePointer<Double>) {
    ck_add_f64(x, n, y)
  }

  public static func _divide(
    _ x: UnsafePointer<Double>, _ n: Int, _ divisor: Double, _ y: UnsafeMutablePointer<Double>
  ) {
    ck_divide_f64(x, n, divisor, y)
  }

  public static func _removeRadial(
    _ u: UnsafePointer<Double>, _ n: Int, _ radial: Double, _ divisor: Double,
    _ g: UnsafeMutablePointer<Double>
  ) {
    ck_remove_radial_f64(u, n, radial, divisor, g)
  }

  public static func _dropoutMask(
    _ mask: UnsafeMutablePointer<Double>, _ n: Int, _ key: SIMD2<UInt32>, _ first: UInt64,
    _ threshold: UInt32, _ kept: Double
  ) {
    ck_dropout_mask_f64(mask, n, key.x, key.y, first, threshold, kept)
  }

  public static func _sgd(
    _ w: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ v: UnsafeMutablePointer<Double>,
    _ n: Int, _ rate: Double, _ momentum: Double, _ decay: Double, _ scale: Double, _ nesterov: Bool
  ) {
    ck_sgd_f64(w, g, v, n, rate, momentum, decay, scale, nesterov ? 1 : 0)
  }
}
