import FeatureStores
import Learning

/// Losses or mechanisms by name, and by the options that must agree: a bare name or a mapping, as in experiments.
public struct MethodSelector<Kind: MethodKind>: Sendable {
  public let name: String
  /// The options that were written; others may have any value.
  public let options: [String: OptionValue]

  public init(_ node: ConfigurationNode) throws {
    let configuration = try MethodConfiguration<Kind>(node)
    let fixed = node.isScalar ? [] : try node.entries().map(\.key)
    name = configuration.name
    options = configuration.options.values.filter { fixed.contains($0.key) }
  }

  public func matches(_ configuration: MethodConfiguration<Kind>) -> Bool {
    configuration.name == name && options.allSatisfy { configuration.options.values[$0.key] == $0.value }
  }
}
