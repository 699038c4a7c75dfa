import Foundation

/// What one process has counted or found, for another one to go on with: named arrays of numbers and texts in an HDF5 file.
///
/// Reals are single precision, −∞ among them; integers have 64 bits; texts are attributes of the root. The file holds the SHA-256 of its content, so
/// that one that was cut or changed anywhere is found when it is read. The same content gives the same bytes.
public struct AccumulatorFile: Equatable, Sendable {
  /// The name of the attribute with the digest.
  private static let digestName = "sha256"
  private static let damaged = "The file was cut or damaged; remove it, and make it again."

  /// Where it was read from, for errors; empty for one that was made here.
  public private(set) var path = ""
  private var reals: [String: [Float]] = [:]
  private var integers: [String: [Int64]] = [:]
  private var texts: [String: String] = [:]

  /// Nothing yet.
  public init() {}

  /// Adds an array; names are those of all arrays together, each once.
  public mutating func add(_ name: String, _ values: [Float]) {
    precondition(reals[name] == nil && integers[name] == nil, "an array of the same name")
    reals[name] = values
  }

  /// The same for integers.
  public mutating func add(_ name: String, _ values: [Int]) {
    precondition(reals[name] == nil && integers[name] == nil, "an array of the same name")
    integers[name] = values.map { Int64($0) }
  }

  /// Adds a text, whose name no other text has.
  public mutating func add(_ name: String, text: String) {
    precondition(texts[name] == nil && name != Self.digestName, "a text of the same name")
    texts[name] = text
  }

  /// The array `name`. One that is not there, or has another length than `count` where that is given, is `badInput`.
  public func reals(_ name: String, count: Int? = nil) throws -> [Float] {
    try checked(reals[name], name, count)
  }

  /// The same for integers.
  public func integers(_ name: String, count: Int? = nil) throws -> [Int] {
    try checked(integers[name], name, count).map { Int($0) }
  }

  /// The text `name`; one that is not there is `badInput`.
  public func text(_ name: String) throws -> String {
    guard let text = texts[name] else { throw error(name, found: "no such attribute", expected: "a text") }
    return text
  }

  private func checked<Element>(_ values: [Element]?, _ name: String, _ count: Int?) throws -> [Element] {
    guard let values else { throw error(name, found: "no such array", expected: "an array of numbers") }
    if let count, values.count != count {
      throw error(name, found: "\(values.count) numbers", expected: "\(count)")
    }
    return values
  }

  /// The error for content that is not what it should be.
  public func error(_ name: String, found: String, expected: String) -> HarnessError {
    HarnessError(
      .badInput, file: path, place: name, found: found, expected: expected,
      advice: "The file is of another origin; remove it, and make it again.")
  }

  /// The SHA-256 of the names, lengths and values of everything, in the order of the names.
  private var digest: String {
    var hasher = Digest()
    hasher.update("likeness-accumulators/1\0")
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
      hasher.update("text\0\(name)\0")
      hasher.update(count: text.utf8.count)
      hasher.update(text)
    }
    for (name, values) in reals.sorted(by: { $0.key < $1.key }) {
      hasher.update("reals\0\(name)\0")
      hasher.update(count: values.count)
      hasher.update(values.map(\.bitPattern.littleEndian))
    }
    for (name, values) in integers.sorted(by: { $0.key < $1.key }) {
      hasher.update("integers\0\(name)\0")
      hasher.update(count: values.count)
      hasher.update(values.map(\.littleEndian))
    }
    return hasher.hexadecimal()
  }
}

extension AccumulatorFile {
  /// Writes the file, whole or not at all. Its folder must exist.
  public func write(to path: String) throws {
    let pending = PendingFile(replacing: path)
    do {
      let file = try HDF5File.create(pending.temporaryPath)
      let root = try file.root
      for (name, values) in reals.sorted(by: { $0.key < $1.key }) {
        try root.createDataset(name, type: .single, shape: [values.count]).write(values)
      }
      for (name, values) in integers.sorted(by: { $0.key < $1.key }) {
        try root.createDataset(name, type: .int64, shape: [values.count]).write(values)
      }
      for (name, text) in texts.sorted(by: { $0.key < $1.key }) { try root.setAttribute(name, to: text) }
      try root.setAttribute(Self.digestName, to: digest)
      try file.flushAndClose()
      try pending.commit()
    } catch {
      pending.discard()
      guard var error = error as? HarnessError else { throw error }
      if error.file == pending.temporaryPath { error.file = path }
      if error.kind == .cannotWrite, error.advice == nil {
        error.advice =
          "Check that its folder exists, that you may write there, and that the disk is not full."
      }
      throw error
    }
  }

  /// Reads the file at `path`. A missing one is `missingInput`; one that is no HDF5 file, was cut, or holds other content than was written is
  /// `badInput`.
  public init(reading path: String) throws {
    self.path = path
    do {
      let root = try HDF5File(opening: path).root
      var written = ""
      for case (let name, .string(let text)) in try root.attributes() {
        if name == Self.digestName { written = text } else { texts[name] = text }
      }
      for name in try root.datasetNames() {
        let dataset = try root.dataset(name)
        if case .real = dataset.type {
          reals[name] = try dataset.readSingles()
        } else {
          integers[name] = try dataset.readIntegers()
        }
      }
      guard !written.isEmpty else {
        throw HarnessError(
          .badInput, file: path, place: Self.digestName, found: "no such attribute",
          expected: "the digest of the content, which Likeness writes")
      }
      let found = digest
      guard found == written else {
        throw HarnessError(
          .badInput, file: path, found: "content with SHA-256 \(found)",
          expected: "\(written), as it was written")
      }
    } catch var error as HarnessError where error.kind == .badInput {
      error.advice = error.advice ?? Self.damaged
      throw error
    }
  }
}
