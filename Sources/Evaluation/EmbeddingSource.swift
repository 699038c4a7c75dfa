import FeatureStores
import LinearAlgebra

/// Embeddings of named images that an evaluation takes in blocks of rows: a store as it is, a table in memory, or a network applied to one.
public protocol EmbeddingSource: Sendable {
  /// What the embeddings are, for messages.
  var source: String { get }
  /// The image id of each row, unique.
  var names: [String] { get }
  /// The number of columns.
  var dimension: Int { get }
  /// Whether there are embeddings of the mirrored images.
  var hasFlipped: Bool { get }

  /// The embeddings of some rows, in the order given; a row may repeat.
  func embeddings(ofRows rows: [Int]) throws -> Matrix<Float>
  /// The embeddings of the mirrored images of some rows. A source without them is an error.
  func flippedEmbeddings(ofRows rows: [Int]) throws -> Matrix<Float>
  /// The SHA-256 of the content, where it is a store's as it is; may read everything once.
  func contentDigest() throws -> String?
}

extension EmbeddingSource {
  /// The error for mirrored embeddings that are not there.
  var noFlippedEmbeddings: HarnessError {
    HarnessError(
      .missingInput, file: source, place: "features_flipped", found: "no embeddings of the mirrored images",
      expected: "them, since the protocol fuses each image with its mirror image",
      advice: "Extract them, or use a convention with `flip: none`.")
  }

  /// Everything in memory.
  func table() throws -> EmbeddingTable {
    if let table = self as? EmbeddingTable { return table }
    return try EmbeddingTable(
      source: source, names: names, features: embeddings(ofRows: Array(names.indices)),
      digest: contentDigest())
  }
}

extension EmbeddingTable: EmbeddingSource {
  public var dimension: Int { features.columns }
  public var hasFlipped: Bool { flipped != nil }

  public func embeddings(ofRows rows: [Int]) throws -> Matrix<Float> { features.gathering(rows: rows) }

  public func flippedEmbeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
    guard let flipped else { throw noFlippedEmbeddings }
    return flipped.gathering(rows: rows)
  }

  public func contentDigest() throws -> String? { digest }
}

/// The features of a store as they are, read when they are needed.
public struct StoreEmbeddings: EmbeddingSource {
  public let store: FeatureStore
  public let names: [String]
  private let digest: ContentDigest

  /// A store without names is an error. With several `workers` its digest is begun at once, while the lists that name its images are read.
  public init(_ store: FeatureStore, workers: Workers = .one) throws {
    self.store = store
    names = try store.imageNames()
    digest = ContentDigest(workers: workers) { try store.digest() }
  }

  public var source: String { store.location.description }
  public var dimension: Int { store.dimension }
  public var hasFlipped: Bool { store.hasFlippedFeatures }

  public func embeddings(ofRows rows: [Int]) throws -> Matrix<Float> { try store.features(ofRows: rows) }

  public func flippedEmbeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
    guard hasFlipped else { throw noFlippedEmbeddings }
    return try store.flippedFeatures(ofRows: rows)
  }

  public func contentDigest() throws -> String? { try digest.value() }
}

/// Another source through a map of its rows, such as a trained network. What the map makes of a row must not depend on the other rows.
public struct MappedEmbeddings: EmbeddingSource {
  public let base: any EmbeddingSource
  public let source: String
  public let dimension: Int
  private let map: @Sendable (Matrix<Float>) throws -> Matrix<Float>

  /// - Parameters:
  ///   - source: what the embeddings are, for messages.
  ///   - dimension: the number of columns that `map` gives.
  public init(
    _ base: any EmbeddingSource, source: String, dimension: Int,
    map: @escaping @Sendable (Matrix<Float>) throws -> Matrix<Float>
  ) {
    self.base = base
    self.source = source
    self.dimension = dimension
    self.map = map
  }

  public var names: [String] { base.names }
  public var hasFlipped: Bool { base.hasFlipped }

  public func embeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
    try map(base.embeddings(ofRows: rows))
  }

  public func flippedEmbeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
    try map(base.flippedEmbeddings(ofRows: rows))
  }

  public func contentDigest() throws -> String? { nil }
}
