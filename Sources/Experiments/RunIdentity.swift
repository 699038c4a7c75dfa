import FeatureStores
import Foundation

/// What makes two runs the same run: the SHA-256 of everything that decides its result.
///
/// The hash covers a canonical encoding (JSON, sorted keys, shortest exact numbers) of the configuration, the digests of the
/// data it reads, and `Semantics.version`; never names of files, dates, machines or thread counts.
public struct RunIdentity: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The SHA-256 in hexadecimal.
  public let hash: String
  /// What a reader sees first in the folder's name; not part of the identity.
  public let prefix: String

  /// The identity of `content`, with a readable prefix.
  public init(of content: some Encodable, prefix: String) throws {
    var data = Data("likeness run, semantics \(Semantics.version)\n".utf8)
    data.append(try CanonicalJSON.encode(content))
    hash = Digest.sha256(data)
    self.prefix = Self.readable(prefix)
  }

  /// The identity in a folder's name, of whose hash only the first 16 digits are known; nil for any other name.
  init?(folderName: String) {
    guard let match = folderName.wholeMatch(of: /(.+)-([0-9a-f]{16})/) else { return nil }
    prefix = String(match.output.1)
    hash = String(match.output.2)
  }

  /// `PREFIX-` and the first 16 digits of the hash: the name of the run's folder.
  public var folderName: String { "\(prefix)-\(hash.prefix(16))" }
  public var description: String { folderName }

  /// Runs of anything but ASCII letters, digits and dots become one dash.
  public static func readable(_ text: String) -> String {
    var result = ""
    for character in text.lowercased() {
      if character.isASCII && (character.isLetter || character.isNumber || character == ".") {
        result.append(character)
      } else if !result.hasSuffix("-") && !result.isEmpty {
        result.append("-")
      }
    }
    while result.hasSuffix("-") { result.removeLast() }
    return String(result.prefix(80))
  }
}

/// JSON with one possible encoding for each value, for hashing and for results that are compared byte by byte.
public enum CanonicalJSON {
  /// Sorted keys, no escaped slashes, no spaces.
  public static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encode(value, encoder)
  }

  /// The same, where numbers that are not finite are written as text.
  static func encode(_ value: some Encodable, allowingNonFinite: Bool) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if allowingNonFinite { encoder.nonConformingFloatEncodingStrategy = .text }
    return try encode(value, encoder)
  }

  /// The canonical encoding indented, with a line break at the end: for files that people read.
  ///
  /// Numbers that are not finite are an error, or text where they are allowed.
  public static func encodeIndented(_ value: some Encodable, allowingNonFinite: Bool = false) throws -> Data {
    let encoder = JSONEncoder()
    if allowingNonFinite { encoder.nonConformingFloatEncodingStrategy = .text }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    return try encode(value, encoder) + Data("\n".utf8)
  }

  private static func encode(_ value: some Encodable, _ encoder: JSONEncoder) throws -> Data {
    do {
      return try encoder.encode(value)
    } catch {
      throw HarnessError(.fault, found: "a value that JSON cannot hold (\(error))")
    }
  }

  /// Reads the JSON file at `path`, naming it in errors.
  public static func decode<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HarnessError(.missingInput, file: path, found: "no such file, or it cannot be read")
    }
    do {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .text
      return try decoder.decode(type, from: data)
    } catch {
      throw HarnessError(
        .badInput, file: path, found: "JSON of another form (\(error))", expected: "a \(Value.self)",
        advice: "Remove the file if it was written by another version; it will be made again.")
    }
  }
}

extension JSONEncoder.NonConformingFloatEncodingStrategy {
  static var text: Self {
    .convertToString(positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
  }
}

extension JSONDecoder.NonConformingFloatDecodingStrategy {
  static var text: Self {
    .convertFromString(positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
  }
}
