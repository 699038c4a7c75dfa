import FeatureStores
import Foundation
import Learning

/// An experiment: a grid of training runs and how they are evaluated, read from `experiments/*.yaml`.
///
/// The grid is the product of data × networks × losses × mechanisms × samplers × recipes of training × seeds. In a loss, a mechanism
/// and the training a list in place of one value stands for its elements, each a row of its own. The file may extend another
/// (`extends:`). Relative paths in a file are relative to its folder; stores and their lists are relative to the folder given with `--data`.
public struct ExperimentDefinition: Sendable {
  public var file: String
  /// What was set beside the file, as it was written: `training.steps=200`.
  public var settings: [String] = []
  public var name: String
  public var title: String
  public var data: ExperimentData
  /// Which of the training rows are trained on, in every fold; nil for all.
  public var derivation: DataDerivation?
  public var protocols: [ProtocolUse]
  public var networks: [NamedNetwork]
  public var losses: [LossConfiguration]
  public var mechanisms: [MechanismConfiguration]
  /// How rows are drawn; nil for each mechanism's own way.
  public var samplers: [SamplerConfiguration?]
  /// What is trained with, each a row.
  public var recipes: [TrainingRecipe]
  public var seeds: [UInt64]
  /// Which model of its training each run hands over.
  public var checkpoint: CheckpointChoice
  /// Whom diagnostics of training and embedding are measured on, and checkpoints chosen; nil for nobody.
  public var validation: ValidationChoice?
  /// What runs record besides their results.
  public var diagnostics: [DiagnosticConfiguration]
  /// The FAR at which the legend of a ROC plot gives the TAR, and that of a DET plot the FRR; nil for each protocol's smallest target that one false accept
  /// fits in.
  public var legendFAR: Double?
  /// Whether tables of losses by mechanisms are written besides those of protocols.
  public var showsMatrix: Bool
  /// What publications state for methods of the experiment.
  public var published: [PublishedFigures]

  /// A network with the name it has in tables.
  public struct NamedNetwork: Sendable, Equatable {
    public var name: String
    public var configuration: NetworkConfiguration
  }

  /// Reads and checks the definition in the YAML file at `path`, with what it extends and with `overrides` in their order.
  public init(file path: String, overrides: [ConfigurationOverride] = []) throws {
    try self.init(ExperimentFile.root(path, overrides: overrides))
    file = path
    settings = overrides.map(\.text)
  }

  /// Reads and checks a definition.
  public init(_ root: ConfigurationNode) throws {
    file = root.file
    let top = try root.mapping(keys: [
      "name", "title", "data", "protocols", "networks", "losses", "mechanisms", "samplers", "training",
      "seeds", "checkpoint", "validation", "diagnostics", "report",
    ])
    name = try top.required("name").string()
    guard !name.isEmpty, name == RunIdentity.readable(name) else {
      throw try top.required("name").error(
        found: "the name ‘\(name)’", expected: "lower-case ASCII letters, digits, dots and single dashes",
        advice: "It becomes the folder results/NAME.")
    }
    title = try top.value("title", default: name) { try $0.string() }
    data = try ExperimentData(top.required("data"))
    derivation = try top.required("data").entries().first { $0.key == "derive" }.map {
      try DataDerivation($0.value)
    }
    protocols = try Self.elements(top.required("protocols")).map { [data] in try ProtocolUse($0, data: data) }
    let networkEntries = try top.required("networks").entries()
    guard !networkEntries.isEmpty else { throw try top.required("networks").error(found: "no network") }
    networks = try networkEntries.map { name, node in
      NamedNetwork(name: name, configuration: try NetworkConfiguration(node))
    }
    losses = try Self.elements(top.required("losses")).flatMap { try LossConfiguration.sweep($0) }
    mechanisms = try top.value("mechanisms", default: [MechanismConfiguration("conventional")]) {
      try Self.elements($0).flatMap { try MechanismConfiguration.sweep($0) }
    }
    samplers = try top.value("samplers", default: [nil]) {
      try Self.elements($0).map { try SamplerConfiguration($0) }
    }
    try Self.requireDifferent(protocols, top["protocols"])
    try Self.requireDifferent(networks.map(\.configuration), top["networks"])
    try Self.requireDifferent(losses, top["losses"])
    try Self.requireDifferent(mechanisms, top["mechanisms"])
    try Self.requireDifferent(samplers, top["samplers"])
    recipes = try TrainingRecipe.all(top.required("training"))
    try Self.requireDifferent(recipes, top["training"], isExpanded: true)
    seeds = try Self.elements(top.required("seeds")).map { UInt64(try $0.integer(in: 0...Int.max)) }
    try Self.requireDifferent(seeds, top["seeds"])
    let shortest = recipes.map(\.steps).min() ?? 1
    checkpoint = try top.value("checkpoint", default: .last) { try CheckpointChoice($0, steps: shortest) }
    validation = try top["validation"].map { [data, protocols] in
      try ValidationChoice($0, data: data, tested: protocols.map(\.source))
    }
    if checkpoint.rule == .bestValidation && validation == nil {
      throw try top.required("checkpoint").error(
        found: "the rule ‘best-validation’ without validation identities",
        expected: "‘validation’ beside ‘checkpoint’", advice: ValidationChoice.advice)
    }
    diagnostics = try top.value("diagnostics", default: []) {
      try $0.list().map { try DiagnosticConfiguration($0) }
    }
    try Self.requireDifferent(diagnostics, top["diagnostics"])
    if validation == nil, let measured = diagnostics.first(where: { $0.diagnostic.needsValidation }) {
      throw try top.required("diagnostics").error(
        found: "the diagnostic ‘\(measured.name)’ without validation identities",
        expected: "‘validation’ beside ‘diagnostics’", advice: ValidationChoice.advice)
    }
    let report = try top["report"]?.mapping(keys: ["legend-far", "published", "matrix"])
    legendFAR = try report?["legend-far"].map { try $0.number(in: 1e-9...1) }
    showsMatrix = try report?.value("matrix", default: false) { try $0.boolean() } ?? false
    published =
      try report?["published"]?.list().map { node in
        try PublishedFigures(file: node.existingFile())
      } ?? []
  }

  /// The elements of a list that must not be empty.
  private static func elements(_ node: ConfigurationNode) throws -> [ConfigurationNode] {
    let list = try node.list()
    guard !list.isEmpty else { throw node.error(found: "an empty list", expected: "at least one element") }
    return list
  }

  /// Refuses equal elements; where lists have been expanded, their number says which is meant.
  private static func requireDifferent<Value: Hashable>(
    _ values: [Value], _ node: ConfigurationNode?, isExpanded: Bool = false
  ) throws {
    var seen: Set<Value> = []
    for (index, value) in values.enumerated() where !seen.insert(value).inserted {
      let isExpanded = try isExpanded || node.map { try $0.isList && $0.list().count < values.count } ?? false
      let which =
        isExpanded
        ? "element \(index + 1) of \(values.count), lists expanded," : "element \(index + 1)"
      throw node?.error(
        found: "\(which) is equal to an earlier one, every option resolved",
        expected: "different elements") ?? HarnessError(.fault, found: "equal defaults")
    }
  }
}
