import Foundation
import Yams

/// One value of a YAML configuration file, with its file, line and key path, read strictly.
///
/// Every reader names the offending file, line and key in its error; a mapping is read through `mapping(keys:)`, which
/// refuses unknown and repeated keys and suggests the nearest known one. Worlds, protocols and experiments are all read
/// through this type.
public struct ConfigurationNode {
  public let file: String
  /// The keys and indices that lead here, such as `training.schedule.steps` or `losses[2]`; empty at the root.
  public let path: String
  let node: Node

  /// The root of the YAML file at `path`. An empty file is an error.
  public init(file path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HarnessError(
        .missingInput, file: path, found: "no such file, or it cannot be read",
        advice: "Check the path and its permissions.")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw HarnessError(.badInput, file: path, found: "bytes that are not UTF-8", expected: "YAML in UTF-8")
    }
    try self.init(text: text, file: path)
  }

  /// The root of YAML `text`, named `file` in errors.
  public init(text: String, file: String) throws {
    self.file = file
    self.path = ""
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw HarnessError(.badInput, file: file, found: "an empty file", expected: "a YAML mapping")
      }
      self.node = node
    } catch let error as YamlError {
      throw Self.malformed(error, file: file)
    }
  }

  /// The parser's complaint in one line, with the place where it names one.
  private static func malformed(_ error: YamlError, file: String) -> HarnessError {
    let problem: String
    var place: String?
    switch error {
    case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _),
      .composer(_, let text, let mark, _):
      problem = text
      place = "line \(mark.line), column \(mark.column)"
    case .duplicatedKeysInMapping(let duplicates, let context):
      problem = "the key ‘\(duplicates.sorted().joined(separator: "’, ‘"))’ twice in a mapping"
      place = "line \(context.mark.line), column \(context.mark.column)"
    case .reader(let text, let offset, _, _):
      problem = text
      place = offset.map { "byte \($0)" }
    default:
      problem = String(describing: error).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
    return HarnessError(
      .badInput, file: file, place: place, found: "text that is not YAML: \(problem)", expected: "YAML",
      advice: "Check indentation, colons and quotes there and in the lines before.")
  }

  init(file: String, path: String, node: Node) {
    self.file = file
    self.path = path
    self.node = node
  }

  /// The line in the file, counted from 1.
  public var line: Int? { node.mark?.line }

  /// An error about this value.
  public func error(found: String, expected: String? = nil, advice: String? = nil) -> HarnessError {
    let place = [line.map { "line \($0)" }, path.isEmpty ? nil : path].compactMap(\.self)
    return HarnessError(
      .badInput, file: file, place: place.isEmpty ? nil : place.joined(separator: ", "), found: found,
      expected: expected, advice: advice)
  }

  /// The value as it stands in the file, for messages.
  public var excerpt: String {
    switch node {
    case .scalar(let scalar): "‘\(scalar.string)’"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  public var isMapping: Bool { node.mapping != nil }
  public var isList: Bool { node.sequence != nil }
  public var isScalar: Bool { node.scalar != nil }
  /// Whether the value is YAML's null (`~`, `null` or nothing).
  public var isNull: Bool { node.null != nil }

  /// The text of a scalar, whatever YAML type it has.
  public func string() throws -> String {
    guard let scalar = node.scalar else { throw error(found: excerpt, expected: "text") }
    return scalar.string
  }

  /// An integer; `1_000` and `1e3` are accepted.
  public func integer() throws -> Int {
    if let value = node.int { return value }
    if let value = node.float, value == value.rounded(), value.magnitude < 0x1p53 { return Int(value) }
    throw error(found: excerpt, expected: "an integer")
  }

  /// An integer within `range`.
  public func integer(in range: ClosedRange<Int>) throws -> Int {
    let value = try integer()
    guard range.contains(value) else {
      let bounds =
        range.upperBound == .max
        ? "an integer of at least \(range.lowerBound)"
        : "an integer from \(range.lowerBound) to \(range.upperBound)"
      throw error(found: excerpt, expected: bounds)
    }
    return value
  }

  /// A finite number.
  public func number() throws -> Double {
    guard let value = node.float ?? node.int.map(Double.init), value.isFinite else {
      throw error(found: excerpt, expected: "a finite number")
    }
    return value
  }

  /// A finite number within `range`.
  public func number(in range: ClosedRange<Double>) throws -> Double {
    let value = try number()
    guard range.contains(value) else {
      throw error(
        found: excerpt,
        expected: range.upperBound == .infinity
          ? "a number of at least \(range.lowerBound)"
          : "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// `true` or `false`.
  public func boolean() throws -> Bool {
    guard let value = node.bool else { throw error(found: excerpt, expected: "true or false") }
    return value
  }

  /// One of `choices`.
  public func choice(of choices: [String]) throws -> String {
    let text = try string()
    guard choices.contains(text) else {
      let suggestion = NearestName.suggestion(for: text, among: choices)
      throw error(
        found: excerpt, expected: "one of \(choices.joined(separator: ", "))",
        advice: suggestion.map { "Did you mean ‘\($0)’?" })
    }
    return text
  }

  /// A case of an enumeration, by raw value.
  public func choice<Value: RawRepresentable & CaseIterable>(_ type: Value.Type) throws -> Value
  where Value.RawValue == String {
    let text = try choice(of: Value.allCases.map(\.rawValue))
    guard let value = Value(rawValue: text) else { throw error(found: excerpt) }
    return value
  }

  /// The elements of a list. A single value is not taken for a list of one.
  public func list() throws -> [ConfigurationNode] {
    guard let sequence = node.sequence else { throw error(found: excerpt, expected: "a list") }
    return sequence.enumerated().map { index, element in
      ConfigurationNode(file: file, path: "\(path)[\(index)]", node: element)
    }
  }

  /// The elements of a list, or the value itself as a list of one.
  public func listOrValue() throws -> [ConfigurationNode] {
    isList ? try list() : [self]
  }

  /// The entries of a mapping with any keys, in the order of the file. Repeated keys are an error.
  public func entries() throws -> [(key: String, value: ConfigurationNode)] {
    guard let mapping = node.mapping else {
      throw error(found: excerpt, expected: "a mapping (key: value)")
    }
    var seen: Set<String> = []
    return try mapping.map { key, value in
      let keyNode = ConfigurationNode(file: file, path: path, node: key)
      let name = try keyNode.string()
      guard seen.insert(name).inserted else { throw keyNode.error(found: "the key ‘\(name)’ twice") }
      return (name, ConfigurationNode(file: file, path: path.isEmpty ? name : "\(path).\(name)", node: value))
    }
  }

  /// A mapping whose keys must all be among `keys`.
  public func mapping(keys: [String]) throws -> ConfigurationMapping {
    guard let mapping = node.mapping else {
      throw error(found: excerpt, expected: "a mapping with keys among \(keys.joined(separator: ", "))")
    }
    for (key, _) in mapping {
      let keyNode = ConfigurationNode(file: file, path: path, node: key)
      let name = try keyNode.string()
      guard keys.contains(name) else {
        let suggestion = NearestName.suggestion(for: name, among: keys)
        throw keyNode.error(
          found: "the unknown key ‘\(name)’", expected: "one of \(keys.joined(separator: ", "))",
          advice: suggestion.map { "Did you mean ‘\($0)’?" })
      }
    }
    return ConfigurationMapping(node: self, values: try entries())
  }
}
