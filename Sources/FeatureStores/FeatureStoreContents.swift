import LinearAlgebra

/// A feature store in memory: to be written to a file, or read whole from one.
public struct FeatureStoreContents: Sendable {
  /// The features, N × D.
  public var features: Matrix<Float>
  /// The features of the mirrored images, of the same shape.
  public var flippedFeatures: Matrix<Float>?
  public var metadata: StoreMetadata
  /// Datasets of another store that are copied along, unread.
  public var carried: CarriedDatasets?

  public init(
    features: Matrix<Float>, flippedFeatures: Matrix<Float>? = nil, metadata: StoreMetadata = StoreMetadata(),
    carried: CarriedDatasets? = nil
  ) {
    self.features = features
    self.flippedFeatures = flippedFeatures
    self.metadata = metadata
    self.carried = carried
  }

  /// Everything that an opened store holds; its unknown datasets by reference.
  public init(_ store: FeatureStore) throws {
    self.init(
      features: try store.features(),
      flippedFeatures: store.hasFlippedFeatures ? try store.flippedFeatures() : nil,
      metadata: store.metadata, carried: store.unknownDatasets.isEmpty ? nil : store.unknown)
  }

  /// Checks the store and writes it, as `StoreWriter` does: whole or not at all, replacing the store that is there and keeping
  /// the other groups of the file.
  public func write(to location: StoreLocation, options layout: StoreLayout = .contiguous) throws {
    let writer = try StoreWriter(
      to: location, rowCount: features.rows, dimension: features.columns,
      hasFlippedFeatures: flippedFeatures != nil,
      layout: layout, metadata: metadata, carrying: carried)
    try writer.append(features, flipped: flippedFeatures)
    try writer.finish()
  }
}
