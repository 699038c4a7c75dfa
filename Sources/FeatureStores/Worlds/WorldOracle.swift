import LinearAlgebra

/// The oracle of a world with what it knows of a test set's images.
///
/// Images are numbered by the rows of the test store.
public struct WorldOracle: Sendable {
  private let oracle: BayesOracle
  /// One row an image, in the order of the test store.
  private let latents: Matrix<Double>
  /// The total variances of the identity axes: one row an image, or one row for all where images do not differ.
  private let totals: Matrix<Double>
  /// The digest of the store that all this comes from.
  public let digest: String
  /// Whether images differ in quality or pose, which the oracle knows and methods need not see.
  public var knowsAttributes: Bool { totals.rows > 1 }

  /// The oracle of a world for the test set whose latents are in `store`, which the world's generator wrote.
  public init(_ definition: WorldDefinition, store: FeatureStore) throws {
    oracle = BayesOracle(definition)
    let axes = definition.identity.dimensions
    let known = try store.features().converted(to: Double.self)
    let columns = definition.identityNoiseVaries ? 2 * axes : axes
    guard known.columns == columns else {
      throw HarnessError(
        .badInput, file: store.location.description, place: "features", found: "\(known.columns) columns",
        expected: "\(columns), of the world \(definition.name)", advice: "Generate the world again.")
    }
    latents = known.columns(in: 0..<axes)
    totals =
      definition.identityNoiseVaries
      ? known.columns(in: axes..<columns) : Matrix([definition.identityTotals()])
    digest = try store.digest()
  }

  private func totals(of row: Int) -> Int { totals.rows == 1 ? 0 : row }

  /// The log likelihood ratio of images `i` and `j`.
  public func score(_ i: Int, _ j: Int) -> Double {
    latents.withRow(i) { a in
      latents.withRow(j) { b in
        totals.withRow(totals(of: i)) { s in
          totals.withRow(totals(of: j)) { t in oracle.score(a, totals: s, b, totals: t) }
        }
      }
    }
  }

  /// What a template's images, at least one, say about its person. Images of one medium share noise.
  public func evidence(of images: [(row: Int, medium: Int64)]) -> TemplateEvidence {
    oracle.template(
      images.map { image in
        BayesOracle.TemplateImage(
          latents: latents.row(image.row), totals: totals.row(totals(of: image.row)), medium: image.medium)
      })
  }

  /// The log likelihood ratio of two templates without a common medium.
  public func score(_ first: TemplateEvidence, _ second: TemplateEvidence) -> Double {
    oracle.score(first, second)
  }

  /// The two sides of the log likelihood ratio as an inner product, for streams too long for `score`.
  ///
  /// Where all images have the same totals t, the ratio is a sum over the axes of β·z₁z₂ − α·(z₁² + z₂²) and a constant, with
  /// D = t² − b², α = b²/(2tD) and β = b/D. So a row [β·z, −Σα·z² + constant, 1] times a row [z, 1, −Σα·z²] is the ratio.
  public enum Side: Sendable {
    case search
    case candidate
  }

  /// The vectors of images, one row each, whose products are log likelihood ratios; nil where images differ in quality or pose.
  public func vectors(of rows: [Int], _ side: Side) -> Matrix<Float>? {
    guard !knowsAttributes else { return nil }
    let axes = latents.columns
    let totals = totals.row(0)
    var constant = 0.0
    for (b, t) in zip(oracle.between, totals) { constant -= logOnePlus(-(b * b) / (t * t)) / 2 }
    var result = Matrix<Float>(rows: rows.count, columns: axes + 2)
    for (index, row) in rows.enumerated() {
      latents.withRow(row) { z in
        result.withMutableRow(index) { values in
          var squares = 0.0
          for axis in 0..<axes {
            let (b, t) = (oracle.between[axis], totals[axis])
            let determinant = t * t - b * b
            squares -= b * b / (2 * t * determinant) * z[axis] * z[axis]
            values[axis] = Float(side == .search ? b / determinant * z[axis] : z[axis])
          }
          values[axes] = Float(side == .search ? squares + constant : 1)
          values[axes + 1] = Float(side == .search ? 1 : squares)
        }
      }
    }
    return result
  }

  /// The best verification accuracy in the population of pairs whose images have the attributes of these: the mean of their ceilings,
  /// of at most 500 of them, evenly spread.
  public func populationAccuracy(of pairs: [(Int, Int)]) -> Double? {
    guard let first = pairs.first else { return nil }
    if !knowsAttributes { return ceiling(first).accuracy }
    let step = (pairs.count + 499) / 500
    let chosen = stride(from: 0, to: pairs.count, by: step).map { ceiling(pairs[$0]).accuracy }
    return chosen.reduce(0, +) / Double(chosen.count)
  }

  private func ceiling(_ pair: (Int, Int)) -> BayesCeiling {
    BayesCeiling(
      between: oracle.between, totals: totals.row(totals(of: pair.0)), totals.row(totals(of: pair.1)))
  }
}
