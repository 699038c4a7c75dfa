public import LinearAlgebra

/// What a learned number is for. Weight decay is set by kind.
public enum ParameterKind: String, CaseIterable, Hashable, Sendable, Codable {
  /// The matrix of a linear layer.
  case weight
  /// An additive term of a linear layer, or of a loss (a class's bias).
  case bias
  /// The gain of a normalisation layer.
  case normScale = "norm-scale"
  /// The shift of a normalisation layer.
  case normShift = "norm-shift"
  /// The slope of a parametric rectifier.
  case slope
  /// A matrix of prototypes (class weights).
  case prototype
  /// Another number that a loss learns.
  case lossParameter = "loss-parameter"
}

/// A learned matrix and the gradient of the loss with respect to it.
///
/// Vectors are 1 × n, scalars 1 × 1. The gradient has the shape of the value; backward passes add to it.
public struct Parameter<Element: Scalar>: Sendable {
  /// Where it belongs, such as `network.0.weight`; unique within a trainer.
  public let name: String
  public let kind: ParameterKind
  public var value: Matrix<Element>
  public var gradient: Matrix<Element>

  public init(name: String, kind: ParameterKind, value: Matrix<Element>) {
    self.name = name
    self.kind = kind
    self.value = value
    gradient = Matrix(rows: value.rows, columns: value.columns)
  }
}

/// A matrix that training changes but the optimiser does not, such as the running mean of a normalisation layer.
public struct Buffer<Element: Scalar>: Sendable {
  public let name: String
  public var value: Matrix<Element>
}

extension Matrix {
  var shape: (rows: Int, columns: Int) { (rows, columns) }
}
