import CKernels

/// The passes that leave small elements out, which differ by type: the kernels of `CKernelsSkipping.h`, whose comments say what each
/// does. They are reached through `LargeElements`.
public protocol _SkippingScalar {
  static func _massesBelow(
    _ x: UnsafePointer<Self>, _ n: Int, _ bounds: UnsafePointer<Self>, _ masses: UnsafeMutablePointer<Self>,
    _ counts: UnsafeMutablePointer<UInt32>)
  static func _select(
    _ x: UnsafePointer<Self>, _ n: Int, _ first: Int, _ bound: Self, _ values: UnsafeMutablePointer<Self>,
    _ places: UnsafeMutablePointer<UInt16>
  ) -> Int
  static func _turnLists(
    _ values: UnsafePointer<Self>, _ places: UnsafePointer<UInt16>, _ starts: UnsafePointer<UInt32>,
    _ rows: Int, _ columns: Int, _ turnedValues: UnsafeMutablePointer<Self>,
    _ turnedPlaces: UnsafeMutablePointer<UInt16>, _ turnedStarts: UnsafeMutablePointer<UInt32>)
  static func _combineRows(
    _ values: UnsafePointer<Self>, _ places: UnsafePointer<UInt16>, _ count: Int, _ rows: UnsafePointer<Self>,
    _ stride: Int, _ n: Int, _ add: Bool, _ y: UnsafeMutablePointer<Self>)
}

extension Float: _SkippingScalar {
  public static func _massesBelow(
    _ x: UnsafePointer<Float>, _ n: Int, _ bounds: UnsafePointer<Float>,
    _ masses: UnsafeMutablePointer<Float>, _ counts: UnsafeMutablePointer<UInt32>
  ) {
    ck_masses_below_f32(x, n, bounds, masses, counts)
  }

  public static func _select(
    _ x: UnsafePointer<Float>, _ n: Int, _ first: Int, _ bound: Float, _ values: UnsafeMutablePointer<Float>,
    _ places: UnsafeMutablePointer<UInt16>
  ) -> Int {
    ck_select_f32(x, n, first, bound, values, places)
  }

  public static func _turnLists(
    _ values: UnsafePointer<Float>, _ places: UnsafePointer<UInt16>, _ starts: UnsafePointer<UInt32>,
    _ rows: Int, _ columns: Int, _ turnedValues: UnsafeMutablePointer<Float>,
    _ turnedPlaces: UnsafeMutablePointer<UInt16>, _ turnedStarts: UnsafeMutablePointer<UInt32>
  ) {
    ck_turn_lists_f32(
      values, places, starts, rows, columns, turnedValues, turnedPlaces, turnedStarts)
  }

  public static func _combineRows(
    _ values: UnsafePointer<Float>, _ places: UnsafePointer<UInt16>, _ count: Int,
    _ rows: UnsafePointer<Float>, _ stride: Int, _ n: Int, _ add: Bool, _ y: UnsafeMutablePointer<Float>
  ) {
    ck_combine_rows_f32(values, places, count, rows, stride, n, add ? 1 : 0, y)
  }
}

extension Double: _SkippingScalar {
  public static func _massesBelow(
    _ x: UnsafePointer<Double>, _ n: Int, _ bounds: UnsafePointer<Double>,
    _ masses: UnsafeMutablePointer<Double>, _ counts: UnsafeMutablePointer<UInt32>
  ) {
    ck_masses_below_f64(x, n, bounds, masses, counts)
  }

  public static func _select(
    _ x: UnsafePointer<Double>, _ n: Int, _ first: Int, _ bound: Double,
    _ values: UnsafeMutablePointer<Double>,
    _ places: UnsafeMutablePointer<UInt16>
  ) -> Int {
    ck_select_f64(x, n, first, bound, values, places)
  }

  public static func _turnLists(
    _ values: UnsafePointer<Double>, _ places: UnsafePointer<UInt16>, _ starts: UnsafePointer<UInt32>,
    _ rows: Int, _ columns: Int, _ turnedValues: UnsafeMutablePointer<Double>,
    _ turnedPlaces: UnsafeMutablePointer<UInt16>, _ turnedStarts: UnsafeMutablePointer<UInt32>
  ) {
    ck_turn_lists_f64(
      values, places, starts, rows, columns, turnedValues, turnedPlaces, turnedStarts)
  }

  public static func _combineRows(
    _ values: UnsafePointer<Double>, _ places: UnsafePointer<UInt16>, _ count: Int,
    _ rows: UnsafePointer<Double>, _ stride: Int, _ n: Int, _ add: Bool, _ y: UnsafeMutablePointer<Double>
  ) {
    ck_combine_rows_f64(values, places, count, rows, stride, n, add ? 1 : 0, y)
  }
}
