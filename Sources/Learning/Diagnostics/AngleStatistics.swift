import LinearAlgebra

/// Mean, spread and histogram of angles, in degrees.
public struct AngleStatistics: Hashable, Sendable, Codable {
  public private(set) var count = 0
  /// Counts by whole degrees: element k counts angles from k up to k + 1; the last one includes 180.
  public private(set) var histogram = [Int](repeating: 0, count: 180)
  private var sum = 0.0
  private var squares = 0.0

  public init() {}

  /// The mean; nil without angles.
  public var mean: Double? { count > 0 ? sum / Double(count) : nil }

  /// The standard deviation over all angles (n in the denominator); nil without angles.
  public var standardDeviation: Double? {
    mean.map { max(squares / Double(count) - $0 * $0, 0).squareRoot() }
  }

  /// Counts the angle with this cosine; rounding beyond ±1 counts as ±1.
  mutating func add(cosine: Double) {
    let angle = Double.acos(min(max(cosine, -1), 1)) * 180 / Double.pi
    count += 1
    sum += angle
    squares += angle * angle
    histogram[min(Int(angle), 179)] += 1
  }
}

/// How compact identities are and how far apart: the angles between embeddings.
///
/// Sources: the statistics of MultiFace's research code (angles of genuine and impostor pairs) and their common form in the field
/// (angles to and between the identities' centres).
public struct Compactness: Hashable, Sendable, Codable {
  /// Between every two images of an identity.
  public private(set) var genuine = AngleStatistics()
  /// Between every two images of different identities.
  public private(set) var impostor = AngleStatistics()
  /// Between each image and its identity's centre, the direction of the sum of its unit embeddings.
  public private(set) var toCentre = AngleStatistics()
  /// Between every two centres.
  public private(set) var betweenCentres = AngleStatistics()

  /// Measures embeddings, one a row, of these identities. Every pair of rows is visited.
  public init<Element: Scalar>(_ embeddings: Matrix<Element>, labels: [Int], workers: Workers = .one) {
    precondition(embeddings.rows == labels.count, "one label a row")
    let unit = Self.unit(embeddings, workers)
    Self.forEachPair(unit, workers) { row, column, cosine in
      if labels[row] == labels[column] { genuine.add(cosine: cosine) } else { impostor.add(cosine: cosine) }
    }
    let places = Dictionary(uniqueKeysWithValues: Set(labels).sorted().enumerated().map { ($1, $0) })
    var sums = Matrix<Element>(rows: places.count, columns: unit.columns)
    for (row, label) in labels.enumerated() {
      unit.withRow(row) { values in
        sums.withMutableRow(places[label] ?? 0) { VectorKernels.add(values, to: &$0) }
      }
    }
    let centres = Self.unit(sums, workers)
    for (row, label) in labels.enumerated() {
      let cosine = unit.withRow(row) { values in
        centres.withRow(places[label] ?? 0) { VectorKernels.dot(values, $0) }
      }
      toCentre.add(cosine: Double(cosine))
    }
    Self.forEachPair(centres, workers) { betweenCentres.add(cosine: $2) }
  }

  private static func unit<Element: Scalar>(_ rows: Matrix<Element>, _ workers: Workers) -> Matrix<Element> {
    var unit = rows
    var norms = [Element](repeating: 0, count: rows.rows)
    RowNormalization.forward(rows, into: &unit, norms: &norms, workers: workers)
    return unit
  }

  /// Calls `body` with the inner product of every two different rows, a block of rows at a time.
  private static func forEachPair<Element: Scalar>(
    _ rows: Matrix<Element>, _ workers: Workers, _ body: (_ row: Int, _ column: Int, Double) -> Void
  ) {
    let block = 128
    var first = 0
    while first < rows.rows {
      let part = rows.rows(in: first..<min(first + block, rows.rows))
      let cosines = product(part, .asIs, rows, .transposed, workers: workers)
      for index in 0..<part.rows {
        cosines.withRow(index) { values in
          for column in 0..<first + index { body(first + index, column, Double(values[column])) }
        }
      }
      first += block
    }
  }
}
