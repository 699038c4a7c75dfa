/// Where a feature store is: a group of an HDF5 file; or the dataset of its features, where that is not called `features`.
///
/// Written `path.h5`, for the file's root group, or `path.h5#group`, with `/` between nested groups. The group begins after
/// the first `#` that follows `.h5` or `.hdf5`; a path without these extensions ends at its last `#`. Slashes at either end of
/// a group name mean nothing.
public struct StoreLocation: Sendable, Hashable, CustomStringConvertible {
  /// The path of the file.
  public let path: String
  /// The absolute path of the group, such as `/` or `/train/deep`.
  public let group: String

  public init(path: String, group: String = "/") {
    self.path = path
    self.group = "/" + group.split(separator: "/").joined(separator: "/")
  }

  /// The location that `text` names. Any text names one; whether anything is there shows when it is opened.
  public init(_ text: String) {
    guard let hash = Self.separator(in: text) else {
      self.init(path: text)
      return
    }
    self.init(path: String(text[..<hash]), group: String(text[text.index(after: hash)...]))
  }

  private static func separator(in text: String) -> String.Index? {
    let hashes = text.indices.filter { text[$0] == "#" }
    func hasExtension(_ path: Substring) -> Bool {
      let path = path.lowercased()
      return path.hasSuffix(".h5") || path.hasSuffix(".hdf5")
    }
    if let first = hashes.first(where: { hasExtension(text[..<$0]) }) { return first }
    return hasExtension(text[...]) ? nil : hashes.last
  }

  /// The text that `init(_:)` turns back into this location.
  public var description: String {
    if group == "/" && Self.separator(in: path) == nil { return path }
    return path + "#" + group.dropFirst()
  }
}

extension StoreLocation: Codable {
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
