import LinearAlgebra

/// Embeddings of another source, whose reading is followed.
public struct WatchedEmbeddings: EmbeddingSource {
  public let base: any EmbeddingSource
  private let read: @Sendable (_ rows: Int) -> Void

  /// `read` hears how many more rows are read, on whatever thread reads them; mirrored images and the digest of the content are not counted.
  public init(_ base: any EmbeddingSource, read: @escaping @Sendable (_ rows: Int) -> Void) {
    self.base = base
    self.read = read
  }

  public var source: String { base.source }
  public var names: [String] { base.names }
  public var dimension: Int { base.dimension }
  public var hasFlipped: Bool { base.hasFlipped }

  public func embeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
    let result = try base.embeddings(ofRows: rows)
    read(rows.count)
    return result
  }

  public func flippedEmbeddings(ofRows rows: [Int]) throws -> Matrix<Float> {
    try base.flippedEmbeddings(ofRows: rows)
  }

  public func contentDigest() throws -> String? { try base.contentDigest() }
}
