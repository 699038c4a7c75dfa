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

  /// The number of folds that runs are made for; nil where one run serves the whole protocol.
  public var foldCount: Int? { trainingRows?.count }
}

/// A protocol bound to its lists and its store.
public struct BoundTest: Sendable {
  /// The protocol's name, with the set or lists that it is used on where an experiment uses it more than once. No two tests of an
  /// experiment share it.
  public let name: String
  /// The pairs, resolved to rows of the test store.
  public let task: VerificationTask
  /// The features of the test store as they are.
  public let table: EmbeddingTable
  /// The digest of the test store.
  public let digest: String
  /// For worlds: what the ceiling row scores with.
  public let oracle: WorldOracle?
}

/// The oracle of a world with the identity latents of a test set's images.
public struct WorldOracle: Sendable {
  let oracle: BayesOracle
  let totals: [Double]
  /// One row an image, in the order of the test store.
  let latents: Matrix<Double>
  /// The digest of the store that the latents come from.
  let digest: String

  init(_ definition: WorldDefinition, store: FeatureStore) throws {
    oracle = BayesOracle(definition)
    let (between, within) = (definition.identity.between, definition.identity.within)
    totals = [Double](repeating: between * between + within * within, count: definition.identity.dimensions)
    latents = try store.features().converted(to: Double.self)
    digest = try store.digest()
  }

  /// The log likelihood ratio of images `i` and `j`.
  func score(_ i: Int, _ j: Int) -> Double {
    latents.withRow(i) { a in
      latents.withRow(j) { b in oracle.score(a, totals: totals.span, b, totals: totals.span) }
    }
  }
}
