import LinearAlgebra

/// Everything in a feature store but the features: the datasets with one entry a row, the names of the identities, and the
/// attributes.
public struct StoreMetadata: Sendable, Hashable {
  /// The identity of each row, 0 … C−1, each with at least one row.
  public var labels: [Int32]?
  /// The image id of each row, unique.
  public var names: [String]?
  /// The media id of each row (IJB).
  public var media: [Int64]?
  /// The template id of each row (IJB).
  public var templates: [Int64]?
  /// A finite quality weight of each row.
  public var quality: [Float]?
  /// The name of each label, C of them.
  public var identities: [String]?
  /// The pose of each row: 0 frontal, 1 profile.
  public var pose: [Int8]?
  public var attributes: StoreAttributes

  public init(
    labels: [Int32]? = nil, names: [String]? = nil, media: [Int64]? = nil, templates: [Int64]? = nil,
    quality: [Float]? = nil, identities: [String]? = nil, pose: [Int8]? = nil,
    attributes: StoreAttributes = StoreAttributes()
  ) {
    self.labels = labels
    self.names = names
    self.media = media
    self.templates = templates
    self.quality = quality
    self.identities = identities
    self.pose = pose
    self.attributes = attributes
  }

  /// The number of identities C, or nil without labels.
  public var identityCount: Int? { labels.map { labels in labels.max().map { Int($0) + 1 } ?? 0 } }

  /// Checks everything against a store of `rowCount` rows at `location`, and returns the row of each name.
  @discardableResult
  func validate(rowCount: Int, at location: StoreLocation) throws -> [String: Int] {
    let check = StoreCheck(location: location)
    for (dataset, count) in [
      (StoreSchema.labels, labels?.count), (StoreSchema.names, names?.count),
      (StoreSchema.media, media?.count),
      (StoreSchema.templates, templates?.count), (StoreSchema.quality, quality?.count),
      (StoreSchema.pose, pose?.count),
    ] {
      if let count { try check.rowCount(dataset, count, rowCount) }
    }
    if let labels { try Self.validate(labels, check) }
    if let identities { try validate(identities, check) }
    if let row = quality?.firstIndex(where: { !$0.isFinite }) {
      throw check.error(
        StoreSchema.quality, row: row, found: "\(quality?[row] ?? .nan)", expected: "a finite number")
    }
    if let row = pose?.firstIndex(where: { $0 != 0 && $0 != 1 }) {
      throw check.error(
        StoreSchema.pose, row: row, found: "\(pose?[row] ?? -1)", expected: "0 (frontal) or 1 (profile)")
    }
    return try Self.index(names ?? [], check)
  }

  private static func validate(_ labels: [Int32], _ check: StoreCheck) throws {
    if let row = labels.firstIndex(where: { $0 < 0 }) {
      throw check.error(
        StoreSchema.labels, row: row, found: "the label \(labels[row])", expected: "0 or more")
    }
    // N rows have at most N labels, so one of the first N + 1 is missing if any is.
    var seen = [Bool](repeating: false, count: labels.count + 1)
    var highest = -1
    for label in labels {
      if Int(label) < seen.count { seen[Int(label)] = true }
      highest = max(highest, Int(label))
    }
    guard let missing = seen.firstIndex(of: false), missing < highest else { return }
    let next = labels.enumerated().filter { $0.element > missing }.min { $0.element < $1.element }
    throw check.error(
      StoreSchema.labels, row: next?.offset,
      found: "the label \(next?.element ?? 0), but no row has the label \(missing)",
      expected: "labels from 0 to \(highest) without gaps",
      advice: "Number the identities anew, without gaps.")
  }

  private func validate(_ identities: [String], _ check: StoreCheck) throws {
    guard let identityCount else {
      throw check.error(
        StoreSchema.identities, found: "names of labels in a store without labels",
        expected: "the dataset `labels` beside it")
    }
    guard identities.count == identityCount else {
      throw check.error(
        StoreSchema.identities, found: "\(identities.count) names", expected: "\(identityCount), one a label")
    }
    try check.noNULs(StoreSchema.identities, identities)
  }

  private static func index(_ names: [String], _ check: StoreCheck) throws -> [String: Int] {
    try check.noNULs(StoreSchema.names, names)
    var index: [String: Int] = [:]
    index.reserveCapacity(names.count)
    for (row, name) in names.enumerated() {
      if let other = index.updateValue(row, forKey: name) {
        throw check.error(
          StoreSchema.names, row: row, found: "the name `\(name)`, which row \(other) has as well",
          expected: "a name of its own for every row")
      }
    }
    return index
  }
}

/// Makes the errors of a store: each names the file and group, the dataset and, where there is one, the row.
struct StoreCheck {
  let location: StoreLocation

  func error(
    _ dataset: String, row: Int? = nil, kind: HarnessError.Kind = .badInput, found: String,
    expected: String? = nil,
    advice: String? = nil
  ) -> HarnessError {
    HarnessError(
      kind, file: location.description, place: dataset + (row.map { ", row \($0)" } ?? ""), found: found,
      expected: expected, advice: advice)
  }

  /// Refuses a dataset whose number of entries is not that of the rows.
  func rowCount(_ dataset: String, _ count: Int, _ rowCount: Int) throws {
    guard count == rowCount else {
      throw error(
        dataset, found: "\(count) entries",
        expected: "\(rowCount), one for each row of `\(StoreSchema.features)`")
    }
  }

  /// Refuses strings with a NUL in them, which HDF5 would cut short.
  func noNULs(_ dataset: String, _ strings: [String]) throws {
    if let row = strings.firstIndex(where: { $0.utf8.contains(0) }) {
      throw error(dataset, row: row, found: "a string with a NUL character", expected: "text")
    }
  }

  /// Refuses a store without rows or columns.
  func shape(_ rowCount: Int, _ dimension: Int) throws {
    guard rowCount > 0 && dimension > 0 else {
      throw error(
        StoreSchema.features, found: "an empty store of shape [\(rowCount), \(dimension)]",
        expected: "at least one row and one column")
    }
  }

  /// Refuses rows that have no direction: with a NaN, with an infinity, or whose L2 norm is infinite as a float32 or below the
  /// least norm that rows are divided by. The row at fault is counted from `firstRow`.
  func features(_ dataset: String, _ block: Matrix<Float>, firstRow: Int) throws {
    let least = RowNormalization.minimumNorm(Float.self)
    for row in 0..<block.rows {
      // Single precision proves nearly every row good; the others are looked at closely.
      let sum = block.withRow(row) { VectorKernels.dot($0, $0) }
      if !(sum > 2 * least * least && sum.isFinite) {
        try inspect(dataset, block.row(row), row: firstRow + row)
      }
    }
  }

  private func inspect(_ dataset: String, _ values: [Float], row: Int) throws {
    if let column = values.firstIndex(where: { !$0.isFinite }) {
      throw error(
        dataset, row: row,
        found: values[column].isNaN ? "NaN in column \(column)" : "an infinity in column \(column)",
        expected: "finite numbers", advice: "Remove the row, or extract its features again.")
    }
    let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard norm >= Double(RowNormalization.minimumNorm(Float.self)), Float(norm).isFinite else {
      throw error(
        dataset, row: row, found: norm == 0 ? "a row of zeros" : "a row of norm \(norm)",
        expected: "a row with a direction",
        advice: "Remove the row: a failed detection is often stored as zeros.")
    }
  }
}
