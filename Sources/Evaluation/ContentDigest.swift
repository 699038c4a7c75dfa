import Dispatch
import LinearAlgebra
import Synchronization

/// The digest of what is evaluated, computed beside other work where more than one thread may work: of a large store it takes seconds, on one thread.
final class ContentDigest: Sendable {
  private let compute: @Sendable () throws -> String?
  private let found = Mutex<Result<String?, any Error>?>(nil)
  private let group: DispatchGroup?

  /// Begins `compute`; with one thread `value()` does.
  init(workers: Workers, _ compute: @escaping @Sendable () throws -> String?) {
    self.compute = compute
    group = workers.count > 1 ? DispatchGroup() : nil
    guard let group else { return }
    DispatchQueue.global().async(group: group) { [self] in
      let result = Result { try compute() }
      found.withLock { $0 = result }
    }
  }

  /// `EmbeddingSource.contentDigest()` of a source.
  convenience init(of source: any EmbeddingSource, workers: Workers) {
    self.init(workers: workers) { try source.contentDigest() }
  }

  /// Returns when it is there.
  func value() throws -> String? {
    group?.wait()
    return try (found.withLock { $0 } ?? Result { try compute() }).get()
  }
}
