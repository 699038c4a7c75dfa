import LinearAlgebra

/// What the columns of a batch are where they are other samples instead of classes.
public struct PairColumns: Sendable, Hashable {
  /// The class of each column.
  public var classes: [Int]
  /// Whether column i is the sample of row i itself, which makes no pair with itself. Else the columns are other images than
  /// the rows, and column i shows the identity of row i.
  public var areRows: Bool

  public init(classes: [Int], areRows: Bool) {
    self.classes = classes
    self.areRows = areRows
  }

  /// Whether row and column make a genuine pair (true) or an impostor pair (false); nil where they are one sample.
  func isGenuine(row: Int, column: Int, class target: Int) -> Bool? {
    areRows && row == column ? nil : classes[column] == target
  }
}

/// The distance of two unit vectors as a function of their cosine.
enum CosineDistance: String, CaseIterable, Sendable {
  /// d² = 2 − 2c.
  case squared
  /// d = √(2 − 2c).
  case euclidean

  /// The distance at cosine `c` and its derivative by `c`. Cosines above 1, which rounding produces, count as 1.
  ///
  /// d has no derivative at 0: there −1/d is taken at d = √(machine epsilon). Times the derivative of the cosine of two
  /// equal vectors, which is 0, it gives none.
  func callAsFunction<Element: Scalar>(_ c: Element) -> (value: Element, slope: Element) {
    let square = max(2 - 2 * c, 0)
    switch self {
    case .squared: return (square, -2)
    case .euclidean:
      let distance = square.squareRoot()
      return (distance, -1 / max(distance, Element.ulpOfOne.squareRoot()))
    }
  }
}

/// Over which pairs or triplets a loss is averaged.
enum PairReduction: String, CaseIterable, Sendable {
  /// All.
  case mean
  /// Those with a loss above 0.
  case nonzero

  static let option = OptionDescription(
    "reduction", .choice(allCases.map(\.rawValue)), default: .text(mean.rawValue),
    "the mean over all pairs or triplets, or over those with a loss above 0 (pytorch-metric-learning)")
}
