import FeatureStores
import Foundation
import Logging

/// What happened to a run and when: a line of its `events.jsonl`.
///
/// The log tells of every attempt, one after the other. It depends on clock and machine, is never compared, and nothing is made of it but what
/// `status` shows. The line that a killed process was writing may be torn; readers pass over it.
public struct RunEvent: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable {
    /// An attempt begins, at `step`.
    case started
    /// So many steps are done; the numbers are of the last one. About a hundred a run.
    case stepped
    case checkpoint
    /// The network is trained.
    case trained
    /// `what` is evaluated or diagnosed.
    case evaluated
    case finished
    case failed
    case interrupted
  }

  public var event: Kind
  /// ISO 8601, UTC.
  public var time: String
  public var step: Int?
  /// Of the whole run.
  public var steps: Int?
  public var loss: Double?
  public var learningRate: Double?
  /// The joint norm of all gradients before clipping.
  public var gradientNorm: Double?
  /// Since the line before it.
  public var samplesPerSecond: Double?
  /// Seconds of a step since the line before it.
  public var secondsPerStep: Double?
  public var what: String?
  public var reason: String?

  public init(_ event: Kind, at date: Date = .now) {
    self.event = event
    time = date.formatted(.iso8601)
  }

  /// The seconds that the steps after this one take at its speed, `date` being now; nil for an event that tells no speed.
  public func secondsLeft(at date: Date = .now) -> TimeInterval? {
    guard let step, let steps, let secondsPerStep, let then = try? Date(time, strategy: .iso8601) else {
      return nil
    }
    return max(0, Double(steps - step) * secondsPerStep - max(0, date.timeIntervalSince(then)))
  }
}

extension RunEvent {
  /// How grave it is in a plain log.
  fileprivate var level: Logger.Level {
    switch event {
    case .stepped, .checkpoint: .debug
    case .started, .trained, .evaluated, .finished, .interrupted: .info
    case .failed: .error
    }
  }

  /// What a person reads of it.
  fileprivate var inWords: String {
    func of(_ step: Int?, _ steps: Int?) -> String {
      step.map { step in "step \(step)" + (steps.map { " of \($0)" } ?? "") } ?? ""
    }
    func number(_ name: String, _ value: Double?, _ format: String) -> String? {
      value.map { "\(name) " + String(format: format, $0) }
    }
    switch event {
    case .started: return (step ?? 0) > 0 ? "goes on at \(of(step, steps))" : "started"
    case .stepped:
      let numbers = [
        number("loss", loss, "%.6g"), number("learning rate", learningRate, "%.4g"),
        number("gradient norm", gradientNorm, "%.4g"),
        samplesPerSecond.map { String(format: "%.0f images/s", $0) },
      ]
      return ([of(step, steps)] + numbers.compactMap(\.self)).joined(separator: ", ")
    case .checkpoint: return "checkpoint at \(of(step, steps))"
    case .trained: return "trained"
    case .evaluated: return "\(what ?? "evaluation") done"
    case .finished: return "finished"
    case .failed: return "failed: \(reason ?? "for no known reason")"
    case .interrupted: return "interrupted"
    }
  }
}

/// Appends to the event log of a run, and to its plain log. The caller holds the run's lock.
final class RunEventLog {
  private let path: String
  private let descriptor: Int32
  private let encoder = JSONEncoder()
  private let plain: Logger
  private let run: String
  private let show: @Sendable (RunnerEvent) -> Void

  /// - Parameters:
  ///   - verbosity: what the plain log tells; the event log has everything.
  ///   - show: is given the lines of steps and checkpoints.
  init(
    _ folder: RunFolder, verbosity: Verbosity = .info,
    show: @escaping @Sendable (RunnerEvent) -> Void = { _ in }
  ) throws {
    path = folder.eventsFile
    run = folder.identity.folderName
    plain = PlainLogFile(folder.logFile).logger(run, verbosity)
    self.show = show
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard descriptor >= 0 else { throw Self.error(path, errno) }
    // A line that a killed process tore is ended, so that the next one is whole.
    if let last = FileManager.default.contents(atPath: path)?.last, last != UInt8(ascii: "\n") {
      guard write(descriptor, "\n", 1) == 1 else { throw Self.error(path, errno) }
    }
  }

  deinit { close(descriptor) }

  /// Writes a line, in one piece.
  func record(_ event: RunEvent) throws {
    let line = try encoder.encode(event) + Data("\n".utf8)
    let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == line.count else { throw Self.error(path, written < 0 ? errno : ENOSPC) }
    plain.log(level: event.level, "\(event.inWords)")
    if event.level == .debug { show(.detail(run: run, text: event.inWords)) }
  }

  /// Something the user should read.
  func warn(_ text: String) {
    plain.warning("\(text)")
    show(.note(text))
  }

  func record(_ kind: RunEvent.Kind, _ change: (inout RunEvent) -> Void = { _ in }) throws {
    var event = RunEvent(kind)
    change(&event)
    try record(event)
  }

  private static func error(_ path: String, _ code: Int32) -> HarnessError {
    HarnessError(
      .cannotWrite, file: path, found: "the event log cannot be written (\(String(cString: strerror(code))))",
      advice: "Check permissions and free space, or choose another folder with --results.")
  }
}

extension RunFolder {
  /// The lines of the event log, without torn ones; none where there is no log.
  public func events() -> [RunEvent] {
    guard let data = FileManager.default.contents(atPath: eventsFile) else { return [] }
    let decoder = JSONDecoder()
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? decoder.decode(RunEvent.self, from: Data($0))
    }
  }

  /// How far the present attempt is: its last step that the log tells of; nil before the first and after training.
  public func lastStep() -> RunEvent? {
    let attempt = events().reversed().prefix { $0.event != .started }
    guard !attempt.contains(where: { $0.event == .trained }) else { return nil }
    return attempt.first { $0.event == .stepped }
  }
}
