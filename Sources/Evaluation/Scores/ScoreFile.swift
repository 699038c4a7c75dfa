import FeatureStores
import Metrics

/// Scores that another program, or `likeness export`, has written: of each comparison whether it is genuine, and its fold.
public struct ScoreFile: Sendable {
  /// The file, for titles.
  public let source: String
  /// The content of the files that were read.
  public let digests: [ListDigest]
  /// The scores of each fold; one where the file has no folds.
  public let folds: [LabelledScores]

  /// Reads a table with a header that names at least `label` (1 genuine, 0 impostor) and `score` (higher for the more alike), and, if it
  /// wants, `fold` (from 1). Other columns are for people. A score that is no number, or NaN, is an error with its line; −∞ is a failure to enrol.
  public init(csv path: String) throws {
    let records = try CSVRecords(path)
    guard try records.next() else {
      throw HarnessError(.badInput, file: path, found: "an empty file", expected: "a header")
    }
    let headers = try (0..<records.count).map { try records.text($0) }
    func column(_ name: String) throws -> Int {
      guard let column = headers.firstIndex(of: name) else {
        throw records.error(
          found: "no column ‘\(name)’", expected: "the columns label and score, and fold if there are folds")
      }
      return column
    }
    let (label, score) = (try column("label"), try column("score"))
    let fold = headers.firstIndex(of: "fold")
    var folds: [Int: (scores: [Double], isGenuine: [Bool])] = [:]
    while try records.next() {
      guard records.count == headers.count else {
        throw records.error(
          found: "\(records.count) columns", expected: "\(headers.count), as the header has")
      }
      let labelText = try records.text(label)
      guard ["0", "1"].contains(labelText) else {
        throw records.error(found: "the label `\(labelText)`", expected: "1 (genuine) or 0 (impostor)")
      }
      let text = try records.text(score)
      guard let value = Double(text), !value.isNaN, value < .infinity else {
        throw records.error(
          found: "the score `\(text)`", expected: "a number, or -Infinity for a failure to enrol")
      }
      var number = 1
      if let fold {
        let text = try records.text(fold)
        guard let parsed = Int(text), (1...10_000).contains(parsed) else {
          throw records.error(found: "the fold `\(text)`", expected: "a number from 1")
        }
        number = parsed
      }
      folds[number, default: ([], [])].scores.append(value)
      folds[number, default: ([], [])].isGenuine.append(labelText == "1")
    }
    let numbers = folds.keys.sorted()
    guard let last = numbers.last, last == numbers.count else {
      throw HarnessError(
        .badInput, file: path, found: numbers.isEmpty ? "a header and no scores" : "folds \(numbers)",
        expected: numbers.isEmpty ? "scores" : "folds from 1 without gaps")
    }
    source = path
    digests = [ListDigest(file: path, sha256: try Digest.sha256(file: path))]
    self.folds = numbers.compactMap { folds[$0] }.map {
      LabelledScores(scores: $0.scores, isGenuine: $0.isGenuine)
    }
  }

  /// Reads a matrix and its mask (`OpenBRMatrix`), row by row. Shapes that differ, and a NaN or +∞ in a comparison that the mask does
  /// not ignore, are errors.
  public init(matrix path: String, mask maskPath: String) throws {
    let matrix = try OpenBRMatrix(path)
    let mask = try OpenBRMatrix(maskPath)
    guard matrix.element != .mask else {
      throw HarnessError(.badInput, file: path, found: "a mask (MB)", expected: "a matrix of scores (MF)")
    }
    guard mask.element == .mask else {
      throw HarnessError(.badInput, file: maskPath, found: "a matrix of scores (MF)", expected: "a mask (MB)")
    }
    guard matrix.rows == mask.rows, matrix.columns == mask.columns else {
      throw HarnessError(
        .badInput, file: maskPath, found: "\(mask.rows) × \(mask.columns) comparisons",
        expected: "\(matrix.rows) × \(matrix.columns), as in \(path)")
    }
    var values: [Double] = []
    var isGenuine: [Bool] = []
    for row in 0..<matrix.rows {
      let scores = try matrix.scores(row: row)
      for (column, kind) in try mask.mask(row: row).enumerated() where kind != OpenBRMatrix.ignored {
        guard !scores[column].isNaN, scores[column] < .infinity else {
          throw HarnessError(
            .badInput, file: path, place: "row \(row), column \(column)",
            found: "the score \(scores[column])",
            expected: "a number, or −∞ for a failure to enrol",
            advice: "Set the comparison to 0 in the mask if it is to be left out.")
        }
        values.append(Double(scores[column]))
        isGenuine.append(kind == OpenBRMatrix.genuine)
      }
    }
    source = path
    digests = try [path, maskPath].map { ListDigest(file: $0, sha256: try Digest.sha256(file: $0)) }
    folds = [LabelledScores(scores: values, isGenuine: isGenuine)]
  }

  /// What the scores give, by the default rules. `targetFARs` are in (0, 1].
  public func result(targetFARs: [Double]) -> ScoreFileResult {
    ScoreFileResult(self, targetFARs: targetFARs)
  }
}
