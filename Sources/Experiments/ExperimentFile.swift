import FeatureStores
import Foundation

/// The text of an experiment, with the files that it extends and what the command line sets.
///
/// `extends: other.yaml` takes over all that another experiment says: mappings merge key by key, lists and single values replace those of the
/// other file, and null takes a key away. The other file may extend a third. Relative paths stay relative to the file that they are
/// written in. An experiment's `name` is always its own, because its results lie under it.
enum ExperimentFile {
  /// The whole of the experiment in the YAML file at `path`.
  static func root(_ path: String, overrides: [ConfigurationOverride] = []) throws -> ConfigurationNode {
    try overrides.reduce(extended(ConfigurationNode(file: path), chain: [path])) { try $1.applied(to: $0) }
  }

  /// `node`, the root of the last file of `chain`, laid over what it extends.
  private static func extended(_ node: ConfigurationNode, chain: [String]) throws -> ConfigurationNode {
    guard node.isMapping, let link = try node.entries().first(where: { $0.key == "extends" })?.value
    else { return node }
    guard try node.entries().contains(where: { $0.key == "name" }) else {
      throw node.error(
        found: "no ‘name’ beside ‘extends’", expected: "a name of its own",
        advice: "Tables and figures lie under it; those of the other experiment would be replaced.")
    }
    let file = try link.existingFile()
    let place = chain.firstIndex { canonical($0) == canonical(file) }
    if let place {
      throw link.error(
        found: "‘\(try link.string())’, which extends this file in turn "
          + "(\((chain[place...] + [file]).joined(separator: " → ")))",
        expected: "a file that stands alone or extends others")
    }
    let base = try extended(ConfigurationNode(file: file), chain: chain + [file])
    guard base.isMapping else { return base }
    return try base.overlaid(by: node.removing("extends"))
  }

  private static func canonical(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
  }
}
