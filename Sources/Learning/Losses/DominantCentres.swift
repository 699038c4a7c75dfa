public import LinearAlgebra

/// The sub-centre of each class that most of its samples are nearest to, and the samples that lie near it.
///
/// Made for what follows a training with `subcentre-arcface`: embed the training store with the trained network, find the
/// dominant sub-centres among the learned class weights, and train again with `arcface` on the rows that are kept. Angles are
/// compared, so neither embeddings nor centres need unit length; a row of zeros is 90° from everything.
/// Source: as for `SubCentreArcFace`; the 75° of the paper, insightface and pytorch-metric-learning.
public struct DominantCentres: Sendable, Equatable {
  /// The place among its K sub-centres of the dominant one of each class; 0 for a class without samples.
  public let centres: [Int]
  /// The rows of the embeddings that are at most the threshold away from the dominant sub-centre of their class, ascending.
  public let keptRows: [Int]

  /// The largest angle in degrees that the paper keeps.
  public static let publishedThreshold = 75.0

  /// Finds them for `embeddings`, a sample a row, with the class of each, and `centres`: the `perClass` rows of each class one
  /// after another, as class weights are.
  ///
  /// A sample near several sub-centres at once counts for the first; so does a class with equally many samples near
  /// several. `threshold` is an angle in degrees. Classes must be below the number of rows of `centres` divided by
  /// `perClass`, which must divide it; both matrices must have the same columns and be finite. Cosines are computed in
  /// double precision, one pair at a time.
  public init(
    embeddings: Matrix<Float>, classes: [Int], centres: Matrix<Float>, perClass: Int,
    threshold: Double = publishedThreshold
  ) {
    precondition(embeddings.rows == classes.count, "a class for each row")
    precondition(embeddings.columns == centres.columns, "embeddings and centres of different widths")
    precondition(perClass > 0 && centres.rows % perClass == 0, "\(perClass) centres a class")
    let count = centres.rows / perClass
    precondition(classes.allSatisfy { $0 >= 0 && $0 < count }, "a class without centres")
    let cosines = classes.indices.map { row in
      (0..<perClass).map { Self.cosine(embeddings, row, centres, classes[row] * perClass + $0) }
    }
    var votes = [Int](repeating: 0, count: centres.rows)
    for (row, cosines) in cosines.enumerated() {
      votes[classes[row] * perClass + Self.firstLargest(cosines)] += 1
    }
    let dominant = (0..<count).map {
      Self.firstLargest(votes[$0 * perClass..<($0 + 1) * perClass].map { $0 })
    }
    self.centres = dominant
    let least = Double.cos(threshold * Double.pi / 180)
    keptRows = classes.indices.filter { cosines[$0][dominant[classes[$0]]] >= least }
  }

  private static func firstLargest<Value: Comparable>(_ values: [Value]) -> Int {
    var best = 0
    for index in values.indices where values[index] > values[best] { best = index }
    return best
  }

  private static func cosine(_ a: Matrix<Float>, _ i: Int, _ b: Matrix<Float>, _ j: Int) -> Double {
    a.withRow(i) { a in
      b.withRow(j) { b in
        var (product, squareA, squareB) = (0.0, 0.0, 0.0)
        for column in a.indices {
          let (x, y) = (Double(a[column]), Double(b[column]))
          product += x * y
          squareA += x * x
          squareB += y * y
        }
        return squareA > 0 && squareB > 0 ? product / (squareA.squareRoot() * squareB.squareRoot()) : 0
      }
    }
  }
}
