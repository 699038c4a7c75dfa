import Foundation

/// One file or folder of features to import, with what else it holds of its rows.
struct ImportInput {
  let rows: any FeatureRows
  var flipped: (any FeatureRows)?
  var columns: [ImportedPart: ImportedColumn] = [:]
  var labelNames: ImportedColumn?

  private init(rows: any FeatureRows) { self.rows = rows }

  /// How to read inputs whose content does not say it.
  struct Hints {
    var suffix: String
    var renamed: [ImportedPart: String]
    var ignored: [String]
  }

  /// Opens the input at `address`; a folder is read by `list`.
  init(_ address: String, list: String?, hints: Hints) throws {
    if let list {
      try self.init(folder: address, list: ImageListJSON(file: list), suffix: hints.suffix)
      return
    }
    let (path, key) = NumPyFile.split(address)
    let file = try FileBytes(path)
    switch try NumPyFile(file) {
    case .array(let array)?: self.init(rows: try NumPyRows(array))
    case .archive(let archive)?:
      if let key {
        self.init(rows: try NumPyRows(archive.array(key)))
      } else {
        try self.init(archive)
      }
    case nil:
      switch (path as NSString).pathExtension.lowercased() {
      case "bin": self.init(rows: try OpenCVRows(file))
      case "csv":
        let table = try CSVRows(file, renamed: hints.renamed, ignored: hints.ignored)
        self.init(rows: table)
        columns = table.columns
      default:
        throw HarnessError(
          .badInput, file: path, found: "a file of unknown form",
          expected: "NumPy's .npy or .npz, OpenCV's .bin, .csv, or a folder with --list")
      }
    }
  }

  private init(folder: String, list: ImageListJSON, suffix: String) throws {
    rows = try MegaFaceRows(folder: folder, list: list, suffix: suffix)
    columns[.names] = ImportedColumn(source: list.file, texts: list.paths.map { withoutExtension($0) })
    if let identities = list.identities {
      columns[.identities] = ImportedColumn(source: list.file, texts: identities)
    }
  }

  /// An archive whose keys are those of a store: the features are `features`, `embeddings`, or the only two-dimensional array of real
  /// numbers. `identities` names labels where there are `labels`, as in a store, and else the person of each row.
  private init(_ archive: ZipArchive) throws {
    let keys = archive.keys
    if let key = [StoreSchema.features, "embeddings"].first(where: keys.contains) {
      rows = try NumPyRows(archive.array(key))
    } else {
      let candidates = try keys.filter { key in
        guard key != StoreSchema.flippedFeatures else { return false }
        let header = try archive.array(key).header
        if case .real = header.element { return header.shape.count == 2 }
        return false
      }
      guard candidates.count == 1 else {
        throw HarnessError(
          .badInput, file: archive.file.name,
          found: "\(candidates.count) arrays that may be the features, of \(keys.joined(separator: ", "))",
          expected: "one two-dimensional array of real numbers, or the key ‘features’",
          advice: "Name it: \(archive.file.name)#KEY.")
      }
      rows = try NumPyRows(archive.array(candidates[0]))
    }
    if keys.contains(StoreSchema.flippedFeatures) {
      flipped = try NumPyRows(archive.array(StoreSchema.flippedFeatures))
    }
    for part in ImportedPart.allCases where keys.contains(part.rawValue) {
      columns[part] = ImportedColumn(try archive.array(part.rawValue))
    }
    if columns[.labels] != nil, let names = columns.removeValue(forKey: .identities) { labelNames = names }
  }
}
