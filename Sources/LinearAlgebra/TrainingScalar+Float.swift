import CKernels

extension Float {
  public static func _fillRows(
    _ y: UnsafeMutablePointer<Float>, _ stride: Int, _ rows: Int, _ n: Int, _ row: UnsafePointer<Float>
  ) {
    ck_fill_rows_f32(y, stride, rows, n, row)
  }

  public static func _columnSums(
    _ x: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ n: Int, _ sum: UnsafeMutablePointer<Float>
  ) {
    ck_column_sums_f32(x, stride, rows, n, sum)
  }

  public static func _columnMoments(
    _ x: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ n: Int, _ mean: UnsafeMutablePointer<Float>,
    _ variance: UnsafeMutablePointer<Float>
  ) {
    ck_column_moments_f32(x, stride, rows, n, mean, variance)
  }

  public static func _standardise(
    _ x: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ n: Int, _ mean: UnsafePointer<Float>,
    _ inverse: UnsafePointer<Float>, _ gain: UnsafePointer<Float>, _ shift: UnsafePointer<Float>,
    _ unit: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    ck_standardise_f32(x, stride, rows, n, mean, inverse, gain, shift, unit, y)
  }

  public static func _standardiseBackward(
    _ g: UnsafePointer<Float>, _ unit: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ n: Int,
    _ inverse: UnsafePointer<Float>, _ gain: UnsafePointer<Float>,
    _ gainGradient: UnsafeMutablePointer<Float>, _ shiftGradient: UnsafeMutablePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>
  ) {
    ck_standardise_backward_f32(
      g, unit, stride, rows, n, inverse, gain, gainGradient, shiftGradient, dx, sums)
  }

  public static func _prelu(
    _ x: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ n: Int, _ slope: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>
  ) {
    ck_prelu_f32(x, stride, rows, n, slope, y)
  }

  public static func _preluBackward(
    _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ n: Int,
    _ slope: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ slopeGradient: UnsafeMutablePointer<Float>
  ) {
    ck_prelu_backward_f32(x, g, stride, rows, n, slope, dx, slopeGradient)
  }

  public static func _multiply(
    _ x: UnsafePointer<Float>, _ mask: UnsafePointer<Float>, _ n: Int, _ y: UnsafeMutablePointer<Float>
  ) {
    ck_multiply_f32(x, mask, n, y)
  }

  public static func _scaleBy(
    _ y: UnsafeMutablePointer<Float>, _ mask: UnsafePointer<Float>, _ n: Int, _ factor: Float
  ) {
    ck_scale_by_f32(y, mask, n, factor)
  }

  public static func _add(_ x: UnsafePointer<Float>, _ n: Int, _ y: UnsafeMutablePointer<Float>) {
    ck_add_f32(x, n, y)
  }

  public static func _divide(
    _ x: UnsafePointer<Float>, _ n: Int, _ divisor: Float, _ y: UnsafeMutablePointer<Float>
  ) {
    ck_divide_f32(x, n, divisor, y)
  }

  public static func _removeRadial(
    _ u: UnsafePointer<Float>, _ n: Int, _ radial: Float, _ divisor: Float, _ g: UnsafeMutablePointer<Float>
  ) {
    ck_remove_radial_f32(u, n, radial, divisor, g)
  }

  public static func _dropoutMask(
    _ mask: UnsafeMutablePointer<Float>, _ n: Int, _ key: SIMD2<UInt32>, _ first: UInt64, _ threshold: UInt32,
    _ kept: Float
  ) {
    ck_dropout_mask_f32(mask, n, key.x, key.y, first, threshold, kept)
  }

  public static func _sgd(
    _ w: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ n: Int,
    _ rate: Float, _ momentum: Float, _ decay: Float, _ scale: Float, _ nesterov: Bool
  ) {
    ck_sgd_f32(w, g, v, n, rate, momentum, decay, scale, nesterov ? 1 : 0)
  }
}
