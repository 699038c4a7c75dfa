import FeatureStores

/// A format of verification lists. A new one is one file with a conforming type and a line in `PairListFormats`.
public protocol PairListFormat: Codable, Equatable, Sendable {
  /// The name in a protocol's `lists.format`.
  static var name: String { get }
  /// The keys that it reads beside `format` and `sha256`.
  static var keys: [String] { get }

  /// Reads its keys from a protocol's `lists`.
  init(_ lists: ConfigurationMapping) throws

  /// The files that a list of `folds` folds is read from, relative to the folder of the lists.
  func files(folds: Int) -> [String]

  /// The pairs in the order of the list. Errors name the file and the line.
  func read(folder: String, folds: Int) throws -> [ListedPair]
}

/// The known formats of verification lists.
enum PairListFormats {
  static let all: [any PairListFormat.Type] = [
    LFWPairs.self, CFPSplits.self, TwoLinePairs.self, SplitPairs.self,
  ]

  static func named(_ name: String) -> (any PairListFormat.Type)? { all.first { $0.name == name } }
}
