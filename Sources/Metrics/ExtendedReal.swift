/// Codes a `Double` that may be infinite, for formats such as JSON that have no infinity.
///
/// Finite values are coded as numbers, ±∞ as the strings `"Infinity"` and `"-Infinity"`. A threshold of +∞ accepts
/// nothing, −∞ accepts everything. NaN is refused.
@propertyWrapper
public struct ExtendedReal: Codable, Equatable, Sendable {
  public var wrappedValue: Double

  public init(wrappedValue: Double) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      wrappedValue = number
      return
    }
    switch try container.decode(String.self) {
    case "Infinity": wrappedValue = .infinity
    case "-Infinity": wrappedValue = -.infinity
    case let other:
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(other)\" is neither a number nor an infinity")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if wrappedValue.isFinite {
      try container.encode(wrappedValue)
    } else if wrappedValue.isNaN {
      throw EncodingError.invalidValue(
        wrappedValue,
        .init(codingPath: encoder.codingPath, debugDescription: "NaN is no extended real number"))
    } else {
      try container.encode(wrappedValue > 0 ? "Infinity" : "-Infinity")
    }
  }
}

/// Codes an array of `Double`s as `ExtendedReal` codes one.
@propertyWrapper
public struct ExtendedReals: Codable, Equatable, Sendable {
  public var wrappedValue: [Double]

  public init(wrappedValue: [Double]) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws {
    wrappedValue = try [ExtendedReal](from: decoder).map(\.wrappedValue)
  }

  public func encode(to encoder: any Encoder) throws {
    try wrappedValue.map { ExtendedReal(wrappedValue: $0) }.encode(to: encoder)
  }
}
