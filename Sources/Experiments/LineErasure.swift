import Foundation

/// Takes a line that is drawn on the terminal away before SIGINT or SIGTERM ends the process, as either does without it. What ignores these signals, as
/// work in the background may, goes on ignoring them.
struct LineErasure {
  private typealias Action = @convention(c) (Int32) -> Void

  /// To the first column, and the line is empty.
  static let text = "\r\u{1B}[K"

  private let previous: [(signal: Int32, action: Action?)]

  /// From now on.
  init() {
    previous = [SIGINT, SIGTERM].map { number in
      // A handler may call very little, so the text is spelt out. Dispatch's sources of signals spare that, but are made once in a process.
      let action = signal(number) { number in
        let text: StaticString = "\r\u{1B}[K"
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        signal(number, SIG_DFL)
        raise(number)
      }
      if unsafeBitCast(action, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, action)
      }
      return (number, action)
    }
  }

  /// Gives the signals back the actions that they had.
  func end() {
    for (number, action) in previous { signal(number, action) }
  }
}
