import FeatureStores

/// The value of one option of a loss or a mechanism.
public enum OptionValue: Hashable, Sendable, Codable {
  case number(Double)
  case text(String)
  case flag(Bool)
  /// More than one number; a single one is a `number`.
  case numbers([Double])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let numbers = try? container.decode([Double].self) {
      self = .numbers(numbers)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .flag(let value): try container.encode(value)
    case .numbers(let value): try container.encode(value)
    }
  }
}

extension OptionValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let value): Self.text(value)
    case .text(let value): value
    case .flag(let value): "\(value)"
    case .numbers(let values): values.map(Self.text).joined(separator: " ")
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }
}

/// What one option means, which values it takes, and what it is when nobody sets it.
public struct OptionDescription: Sendable {
  /// The values that an option takes.
  public enum Domain: Sendable {
    case number(ClosedRange<Double>)
    /// A number above 0.
    case positive
    case integer(ClosedRange<Int>)
    case choice([String])
    case flag
    /// A number, or a list of numbers.
    case numbers(ClosedRange<Double>)
  }

  public let name: String
  public let domain: Domain
  public let defaultValue: OptionValue
  /// The meaning in one line, with the source of the default.
  public let summary: String

  public init(_ name: String, _ domain: Domain, default value: OptionValue, _ summary: String) {
    self.name = name
    self.domain = domain
    defaultValue = value
    self.summary = summary
  }

  /// Reads the value strictly.
  func read(_ node: ConfigurationNode) throws -> OptionValue {
    switch domain {
    case .number(let range): return .number(try node.number(in: range))
    case .positive:
      let value = try node.number()
      guard value > 0 else { throw node.error(found: node.excerpt, expected: "a number above 0") }
      return .number(value)
    case .integer(let range): return .number(Double(try node.integer(in: range)))
    case .choice(let choices): return .text(try node.choice(of: choices))
    case .flag: return .flag(try node.boolean())
    case .numbers(let range):
      if node.isScalar { return .number(try node.number(in: range)) }
      let values = try node.list().map { try $0.number(in: range) }
      guard let first = values.first else { throw node.error(found: "an empty list", expected: "numbers") }
      return values.count == 1 ? .number(first) : .numbers(values)
    }
  }

  /// Whether `value` lies in the domain.
  func accepts(_ value: OptionValue) -> Bool {
    switch (domain, value) {
    case (.number(let range), .number(let value)): range.contains(value)
    case (.positive, .number(let value)): value > 0 && value.isFinite
    case (.integer(let range), .number(let value)):
      value == value.rounded() && value.magnitude < 0x1p53 && range.contains(Int(value))
    case (.choice(let choices), .text(let value)): choices.contains(value)
    case (.flag, .flag): true
    case (.numbers(let range), .number(let value)): range.contains(value)
    case (.numbers(let range), .numbers(let values)):
      values.count > 1 && values.allSatisfy { range.contains($0) }
    default: false
    }
  }
}

/// A named set of option values: what one code base uses.
public struct Preset: Sendable {
  public let name: String
  public let values: [String: OptionValue]
  /// The source.
  public let summary: String

  public init(_ name: String, _ values: [String: OptionValue], _ summary: String) {
    self.name = name
    self.values = values
    self.summary = summary
  }
}

/// The names, options and presets of a loss or a mechanism: all that `list` shows and that YAML is checked against.
public struct MethodDescription: Sendable {
  /// The name in YAML: `arcface`.
  public let name: String
  /// The name in tables and legends: `ArcFace`.
  public let title: String
  public let summary: String
  public let options: [OptionDescription]
  public let presets: [Preset]

  public init(
    name: String, title: String, summary: String, options: [OptionDescription], presets: [Preset] = []
  ) {
    self.name = name
    self.title = title
    self.summary = summary
    self.options = options
    self.presets = presets
  }
}

/// All options of one configured loss or mechanism, each with a value.
///
/// The accessors take names that the description declares; another name, or another type, is a programming error.
public struct Options: Hashable, Sendable, Codable {
  public private(set) var values: [String: OptionValue]

  init(values: [String: OptionValue]) { self.values = values }

  public init(from decoder: any Decoder) throws {
    values = try [String: OptionValue](from: decoder)
  }

  public func encode(to encoder: any Encoder) throws {
    try values.encode(to: encoder)
  }

  public func number(_ name: String) -> Double {
    guard case .number(let value)? = values[name] else { preconditionFailure("no number ‘\(name)’") }
    return value
  }

  /// The numbers of an option that takes one or several.
  public func numbers(_ name: String) -> [Double] {
    if case .numbers(let values)? = values[name] { values } else { [number(name)] }
  }

  public func integer(_ name: String) -> Int { Int(number(name)) }

  public func text(_ name: String) -> String {
    guard case .text(let value)? = values[name] else { preconditionFailure("no text ‘\(name)’") }
    return value
  }

  public func flag(_ name: String) -> Bool {
    guard case .flag(let value)? = values[name] else { preconditionFailure("no flag ‘\(name)’") }
    return value
  }

  /// The case of an enumeration whose raw values are the choices of the option.
  public func choice<Value: RawRepresentable>(_ name: String, _ type: Value.Type) -> Value
  where Value.RawValue == String {
    guard let value = Value(rawValue: text(name)) else { preconditionFailure("no case for ‘\(name)’") }
    return value
  }
}
