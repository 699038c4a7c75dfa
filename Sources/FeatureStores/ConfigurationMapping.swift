/// The entries of a mapping whose keys have been checked.
public struct ConfigurationMapping {
  /// The mapping itself, for errors about it as a whole.
  public let node: ConfigurationNode
  private let values: [String: ConfigurationNode]

  init(node: ConfigurationNode, values: [(key: String, value: ConfigurationNode)]) {
    self.node = node
    self.values = Dictionary(values.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// The value of `key`; nil where the key is absent or null.
  public subscript(key: String) -> ConfigurationNode? {
    values[key].flatMap { $0.isNull ? nil : $0 }
  }

  /// The value of a key that must be there.
  public func required(_ key: String) throws -> ConfigurationNode {
    guard let value = self[key] else {
      throw node.error(found: "no ‘\(key)’", expected: "the key ‘\(key)’")
    }
    return value
  }

  /// What `read` makes of the value of `key`, or `fallback` where it is absent.
  public func value<Value>(
    _ key: String, default fallback: @autoclosure () throws -> Value,
    _ read: (ConfigurationNode) throws -> Value
  ) throws -> Value {
    guard let node = self[key] else { return try fallback() }
    return try read(node)
  }
}
