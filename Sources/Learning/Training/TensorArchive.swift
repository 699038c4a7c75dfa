public import FeatureStores
public import Foundation
public import LinearAlgebra

/// Named matrices and values as bytes: checkpoints and trained models.
///
/// The bytes depend on the content and its order alone. Layout: eight bytes of magic, then entries (name, kind, shape,
/// length, bytes), then a checksum (FNV-1a, 64 bit) of all before; little-endian throughout. Damage is an error, never a
/// wrong number.
public struct TensorArchive: Sendable {
  private enum Kind: UInt8 {
    case json = 0
    case float = 1
    case double = 2
  }

  private struct Entry {
    let name: String
    let kind: Kind
    let rows: Int
    let columns: Int
    let bytes: [UInt8]
  }

  private static let magic: [UInt8] = Array("LIKENESS".utf8)
  private var entries: [Entry] = []
  /// What the bytes are, for errors: `checkpoint`, `model`.
  private let noun: String

  /// An empty archive; `noun` names it in errors.
  public init(noun: String) { self.noun = noun }

  public mutating func add<Element: Scalar>(_ name: String, _ matrix: Matrix<Element>) {
    entries.append(
      Entry(
        name: name, kind: Element.self == Float.self ? .float : .double, rows: matrix.rows,
        columns: matrix.columns, bytes: matrix.littleEndianBytes))
  }

  /// Puts `matrix` in the place of the one called `name`, which must be there with the same type and shape.
  public mutating func replace<Element: Scalar>(_ name: String, with matrix: Matrix<Element>) throws {
    let _: Matrix<Element> = try self.matrix(name, rows: matrix.rows, columns: matrix.columns)
    for (index, old) in entries.enumerated() where old.name == name {
      entries[index] = Entry(
        name: name, kind: old.kind, rows: old.rows, columns: old.columns, bytes: matrix.littleEndianBytes)
    }
  }

  /// Adds a value as JSON with sorted keys.
  public mutating func add(_ name: String, _ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let data = try encoder.encode(value)
    entries.append(Entry(name: name, kind: .json, rows: 0, columns: 0, bytes: Array(data)))
  }

  /// The matrix called `name`, which must have this type and, where given, shape.
  public func matrix<Element: Scalar>(
    _ name: String, rows: Int? = nil, columns: Int? = nil, as type: Element.Type = Element.self
  ) throws -> Matrix<Element> {
    let entry = try entry(name)
    let kind = Element.self == Float.self ? Kind.float : .double
    guard entry.kind == kind, entry.rows == rows ?? entry.rows, entry.columns == columns ?? entry.columns,
      let matrix = Matrix<Element>(
        rows: entry.rows, columns: entry.columns, littleEndianBytes: entry.bytes)
    else {
      throw error(
        found: "‘\(name)’ of \(entry.rows) × \(entry.columns) (\(entry.kind))",
        expected: "\(rows ?? entry.rows) × \(columns ?? entry.columns) (\(kind))")
    }
    return matrix
  }

  /// The value called `name`.
  public func value<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    let entry = try entry(name)
    do {
      return try JSONDecoder().decode(type, from: Data(entry.bytes))
    } catch let failure as HarnessError {
      throw failure
    } catch {
      throw self.error(found: "‘\(name)’ that cannot be read (\(error))", expected: "\(type)")
    }
  }

  public func contains(_ name: String) -> Bool { entries.contains { $0.name == name } }

  /// An error about this archive.
  public func error(found: String, expected: String? = nil) -> HarnessError {
    HarnessError(
      .badInput, place: noun, found: found, expected: expected,
      advice: "The \(noun) belongs to another configuration or version, or is damaged.")
  }

  private func entry(_ name: String) throws -> Entry {
    guard let entry = entries.first(where: { $0.name == name }) else { throw error(found: "no ‘\(name)’") }
    return entry
  }

  /// The archive as bytes.
  public var data: Data {
    var bytes = Self.magic
    bytes.reserveCapacity(64 + entries.reduce(0) { $0 + $1.bytes.count + $1.name.utf8.count + 40 })
    Self.append(entries.count, to: &bytes)
    for entry in entries {
      Self.append(entry.name.utf8.count, to: &bytes)
      bytes.append(contentsOf: entry.name.utf8)
      bytes.append(entry.kind.rawValue)
      Self.append(entry.rows, to: &bytes)
      Self.append(entry.columns, to: &bytes)
      Self.append(entry.bytes.count, to: &bytes)
      bytes.append(contentsOf: entry.bytes)
    }
    Self.append(Int(bitPattern: UInt(Self.checksum(bytes[...]))), to: &bytes)
    return Data(bytes)
  }

  /// Reads what `data` gave. Throws `HarnessError` for anything else.
  public init(_ data: Data, noun: String) throws {
    self.init(noun: noun)
    let bytes = [UInt8](data)
    guard bytes.count >= 24, Array(bytes[..<8]) == Self.magic else {
      throw error(found: "bytes of another kind", expected: "a \(noun) written by Likeness")
    }
    var reader = Reader(bytes: bytes[8..<bytes.count - 8])
    var tail = Reader(bytes: bytes[(bytes.count - 8)...])
    guard let sum = tail.integer(),
      UInt64(bitPattern: Int64(sum)) == Self.checksum(bytes[..<(bytes.count - 8)])
    else { throw error(found: "a wrong checksum") }
    guard let count = reader.integer(), count >= 0 else { throw error(found: "a damaged header") }
    for _ in 0..<count {
      guard let nameCount = reader.integer(), let name = reader.take(nameCount),
        let code = reader.take(1)?.first, let kind = Kind(rawValue: code), let rows = reader.integer(),
        let columns = reader.integer(), let size = reader.integer(), let content = reader.take(size)
      else { throw error(found: "a damaged entry") }
      entries.append(
        Entry(
          name: String(decoding: name, as: UTF8.self), kind: kind, rows: rows, columns: columns,
          bytes: Array(content)))
    }
  }

  private struct Reader {
    var bytes: ArraySlice<UInt8>

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard count >= 0, count <= bytes.count else { return nil }
      defer { bytes = bytes.dropFirst(count) }
      return bytes.prefix(count)
    }

    mutating func integer() -> Int? {
      take(8).map { $0.reversed().reduce(0) { $0 << 8 | Int($1) } }
    }
  }

  private static func append(_ value: Int, to bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.withUnsafeBufferPointer { buffer in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in buffer { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      return hash
    }
  }
}
