import Foundation
import Synchronization

/// How many rows of a store are done, on standard error: on a terminal a bar with the time left, redrawn in place; elsewhere a plain line every few
/// seconds, and none for what takes less. Any thread may tell.
public final class RowProgress: Sendable {
  private struct State {
    var total: Int?
    var isBound = false
    var done = 0
    /// What was done first, and when. What goes before it (opening files, reading lists) says nothing of the speed that follows.
    var first: (rows: Int, time: Date)?
    var nextShown: Date
    var isDrawn = false
  }

  private let unit: String
  private let isTerminal: Bool
  private let width: Int
  private let interval: TimeInterval
  private let clock: @Sendable () -> Date
  private let write: @Sendable (String) -> Void
  private let state: Mutex<State>

  /// - Parameters:
  ///   - total: how many there are to do, where that is known already.
  ///   - unit: what is counted, if not rows.
  public convenience init(total: Int? = nil, of unit: String = "rows") {
    self.init(
      total: total, of: unit, isTerminal: isatty(STDERR_FILENO) == 1,
      width: ProgressDisplay.standardErrorWidth ?? 80
    ) { text in
      FileHandle.standardError.write(Data(text.utf8))
    }
  }

  /// Shows through `write`, every `interval` seconds at most (0.1 on a terminal after the first second, else 5). A terminal's line is shorter than
  /// `width`: of one that is broken only the rest could be taken away.
  init(
    total: Int? = nil, of unit: String = "rows", isTerminal: Bool, width: Int = 80,
    interval: TimeInterval? = nil,
    clock: @escaping @Sendable () -> Date = { .now }, write: @escaping @Sendable (String) -> Void
  ) {
    self.unit = unit
    self.isTerminal = isTerminal
    self.width = width
    self.interval = interval ?? (isTerminal ? 0.1 : 5)
    self.clock = clock
    self.write = write
    state = Mutex(State(total: total, nextShown: clock() + (interval ?? (isTerminal ? 1 : 5))))
  }

  /// There are so many to do, or at most so many: some may never be done.
  public func expect(_ total: Int, orFewer isBound: Bool = false) {
    state.withLock { state in
      state.total = total
      state.isBound = isBound
    }
  }

  /// So many are done in all.
  public func show(_ rows: Int) { update { $0 = rows } }

  /// So many more are done.
  public func add(_ rows: Int) { update { $0 += rows } }

  private func update(_ change: (inout Int) -> Void) {
    state.withLock { state in
      let before = state.done
      change(&state.done)
      let now = clock()
      // Back at the beginning: other work has begun.
      if state.done < before { state.first = nil }
      if state.first == nil { state.first = (state.done, now) }
      guard now >= state.nextShown else { return }
      state.nextShown = now + interval
      state.isDrawn = true
      let text = line(state, now)
      write(isTerminal ? LineErasure.text + text : text + "\n")
    }
  }

  /// Takes the bar off the terminal; what is done later draws it again.
  public func finish() {
    state.withLock { state in
      if isTerminal && state.isDrawn { write(LineErasure.text) }
      state.isDrawn = false
    }
  }

  /// Does `work`, and takes the bar off the terminal at its end, when it throws, and before Ctrl-C or a termination signal ends the program.
  public func during<Value>(_ work: (RowProgress) throws -> Value) rethrows -> Value {
    let erasure = isTerminal ? LineErasure() : nil
    defer {
      finish()
      erasure?.end()
    }
    return try work(self)
  }

  private func line(_ state: State, _ now: Date) -> String {
    // More than was expected: nothing is known of the rest.
    guard let total = state.total, state.done <= total else { return cut("\(state.done) \(unit)") }
    var text = "\(state.done) of \(total) \(unit)"
    if state.done < total, let left = secondsLeft(state, of: total, now) {
      text += ", \(state.isBound ? "at most" : "about") \(ProgressDisplay.duration(left)) left"
    }
    let blocks = min(30, width - text.count - 4)
    guard isTerminal, blocks >= 5 else { return cut(text) }
    let full = Int(Double(state.done) / Double(max(1, total)) * Double(blocks))
    return "[" + String(repeating: "█", count: full) + String(repeating: "░", count: blocks - full) + "] "
      + text
  }

  private func cut(_ text: String) -> String {
    isTerminal ? String(text.prefix(max(0, width - 1))) : text
  }

  /// At the speed since what was done first; nil before that has gone on for two seconds and a hundredth of the whole, which no good estimate comes before.
  private func secondsLeft(_ state: State, of total: Int, _ now: Date) -> TimeInterval? {
    guard let first = state.first else { return nil }
    let (rows, seconds) = (state.done - first.rows, now.timeIntervalSince(first.time))
    guard seconds >= 2, rows > 0, rows >= total / 100 else { return nil }
    return seconds * Double(total - state.done) / Double(rows)
  }
}
