import Logging

/// How much a call tells: on standard error, and in each run's `log.txt`. Each level tells what those before it do, and more.
public enum Verbosity: String, CaseIterable, Sendable, Comparable {
  /// Failed runs.
  case error
  /// What went wrong and was mended, such as a damaged file.
  case warning
  /// What another process does.
  case notice
  /// Beginning and end of runs and evaluations, and progress.
  case info
  /// Steps and checkpoints, too.
  case debug

  public static func < (one: Verbosity, other: Verbosity) -> Bool { one.level > other.level }

  /// The level of the logger; a lower one tells more.
  var level: Logger.Level {
    switch self {
    case .error: .error
    case .warning: .warning
    case .notice: .notice
    case .info: .info
    case .debug: .debug
    }
  }
}
