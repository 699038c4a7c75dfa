import Foundation
import LinearAlgebra

/// Features of other programs on their way to a store: NumPy arrays, OpenCV matrices, folders of MegaFace's devkit, and comma-separated values, one
/// after the other, with what is known of each row.
///
/// Everything but the features is read and checked at once; these are read block by block when they are written.
public struct FeatureImport {
  public struct Options {
    /// The list of each folder among the inputs, in their order.
    public var lists: [String] = []
    /// What follows an image's path in the names of a folder's files.
    public var suffix = ".bin"
    /// Headers of CSV columns that are not a part's own name, and of those that are left out.
    public var renamed: [ImportedPart: String] = [:]
    public var ignored: [String] = []
    /// Files of what is known of each row, over what the inputs hold themselves; several are joined.
    public var columns: [ImportedPart: [String]] = [:]
    /// The name of each label.
    public var labelNames: String?
    /// Features of the mirrored images, as inputs are given.
    public var flipped: [String] = []
    /// Put before every name, whose extension is dropped if wanted.
    public var namePrefix = ""
    public var dropsExtensions = false

    public init() {}
  }

  public let metadata: StoreMetadata
  /// What a user should know.
  public let notes: [String]
  public var rowCount: Int { rows.rowCount }
  public var dimension: Int { rows.dimension }
  public var hasFlippedFeatures: Bool { flipped != nil }

  private let rows: JoinedRows
  private let flipped: JoinedRows?

  /// Opens `inputs`, at least one. Wrong, damaged or missing files are errors, as are counts that differ.
  public init(_ inputs: [String], options: Options = Options(), attributes: StoreAttributes = .init()) throws
  {
    let folders = inputs.filter(Self.isFolder)
    guard folders.count == options.lists.count else {
      throw HarnessError(
        .usage, found: "\(folders.count) folders and \(options.lists.count) lists",
        expected: "a list for each folder, in their order")
    }
    var lists = options.lists[...]
    let hints = ImportInput.Hints(
      suffix: options.suffix, renamed: options.renamed, ignored: options.ignored)
    let opened = try inputs.map { input in
      try ImportInput(input, list: Self.isFolder(input) ? lists.popFirst() : nil, hints: hints)
    }
    let rows = try JoinedRows(opened.map { $0.rows })
    self.rows = rows
    flipped = try Self.flipped(opened, options.flipped, hints: hints, rows: rows)
    var assembly = MetadataAssembly(opened, rowCount: rows.rowCount, options: options)
    metadata = try assembly.metadata(attributes: attributes)
    notes = assembly.notes
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func flipped(
    _ inputs: [ImportInput], _ files: [String], hints: ImportInput.Hints, rows: JoinedRows
  ) throws -> JoinedRows? {
    let parts =
      try files.isEmpty
      ? inputs.compactMap { $0.flipped } : files.map { try ImportInput($0, list: nil, hints: hints).rows }
    guard !parts.isEmpty else { return nil }
    let flipped = try JoinedRows(parts)
    guard flipped.rowCount == rows.rowCount, flipped.dimension == rows.dimension else {
      throw HarnessError(
        .badInput, file: flipped.source,
        found: "features of mirrored images of the shape [\(flipped.rowCount), \(flipped.dimension)]",
        expected: "[\(rows.rowCount), \(rows.dimension)], as \(rows.source)")
    }
    return flipped
  }

  /// Writes the store, whole or not at all, in bounded memory. `progress` hears how many rows are written, and may end it by throwing. A row
  /// with a NaN, an infinity or no direction is an error that names the file it is from.
  public func write(
    to location: StoreLocation, layout: StoreLayout = .contiguous,
    progress: (_ rows: Int) throws -> Void = { _ in }
  ) throws {
    let writer = try StoreWriter(
      to: location, rowCount: rows.rowCount, dimension: rows.dimension, hasFlippedFeatures: flipped != nil,
      layout: layout, metadata: metadata)
    let blockRows = min(rows.blockRows, flipped?.blockRows ?? .max)
    for first in stride(from: 0, to: rows.rowCount, by: blockRows) {
      let range = first..<min(first + blockRows, rows.rowCount)
      try writer.append(
        Self.checked(rows, range), flipped: flipped.map { try Self.checked($0, range) })
      try progress(range.upperBound)
    }
    try writer.finish()
  }

  /// Rows that all have a direction.
  private static func checked(_ source: JoinedRows, _ range: Range<Int>) throws -> Matrix<Float> {
    let block = try source.features(range)
    let check = StoreCheck(location: StoreLocation(path: source.source))
    do {
      try check.features(StoreSchema.features, block, firstRow: 0)
    } catch {
      for row in 0..<block.rows {
        do {
          try check.features(StoreSchema.features, block.rows(in: row..<row + 1), firstRow: 0)
        } catch var error as HarnessError {
          (error.file, error.place) = source.place(ofRow: range.lowerBound + row)
          throw error
        }
      }
      throw error
    }
    return block
  }
}

/// Joins what inputs and further files say of the rows.
private struct MetadataAssembly {
  let inputs: [ImportInput]
  let rowCount: Int
  let options: FeatureImport.Options
  private(set) var notes: [String] = []

  init(_ inputs: [ImportInput], rowCount: Int, options: FeatureImport.Options) {
    self.inputs = inputs
    self.rowCount = rowCount
    self.options = options
  }

  mutating func metadata(attributes: StoreAttributes) throws -> StoreMetadata {
    var metadata = StoreMetadata(attributes: attributes)
    metadata.names = try values(.names) { try $0.texts() }?.map { name in
      options.namePrefix + (options.dropsExtensions ? withoutExtension(name) : name)
    }
    if metadata.names == nil, !options.namePrefix.isEmpty || options.dropsExtensions {
      throw HarnessError(.usage, found: "a rule for names, and no names", expected: "--names FILE")
    }
    metadata.media = try values(.media) { try $0.integers() }
    metadata.templates = try values(.templates) { try $0.integers() }
    metadata.quality = try values(.quality) { try $0.reals() }
    metadata.pose = try values(.pose) { try $0.integers(as: Int8.self, "0 (frontal) or 1 (profile)") }
    try label(&metadata)
    return metadata
  }

  private mutating func label(_ metadata: inout StoreMetadata) throws {
    // What is given by name goes before what the inputs hold.
    let given = options.columns
    let people = given[.labels] == nil ? try values(.identities) { try $0.texts() } : nil
    let labels =
      given[.identities] == nil
      ? try values(.labels) { try $0.integers(as: Int32.self, "a label from 0 without gaps") } : nil
    guard people == nil || labels == nil, given[.identities] == nil || given[.labels] == nil else {
      throw HarnessError(
        .usage, file: inputs[0].rows.source, found: "labels and identities of each row",
        expected: "one of them: identities are numbered, labels are taken as they are",
        advice: "Leave one out; of a CSV file with --ignore.")
    }
    if let people {
      var numbers: [String: Int32] = [:]
      var names: [String] = []
      metadata.labels = people.map { person in
        if let number = numbers[person] { return number }
        let number = Int32(names.count)
        numbers[person] = number
        names.append(person)
        return number
      }
      metadata.identities = names
    } else {
      metadata.labels = labels
    }
    let ownNames = inputs.count == 1 && people == nil ? inputs[0].labelNames : nil
    if let file = options.labelNames {
      guard labels != nil else {
        throw HarnessError(.usage, file: file, found: "names of labels, and no labels", expected: "--labels")
      }
      metadata.identities = try ImportedColumn(file).texts()
    } else if let ownNames, labels != nil {
      metadata.identities = try ownNames.texts()
    }
  }

  /// The values of a part: of the files given for it, else of the inputs, where all have them.
  private mutating func values<Value>(_ part: ImportedPart, _ read: (ImportedColumn) throws -> [Value]) throws
    -> [Value]?
  {
    if let files = options.columns[part], !files.isEmpty {
      let values = try files.flatMap { try read(ImportedColumn($0)) }
      guard values.count == rowCount else {
        throw HarnessError(
          .badInput, file: files.joined(separator: ", "), found: "\(values.count) \(part.rawValue)",
          expected:
            "\(rowCount), one for each row of \(inputs.map { $0.rows.source }.joined(separator: ", "))"
        )
      }
      return values
    }
    let holding = inputs.filter { $0.columns[part] != nil }
    guard !holding.isEmpty else { return nil }
    guard holding.count == inputs.count else {
      notes.append(
        "\(part.rawValue) left out: \(holding[0].rows.source) has them, \(inputs.first { $0.columns[part] == nil }?.rows.source ?? "") has not"
      )
      return nil
    }
    var all: [Value] = []
    for input in inputs {
      guard let column = input.columns[part] else { continue }
      let values = try read(column)
      guard values.count == input.rows.rowCount else {
        throw HarnessError(
          .badInput, file: column.source, found: "\(values.count) \(part.rawValue)",
          expected: "\(input.rows.rowCount), one for each row of \(input.rows.source)")
      }
      all += values
    }
    return all
  }
}
