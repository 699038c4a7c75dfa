import CKernels

extension Double {
  public static func _expSumMoment(
    _ x: UnsafeMutablePointer<Double>, _ n: Int, _ scale: Double, _ shift: Double
  ) -> (sum: Double, moment: Double) {
    var moment: Double = 0
    let sum = ck_exp_sum_moment_f64(x, n, scale, shift, &moment)
    return (sum, moment)
  }

  public static func _limit(_ x: UnsafeMutablePointer<Double>, _ n: Int, _ bound: Double) {
    ck_limit_f64(x, n, bound)
  }

  public static func _limitMasked(
    _ x: UnsafeMutablePointer<Double>, _ slope: UnsafeMutablePointer<Double>, _ n: Int, _ bound: Double
  ) {
    ck_limit_masked_f64(x, slope, n, bound)
  }

  public static func _emphasise(
    _ x: UnsafeMutablePointer<Double>, _ slope: UnsafeMutablePointer<Double>, _ n: Int, _ centre: Double,
    _ factor: Double, _ rate: Double
  ) -> Double {
    ck_emphasise_f64(x, slope, n, centre, factor, rate)
  }

  public static func _emphasiseExp(
    _ x: UnsafeMutablePointer<Double>, _ n: Int, _ centre: Double, _ factor: Double, _ rate: Double,
    _ scale: Double,
    _ shift: Double
  ) -> Double {
    ck_emphasise_exp_f64(x, n, centre, factor, rate, scale, shift)
  }

  public static func _halfAngle(
    _ x: UnsafeMutablePointer<Double>, _ slope: UnsafeMutablePointer<Double>, _ n: Int,
    _ value: UnsafePointer<Double>, _ derivative: UnsafePointer<Double>?, _ terms: Int, _ least: Double
  ) {
    ck_half_angle_f64(x, slope, n, value, derivative, terms, least)
  }

  public static func _inverseSquareAngle(
    _ x: UnsafeMutablePointer<Double>, _ n: Int, _ bound: Double, _ share: Double,
    _ arcsine: UnsafePointer<Double>, _ terms: Int
  ) -> Double {
    ck_inverse_square_angle_f64(x, n, bound, share, arcsine, terms)
  }

  public static func _pool(
    _ x: UnsafePointer<Double>, _ classes: Int, _ k: Int, _ y: UnsafeMutablePointer<Double>
  ) {
    ck_pool_f64(x, classes, k, y)
  }

  public static func _spread(
    _ x: UnsafeMutablePointer<Double>, _ classes: Int, _ k: Int, _ g: UnsafePointer<Double>
  ) {
    ck_spread_f64(x, classes, k, g)
  }
}
