/// How the features of a store are laid out in its file. Reading is the same for all.
public struct StoreLayout: Sendable, Hashable, CustomStringConvertible {
  /// How elements lie.
  public enum Storage: Sendable, Hashable {
    /// In one piece: the fastest to read.
    case contiguous
    /// In chunks of some rows.
    case chunked(rows: Int)
    /// In chunks of some rows, their bytes shuffled and compressed with gzip at a level from 0 to 9.
    case gzip(level: Int, rows: Int)
  }

  /// The precision of the numbers.
  public enum Precision: String, Sendable, Hashable {
    case float32
    /// Half the size. Numbers are rounded to the nearest half, ties to even, and must stay finite.
    case float16
  }

  public var storage: Storage
  public var precision: Precision

  /// `level` must be from 0 to 9 and `rows` at least 1.
  public init(storage: Storage, precision: Precision = .float32) {
    switch storage {
    case .contiguous: break
    case .chunked(let rows): precondition(rows >= 1, "a chunk has at least one row")
    case .gzip(let level, let rows):
      precondition(
        rows >= 1 && (0...9).contains(level), "a chunk has at least one row; a gzip level is 0 to 9")
    }
    self.storage = storage
    self.precision = precision
  }

  /// float32, in one piece.
  public static let contiguous = StoreLayout(storage: .contiguous)
  /// float16, in one piece.
  public static let float16 = StoreLayout(storage: .contiguous, precision: .float16)
  /// float32, in chunks.
  public static func chunked(rows: Int) -> StoreLayout { StoreLayout(storage: .chunked(rows: rows)) }
  /// float32, in compressed chunks.
  public static func gzip(level: Int = 4, rows: Int) -> StoreLayout {
    StoreLayout(storage: .gzip(level: level, rows: rows))
  }

  /// The rows of a chunk, nil where there are none.
  var chunkRows: Int? {
    switch storage {
    case .contiguous: nil
    case .chunked(let rows), .gzip(_, let rows): rows
    }
  }

  var gzipLevel: Int? {
    if case .gzip(let level, _) = storage { level } else { nil }
  }

  public var description: String {
    switch storage {
    case .contiguous: "\(precision.rawValue), contiguous"
    case .chunked(let rows): "\(precision.rawValue), chunks of \(rows) rows"
    case .gzip(let level, let rows): "\(precision.rawValue), chunks of \(rows) rows, gzip level \(level)"
    }
  }
}

/// Datasets of a store that the schema does not know, by reference: they are copied as they are, with type, layout and
/// attributes, from there into a store that is written.
public struct CarriedDatasets: Sendable, Hashable {
  /// The store that holds them. It must still be there when they are written.
  public let location: StoreLocation
  /// Their names.
  public let names: [String]
}
