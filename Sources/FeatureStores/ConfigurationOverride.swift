import Yams

/// A value of a configuration that is given apart from its file: `PATH=VALUE`, such as `training.steps=200` or `losses.0.scale=32`.
///
/// The path is of keys and of indices counted from 0 (`losses.0` or `losses[0]`); the value is YAML, `[0.1, 0.2]` and `{name: sgd}`
/// included, and nothing takes the key away. Keys that are not there are added, so that whoever reads the configuration refuses unknown
/// ones. A key below a bare name makes a mapping of it: `losses.0.scale` of `[arcface]` gives `{name: arcface, scale: …}`. Relative paths
/// in the value are relative to the folder in which the program runs.
public struct ConfigurationOverride: Sendable, Equatable {
  /// As it was written.
  public let text: String
  private let keys: [String]
  private let value: String

  /// Reads `PATH=VALUE`; anything else is wrong usage.
  public init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let keys = parts[0].replacing("[", with: ".").replacing("]", with: "")
      .split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !keys.contains("") else {
      throw HarnessError(
        .usage, found: "‘\(text)’", expected: "PATH=VALUE, such as training.steps=200 or losses.0.scale=32")
    }
    self.text = text
    self.keys = keys
    value = String(parts[1])
  }

  /// What errors about the value call its file.
  private var file: String { "--set \(text)" }

  /// `root` with the value in its place. An index where there is no such element is an error.
  public func applied(to root: ConfigurationNode) throws -> ConfigurationNode {
    try setting(keys[...], of: root, at: root.path)
  }

  private func setting(_ keys: ArraySlice<String>, of node: ConfigurationNode, at path: String) throws
    -> ConfigurationNode
  {
    guard let key = keys.first else { return try leaf(at: path) }
    let rest = keys.dropFirst()
    switch node.content {
    case .list(var elements):
      guard let index = Int(key), elements.indices.contains(index) else {
        throw error(
          at: path, found: "the element ‘\(key)’ of a list of \(elements.count)",
          expected: elements.isEmpty ? "the list whole" : "an index from 0 to \(elements.count - 1)")
      }
      elements[index] = try setting(rest, of: elements[index], at: ConfigurationNode.path(path, index))
      return node.with(.list(elements))
    case .mapping(var entries):
      let inner = ConfigurationNode.path(path, key)
      if let place = try entries.firstIndex(where: { try $0.key.string() == key }) {
        entries[place].value = try setting(rest, of: entries[place].value, at: inner)
        if entries[place].value.isNull { entries.remove(at: place) }
      } else {
        let value = try setting(rest, of: empty(at: inner), at: inner)
        if !value.isNull { entries.append(.init(key: scalar(key, at: path), value: value)) }
      }
      return node.with(.mapping(entries))
    case .scalar where node.isNull:
      return try setting(keys, of: empty(at: path), at: path)
    case .scalar:
      let mapping = node.with(.mapping([.init(key: scalar("name", at: path), value: node)]))
      return try setting(keys, of: mapping, at: path)
    }
  }

  private func leaf(at path: String) throws -> ConfigurationNode {
    // A node that the parser did not make has no type, so nothing is parsed as null, too.
    let node =
      try ConfigurationNode.compose(value, file: file) ?? ConfigurationNode.compose("~", file: file)
      ?? Node("~")
    return ConfigurationNode(file: file, path: path, folder: ".", node: node, hasLines: false)
  }

  private func empty(at path: String) -> ConfigurationNode {
    ConfigurationNode(file: file, path: path, folder: ".", line: nil, content: .mapping([]))
  }

  private func scalar(_ text: String, at path: String) -> ConfigurationNode {
    ConfigurationNode(file: file, path: path, folder: ".", node: Node(text), hasLines: false)
  }

  private func error(at path: String, found: String, expected: String) -> HarnessError {
    HarnessError(
      .badInput, file: file, place: path.isEmpty ? nil : path, found: found, expected: expected)
  }
}
