public import FeatureStores

/// A kind of thing that experiments choose by name, with options: losses and mechanisms.
public protocol MethodKind: Sendable {
  /// What one is called in messages: `loss`, `mechanism`.
  static var noun: String { get }
  static var descriptions: [MethodDescription] { get }
}

/// A loss or mechanism chosen by name, with every option resolved.
///
/// In YAML either the bare name (`arcface`) or a mapping: `name`, optionally `preset`, and options by name. Values come from
/// the description's defaults, then the preset, then the mapping. The resolved values alone are encoded, so that equal
/// settings are equal configurations however they were written.
public struct MethodConfiguration<Kind: MethodKind>: Hashable, Sendable, Codable {
  public let name: String
  public let options: Options

  /// The configuration of `name` with the given options over `preset` over the defaults.
  ///
  /// Throws `HarnessError` for an unknown name, preset or option and for a value out of its domain.
  public init(_ name: String, preset: String? = nil, _ values: [String: OptionValue] = [:]) throws {
    guard let description = Kind.descriptions.first(where: { $0.name == name }) else {
      throw Self.unknown(Kind.noun, name, among: Kind.descriptions.map(\.name))
    }
    var resolved = Dictionary(uniqueKeysWithValues: description.options.map { ($0.name, $0.defaultValue) })
    if let preset {
      guard let found = description.presets.first(where: { $0.name == preset }) else {
        throw Self.unknown("preset of \(name)", preset, among: description.presets.map(\.name))
      }
      resolved.merge(found.values) { $1 }
    }
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let option = description.options.first(where: { $0.name == key }) else {
        throw Self.unknown("option of \(name)", key, among: description.options.map(\.name))
      }
      guard option.accepts(value) else {
        throw HarnessError(
          .badInput, found: "\(key) = \(value)", expected: "a value of the domain \(option.domain)")
      }
      resolved[key] = value
    }
    self.name = name
    options = Options(values: resolved)
  }

  /// Reads the bare name or the mapping strictly.
  public init(_ node: ConfigurationNode) throws {
    let names = Kind.descriptions.map(\.name)
    if node.isScalar {
      try self.init(node.choice(of: names))
      return
    }
    guard let nameNode = try node.entries().first(where: { $0.key == "name" })?.value else {
      throw node.error(
        found: "no ‘name’", expected: "the name of a \(Kind.noun): \(names.joined(separator: ", "))")
    }
    let name = try nameNode.choice(of: names)
    guard let description = Kind.descriptions.first(where: { $0.name == name }) else {
      throw nameNode.error(found: nameNode.excerpt)
    }
    let mapping = try node.mapping(keys: ["name", "preset"] + description.options.map(\.name))
    let preset = try mapping["preset"]?.choice(of: description.presets.map(\.name))
    var values: [String: OptionValue] = [:]
    for option in description.options {
      if let value = mapping[option.name] { values[option.name] = try option.read(value) }
    }
    try self.init(name, preset: preset, values)
  }

  /// The name in tables and legends.
  public var title: String { Kind.descriptions.first { $0.name == name }?.title ?? name }

  /// The configurations that `node` stands for: one, or where lists are written in place of a single value one for each combination of
  /// their elements, in the order written. Options that take several numbers take a list as one value.
  public static func sweep(_ node: ConfigurationNode) throws -> [MethodConfiguration] {
    guard node.isMapping else { return [try MethodConfiguration(node)] }
    let names =
      try node.entries().first { $0.key == "name" }?.value.listOrValue().map { try? $0.string() } ?? []
    let lists = Kind.descriptions.filter { names.contains($0.name) }.flatMap(\.options).filter { option in
      if case .numbers = option.domain { true } else { false }
    }
    return try node.sweep(listKeys: Set(lists.map(\.name))).map { try MethodConfiguration($0) }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    try self.init(
      container.decode(String.self, forKey: .name), container.decode(Options.self, forKey: .options).values)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(name, forKey: .name)
    try container.encode(options, forKey: .options)
  }

  private enum Keys: String, CodingKey { case name, options }

  private static func unknown(_ noun: String, _ name: String, among names: [String]) -> HarnessError {
    HarnessError(
      .badInput, found: "the unknown \(noun) ‘\(name)’",
      expected: names.isEmpty ? "none" : "one of \(names.joined(separator: ", "))",
      advice: NearestName.suggestion(for: name, among: names).map { "Did you mean ‘\($0)’?" })
  }
}
