import Foundation
import LinearAlgebra

/// Writes a feature store row block by row block, in bounded memory.
///
/// The store appears under its name when `finish()` has brought it whole to the disk, and not before: until then everything
/// goes to a temporary file in the same folder, which goes when the writer does. The same content written to a new file gives
/// the same bytes.
///
/// Writing replaces the store at the location, and keeps what else its file holds: for a group, and for the root of a file with
/// groups in it, the file is copied aside, changed and renamed (the room of what was replaced stays in it, unused). Not for use
/// by several tasks at once.
public final class StoreWriter {
  public let location: StoreLocation
  public let rowCount: Int
  public let dimension: Int
  /// Everything but the features; may be completed until `finish()`.
  public var metadata: StoreMetadata
  /// The number of rows appended so far.
  public private(set) var appendedRows = 0

  private let layout: StoreLayout
  private let carried: CarriedDatasets?
  private let check: StoreCheck
  private let pending: PendingFile
  private let file: HDF5File
  private let group: HDF5Group
  private let features: HDF5Dataset
  private let flipped: HDF5Dataset?
  private var isFinished = false

  /// Begins a store of `rowCount` rows. What `metadata` already holds is checked first; a target that cannot be written, or that
  /// exists and is no HDF5 file, is `cannotWrite`.
  public init(
    to location: StoreLocation, rowCount: Int, dimension: Int, hasFlippedFeatures: Bool = false,
    layout: StoreLayout = .contiguous, metadata: StoreMetadata = StoreMetadata(),
    carrying carried: CarriedDatasets? = nil
  ) throws {
    self.location = location
    self.rowCount = rowCount
    self.dimension = dimension
    self.layout = layout
    self.metadata = metadata
    self.carried = carried
    check = StoreCheck(location: location)
    try check.shape(rowCount, dimension)
    try metadata.validate(rowCount: rowCount, at: location)
    let pending = PendingFile(replacing: location.path)
    self.pending = pending
    do {
      file = try Self.begin(pending, location)
      group = try file.root.creatingGroup(location.group)
      try group.removeDatasetsAndAttributes()
      let group = group
      func create(_ name: String) throws -> HDF5Dataset {
        try group.createDataset(
          name, type: layout.precision == .float16 ? .half : .single, shape: [rowCount, dimension],
          chunkRows: layout.chunkRows, gzipLevel: layout.gzipLevel)
      }
      features = try create(StoreSchema.features)
      flipped = hasFlippedFeatures ? try create(StoreSchema.flippedFeatures) : nil
    } catch {
      pending.discard()
      throw Self.renamed(error, pending, location)
    }
  }

  deinit {
    if !isFinished { pending.discard() }
  }

  /// A new file, or a copy of what must be kept of the old one.
  private static func begin(_ pending: PendingFile, _ location: StoreLocation) throws -> HDF5File {
    guard FileManager.default.fileExists(atPath: pending.target) else {
      return try HDF5File.create(pending.temporaryPath)
    }
    let holdsOthers: Bool
    do {
      let root = try HDF5File(opening: pending.target).root
      holdsOthers = try location.group != "/" || !root.groupNames().isEmpty
    } catch let error as HarnessError {
      throw HarnessError(
        .cannotWrite, file: location.path,
        found: "something other than an HDF5 file is there (\(error.found))",
        advice: "Remove it, or choose another name.")
    }
    guard holdsOthers else { return try HDF5File.create(pending.temporaryPath) }
    do {
      try FileManager.default.copyItem(atPath: pending.target, toPath: pending.temporaryPath)
    } catch {
      throw HarnessError(
        .cannotWrite, file: location.path, found: "cannot copy the file aside: \(error.localizedDescription)",
        advice: "Check that you may write in its folder, and that the disk is not full.")
    }
    return try HDF5File.openForChanges(pending.temporaryPath)
  }

  /// Errors of the library name the temporary file, which means nothing to a user.
  private static func renamed(_ error: any Error, _ pending: PendingFile, _ location: StoreLocation)
    -> any Error
  {
    guard var error = error as? HarnessError else { return error }
    error.file = error.file == pending.temporaryPath ? location.description : error.file
    error.found = error.found.replacingOccurrences(of: pending.temporaryPath, with: location.path)
    if error.kind == .cannotWrite && error.advice == nil {
      error.advice = "Check that its folder exists, that you may write there, and that the disk is not full."
    }
    return error
  }

  /// Appends rows, and those of the mirrored images where the writer has such. Rows with a NaN, an infinity or no direction (as
  /// they will be stored, so after rounding to halves) are refused, with the row named.
  public func append(_ block: Matrix<Float>, flipped flippedBlock: Matrix<Float>? = nil) throws {
    precondition(!isFinished, "rows appended to a finished store")
    guard block.columns == dimension, appendedRows + block.rows <= rowCount else {
      throw check.error(
        StoreSchema.features, row: appendedRows, found: "\(block.rows) more rows of \(block.columns) columns",
        expected: "at most \(rowCount - appendedRows) rows of \(dimension) columns")
    }
    guard (flippedBlock != nil) == (flipped != nil),
      flippedBlock.map({ $0.rows == block.rows && $0.columns == dimension }) ?? true
    else {
      throw check.error(
        StoreSchema.flippedFeatures, row: appendedRows,
        found: flippedBlock.map { "\($0.rows) rows of \($0.columns) columns" } ?? "no rows",
        expected: flipped == nil
          ? "none: the store was begun without mirrored features"
          : "\(block.rows) rows of \(dimension) columns")
    }
    try write(block, to: features)
    if let flipped, let flippedBlock { try write(flippedBlock, to: flipped) }
    appendedRows += block.rows
  }

  private func write(_ block: Matrix<Float>, to dataset: HDF5Dataset) throws {
    // Halves are checked as they will be read; what overflows them becomes an infinity.
    var block = block
    if layout.precision == .float16 {
      try refuseOverflow(block, dataset.name)
      block.withMutableElements { elements in
        for index in elements.indices {
          elements[index] = HalfPrecision.float(HalfPrecision.bits(elements[index]))
        }
      }
    }
    try check.features(dataset.name, block, firstRow: appendedRows)
    try renamingErrors { try dataset.write(block, at: appendedRows) }
  }

  private func refuseOverflow(_ block: Matrix<Float>, _ dataset: String) throws {
    for row in 0..<block.rows {
      try block.withRow(row) { values in
        for column in values.indices
        where values[column].isFinite && HalfPrecision.bits(values[column]) & 0x7fff == 0x7c00 {
          throw check.error(
            dataset, row: appendedRows + row, found: "\(values[column]) in column \(column)",
            expected: "numbers within ±\(HalfPrecision.greatestFinite), which float16 can hold",
            advice: "Store the features as float32, or scale them.")
        }
      }
    }
  }

  /// Checks and writes the metadata, brings everything to the disk and gives the file its name. Fewer rows than promised are an
  /// error. After a failure nothing is left behind, and the writer is of no further use.
  public func finish() throws {
    precondition(!isFinished, "a store finished twice")
    isFinished = true
    do {
      guard appendedRows == rowCount else {
        throw check.error(
          StoreSchema.features, found: "\(appendedRows) rows", expected: "\(rowCount), as announced")
      }
      try metadata.validate(rowCount: rowCount, at: location)
      try renamingErrors {
        try writeMetadata()
        if let carried, !carried.names.isEmpty {
          let source = try HDF5File(opening: carried.location.path).group(carried.location.group)
          for name in carried.names { try group.copyDataset(name, from: source) }
        }
        try file.flushAndClose()
      }
      try pending.commit()
    } catch {
      pending.discard()
      throw error
    }
  }

  private func writeMetadata() throws {
    func write<Element: HDF5Element>(_ name: String, _ values: [Element]?, _ type: HDF5StoredType) throws {
      guard let values else { return }
      try group.createDataset(name, type: type, shape: [values.count]).write(values)
    }
    func write(_ name: String, _ strings: [String]?) throws {
      guard let strings else { return }
      try group.createDataset(name, type: .string, shape: [strings.count]).write(strings)
    }
    try write(StoreSchema.labels, metadata.labels, .int32)
    try write(StoreSchema.names, metadata.names)
    try write(StoreSchema.media, metadata.media, .int64)
    try write(StoreSchema.templates, metadata.templates, .int64)
    try write(StoreSchema.quality, metadata.quality, .single)
    try write(StoreSchema.identities, metadata.identities)
    try write(StoreSchema.pose, metadata.pose, .int8)
    var attributes = metadata.attributes
    attributes.schema = StoreSchema.version
    for (name, value) in attributes.named { try group.setAttribute(name, to: value) }
  }

  private func renamingErrors(_ body: () throws -> Void) throws {
    do { try body() } catch { throw Self.renamed(error, pending, location) }
  }
}
