import Dispatch
import LinearAlgebra
import Synchronization

/// The digest of what is evaluated, computed beside the evaluation where more than one thread may work: of a large store it takes seconds, on one thread.
final class ContentDigest: Sendable {
  private let source: any EmbeddingSource
  private let found = Mutex<Result<String?, any Error>?>(nil)
  private let group: DispatchGroup?

  init(of source: any EmbeddingSource, workers: Workers) {
    self.source = source
    group = workers.count > 1 ? DispatchGroup() : nil
    guard let group else { return }
    DispatchQueue.global().async(group: group) { [self] in
      let result = Result { try source.contentDigest() }
      found.withLock { $0 = result }
    }
  }

  /// `EmbeddingSource.contentDigest()` of the source; returns when it is there.
  func value() throws -> String? {
    group?.wait()
    return try (found.withLock { $0 } ?? Result { try source.contentDigest() }).get()
  }
}
