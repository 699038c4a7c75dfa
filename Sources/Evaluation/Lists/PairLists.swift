import FeatureStores

/// Where a protocol's pairs come from: the format with its files, the files' expected digests, and how image ids become the names
/// of a store.
public struct PairLists: Sendable {
  public let format: any PairListFormat
  /// SHA-256 that a file (relative to the lists' folder) must have, where the protocol says so.
  public let expectedDigests: [String: String]
  /// What stands before and after an image id of the list in the names of the store.
  public let prefix: String
  public let suffix: String

  /// Reads a protocol's `lists` and `names`.
  init(lists: ConfigurationNode, names: ConfigurationNode?) throws {
    let formatKey = "format"
    guard let formatNode = try lists.entries().first(where: { $0.key == formatKey })?.value else {
      throw lists.error(found: "no ‘\(formatKey)’", expected: "the key ‘\(formatKey)’")
    }
    let known = PairListFormats.all.map { $0.name }
    let name = try formatNode.choice(of: known)
    guard let type = PairListFormats.named(name) else { throw formatNode.error(found: formatNode.excerpt) }
    let mapping = try lists.mapping(keys: [formatKey, "sha256"] + type.keys)
    format = try type.init(mapping)
    expectedDigests = try ExpectedDigests(mapping["sha256"]).digests
    let naming = try names?.mapping(keys: ["prefix", "suffix"])
    prefix = try naming?.value("prefix", default: "") { try $0.string() } ?? ""
    suffix = try naming?.value("suffix", default: "") { try $0.string() } ?? ""
  }

  /// The name in the store of an image of the list.
  func storeName(_ image: String) -> String { prefix + image + suffix }

  /// The digests of the list files in `folder`, in the order in which the format names them. A file that is not the expected
  /// one is an error.
  func digests(folder: String, folds: Int) throws -> [ListDigest] {
    try ExpectedDigests(expectedDigests).digests(of: format.files(folds: folds), folder: folder)
  }
}

/// The content of a list file, by its digest.
public struct ListDigest: Codable, Equatable, Sendable {
  /// Relative to the folder of the lists.
  public let file: String
  public let sha256: String

  public init(file: String, sha256: String) {
    self.file = file
    self.sha256 = sha256
  }
}

extension PairLists: Codable, Equatable {
  private enum CodingKeys: String, CodingKey { case format, settings, expectedDigests, prefix, suffix }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .format)
    guard let type = PairListFormats.named(name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .format, in: container, debugDescription: "the unknown list format \(name)")
    }
    format = try container.decode(type, forKey: .settings)
    expectedDigests = try container.decode([String: String].self, forKey: .expectedDigests)
    prefix = try container.decode(String.self, forKey: .prefix)
    suffix = try container.decode(String.self, forKey: .suffix)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(type(of: format).name, forKey: .format)
    try container.encode(format, forKey: .settings)
    try container.encode(expectedDigests, forKey: .expectedDigests)
    try container.encode(prefix, forKey: .prefix)
    try container.encode(suffix, forKey: .suffix)
  }

  public static func == (a: PairLists, b: PairLists) -> Bool {
    func same<Format: PairListFormat>(_ format: Format) -> Bool { format == b.format as? Format }
    return same(a.format) && a.expectedDigests == b.expectedDigests && a.prefix == b.prefix
      && a.suffix == b.suffix
  }
}
