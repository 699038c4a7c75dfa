import FeatureStores
import Foundation
import Learning

/// A claim of a publication as a statement that results can decide.
public struct ClaimDefinition: Sendable {
  /// Lower-case letters, digits and dashes.
  public var id: String
  public var paper: String
  /// What is claimed, in the publication's words or close to them.
  public var statement: String
  /// How that is made a number here, and where this is our reading.
  public var reading: String
  /// Files of experiments, each a scope of its own.
  public var experiments: [String]
  /// The losses that it is about, each a scope; empty for all of the experiments'.
  public var losses: [MethodSelector<LossRegistry>]
  public var mechanism: MethodSelector<MechanismRegistry>
  /// What the mechanism is compared with; nil for the baseline of each block (`MechanismBlock.baseline`).
  public var against: MethodSelector<MechanismRegistry>?
  public var statistic: ClaimStatistic
  public var claimed: ClaimedRange
  /// In the unit of the statistic.
  public var tolerance: Double
  /// The file and line that errors name.
  let file: String
  let line: Int?

  init(_ node: ConfigurationNode) throws {
    let mapping = try node.mapping(keys: [
      "id", "paper", "statement", "reading", "experiments", "losses", "mechanism", "against", "statistic",
      "claimed",
      "tolerance",
    ])
    file = node.file
    line = node.line
    let idNode = try mapping.required("id")
    id = try idNode.string()
    guard !id.isEmpty, id == RunIdentity.readable(id) else {
      throw idNode.error(
        found: idNode.excerpt, expected: "lower-case ASCII letters, digits, dots and single dashes")
    }
    paper = try mapping.required("paper").string()
    statement = try mapping.required("statement").string()
    reading = try mapping.required("reading").string()
    let files = try mapping.required("experiments")
    experiments = try files.list().map { try $0.existingFile() }
    guard !experiments.isEmpty, Set(experiments).count == experiments.count else {
      throw files.error(found: "no experiment, or one twice", expected: "files of different experiments")
    }
    losses = try mapping.value("losses", default: []) { try $0.list().map(MethodSelector.init) }
    mechanism = try MethodSelector(mapping.required("mechanism"))
    against = try mapping["against"].map(MethodSelector.init)
    statistic = try ClaimStatistic(mapping.required("statistic"))
    if let node = mapping["against"], !statistic.needsOther {
      throw node.error(
        found: "‘against’, but the statistic compares nothing", expected: "compare: difference or ratio")
    }
    claimed = try ClaimedRange(mapping.required("claimed"))
    tolerance = try mapping.required("tolerance").number(in: 0...(.infinity))
  }

  /// An error about the claim itself, found when results are read.
  func error(found: String, expected: String? = nil, advice: String? = nil) -> HarnessError {
    HarnessError(
      .badInput, file: file,
      place: [line.map { "line \($0)" }, "claim \(id)"].compactMap(\.self).joined(separator: ", "),
      found: found, expected: expected, advice: advice)
  }
}

/// The claims of a YAML file: `level`, of all intervals, and `claims`.
public struct ClaimFile: Sendable {
  public var level: Double
  public var claims: [ClaimDefinition]

  /// Reads and checks the YAML file at `path`. Paths of experiments are relative to its folder.
  public init(file path: String) throws {
    try self.init(ConfigurationNode(file: path))
  }

  public init(_ root: ConfigurationNode) throws {
    let top = try root.mapping(keys: ["level", "claims"])
    level = try top.value("level", default: 0.95) { try $0.number(in: 0.5...0.9999) }
    let nodes = try top.required("claims").list()
    guard !nodes.isEmpty else { throw try top.required("claims").error(found: "no claim") }
    claims = []
    for node in nodes {
      let claim = try ClaimDefinition(node)
      guard !claims.contains(where: { $0.id == claim.id }) else {
        throw node.error(found: "the id ‘\(claim.id)’ twice", expected: "different ids")
      }
      claims.append(claim)
    }
  }

  /// The experiments that the claims name, in the order of their first mention.
  public var experiments: [String] {
    claims.flatMap(\.experiments).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
