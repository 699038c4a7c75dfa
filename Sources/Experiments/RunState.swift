/// Where a run stands.
public enum RunState: Sendable, Equatable, Codable {
  /// Nothing of it is there, or it was interrupted: the next call trains it or goes on.
  case pending
  /// Another process holds it.
  case running
  case finished
  /// It ended with an error; the next call tries again.
  case failed(reason: String)
  /// It makes no sense, for this reason, and is never trained.
  case unsupported(reason: String)

  /// One word for tables.
  public var word: String {
    switch self {
    case .pending: "pending"
    case .running: "running"
    case .finished: "finished"
    case .failed: "failed"
    case .unsupported: "unsupported"
    }
  }
}
