import Foundation

/// What a store holds of each row beside its features, as files of other programs give it.
public enum ImportedPart: String, Sendable, Hashable, CaseIterable {
  /// The image id.
  case names
  /// The person, by any name or number; labels are numbered in the order in which people first appear.
  case identities
  /// The label, 0 … C−1 without gaps.
  case labels
  case media
  case templates
  /// The detector score, or another quality weight.
  case quality
  /// 0 frontal, 1 profile.
  case pose

  /// The header of its column in a CSV file.
  public var column: String {
    switch self {
    case .names: "name"
    case .identities: "identity"
    case .labels: "label"
    case .templates: "template"
    case .media, .quality, .pose: rawValue
    }
  }
}

/// One value a row, from a text file with a value a line, a NumPy array, or a column of a table.
public struct ImportedColumn {
  private enum Values {
    case texts([String], lines: [Int]?)
    case array(NumPyArray)
  }

  /// The file, for messages.
  public let source: String
  private let values: Values

  init(source: String, lines: [Int]? = nil, texts: [String]) {
    self.source = source
    values = .texts(texts, lines: lines)
  }

  init(_ array: NumPyArray) {
    source = array.source.name
    values = .array(array)
  }

  /// Reads `address`: a `.npy` file, a member of an archive (`FILE.npz#KEY`), or else a text file in UTF-8 with a value a line. Lines may
  /// end in LF or CRLF; an empty one is an error but at the end.
  public init(_ address: String) throws {
    if let array = try NumPyFile.open(address) {
      self.init(array)
      return
    }
    let file = try FileBytes(address)
    let bytes = try file.bytes(at: 0, count: file.count)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw file.error(
        found: "bytes that are not UTF-8", expected: "a text file with a value a line, or a NumPy array")
    }
    var lines = text.drop { $0 == "\u{FEFF}" }
      .split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
    while lines.last?.trimmingSpaces.isEmpty == true { lines.removeLast() }
    if let blank = lines.firstIndex(where: { $0.trimmingSpaces.isEmpty }) {
      throw HarnessError(
        .badInput, file: address, place: "line \(blank + 1)", found: "an empty line",
        expected: "the value of row \(blank)")
    }
    self.init(source: address, texts: lines)
  }

  private func error(_ index: Int, _ found: String, _ expected: String) -> HarnessError {
    let place: String
    switch values {
    case .texts(_, let lines): place = "line \(lines?[index] ?? index + 1)"
    case .array: place = "element \(index)"
    }
    return HarnessError(.badInput, file: source, place: place, found: found, expected: expected)
  }

  /// The values as text; integers in decimal digits. Empty text is an error.
  public func texts() throws -> [String] {
    let texts: [String]
    switch values {
    case .texts(let values, _): texts = values
    case .array(let array):
      if case .text = array.header.element {
        texts = try array.texts()
      } else {
        texts = try array.integers().map(String.init)
      }
    }
    if let empty = texts.firstIndex(of: "") { throw error(empty, "no text", "a value for every row") }
    return texts
  }

  /// The values as integers.
  public func integers() throws -> [Int64] {
    switch values {
    case .array(let array): return try array.integers()
    case .texts(let texts, _):
      return try texts.enumerated().map { index, text in
        guard let value = Int64(text.trimmingSpaces) else { throw error(index, "`\(text)`", "an integer") }
        return value
      }
    }
  }

  /// The values as numbers.
  public func reals() throws -> [Float] {
    switch values {
    case .array(let array): return try array.reals()
    case .texts(let texts, _):
      return try texts.enumerated().map { index, text in
        guard let value = Float(text.trimmingSpaces) else { throw error(index, "`\(text)`", "a number") }
        return value
      }
    }
  }

  /// The values as integers that a type of fewer bits holds.
  func integers<Narrow: FixedWidthInteger>(as type: Narrow.Type, _ expected: String) throws -> [Narrow] {
    try integers().enumerated().map { index, value in
      guard let narrow = Narrow(exactly: value) else { throw error(index, "\(value)", expected) }
      return narrow
    }
  }
}
