import FeatureStores

/// How an image of a list is named in a store: `names: {prefix: "", suffix: "", extension: drop}`.
public struct ImageNaming: Codable, Equatable, Sendable {
  public enum ExtensionRule: String, Codable, CaseIterable, Sendable {
    /// `1.jpg` of the list is `1` in the store (the default).
    case drop
    /// The store has the extension, too.
    case keep
  }

  public var prefix: String
  public var suffix: String
  public var fileExtension: ExtensionRule

  public init(prefix: String = "", suffix: String = "", fileExtension: ExtensionRule = .drop) {
    self.prefix = prefix
    self.suffix = suffix
    self.fileExtension = fileExtension
  }

  init(_ node: ConfigurationNode?) throws {
    let mapping = try node?.mapping(keys: ["prefix", "suffix", "extension"])
    prefix = try mapping?.value("prefix", default: "") { try $0.string() } ?? ""
    suffix = try mapping?.value("suffix", default: "") { try $0.string() } ?? ""
    fileExtension =
      try mapping?.value("extension", default: .drop) { try $0.choice(ExtensionRule.self) } ?? .drop
  }

  /// The name in the store of an image of the list.
  func storeName(_ image: String) -> String {
    prefix + (fileExtension == .drop ? withoutExtension(image) : image) + suffix
  }
}
