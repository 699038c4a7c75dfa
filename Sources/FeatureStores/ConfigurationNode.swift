import Foundation
import Yams

/// One value of a YAML configuration file, with its file, line and key path, read strictly.
///
/// Every reader names the offending file, line and key in its error; a mapping is read through `mapping(keys:)`, which
/// refuses unknown and repeated keys and suggests the nearest known one. Worlds, protocols and experiments are all read
/// through this type. The parts of a value may come from several files (`overlaid(by:)`) and from the command line
/// (`ConfigurationOverride`); each remembers where it was written.
public struct ConfigurationNode {
  public let file: String
  /// The keys and indices that lead here, such as `training.schedule.steps` or `losses[2]`; empty at the root.
  public let path: String
  /// The folder that paths written here are relative to.
  public let folder: String
  /// The line in the file, counted from 1; nil for what is in no file.
  public let line: Int?
  let content: Content

  enum Content {
    /// With its YAML type.
    case scalar(Node)
    case list([ConfigurationNode])
    /// In the order of the file. Keys are scalars in files that are right.
    case mapping([Entry])
  }

  struct Entry {
    var key: ConfigurationNode
    var value: ConfigurationNode
  }

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
    guard let node = try Self.compose(text, file: file) else {
      throw HarnessError(.badInput, file: file, found: "an empty file", expected: "a YAML mapping")
    }
    let folder = (file as NSString).deletingLastPathComponent
    self.init(file: file, path: "", folder: folder.isEmpty ? "." : folder, node: node, hasLines: true)
  }

  /// What the parser makes of `text`; nil where there is nothing in it.
  static func compose(_ text: String, file: String) throws -> Node? {
    do { return try Yams.compose(yaml: text) } catch let error as YamlError {
      throw malformed(error, file: file)
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

  init(file: String, path: String, folder: String, line: Int?, content: Content) {
    self.file = file
    self.path = path
    self.folder = folder
    self.line = line
    self.content = content
  }

  /// What the parser made of a text in `file`, or of one that is in no file and has no lines.
  init(file: String, path: String, folder: String, node: Node, hasLines: Bool) {
    func part(_ node: Node, _ path: String) -> ConfigurationNode {
      ConfigurationNode(file: file, path: path, folder: folder, node: node, hasLines: hasLines)
    }
    let content: Content =
      switch node {
      case .sequence(let elements):
        .list(elements.enumerated().map { part($1, Self.path(path, $0)) })
      case .mapping(let entries):
        .mapping(
          entries.map { key, value in
            Entry(key: part(key, path), value: part(value, Self.path(path, key.scalar?.string ?? "?")))
          })
      case .scalar, .alias: .scalar(node)
      }
    self.init(
      file: file, path: path, folder: folder, line: hasLines ? node.mark?.line : nil, content: content)
  }

  /// The path of an element of a list.
  static func path(_ path: String, _ index: Int) -> String { "\(path)[\(index)]" }

  /// The path of a value of a mapping.
  static func path(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// An error about this value.
  public func error(found: String, expected: String? = nil, advice: String? = nil) -> HarnessError {
    let place = [line.map { "line \($0)" }, path.isEmpty ? nil : path].compactMap(\.self)
    return HarnessError(
      .badInput, file: file, place: place.isEmpty ? nil : place.joined(separator: ", "), found: found,
      expected: expected, advice: advice)
  }

  /// The value as it stands in the file, for messages.
  public var excerpt: String {
    switch content {
    case .scalar(let node): node.scalar.map { "‘\($0.string)’" } ?? "an alias"
    case .mapping: "a mapping"
    case .list: "a list"
    }
  }

  public var isMapping: Bool { if case .mapping = content { true } else { false } }
  public var isList: Bool { if case .list = content { true } else { false } }
  public var isScalar: Bool { scalar?.scalar != nil }
  /// Whether the value is YAML's null (`~`, `null` or nothing).
  public var isNull: Bool { scalar?.null != nil }

  private var scalar: Node? { if case .scalar(let node) = content { node } else { nil } }

  /// The text of a scalar, whatever YAML type it has.
  public func string() throws -> String {
    guard let scalar = scalar?.scalar else { throw error(found: excerpt, expected: "text") }
    return scalar.string
  }

  /// An integer; `1_000` and `1e3` are accepted.
  public func integer() throws -> Int {
    if let value = scalar?.int { return value }
    if let value = scalar?.float, value == value.rounded(), value.magnitude < 0x1p53 { return Int(value) }
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
    guard let value = scalar?.float ?? scalar?.int.map(Double.init), value.isFinite else {
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
    guard let value = scalar?.bool else { throw error(found: excerpt, expected: "true or false") }
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
    guard case .list(let elements) = content else { throw error(found: excerpt, expected: "a list") }
    return elements
  }

  /// The elements of a list, or the value itself as a list of one.
  public func listOrValue() throws -> [ConfigurationNode] {
    isList ? try list() : [self]
  }

  /// The entries of a mapping with any keys, in the order of the file. Repeated keys are an error.
  public func entries() throws -> [(key: String, value: ConfigurationNode)] {
    guard case .mapping(let entries) = content else {
      throw error(found: excerpt, expected: "a mapping (key: value)")
    }
    var seen: Set<String> = []
    return try entries.map { entry in
      let name = try entry.key.string()
      guard seen.insert(name).inserted else { throw entry.key.error(found: "the key ‘\(name)’ twice") }
      return (name, entry.value)
    }
  }

  /// A mapping whose keys must all be among `keys`.
  public func mapping(keys: [String]) throws -> ConfigurationMapping {
    guard case .mapping(let entries) = content else {
      throw error(found: excerpt, expected: "a mapping with keys among \(keys.joined(separator: ", "))")
    }
    for entry in entries {
      let name = try entry.key.string()
      guard keys.contains(name) else {
        let suggestion = NearestName.suggestion(for: name, among: keys)
        throw entry.key.error(
          found: "the unknown key ‘\(name)’", expected: "one of \(keys.joined(separator: ", "))",
          advice: suggestion.map { "Did you mean ‘\($0)’?" })
      }
    }
    return ConfigurationMapping(node: self, values: try self.entries())
  }
}
