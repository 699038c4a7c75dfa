import LinearAlgebra

/// What is in a feature store: its datasets, identities, norms, duplicate rows and provenance.
///
/// Computed in two passes over the features (one more for the digest) in bounded memory, but for a few bytes a row.
public struct StoreSummary: Sendable, Hashable, Encodable {
  /// A dataset of the store.
  public struct Dataset: Sendable, Hashable, Encodable {
    public var name: String
    public var shape: [Int]
    /// Such as `float32` or `int64 big-endian`.
    public var type: String
    /// Such as `contiguous` or `chunks of 256 × 512, shuffle, gzip level 4`.
    public var layout: String
    /// The bytes taken in the file (of variable-length strings, the references to them).
    public var storedBytes: Int
    /// Whether the schema gives it a meaning; others are kept, never read.
    public var isKnown: Bool
  }

  /// The images of the identities.
  public struct Identities: Sendable, Hashable, Encodable {
    public var count: Int
    public var fewestImages: Int
    public var meanImages: Double
    public var mostImages: Int
    /// How many identities have how many images, by the classes 1, 2, 3–4, 5–9, 10–19, 20–49, 50–99, 100 and more.
    public var histogram: [Bin]
  }

  /// The identities with a number of images from `lowest` to `highest`, which is nil in the last class.
  public struct Bin: Sendable, Hashable, Encodable {
    public var lowest: Int
    public var highest: Int?
    public var identities: Int
    public var images: Int

    /// Such as `5–9`.
    public var label: String {
      switch highest {
      case nil: "≥ \(lowest)"
      case lowest?: "\(lowest)"
      case let highest?: "\(lowest)–\(highest)"
      }
    }
  }

  /// The L2 norms of the rows, in double precision.
  public struct Norms: Sendable, Hashable, Encodable {
    public var minimum: Double
    public var maximum: Double
    public var mean: Double
    /// Linear between order statistics (Hyndman and Fan's type 7).
    public var quantiles: [Quantile]
  }

  public struct Quantile: Sendable, Hashable, Encodable {
    public var probability: Double
    public var value: Double
  }

  /// Rows that are equal in every bit.
  public struct Duplicates: Sendable, Hashable, Encodable {
    /// The rows that repeat an earlier row.
    public var repeatedRows: Int
    /// The sets of equal rows.
    public var groups: Int
    /// The sets within one identity; nil without labels.
    public var groupsWithinIdentity: Int?
    /// The sets that cross identities; nil without labels.
    public var groupsAcrossIdentities: Int?
    /// The first sets: the names of their first rows, or `row 7` where there are no names.
    public var examples: [[String]]
  }

  /// The store, as `path.h5#group`.
  public var store: String
  public var rows: Int
  public var dimension: Int
  public var datasets: [Dataset]
  /// Nil without labels.
  public var identities: Identities?
  public var norms: Norms
  public var duplicates: Duplicates
  /// The string attributes.
  public var attributes: [String: String]
  /// The digest of the content, `FeatureStore.digest()`.
  public var digest: String

  /// Summarises a store. Its features are checked on the way, as at opening with full validation. `progress` hears how many more rows are read, of
  /// twice the store's `featureRows`.
  public init(of store: FeatureStore, progress: (_ rows: Int) -> Void = { _ in }) throws {
    self.store = store.location.description
    rows = store.rowCount
    dimension = store.dimension
    datasets = try store.group.datasetNames().map { name in
      let dataset = try store.group.dataset(name)
      return Dataset(
        name: name, shape: dataset.shape, type: dataset.type.description,
        layout: dataset.layout.description, storedBytes: dataset.storedByteCount,
        isKnown: StoreSchema.datasets.contains(name) || name == store.featuresName)
    }
    identities = store.labels.map(Self.identities)
    attributes = Dictionary(uniqueKeysWithValues: store.attributes.named.map { ($0.name, $0.value) })
    let check = StoreCheck(location: store.location)
    var norms: [Double] = []
    norms.reserveCapacity(store.rowCount)
    var finder = DuplicateRows()
    try store.forEachBlock { rows, block in
      try check.features(store.featuresName, block, firstRow: rows.lowerBound)
      for row in 0..<block.rows {
        block.withRow(row) { values in
          norms.append(Self.norm(values))
          finder.add(values)
        }
      }
      progress(rows.count)
    }
    try store.forEachFlippedBlock { rows, block in
      try check.features(StoreSchema.flippedFeatures, block, firstRow: rows.lowerBound)
      progress(rows.count)
    }
    self.norms = Self.norms(norms)
    duplicates = Self.duplicates(finder.groups, in: store)
    digest = try store.digest(progress: progress)
  }

  private static let lowestCounts = [1, 2, 3, 5, 10, 20, 50, 100]

  private static func identities(_ labels: [Int32]) -> Identities {
    var images = [Int](repeating: 0, count: labels.reduce(0) { max($0, Int($1) + 1) })
    for label in labels { images[Int(label)] += 1 }
    let histogram = lowestCounts.indices.map { index in
      let lowest = lowestCounts[index]
      let highest = index + 1 < lowestCounts.count ? lowestCounts[index + 1] - 1 : nil
      let members = images.filter { $0 >= lowest && $0 <= highest ?? .max }
      return Bin(
        lowest: lowest, highest: highest, identities: members.count, images: members.reduce(0, +))
    }
    return Identities(
      count: images.count, fewestImages: images.min() ?? 0,
      meanImages: Double(labels.count) / Double(images.count), mostImages: images.max() ?? 0,
      histogram: histogram)
  }

  private static func norm(_ values: Span<Float>) -> Double {
    var sum = 0.0
    for index in values.indices { sum += Double(values[index]) * Double(values[index]) }
    return sum.squareRoot()
  }

  private static func norms(_ norms: [Double]) -> Norms {
    let sorted = norms.sorted()
    let quantiles = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map { probability in
      let position = probability * Double(sorted.count - 1)
      let below = Int(position)
      let above = min(below + 1, sorted.count - 1)
      let value = sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
      return Quantile(probability: probability, value: value)
    }
    return Norms(
      minimum: sorted[0], maximum: sorted[sorted.count - 1],
      mean: norms.reduce(0, +) / Double(norms.count), quantiles: quantiles)
  }

  private static func duplicates(_ groups: [[Int]], in store: FeatureStore) -> Duplicates {
    let crossing = store.labels.map { labels in
      groups.count { group in group.contains { labels[$0] != labels[group[0]] } }
    }
    return Duplicates(
      repeatedRows: groups.reduce(0) { $0 + $1.count - 1 }, groups: groups.count,
      groupsWithinIdentity: crossing.map { groups.count - $0 }, groupsAcrossIdentities: crossing,
      examples: groups.prefix(5).map { group in
        group.prefix(5).map { row in store.names.map { $0[row] } ?? "row \(row)" }
      })
  }
}
