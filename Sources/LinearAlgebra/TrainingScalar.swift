/// The vector passes of training that differ by type: the kernels of `CKernelsTraining.h`, whose comments say what each
/// does. They are reached through `ColumnKernels` and the other functions of this module.
public protocol _TrainingScalar {
  static func _fillRows(
    _ y: UnsafeMutablePointer<Self>, _ stride: Int, _ rows: Int, _ n: Int, _ row: UnsafePointer<Self>)
  static func _columnSums(
    _ x: UnsafePointer<Self>, _ stride: Int, _ rows: Int, _ n: Int, _ sum: UnsafeMutablePointer<Self>)
  static func _columnMoments(
    _ x: UnsafePointer<Self>, _ stride: Int, _ rows: Int, _ n: Int, _ mean: UnsafeMutablePointer<Self>,
    _ variance: UnsafeMutablePointer<Self>)
  static func _standardise(
    _ x: UnsafePointer<Self>, _ stride: Int, _ rows: Int, _ n: Int, _ mean: UnsafePointer<Self>,
    _ inverse: UnsafePointer<Self>, _ gain: UnsafePointer<Self>, _ shift: UnsafePointer<Self>,
    _ unit: UnsafeMutablePointer<Self>, _ y: UnsafeMutablePointer<Self>)
  static func _standardiseBackward(
    _ g: UnsafePointer<Self>, _ unit: UnsafePointer<Self>, _ stride: Int, _ rows: Int, _ n: Int,
    _ inverse: UnsafePointer<Self>, _ gain: UnsafePointer<Self>, _ gainGradient: UnsafeMutablePointer<Self>,
    _ shiftGradient: UnsafeMutablePointer<Self>, _ dx: UnsafeMutablePointer<Self>,
    _ sums: UnsafeMutablePointer<Self>)
  static func _prelu(
    _ x: UnsafePointer<Self>, _ stride: Int, _ rows: Int, _ n: Int, _ slope: UnsafePointer<Self>,
    _ y: UnsafeMutablePointer<Self>)
  static func _preluBackward(
    _ x: UnsafePointer<Self>, _ g: UnsafePointer<Self>, _ stride: Int, _ rows: Int, _ n: Int,
    _ slope: UnsafePointer<Self>, _ dx: UnsafeMutablePointer<Self>,
    _ slopeGradient: UnsafeMutablePointer<Self>)
  static func _multiply(
    _ x: UnsafePointer<Self>, _ mask: UnsafePointer<Self>, _ n: Int, _ y: UnsafeMutablePointer<Self>)
  static func _scaleBy(_ y: UnsafeMutablePointer<Self>, _ mask: UnsafePointer<Self>, _ n: Int, _ factor: Self)
  static func _add(_ x: UnsafePointer<Self>, _ n: Int, _ y: UnsafeMutablePointer<Self>)
  static func _divide(_ x: UnsafePointer<Self>, _ n: Int, _ divisor: Self, _ y: UnsafeMutablePointer<Self>)
  static func _removeRadial(
    _ u: UnsafePointer<Self>, _ n: Int, _ radial: Self, _ divisor: Self, _ g: UnsafeMutablePointer<Self>)
  static func _dropoutMask(
    _ mask: UnsafeMutablePointer<Self>, _ n: Int, _ key: SIMD2<UInt32>, _ first: UInt64, _ threshold: UInt32,
    _ kept: Self)
  static func _sgd(
    _ w: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, _ v: UnsafeMutablePointer<Self>, _ n: Int,
    _ rate: Self, _ momentum: Self, _ decay: Self, _ scale: Self, _ nesterov: Bool)
}
