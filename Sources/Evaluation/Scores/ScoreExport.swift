import FeatureStores
import LinearAlgebra

/// Writes the scores of a protocol's comparisons: as comma-separated values, or as a matrix and a mask of OpenBR's form.
public struct ScoreExport {
  private let task: any PairScoring
  private let embeddings: any EmbeddingSource
  private let workers: Workers

  /// Binds `definition` to the lists in `folder`. A kind whose comparisons are not listed one by one is an error.
  public init(
    _ definition: ProtocolDefinition, _ embeddings: any EmbeddingSource, lists folder: String,
    workers: Workers = .one
  ) throws {
    let task = try definition.task(lists: folder, names: embeddings.names, source: embeddings.source)
    guard let scoring = task as? any PairScoring else {
      throw HarnessError(
        .usage, found: "the scores of kind ‘\(type(of: definition.kind).name)’, which are never stored",
        expected: "a protocol of listed pairs (pair-, template- or group-verification)")
    }
    self.task = scoring
    self.embeddings = embeddings
    self.workers = workers
  }

  /// What a user should know of the lists.
  public var warnings: [String] { task.warnings }
  /// How many scores there are.
  public var count: Int { task.scoreCount }
  /// How many rows of the embeddings they are made of.
  public var rowsRead: Int { task.rowsRead }

  /// Writes `first,second,fold,label,score` a line, for groups with the column `group`: folds from 1, the label 1 for genuine comparisons and 0
  /// for impostors, scores in the shortest digits that read back as the same number. Returns how many there are. `progress` hears how many more are
  /// written.
  @discardableResult
  public func writeCSV(to path: String, progress: (_ scores: Int) -> Void = { _ in }) throws -> Int {
    let writer = try AtomicFileWriter(path)
    let hasGroups = task is GroupTask
    try writer.append(
      CSV.line(["first", "second", "fold", "label", "score"] + (hasGroups ? ["group"] : [])))
    let count = try forEachScore(progress) { pair in
      try writer.append(
        CSV.line(
          [pair.first, pair.second, "\(pair.fold + 1)", pair.isGenuine ? "1" : "0", Cell.exact(pair.score)]
            + (hasGroups ? [pair.group ?? ""] : [])))
    }
    try writer.finish()
    return count
  }

  /// Calls `body` with every score, and `progress` with several thousand at a time, since a call for each would take as long as its line. Returns how many
  /// there are.
  @discardableResult
  private func forEachScore(_ progress: (_ scores: Int) -> Void, _ body: (ScoredPair) throws -> Void) throws
    -> Int
  {
    let block = 4096
    var count = 0
    try task.forEachScore(of: embeddings, workers: workers) { pair in
      try body(pair)
      count += 1
      if count % block == 0 { progress(block) }
    }
    progress(count % block)
    return count
  }

  /// The files that `writeMatrix(to:)` writes for `path`: the matrix, its mask, and the signature sets of targets and queries.
  public static func matrixFiles(_ path: String) -> (
    matrix: String, mask: String, targets: String, queries: String
  ) {
    let stem = path.hasSuffix(".mtx") ? String(path.dropLast(4)) : path
    return (path, stem + ".mask", stem + ".targets.xml", stem + ".queries.xml")
  }

  /// Writes a matrix of similarities in single precision with its mask. Queries (rows) are the first images of the pairs, targets (columns) the
  /// second, each in the order in which they appear; comparisons that the list does not have are ignored by the mask and 0 in the matrix. A
  /// comparison that the list has twice is written once; with two labels it is an error. Returns rows and columns. `progress` hears how many more scores
  /// are made.
  @discardableResult
  public func writeMatrix(to path: String, progress: (_ scores: Int) -> Void = { _ in }) throws -> (
    rows: Int, columns: Int
  ) {
    var queries = NameTable()
    var targets = NameTable()
    var cells: [[Int32: (score: Float, isGenuine: Bool)]] = []
    try forEachScore(progress) { pair in
      let row = queries.number(pair.first)
      let column = Int32(targets.number(pair.second))
      if row == cells.count { cells.append([:]) }
      if let other = cells[row].updateValue((Float(pair.score), pair.isGenuine), forKey: column),
        other.isGenuine != pair.isGenuine
      {
        throw HarnessError(
          .badInput, found: "the pair `\(pair.first)`, `\(pair.second)` both as genuine and as impostor",
          expected: "one label for each comparison", advice: "Export scores as CSV, which keeps both.")
      }
    }
    let files = Self.matrixFiles(path)
    func baseName(_ file: String) -> String { file.split(separator: "/").last.map(String.init) ?? file }
    let matrix = try AtomicFileWriter(files.matrix)
    let mask = try AtomicFileWriter(files.mask)
    for (writer, isMask) in [(matrix, false), (mask, true)] {
      try writer.append(
        OpenBRMatrix.header(
          isMask: isMask, rows: queries.names.count, columns: targets.names.count,
          target: baseName(files.targets),
          query: baseName(files.queries)))
    }
    for row in cells {
      var scores = [UInt8](repeating: 0, count: 4 * targets.names.count)
      var kinds = [UInt8](repeating: OpenBRMatrix.ignored, count: targets.names.count)
      for (column, cell) in row {
        for byte in 0..<4 {
          scores[4 * Int(column) + byte] = UInt8(
            truncatingIfNeeded: cell.score.bitPattern >> UInt32(8 * byte))
        }
        kinds[Int(column)] = cell.isGenuine ? OpenBRMatrix.genuine : OpenBRMatrix.impostor
      }
      try matrix.append(scores)
      try mask.append(kinds)
    }
    try AtomicFile.write(Self.signatureSet(targets.names), to: files.targets)
    try AtomicFile.write(Self.signatureSet(queries.names), to: files.queries)
    try mask.finish()
    try matrix.finish()
    return (queries.names.count, targets.names.count)
  }

  /// Names in the order in which they appear.
  private struct NameTable {
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]

    mutating func number(_ name: String) -> Int {
      if let number = numbers[name] { return number }
      numbers[name] = names.count
      names.append(name)
      return names.count - 1
    }
  }

  /// A signature set of BEE: an image each. Who is on them is in the mask.
  private static func signatureSet(_ images: [String]) -> String {
    func escaped(_ text: String) -> String {
      text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
    let signatures = images.map { image in
      "\t<biometric-signature name=\"\(escaped(image))\">\n\t\t<presentation file-name=\"\(escaped(image))\"/>\n\t</biometric-signature>\n"
    }
    return
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<biometric-signature-set>\n\(signatures.joined())</biometric-signature-set>\n"
  }
}
