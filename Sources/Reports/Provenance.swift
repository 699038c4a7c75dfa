/// Where a table, a curve or a figure comes from: key/value pairs in a fixed order, and the date of the run.
///
/// The pairs are written into every figure (text chunks of a PNG, `metadata` of an SVG, keywords of a PDF)
/// and every exported curve. Commit and date are those of the run that gave the results, never of the
/// rendering, so that rendering the same results again gives the same bytes. Keys are 1 to 79 printable ASCII
/// characters; values are any text.
public struct Provenance: Sendable, Hashable, Codable {
  /// One pair.
  public struct Entry: Sendable, Hashable, Codable {
    public var key: String
    public var value: String

    public init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  /// The pairs in the order in which they are written.
  public var entries: [Entry]
  /// The date of the run in ISO 8601, such as `2026-11-22T21:42:00Z`; nil where there is none.
  public var date: String?

  public init(_ entries: [Entry] = [], date: String? = nil) {
    self.entries = entries
    self.date = date
  }

  /// The provenance of results of one or more runs: program, commit, configuration hash and the digest of
  /// every store.
  public init(
    software: String = "Likeness", commit: String, date: String, configuration: String,
    stores: [(name: String, digest: String)]
  ) {
    entries = [
      Entry("Software", software), Entry("Commit", commit), Entry("Configuration", configuration),
    ]
    entries += stores.map { Entry("Store", "\($0.name) \($0.digest)") }
    self.date = date
  }

  /// All pairs, with the date under PNG's registered key `Creation Time`.
  public var allEntries: [Entry] {
    date.map { entries + [Entry("Creation Time", $0)] } ?? entries
  }

  /// The first value of `key`.
  public subscript(key: String) -> String? {
    allEntries.first { $0.key == key }?.value
  }
}
