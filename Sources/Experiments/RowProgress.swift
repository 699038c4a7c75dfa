import Foundation
import Synchronization

/// How many rows of a store are done, on standard error: on a terminal a bar with the time left, redrawn in place; elsewhere a plain line every few
/// seconds, and none for what takes less. Any thread may tell.
public final class RowProgress: Sendable {
  private struct State {
    var done = 0
    var started = Date.now
    var lastShown = Date.now
    var isDrawn = false
  }

  private let total: Int
  private let isTerminal: Bool
  private let interval: TimeInterval
  private let write: @Sendable (String) -> Void
  private let state = Mutex(State())

  public convenience init(total: Int) {
    self.init(total: total, isTerminal: isatty(STDERR_FILENO) == 1) { text in
      FileHandle.standardError.write(Data(text.utf8))
    }
  }

  /// Shows through `write`, every `interval` seconds at most (0.1 on a terminal, else 5).
  init(
    total: Int, isTerminal: Bool, interval: TimeInterval? = nil, write: @escaping @Sendable (String) -> Void
  ) {
    self.total = total
    self.isTerminal = isTerminal
    self.interval = interval ?? (isTerminal ? 0.1 : 5)
    self.write = write
  }

  /// So many rows are done in all.
  public func show(_ rows: Int) { update { $0 = rows } }

  /// So many more are done.
  public func add(_ rows: Int) { update { $0 += rows } }

  private func update(_ change: (inout Int) -> Void) {
    state.withLock { state in
      change(&state.done)
      let now = Date.now
      guard now.timeIntervalSince(state.lastShown) >= interval else { return }
      state.lastShown = now
      state.isDrawn = true
      let text = line(done: state.done, seconds: now.timeIntervalSince(state.started))
      write(isTerminal ? "\r\u{1B}[K\(text)" : text + "\n")
    }
  }

  /// Takes the bar off the terminal.
  public func finish() {
    state.withLock { state in
      if isTerminal && state.isDrawn { write("\r\u{1B}[K") }
      state.isDrawn = false
    }
  }

  private func line(done: Int, seconds: TimeInterval) -> String {
    let fraction = min(1, Double(done) / Double(max(1, total)))
    var text = "\(done) of \(total) rows"
    if done > 0, done < total {
      let left = seconds / Double(done) * Double(total - done)
      text += ", at most \(ProgressDisplay.duration(left)) left"
    }
    guard isTerminal else { return text }
    let full = Int(fraction * 30)
    return "[" + String(repeating: "█", count: full) + String(repeating: "░", count: 30 - full) + "] " + text
  }
}
