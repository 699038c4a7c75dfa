import Foundation
import Logging

/// Appends lines `TIME LEVEL MESSAGE` to a file, each in one piece.
///
/// A line that cannot be written is dropped: loggers cannot fail, and the event log beside it, which holds the same and more, stops the run then.
final class PlainLogFile: Sendable {
  private let descriptor: Int32

  init(_ path: String) { descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644) }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// A logger that writes what is at least as grave as `verbosity` says.
  func logger(_ label: String, _ verbosity: Verbosity) -> Logger {
    var logger = Logger(label: label) { _ in Handler(file: self) }
    logger.logLevel = verbosity.level
    return logger
  }

  private func write(_ level: Logger.Level, _ message: String) {
    guard descriptor >= 0 else { return }
    let text = message.replacing("\n", with: " ")
    let line = Data("\(Date.now.formatted(.iso8601)) \(level.rawValue) \(text)\n".utf8)
    _ = line.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
  }

  private struct Handler: LogHandler {
    let file: PlainLogFile
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { file.write(event.level, "\(event.message)") }
  }
}
