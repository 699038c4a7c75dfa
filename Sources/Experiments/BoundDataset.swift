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

  /// Whom diagnostics are measured on, and checkpoints chosen: nobody, one set for all runs, or for fold-wise data one a fold.
  public var validations: [ValidationSet] = []

  /// The validation images of runs for a fold, or for the whole protocol.
  func validation(fold: Int?) -> ValidationSet? { validations.isEmpty ? nil : validations[fold ?? 0] }

  /// The number of folds that runs are made for; nil where one run serves the whole protocol.
  public var foldCount: Int? { trainingRows?.count }

  /// The rows that train for a fold, or for the whole protocol where there are none; nil for all.
  func rows(fold: Int?) -> [Int]? {
    fold.flatMap { trainingRows?[$0] } ?? derivedRows
  }

  /// The identity of each image that trains, where one run serves the whole protocol.
  public var trainingLabels: [Int] { rows(fold: nil).map { $0.map { labels[$0] } } ?? labels }

  /// The number of identities that train for a fold, or for the whole protocol.
  func identities(fold: Int?) -> Int {
    Set(rows(fold: fold).map { $0.map { labels[$0] } } ?? labels).count
  }

  /// For fold-wise data: the images of the folds of a protocol over those that train for them.
  public func testToTraining(_ protocolName: String) -> Double? {
    guard let trainingRows, let task = tests.first(where: { $0.name == protocolName })?.verification else {
      return nil
    }
    let tested = trainingRows.indices.reduce(0) { $0 + task.rows(inFold: $1).count }
    let trained = trainingRows.reduce(0) { $0 + $1.count }
    return trained == 0 ? nil : Double(tested) / Double(trained)
  }

  /// The number of identities that train, the least of any fold.
  var trainingIdentities: Int {
    trainingRows.map { $0.indices.map { identities(fold: $0) }.min() ?? 0 } ?? identities(fold: nil)
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
  /// For a test set of a world whose protocol has a ceiling: what its row scores with.
  public let oracle: WorldOracle?

  /// The task of a protocol of pairs of images; nil for other kinds.
  public var verification: VerificationTask? { task as? VerificationTask }

  /// What the protocol says of intervals; nil for a kind that says nothing.
  public var intervalSettings: IntervalSettings? {
    switch task {
    case let task as VerificationTask: task.settings.interval
    case let task as TemplateVerificationTask: task.settings.interval
    case let task as IdentificationTask: task.settings.interval
    case let task as DistractorTask: task.settings.interval
    default: nil
    }
  }
}
