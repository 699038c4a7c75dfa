import CKernels

extension Float {
  public static func _expSumMoment(
    _ x: UnsafeMutablePointer<Float>, _ n: Int, _ scale: Float, _ shift: Float
  ) -> (sum: Float, moment: Float) {
    var moment: Float = 0
    let sum = ck_exp_sum_moment_f32(x, n, scale, shift, &moment)
    return (sum, moment)
  }

  public static func _limit(_ x: UnsafeMutablePointer<Float>, _ n: Int, _ bound: Float) {
    ck_limit_f32(x, n, bound)
  }

  public static func _limitMasked(
    _ x: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>, _ n: Int, _ bound: Float
  ) {
    ck_limit_masked_f32(x, slope, n, bound)
  }

  public static func _emphasise(
    _ x: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>, _ n: Int, _ centre: Float,
    _ factor: Float, _ rate: Float
  ) -> Float {
    ck_emphasise_f32(x, slope, n, centre, factor, rate)
  }

  public static func _emphasiseExp(
    _ x: UnsafeMutablePointer<Float>, _ n: Int, _ centre: Float, _ factor: Float, _ rate: Float,
    _ scale: Float,
    _ shift: Float
  ) -> Float {
    ck_emphasise_exp_f32(x, n, centre, factor, rate, scale, shift)
  }

  public static func _halfAngle(
    _ x: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>, _ n: Int,
    _ value: UnsafePointer<Float>, _ derivative: UnsafePointer<Float>?, _ terms: Int, _ least: Float
  ) {
    ck_half_angle_f32(x, slope, n, value, derivative, terms, least)
  }

  public static func _inverseSquareAngle(
    _ x: UnsafeMutablePointer<Float>, _ n: Int, _ bound: Float, _ share: Float,
    _ arcsine: UnsafePointer<Float>, _ terms: Int
  ) -> Float {
    ck_inverse_square_angle_f32(x, n, bound, share, arcsine, terms)
  }

  public static func _pool(
    _ x: UnsafePointer<Float>, _ classes: Int, _ k: Int, _ y: UnsafeMutablePointer<Float>
  ) {
    ck_pool_f32(x, classes, k, y)
  }

  public static func _spread(
    _ x: UnsafeMutablePointer<Float>, _ classes: Int, _ k: Int, _ g: UnsafePointer<Float>
  ) {
    ck_spread_f32(x, classes, k, g)
  }
}
