import CKernels

/// The passes of training losses that differ by type: the kernels of `CKernelsLosses.h`, whose comments say what each
/// does. They are reached through `VectorKernels`.
public protocol _LossScalar {
  static func _harden(
    _ x: UnsafeMutablePointer<Self>, _ slope: UnsafeMutablePointer<Self>, _ n: Int, _ bound: Self,
    _ square: Self, _ factor: Self, _ shift: Self, _ sum: UnsafeMutablePointer<Self>,
    _ count: UnsafeMutablePointer<Self>
  ) -> Self
  static func _circle(
    _ x: UnsafeMutablePointer<Self>, _ slope: UnsafeMutablePointer<Self>, _ n: Int, _ margin: Self
  ) -> Self
  static func _addMaximum(_ x: UnsafePointer<Self>, _ n: Int, _ y: UnsafeMutablePointer<Self>) -> Self
  static func _scaleAdding(
    _ x: UnsafeMutablePointer<Self>, _ n: Int, _ factor: Self, _ y: UnsafeMutablePointer<Self>)
  static func _blockMaxima(
    _ x: UnsafePointer<Self>, _ n: Int, _ block: Int, _ bound: Self, _ maxima: UnsafeMutablePointer<Self>,
    _ count: UnsafeMutablePointer<Self>
  ) -> Self
  static func _sumOfExp(
    _ x: UnsafePointer<Self>, _ n: Int, _ scale: Self, _ shift: Self, _ largest: UnsafeMutablePointer<Self>
  ) -> Self
  static func _softplus(
    _ x: UnsafeMutablePointer<Self>, _ n: Int, _ scale: Self, _ shift: Self, _ limit: Self,
    _ logistics: UnsafeMutablePointer<Self>
  ) -> Self
  static func _spreadPower(
    _ x: UnsafeMutablePointer<Self>, _ slope: UnsafeMutablePointer<Self>, _ n: Int, _ power: Int32)
}

extension Float: _LossScalar {
  public static func _harden(
    _ x: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>, _ n: Int, _ bound: Float,
    _ square: Float, _ factor: Float, _ shift: Float, _ sum: UnsafeMutablePointer<Float>,
    _ count: UnsafeMutablePointer<Float>
  ) -> Float {
    ck_harden_f32(x, slope, n, bound, square, factor, shift, sum, count)
  }

  public static func _circle(
    _ x: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>, _ n: Int, _ margin: Float
  ) -> Float {
    ck_circle_f32(x, slope, n, margin)
  }

  public static func _addMaximum(
    _ x: UnsafePointer<Float>, _ n: Int, _ y: UnsafeMutablePointer<Float>
  ) -> Float {
    ck_add_max_f32(x, n, y)
  }

  public static func _scaleAdding(
    _ x: UnsafeMutablePointer<Float>, _ n: Int, _ factor: Float, _ y: UnsafeMutablePointer<Float>
  ) {
    ck_scale_add_f32(x, n, factor, y)
  }

  public static func _blockMaxima(
    _ x: UnsafePointer<Float>, _ n: Int, _ block: Int, _ bound: Float, _ maxima: UnsafeMutablePointer<Float>,
    _ count: UnsafeMutablePointer<Float>
  ) -> Float {
    ck_block_maxima_f32(x, n, block, bound, maxima, count)
  }

  public static func _sumOfExp(
    _ x: UnsafePointer<Float>, _ n: Int, _ scale: Float, _ shift: Float,
    _ largest: UnsafeMutablePointer<Float>
  ) -> Float {
    ck_sum_of_exp_f32(x, n, scale, shift, largest)
  }

  public static func _softplus(
    _ x: UnsafeMutablePointer<Float>, _ n: Int, _ scale: Float, _ shift: Float, _ limit: Float,
    _ logistics: UnsafeMutablePointer<Float>
  ) -> Float {
    ck_softplus_f32(x, n, scale, shift, limit, logistics)
  }

  public static func _spreadPower(
    _ x: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>, _ n: Int, _ power: Int32
  ) {
    ck_spread_power_f32(x, slope, n, power)
  }
}

extension Double: _LossScalar {
  public static func _harden(
    _ x: UnsafeMutablePointer<Double>, _ slope: UnsafeMutablePointer<Double>, _ n: Int, _ bound: Double,
    _ square: Double, _ factor: Double, _ shift: Double, _ sum: UnsafeMutablePointer<Double>,
    _ count: UnsafeMutablePointer<Double>
  ) -> Double {
    ck_harden_f64(x, slope, n, bound, square, factor, shift, sum, count)
  }

  public static func _circle(
    _ x: UnsafeMutablePointer<Double>, _ slope: UnsafeMutablePointer<Double>, _ n: Int, _ margin: Double
  ) -> Double {
    ck_circle_f64(x, slope, n, margin)
  }

  public static func _addMaximum(
    _ x: UnsafePointer<Double>, _ n: Int, _ y: UnsafeMutablePointer<Double>
  ) -> Double {
    ck_add_max_f64(x, n, y)
  }

  public static func _scaleAdding(
    _ x: UnsafeMutablePointer<Double>, _ n: Int, _ factor: Double, _ y: UnsafeMutablePointer<Double>
  ) {
    ck_scale_add_f64(x, n, factor, y)
  }

  public static func _blockMaxima(
    _ x: UnsafePointer<Double>, _ n: Int, _ block: Int, _ bound: Double,
    _ maxima: UnsafeMutablePointer<Double>,
    _ count: UnsafeMutablePointer<Double>
  ) -> Double {
    ck_block_maxima_f64(x, n, block, bound, maxima, count)
  }

  public static func _sumOfExp(
    _ x: UnsafePointer<Double>, _ n: Int, _ scale: Double, _ shift: Double,
    _ largest: UnsafeMutablePointer<Double>
  ) -> Double {
    ck_sum_of_exp_f64(x, n, scale, shift, largest)
  }

  public static func _softplus(
    _ x: UnsafeMutablePointer<Double>, _ n: Int, _ scale: Double, _ shift: Double, _ limit: Double,
    _ logistics: UnsafeMutablePointer<Double>
  ) -> Double {
    ck_softplus_f64(x, n, scale, shift, limit, logistics)
  }

  public static func _spreadPower(
    _ x: UnsafeMutablePointer<Double>, _ slope: UnsafeMutablePointer<Double>, _ n: Int, _ power: Int32
  ) {
    ck_spread_power_f64(x, slope, n, power)
  }
}
