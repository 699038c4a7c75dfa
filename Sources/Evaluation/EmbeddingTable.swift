import FeatureStores
import LinearAlgebra

/// Features with the image id of each row: what an evaluator scores, whether they come from a store as they are or from a
/// network applied to one.
public struct EmbeddingTable: Sendable {
  /// What the features are, for messages: a store, or a run applied to one.
  public let source: String
  /// The image id of each row, unique.
  public let names: [String]
  /// One row an image.
  public let features: Matrix<Float>
  /// The features of the mirrored images, where there are any: of the shape of `features`.
  public let flipped: Matrix<Float>?
  /// The SHA-256 of the content, where it is known.
  public let digest: String?

  /// As many names as rows; repeated names are an error.
  public init(
    source: String, names: [String], features: Matrix<Float>, flipped: Matrix<Float>? = nil,
    digest: String? = nil
  ) throws {
    guard names.count == features.rows else {
      throw HarnessError(
        .badInput, file: source, place: "names", found: "\(names.count) names for \(features.rows) rows",
        expected: "a name for each row")
    }
    if let flipped, flipped.rows != features.rows || flipped.columns != features.columns {
      throw HarnessError(
        .badInput, file: source, place: "features_flipped",
        found: "\(flipped.rows) × \(flipped.columns) numbers",
        expected: "the shape of the features, \(features.rows) × \(features.columns)")
    }
    self.flipped = flipped
    self.source = source
    self.names = names
    self.features = features
    self.digest = digest
    _ = try ImageIndex(names, source: source)
  }

  /// The features of a store as they are, mirrored ones too, with its digest. A store without names is an error.
  public init(_ store: FeatureStore) throws {
    try self.init(
      source: store.location.description, names: store.imageNames(), features: store.features(),
      flipped: store.hasFlippedFeatures ? store.flippedFeatures() : nil, digest: store.digest())
  }
}

extension FeatureStore {
  /// The image id of each row; an error for a store that has none.
  public func imageNames() throws -> [String] {
    guard let names else {
      throw HarnessError(
        .missingInput, file: location.description, place: "names", found: "no such dataset",
        expected: "the image id of each row, which list files refer to",
        advice: "Write the dataset `names` when the features are extracted.")
    }
    return names
  }
}

/// The row of each image id.
struct ImageIndex: Sendable {
  let source: String
  /// The first image id, as an example of what they look like.
  let example: String?
  private let rows: [String: Int]

  init(_ names: [String], source: String) throws {
    var rows: [String: Int] = [:]
    rows.reserveCapacity(names.count)
    for (row, name) in names.enumerated() {
      if let other = rows.updateValue(row, forKey: name) {
        throw HarnessError(
          .badInput, file: source, place: "names, row \(row)",
          found: "the name `\(name)`, which row \(other) has as well",
          expected: "a name of its own for every row")
      }
    }
    self.rows = rows
    self.source = source
    example = names.first
  }

  subscript(name: String) -> Int? { rows[name] }
}
