import FeatureStores

/// LFW's own list format.
///
/// The first line is the number of folds and of pairs a class and fold (`10 300`, view 2), or the latter alone (`1100`, view 1,
/// one fold). Each fold then has its genuine lines, `name i j`, and its impostor lines, `name₁ i name₂ j`, separated by tabs or
/// spaces. Image i of a person is `name/name_000i`, the number with at least four digits. The numbers of lines must be those
/// of the header, so a truncated list is an error.
public struct LFWPairs: PairListFormat {
  public static let name = "lfw"
  public static let keys = ["pairs"]

  public let pairs: String

  public init(_ lists: ConfigurationMapping) throws {
    pairs = try lists.value("pairs", default: "pairs.txt") { try $0.string() }
  }

  public func files(folds: Int) -> [String] { [pairs] }

  public func read(folder: String, folds: Int) throws -> [ListedPair] {
    let file = try ListFile("\(folder)/\(pairs)")
    let pairsPerClass = try header(file, folds: folds)
    let expected = 1 + folds * 2 * pairsPerClass
    guard file.count == expected else {
      throw file.error(
        line: nil, found: "\(file.count) lines",
        expected: "\(expected), a header and \(folds) × 2 × \(pairsPerClass) pairs",
        advice: "The list is not complete, or its header is not its own.")
    }
    return try (1..<file.count).map { line in
      let index = line - 1
      let isGenuine = index % (2 * pairsPerClass) < pairsPerClass
      return try pair(file, line, isGenuine: isGenuine, fold: index / (2 * pairsPerClass))
    }
  }

  /// The number of pairs a class and fold.
  private func header(_ file: ListFile, folds: Int) throws -> Int {
    let fields = try file.fields(0)
    guard fields.count <= 2 else {
      throw file.error(
        line: 0, found: "\(fields.count) columns",
        expected: "the header `folds pairs` (view 2) or `pairs` (view 1)")
    }
    let listed =
      try fields.count == 2 ? file.integer(fields[0], line: 0, what: "the number of folds", atLeast: 1) : 1
    guard listed == folds else {
      throw file.error(
        line: 0, found: "\(listed) \(listed == 1 ? "fold" : "folds")", expected: "\(folds)",
        advice: "The protocol's `folds` and the list must agree.")
    }
    return try file.integer(fields[fields.count - 1], line: 0, what: "the number of pairs", atLeast: 1)
  }

  private func pair(_ file: ListFile, _ line: Int, isGenuine: Bool, fold: Int) throws -> ListedPair {
    let fields = try file.fields(line)
    guard fields.count == (isGenuine ? 3 : 4) else {
      throw file.error(
        line: line, found: "\(fields.count) columns",
        expected: isGenuine
          ? "`name i j`: this is the place of a genuine pair"
          : "`name i name j`: this is the place of an impostor pair")
    }
    func image(_ name: Substring, _ number: Substring) throws -> String {
      let number = try file.integer(number, line: line, what: "an image number", atLeast: 1)
      let digits = String(number)
      return "\(name)/\(name)_" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
    let second = isGenuine ? fields[0] : fields[2]
    return ListedPair(
      first: try image(fields[0], fields[1]), second: try image(second, fields[fields.count - 1]),
      isGenuine: isGenuine, fold: fold, firstIdentity: String(fields[0]), secondIdentity: String(second),
      place: file.place(line))
  }
}
