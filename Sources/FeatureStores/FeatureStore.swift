import LinearAlgebra

/// A feature store of an HDF5 file, opened for reading: features of N images in D dimensions, and what is known of each.
///
/// Opening reads and checks everything but the features (`StoreValidation.full` reads these once, too); they are read from
/// the file each time they are asked for, whole, by blocks or by rows, as single-precision numbers whatever precision, byte
/// order, chunking and compression they are stored in. A store stays open, and goes on showing the same content if its file is replaced by
/// a rename, as long as a copy of the value lives. Any number of tasks may read it at once.
public struct FeatureStore: Sendable {
  public let location: StoreLocation
  /// The number of rows N, at least 1.
  public let rowCount: Int
  /// The number of columns D of `features`, at least 1.
  public let dimension: Int
  public let metadata: StoreMetadata
  /// The names of the group's datasets that the schema does not know, in the order of their bytes.
  public let unknownDatasets: [String]

  let group: HDF5Group
  /// What the dataset is called; `features` in a store that Likeness wrote.
  let featuresName: String
  let featuresDataset: HDF5Dataset
  let flippedDataset: HDF5Dataset?
  private let rowsByName: [String: Int]

  /// The identity of each row, 0 … C−1 without gaps.
  public var labels: [Int32]? { metadata.labels }
  /// The image id of each row, unique.
  public var names: [String]? { metadata.names }
  /// The media id of each row (IJB).
  public var media: [Int64]? { metadata.media }
  /// The template id of each row (IJB).
  public var templates: [Int64]? { metadata.templates }
  /// A finite quality weight of each row.
  public var quality: [Float]? { metadata.quality }
  /// The name of each label.
  public var identities: [String]? { metadata.identities }
  /// The pose of each row: 0 frontal, 1 profile.
  public var pose: [Int8]? { metadata.pose }
  /// Where the store says that it comes from.
  public var attributes: StoreAttributes { metadata.attributes }
  /// The number of identities C, or nil without labels.
  public var identityCount: Int? { metadata.identityCount }
  /// Whether the features of the mirrored images are there.
  public var hasFlippedFeatures: Bool { flippedDataset != nil }
  /// The rows of features, of mirrored images, too: what one pass over everything reads.
  public var featureRows: Int { hasFlippedFeatures ? 2 * rowCount : rowCount }

  /// The datasets that the schema does not know, to be carried into a store that is written.
  public var unknown: CarriedDatasets {
    CarriedDatasets(location: StoreLocation(path: location.path, group: group.path), names: unknownDatasets)
  }

  /// Opens the store at `location` and checks it. A location that ends with a dataset's name, such as `file.h5#embeddings`, has
  /// its features there. A missing file, group or `features` dataset is `missingInput`; anything that breaks the schema is
  /// `badInput`. Both name the file, the dataset and, where there is one, the row.
  public init(opening location: StoreLocation, validation: StoreValidation = .full) throws {
    let check = StoreCheck(location: location)
    let place = try FeaturesPlace(location)
    let group = place.group
    func dataset(_ name: String) throws -> HDF5Dataset? {
      switch try group.member(name) {
      case nil: return nil
      case .dataset: return try group.dataset(name)
      case .group, .other:
        throw check.error(name, found: "something that is no dataset", expected: "a dataset")
      }
    }
    guard let features = try dataset(place.name) else { throw try place.missing(check, at: location) }
    guard case .real(bits: 16...32, _) = features.type else {
      throw check.error(
        place.name, found: "elements of type \(features.type)", expected: "float32 or float16",
        advice: "Store them as float32.")
    }
    guard features.shape.count == 2 else {
      throw check.error(
        place.name, found: "the shape \(features.shape)",
        expected: "two dimensions, [rows, dimension]")
    }
    try check.shape(features.shape[0], features.shape[1])
    let flipped = try dataset(StoreSchema.flippedFeatures)
    if let flipped {
      guard case .real(bits: 16...32, _) = flipped.type, flipped.shape == features.shape else {
        throw check.error(
          StoreSchema.flippedFeatures, found: "\(flipped.type) of shape \(flipped.shape)",
          expected: "the type and shape of `\(place.name)`, \(features.shape)")
      }
    }
    let reader = StoreMetadataReader(rowCount: features.shape[0], check: check, dataset: dataset)
    let metadata = try reader.read(attributes: group.attributes())
    rowsByName = try metadata.validate(rowCount: features.shape[0], at: location)
    unknownDatasets = try group.datasetNames().filter {
      !StoreSchema.datasets.contains($0) && $0 != place.name
    }
    featuresName = place.name
    self.location = location
    self.group = group
    self.metadata = metadata
    featuresDataset = features
    flippedDataset = flipped
    rowCount = features.shape[0]
    dimension = features.shape[1]
    if validation == .full { try validateFeatures() }
  }

  /// Reads all features once and checks them, as opening with full validation does. `progress` hears how many more of the `featureRows` are checked.
  public func validateFeatures(progress: (_ rows: Int) -> Void = { _ in }) throws {
    let check = StoreCheck(location: location)
    try forEachBlock { rows, block in
      try check.features(featuresName, block, firstRow: rows.lowerBound)
      progress(rows.count)
    }
    try forEachFlippedBlock { rows, block in
      try check.features(StoreSchema.flippedFeatures, block, firstRow: rows.lowerBound)
      progress(rows.count)
    }
  }

  // MARK: Names

  /// The row of an image, or nil where the store has no such name, or no names at all.
  public func rowIndex(ofName name: String) -> Int? { rowsByName[name] }

  /// The rows of images, in the order of `names`; a name may repeat. Names that are missing are an error that tells how
  /// many they are and lists the first ten.
  public func rowIndices(named names: [String]) throws -> [Int] {
    let check = StoreCheck(location: location)
    guard metadata.names != nil else {
      throw check.error(
        StoreSchema.names, kind: .missingInput, found: "no such dataset", expected: "the image id of each row"
      )
    }
    let rows = names.map { rowsByName[$0] }
    var seen: Set<String> = []
    let missing = zip(names, rows).filter { $1 == nil && seen.insert($0).inserted }.map(\.0)
    guard missing.isEmpty else {
      let shown = missing.prefix(10).joined(separator: ", ") + (missing.count > 10 ? ", …" : "")
      throw check.error(
        StoreSchema.names, kind: .missingInput,
        found: "\(missing.count) \(missing.count == 1 ? "name is" : "names are") not in the store: \(shown)",
        advice: "Check that the list and the store belong together.")
    }
    return rows.compactMap(\.self)
  }
}

/// Reads the datasets of a store beside its features.
private struct StoreMetadataReader {
  let rowCount: Int
  let check: StoreCheck
  let dataset: (String) throws -> HDF5Dataset?

  func read(attributes: [(name: String, value: HDF5Attribute)]) throws -> StoreMetadata {
    let schema = attributes.first { $0.name == "schema" }?.value
    guard schema == nil || schema == .string(StoreSchema.version) else {
      var found = "a value that is no string"
      if case .string(let text) = schema { found = "`\(text)`" }
      throw check.error(
        "attribute schema", found: found, expected: "`\(StoreSchema.version)`",
        advice: "A newer version of Likeness may have written the store.")
    }
    return StoreMetadata(
      labels: try labels(), names: try strings(StoreSchema.names), media: try integers(StoreSchema.media),
      templates: try integers(StoreSchema.templates), quality: try quality(),
      identities: try strings(StoreSchema.identities), pose: try pose(),
      attributes: StoreAttributes(named: attributes))
  }

  private func vector(_ name: String, expected: String, _ accepts: (HDF5Type) -> Bool) throws -> HDF5Dataset?
  {
    guard let dataset = try dataset(name) else { return nil }
    guard accepts(dataset.type) else {
      throw check.error(name, found: "elements of type \(dataset.type)", expected: expected)
    }
    guard dataset.shape.count == 1 else {
      throw check.error(name, found: "the shape \(dataset.shape)", expected: "one dimension")
    }
    // Before anything is read: a wrong length may be absurd.
    if name != StoreSchema.identities { try check.rowCount(name, dataset.shape[0], rowCount) }
    return dataset
  }

  private func integers(_ name: String, expected: String = "int64") throws -> [Int64]? {
    try vector(name, expected: expected) {
      if case .integer(let bits, let isSigned, _) = $0 { isSigned || bits < 64 } else { false }
    }?.readIntegers()
  }

  private func strings(_ name: String) throws -> [String]? {
    try vector(name, expected: "UTF-8 strings") { if case .string = $0 { true } else { false } }?
      .readStrings()
  }

  private func labels() throws -> [Int32]? {
    let name = StoreSchema.labels
    return try integers(name, expected: "int32 or int64")?.enumerated().map { row, label in
      guard let label = Int32(exactly: label) else {
        throw check.error(name, row: row, found: "the label \(label)", expected: "labels from 0 without gaps")
      }
      return label
    }
  }

  private func quality() throws -> [Float]? {
    let dataset = try vector(StoreSchema.quality, expected: "float32") {
      if case .real(bits: 16...32, _) = $0 { true } else { false }
    }
    return try dataset?.readReals().map { Float($0) }
  }

  private func pose() throws -> [Int8]? {
    let name = StoreSchema.pose
    return try integers(name, expected: "int8")?.enumerated().map { row, pose in
      guard let pose = Int8(exactly: pose) else {
        throw check.error(name, row: row, found: "\(pose)", expected: "0 (frontal) or 1 (profile)")
      }
      return pose
    }
  }
}
