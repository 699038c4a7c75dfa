import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// The images of one block of rows of an experiment, in memory, with the protocols that test on them.
public struct BoundDataset: Sendable {
  /// The world's name, or the store's without extension: what tables call it.
  public let name: String
  /// The training images, or for fold-wise data all images.
  public let features: Matrix<Float>
  public let labels: [Int]
  /// The digest of the store that holds them.
  public let digest: String
  public let tests: [BoundTest]
  /// For fold-wise data: the rows that train for each fold.
  public let trainingRows: [[Int]]?
  /// For other data: the rows that train, where not all do.
  public var derivedRows: [Int]?

  /// The number of folds that runs are made for; nil where one run serves the whole protocol.
  public var foldCount: Int? { trainingRows?.count }

  /// The rows that train for a fold, or for the whole protocol where there are none; nil for all.
  func rows(fold: Int?) -> [Int]? {
    fold.flatMap { trainingRows?[$0] } ?? derivedRows
  }

  /// The number of identities that train, the least of any fold.
  var trainingIdentities: Int {
    func count(_ rows: [Int]?) -> Int { Set(rows.map { $0.map { labels[$0] } } ?? labels).count }
    return trainingRows.map { $0.map(count).min() ?? 0 } ?? count(derivedRows)
  }
}

/// A protocol bound to its lists and its store.
public struct BoundTest: Sendable {
  /// The protocol's name, with the set or lists that it is used on where an experiment uses it more than once. No two tests of an
  /// experiment share it.
  public let name: String
  /// The protocol with its lists, resolved to rows of the test store.
  public let task: any EvaluationTask
  /// The features of the test store as they are.
  public let embeddings: any EmbeddingSource
  /// The digest of the test store.
  public let digest: String
  /// For pairs of images of a world: what the ceiling row scores with.
  public let oracle: WorldOracle?

  /// The task of a protocol of pairs of images; nil for other kinds.
  public var verification: VerificationTask? { task as? VerificationTask }
}

/// The oracle of a world with what it knows of a test set's images.
public struct WorldOracle: Sendable {
  private let oracle: BayesOracle
  /// One row an image, in the order of the test store.
  private let latents: Matrix<Double>
  /// The total variances of the identity axes: one row an image, or one row for all where images do not differ.
  private let totals: Matrix<Double>
  /// The digest of the store that all this comes from.
  let digest: String
  /// Whether images differ in quality or pose, which the oracle knows and methods need not see.
  public var knowsAttributes: Bool { totals.rows > 1 }

  init(_ definition: WorldDefinition, store: FeatureStore) throws {
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
  func score(_ i: Int, _ j: Int) -> Double {
    latents.withRow(i) { a in
      latents.withRow(j) { b in
        totals.withRow(totals(of: i)) { s in
          totals.withRow(totals(of: j)) { t in oracle.score(a, totals: s, b, totals: t) }
        }
      }
    }
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
