import LinearAlgebra

/// How the images of a few identities cluster: where they lie in the plane of their two first principal components, and how far the identities are
/// apart in the space itself, so that what the plane leaves out is not taken for absent.
///
/// Of an embedding as a whole or of one group of it, as MultiFace's abstract claims "the clustering effect" of its sub-features. How the paper made
/// its own figure is not known.
public struct IdentityClusters: Hashable, Sendable, Codable {
  /// For each row its coordinates along the first and the second principal component of the unit rows (`PrincipalComponents`).
  public let coordinates: [[Double]]
  /// The shares of the variance along both; nil where all rows are equal or one is not finite.
  public let shares: [Double]?
  /// Σ n_k‖m_k − m‖² over Σ‖x − m_k‖², the variance between identities over that within them, m_k being the mean of the n_k unit rows of identity k and m that of all;
  /// nil with fewer than two identities, where identities have no spread, and where a row is not finite.
  public let betweenToWithin: Double?
  /// The mean over rows of (b − a)/max(a, b), in [−1, 1]: a is the mean distance to the other rows of the identity, b that to the rows of the nearest other identity; 0
  /// for the only row of an identity and where both are 0. Nil with fewer than two identities and where a row is not finite.
  /// Source: Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", 1987.
  public let silhouette: Double?

  /// Measures rows of which there must be one, scaled to unit length, of these identities. Distances are Euclidean; every two rows are visited.
  public init<Element: Scalar>(_ rows: Matrix<Element>, labels: [Int], workers: Workers = .one) {
    precondition(rows.rows == labels.count && rows.rows > 0, "one label a row, and a row")
    let raw = rows.converted(to: Double.self)
    var unit = raw
    var norms = [Double](repeating: 0, count: raw.rows)
    RowNormalization.forward(raw, into: &unit, norms: &norms, workers: workers)
    let components = PrincipalComponents(unit, count: 2, workers: workers)
    coordinates = (0..<unit.rows).map { components.coordinates.row($0) }
    let total = components.totalVariance
    shares = total > 0 ? components.variances.map { $0 / total } : nil
    let places = Dictionary(uniqueKeysWithValues: Set(labels).sorted().enumerated().map { ($1, $0) })
    let members = labels.map { places[$0] ?? 0 }
    guard places.count > 1, unit.elements.allSatisfy(\.isFinite) else {
      betweenToWithin = nil
      silhouette = nil
      return
    }
    betweenToWithin = Self.betweenToWithin(unit, members, count: places.count)
    silhouette = Self.silhouette(unit, members, count: places.count)
  }

  private static func betweenToWithin(_ rows: Matrix<Double>, _ members: [Int], count: Int) -> Double? {
    var means = Matrix<Double>(rows: count, columns: rows.columns)
    var sizes = [Double](repeating: 0, count: count)
    var mean = [Double](repeating: 0, count: rows.columns)
    for (row, member) in members.enumerated() {
      sizes[member] += 1
      for column in mean.indices {
        means[member, column] += rows[row, column]
        mean[column] += rows[row, column] / Double(rows.rows)
      }
    }
    var between = 0.0
    for member in 0..<count {
      for column in mean.indices {
        means[member, column] /= sizes[member]
        let difference = means[member, column] - mean[column]
        between += sizes[member] * difference * difference
      }
    }
    var within = 0.0
    for (row, member) in members.enumerated() {
      for column in mean.indices {
        let difference = rows[row, column] - means[member, column]
        within += difference * difference
      }
    }
    // Equal rows may differ from their own mean by rounding.
    return within > 1e-24 * Double(rows.rows) ? between / within : nil
  }

  private static func silhouette(_ rows: Matrix<Double>, _ members: [Int], count: Int) -> Double {
    var sizes = [Double](repeating: 0, count: count)
    for member in members { sizes[member] += 1 }
    // The sum of a row's distances to the rows of each identity.
    var sums = Matrix<Double>(rows: rows.rows, columns: count)
    for row in 0..<rows.rows {
      for other in 0..<row {
        let distance = rows.withRow(row) { a in
          rows.withRow(other) { b in
            var square = 0.0
            for column in a.indices { square += (a[column] - b[column]) * (a[column] - b[column]) }
            return square.squareRoot()
          }
        }
        sums[row, members[other]] += distance
        sums[other, members[row]] += distance
      }
    }
    let values = members.enumerated().map { row, member -> Double in
      guard sizes[member] > 1 else { return 0 }
      let own = sums[row, member] / (sizes[member] - 1)
      let nearest = (0..<count).filter { $0 != member }.map { sums[row, $0] / sizes[$0] }.min() ?? own
      let larger = max(own, nearest)
      return larger > 0 ? (nearest - own) / larger : 0
    }
    return values.reduce(0, +) / Double(values.count)
  }
}
