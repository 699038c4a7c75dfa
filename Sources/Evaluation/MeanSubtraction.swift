import LinearAlgebra

/// Moves features so that some of them have the mean 0.
public enum MeanSubtraction {
  /// `features` less the mean of `rows`, a row counting as often as it is named; as they are without rows. The mean and the differences are computed in
  /// double precision.
  public static func subtracting(meanOf rows: [Int], from features: Matrix<Float>) -> Matrix<Float> {
    guard !rows.isEmpty else { return features }
    var mean = [Double](repeating: 0, count: features.columns)
    for row in rows {
      features.withRow(row) { values in
        for column in values.indices { mean[column] += Double(values[column]) }
      }
    }
    for column in mean.indices { mean[column] /= Double(rows.count) }
    var result = features
    for row in 0..<features.rows {
      result.withMutableRow(row) { values in
        for column in values.indices { values[column] = Float(Double(values[column]) - mean[column]) }
      }
    }
    return result
  }
}
