import Foundation

/// A list of images in JSON, as MegaFace's devkit has them: an object of columns, of which `path` and `id` are read.
public struct ImageListJSON: Sendable {
  public let file: String
  /// The path of each image.
  public let paths: [String]
  /// Who is on each image, where the list says so: as many as there are paths.
  public let identities: [String]?

  /// Reads the file. `advice` is what to do where it is not there.
  public init(file: String, advice: String? = nil) throws {
    self.file = file
    guard let data = FileManager.default.contents(atPath: file) else {
      throw HarnessError(
        .missingInput, file: file, found: "no such file, or it cannot be read", advice: advice)
    }
    let content: Content
    do {
      content = try JSONDecoder().decode(Content.self, from: data)
    } catch {
      throw HarnessError(
        .badInput, file: file, found: "no list of images (\(Self.reason(error)))",
        expected: "JSON such as {\"path\": [\"folder/image.jpg\", …]}")
    }
    if let ids = content.id, ids.count != content.path.count {
      throw HarnessError(
        .badInput, file: file, place: "id",
        found: "\(ids.count) identities for \(content.path.count) images",
        expected: "the identity of each image")
    }
    paths = content.path
    identities = content.id?.map(\.text)
  }

  /// Refuses a list that names an image twice.
  public func requireUnique() throws {
    var seen: Set<String> = []
    seen.reserveCapacity(paths.count)
    for (index, path) in paths.enumerated() where !seen.insert(path).inserted {
      throw HarnessError(
        .badInput, file: file, place: "path[\(index)]", found: "`\(path)` a second time",
        expected: "each image once")
    }
  }

  private struct Content: Decodable {
    let path: [String]
    let id: [Identity]?
  }

  /// An identity, written as a string or as a number.
  private struct Identity: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self.text = text
      } else {
        text = "\(try container.decode(Int.self))"
      }
    }
  }

  private static func reason(_ error: any Error) -> String {
    let context: DecodingError.Context
    switch error as? DecodingError {
    case .keyNotFound(let key, _): return "the key ‘\(key.stringValue)’ is not there"
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found): context = found
    default: return "\(error)"
    }
    let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined()
    return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
  }
}
