import FeatureStores

/// The list format of CALFW and CPLFW: two lines a pair, each `image label`.
///
/// The label is 0 for impostors; CALFW has the fold number for genuine pairs, CPLFW 1. Both lists have all genuine pairs before all
/// impostors, so consecutive blocks would be folds of one class: here the k-th of the F folds takes the k-th F-th of the genuine pairs and
/// the k-th F-th of the impostors, each in the order of the list. Counts that F does not divide, and two lines of a pair
/// with different labels, are errors.
public struct TwoLinePairs: PairListFormat {
  public static let name = "two-line"
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
    guard file.count % 2 == 0 else {
      throw file.error(
        line: file.count - 1, found: "\(file.count) lines, so a pair of one image",
        expected: "two lines a pair")
    }
    var genuine: [ListedPair] = []
    var impostor: [ListedPair] = []
    for line in stride(from: 0, to: file.count, by: 2) {
      let (first, label) = try entry(file, line)
      let (second, secondLabel) = try entry(file, line + 1)
      guard label == secondLabel else {
        throw file.error(
          line: line + 1, found: "the label \(secondLabel)",
          expected: "\(label), that of the pair's first line",
          advice: "A line may be missing above.")
      }
      let pair = ListedPair(
        first: first, second: second, isGenuine: label != 0, fold: 0,
        firstIdentity: identities.identity(of: first), secondIdentity: identities.identity(of: second),
        place: file.place(line))
      if pair.isGenuine { genuine.append(pair) } else { impostor.append(pair) }
    }
    for (kind, count) in [("genuine", genuine.count), ("impostor", impostor.count)] where count % folds != 0 {
      throw file.error(
        line: nil, found: "\(count) \(kind) pairs", expected: "a multiple of the \(folds) folds")
    }
    return (0..<folds).flatMap { fold in
      [genuine, impostor].flatMap { pairs in
        let size = pairs.count / folds
        return pairs[fold * size..<(fold + 1) * size].map { pair in
          var pair = pair
          pair.fold = fold
          return pair
        }
      }
    }
  }

  private func entry(_ file: ListFile, _ line: Int) throws -> (image: String, label: Int) {
    let fields = try file.fields(line)
    guard fields.count == 2 else {
      throw file.error(line: line, found: "\(fields.count) columns", expected: "`image label`")
    }
    let label = try file.integer(fields[1], line: line, what: "a label", atLeast: 0)
    return (withoutExtension(fields[0]), label)
  }
}
