import FeatureStores

/// A plain text form of lists that exist only as MATLAB splits, such as AgeDB's: one pair a line, `split image₁ image₂ label`.
///
/// Splits count from 1; the label is 1 for genuine pairs and −1 or 0 for impostors. Columns are separated by tabs or spaces, lines
/// starting with `#` are comments, and images may have an extension, which is dropped.
public struct SplitPairs: PairListFormat {
  public static let name = "split-pairs"
  public static let keys = ["pairs", "identities"]

  public let pairs: String
  public let identities: IdentityRule

  public init(_ lists: ConfigurationMapping) throws {
    pairs = try lists.required("pairs").string()
    identities = try lists.value("identities", default: .none) { try $0.choice(IdentityRule.self) }
  }

  public func files(folds: Int) -> [String] { [pairs] }

  public func read(folder: String, folds: Int) throws -> [ListedPair] {
    let file = try ListFile("\(folder)/\(pairs)")
    return try (0..<file.count).compactMap { line in
      let fields = try file.fields(line)
      if fields[0].hasPrefix("#") { return nil }
      guard fields.count == 4 else {
        throw file.error(
          line: line, found: "\(fields.count) columns", expected: "`split image image label`")
      }
      let split = try file.integer(fields[0], line: line, what: "a split", atLeast: 1)
      guard split <= folds else {
        throw file.error(
          line: line, found: "split \(split)", expected: "1 to \(folds)",
          advice: "The protocol's `folds` and the list must agree.")
      }
      guard let label = Int(fields[3]), (-1...1).contains(label) else {
        throw file.error(
          line: line, found: "the label `\(fields[3])`", expected: "1 (one person), −1 or 0 (two people)")
      }
      let (first, second) = (withoutExtension(fields[1]), withoutExtension(fields[2]))
      return ListedPair(
        first: first, second: second, isGenuine: label == 1, fold: split - 1,
        firstIdentity: identities.identity(of: first), secondIdentity: identities.identity(of: second),
        place: file.place(line))
    }
  }
}
