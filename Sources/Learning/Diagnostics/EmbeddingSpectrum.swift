import LinearAlgebra

/// How many dimensions an embedding uses: the eigenvalues of its covariance.
///
/// The measure of the collapse that semi-siamese training was proposed against.
public struct EmbeddingSpectrum: Hashable, Sendable, Codable {
  /// The variances along the principal axes, the largest first; none is negative.
  public let variances: [Double]

  /// The spectrum of embeddings, one a row, of which there must be one.
  ///
  /// With `normalised` the rows are scaled to unit length first, as cosines see them. The mean is taken out; the sum is divided by the number
  /// of rows.
  public init<Element: Scalar>(
    _ embeddings: Matrix<Element>, normalised: Bool = true, workers: Workers = .one
  ) {
    precondition(embeddings.rows > 0, "the spectrum of nothing")
    var rows = embeddings.converted(to: Double.self)
    if normalised {
      let raw = rows
      var norms = [Double](repeating: 0, count: rows.rows)
      RowNormalization.forward(raw, into: &rows, norms: &norms, workers: workers)
    }
    rows.centreColumns()
    var covariance = Matrix<Double>(rows: rows.columns, columns: rows.columns)
    gemm(alpha: 1 / Double(rows.rows), rows, .transposed, rows, into: &covariance, workers: workers)
    variances = SymmetricEigenvalues.of(covariance).map { max($0, 0) }
  }

  /// A spectrum of these variances, the largest first.
  init(variances: [Double]) { self.variances = variances }

  public var totalVariance: Double { variances.reduce(0, +) }

  /// The participation ratio (Σλ)²/Σλ²: n for n equal variances, 1 for a single one; nil where all rows are equal.
  public var effectiveDimension: Double? {
    let square = variances.reduce(0) { $0 + $1 * $1 }
    return square > 0 ? totalVariance * totalVariance / square : nil
  }

  /// exp of the entropy of the shares λ/Σλ (Roy and Vetterli 2007, the effective rank); nil where all rows are equal.
  public var entropyDimension: Double? {
    let total = totalVariance
    guard total > 0 else { return nil }
    return Double.exp(
      variances.reduce(0) { sum, variance in
        let share = variance / total
        return share > 0 ? sum - share * Double.log(share) : sum
      })
  }

  /// The least number of principal axes that hold `share` of the variance; nil where all rows are equal.
  public func dimensions(holding share: Double) -> Int? {
    let total = totalVariance
    guard total > 0 else { return nil }
    var sum = 0.0
    for (index, variance) in variances.enumerated() {
      sum += variance
      if sum >= share * total { return index + 1 }
    }
    return variances.count
  }
}

extension Matrix<Double> {
  /// Subtracts each column's mean.
  mutating func centreColumns() {
    guard rows > 0 else { return }
    var means = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      withRow(row) { values in for column in values.indices { means[column] += values[column] } }
    }
    for column in means.indices { means[column] /= Double(rows) }
    for row in 0..<rows {
      withMutableRow(row) { values in for column in values.indices { values[column] -= means[column] } }
    }
  }
}
