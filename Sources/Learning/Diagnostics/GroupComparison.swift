import LinearAlgebra

/// How alike the groups of an embedding are: whether they complement each other or repeat each other.
///
/// MultiFace's abstract calls its sub-features complementary, its author later highly correlated; these numbers tell.
public struct GroupComparison: Hashable, Sendable, Codable {
  /// Linear CKA between groups; 1 on the diagonal. A group whose rows are all equal gives 0 with the others.
  public let alignment: [[Double]]
  /// The share of rows whose nearest other row is the same in both groups; 1 on the diagonal.
  public let neighbourAgreement: [[Double]]
  /// For each group the share of rows whose nearest other row has the same identity.
  public let neighbourAccuracy: [Double]

  /// Compares `groups` contiguous groups of embeddings, one a row, of which there must be two.
  ///
  /// Nearest is by the cosine of the group's part, the first of equals.
  public init<Element: Scalar>(
    _ embeddings: Matrix<Element>, labels: [Int], groups: Int, workers: Workers = .one
  ) {
    precondition(embeddings.rows >= 2 && labels.count == embeddings.rows, "at least two rows, a label each")
    precondition(groups > 0 && embeddings.columns % groups == 0, "groups must divide the embedding")
    let subspaces = Subspaces(count: groups)
    let parts = (0..<groups).map {
      embeddings.columns(in: subspaces.columns(of: $0, width: embeddings.columns))
    }
    let centred = parts.map { part in
      var result = part.converted(to: Double.self)
      result.centreColumns()
      return result
    }
    let own = centred.map { Self.squaredNorm($0, $0, workers).squareRoot() }
    alignment = (0..<groups).map { a in
      (0..<groups).map { b in
        if a == b { return 1 }
        let scale = own[a] * own[b]
        return scale > 0 ? Self.squaredNorm(centred[a], centred[b], workers) / scale : 0
      }
    }
    let nearest = parts.map { Self.nearest($0, workers) }
    neighbourAgreement = nearest.map { a in
      nearest.map { b in Double(zip(a, b).count { $0 == $1 }) / Double(a.count) }
    }
    neighbourAccuracy = nearest.map { rows in
      Double(rows.enumerated().count { labels[$0.offset] == labels[$0.element] }) / Double(rows.count)
    }
  }

  /// The linear CKA of two representations of the same rows: ‖YᵀX‖²/(‖XᵀX‖·‖YᵀY‖) with centred columns, in [0, 1]; nil where the
  /// rows of one are all equal. Source: Kornblith et al., "Similarity of neural network representations revisited", 2019.
  public static func alignment<Element: Scalar>(
    _ x: Matrix<Element>, _ y: Matrix<Element>, workers: Workers = .one
  ) -> Double? {
    precondition(x.rows == y.rows, "representations of different rows")
    var (a, b) = (x.converted(to: Double.self), y.converted(to: Double.self))
    a.centreColumns()
    b.centreColumns()
    let scale = (squaredNorm(a, a, workers) * squaredNorm(b, b, workers)).squareRoot()
    return scale > 0 ? squaredNorm(a, b, workers) / scale : nil
  }

  /// ‖BᵀA‖² (Frobenius).
  private static func squaredNorm(_ a: Matrix<Double>, _ b: Matrix<Double>, _ workers: Workers) -> Double {
    ElementwiseKernels.sumOfSquares(product(b, .transposed, a, workers: workers))
  }

  /// The nearest other row of each row.
  private static func nearest<Element: Scalar>(_ rows: Matrix<Element>, _ workers: Workers) -> [Int] {
    var unit = rows
    var norms = [Element](repeating: 0, count: rows.rows)
    RowNormalization.forward(rows, into: &unit, norms: &norms, workers: workers)
    var result: [Int] = []
    for first in stride(from: 0, to: rows.rows, by: 128) {
      let part = unit.rows(in: first..<min(first + 128, rows.rows))
      let cosines = product(part, .asIs, unit, .transposed, workers: workers)
      for index in 0..<part.rows {
        result.append(
          cosines.withRow(index) { values in
            var best = first + index == 0 ? 1 : 0
            for column in values.indices where column != first + index && values[column] > values[best] {
              best = column
            }
            return best
          })
      }
    }
    return result
  }
}
