import FeatureStores
import Foundation
import Synchronization

/// Shows the progress of an experiment on standard error.
///
/// On a terminal: a bar over all training steps with the time left, and under it a line for each run at work (step, loss, images a
/// second), redrawn in place. Elsewhere: one plain line when a run starts, ends or fails, and one about the whole every few
/// seconds. A low verbosity leaves out the bar and lines. Events may come from any thread.
public final class ProgressDisplay: Sendable {
  private struct Active {
    var step: Int
    var firstStep: Int
    var steps: Int
    var loss: Double?
    var samples = 0
    var started: Date
    var activity: String?
  }

  private struct State {
    var runs = 0
    var missing = 0
    var ended = 0
    /// Training steps of this call: those that checkpoints, failures and finished training spare are taken off when they show.
    var steps = 0
    var doneSteps = 0
    var started = Date.now
    var active: [(name: String, run: Active)] = []
    var drawnLines = 0
    var lastDrawn = Date.distantPast
  }

  private let isTerminal: Bool
  private let verbosity: Verbosity
  private let interval: TimeInterval
  private let width: Int
  private let write: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// A display on standard error.
  public convenience init(verbosity: Verbosity = .info) {
    self.init(
      isTerminal: isatty(STDERR_FILENO) == 1, width: Self.standardErrorWidth ?? 100, verbosity: verbosity
    ) { text in
      FileHandle.standardError.write(Data(text.utf8))
    }
  }

  /// The columns of the terminal that standard error is; nil where it is none, or does not tell.
  static var standardErrorWidth: Int? {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : nil
  }

  /// A display that writes through `write`, every `interval` seconds at most (0.1 on a terminal, else 5).
  init(
    isTerminal: Bool, width: Int, interval: TimeInterval? = nil, verbosity: Verbosity = .info,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.isTerminal = isTerminal
    self.verbosity = verbosity
    self.width = width
    self.write = write
    self.interval = interval ?? (isTerminal ? 0.1 : 5)
  }

  public func show(_ event: RunnerEvent) {
    state.withLock { state in
      let now = Date.now
      var line: String?
      var needed = Verbosity.info
      switch event {
      case .planned(let runs, let missing, let training, let steps):
        state.runs = runs
        state.missing = missing
        state.steps = steps
        state.started = now
        line =
          missing == 0
          ? nil
          : "\(missing) of \(CountedNoun(runs, "run")) to \(Self.work(missing: missing, training: training))"
      case .started(let run, let step, let steps):
        state.steps -= step
        state.active.append((run, Active(step: step, firstStep: step, steps: steps, started: now)))
        line = isTerminal ? nil : step > 0 ? "\(run): goes on at step \(step) of \(steps)" : "\(run): started"
      case .stepped(let run, let step, let loss, let samples):
        guard let index = state.active.firstIndex(where: { $0.name == run }) else { return }
        state.doneSteps += step - state.active[index].run.step
        state.active[index].run.step = step
        state.active[index].run.loss = loss
        state.active[index].run.samples = samples
      case .evaluating(let run, let what):
        guard let index = state.active.firstIndex(where: { $0.name == run }) else { return }
        state.active[index].run.activity = what
      case .finished(let run):
        Self.end(run, &state)
        line = isTerminal ? nil : "\(run): finished"
      case .resampled(let done, let total):
        show(resampled: done, of: total, &state, now)
        return
      case .failed(let run, let reason):
        Self.end(run, &state)
        line = "\(run): failed: \(reason)"
        needed = .error
      case .heldElsewhere(let run):
        state.ended += 1
        line = "\(run): another process is at work on it"
        needed = .notice
      case .detail(let run, let text):
        line = "\(run): \(text)"
        needed = .debug
      case .note(let text):
        line = text
        needed = .warning
      }
      if verbosity < needed { line = nil }
      if let line {
        erase(&state)
        write(line + "\n")
      }
      let due = now.timeIntervalSince(state.lastDrawn) >= interval
      if due || (isTerminal && line != nil) { draw(&state, now: now) }
    }
  }

  /// After all runs: the intervals of fold-wise results, some seconds to minutes.
  private func show(resampled done: Int, of total: Int, _ state: inout State, _ now: Date) {
    guard verbosity >= .info, now.timeIntervalSince(state.lastDrawn) >= interval || done == 0 || done == total
    else { return }
    state.lastDrawn = now
    erase(&state)
    if done == 0 { state.started = now }
    let left = now.timeIntervalSince(state.started) / Double(max(done, 1)) * Double(total - done)
    let estimate = done > 0 && done < total ? ", ETA \(Self.duration(left))" : ""
    write("intervals of \(done)/\(CountedNoun(total, "fold-wise result"))\(estimate)\n")
    state.drawnLines = isTerminal ? 1 : 0
  }

  private static func end(_ run: String, _ state: inout State) {
    for ended in state.active where ended.name == run { state.steps -= ended.run.steps - ended.run.step }
    state.active.removeAll { $0.name == run }
    state.ended += 1
  }

  /// What is to do: not every run trains.
  private static func work(missing: Int, training: Int) -> String {
    switch training {
    case 0: "evaluate"
    case missing: "train"
    default: "make: \(training) to train, \(missing - training) to evaluate only"
    }
  }

  /// Takes the bar off the terminal.
  public func finish() { state.withLock { erase(&$0) } }

  private func erase(_ state: inout State) {
    guard isTerminal && state.drawnLines > 0 else { return }
    write("\u{1B}[\(state.drawnLines)A\u{1B}[0J")
    state.drawnLines = 0
  }

  private func draw(_ state: inout State, now: Date) {
    guard verbosity >= .info, state.missing > 0, state.ended < state.missing else { return }
    state.lastDrawn = now
    let elapsed = now.timeIntervalSince(state.started)
    let fraction =
      state.steps > 0
      ? min(1, Double(state.doneSteps) / Double(state.steps)) : Double(state.ended) / Double(state.missing)
    // By steps, or by runs where none has been made; before that nothing is known.
    let left: Double? =
      state.doneSteps > 0
      ? elapsed / Double(state.doneSteps) * Double(state.steps - state.doneSteps)
      : state.ended > 0 && state.steps == 0
        ? elapsed / Double(state.ended) * Double(state.missing - state.ended) : nil
    let summary = [
      "\(state.ended)/\(CountedNoun(state.missing, "run"))",
      state.steps > 0 ? "step \(state.doneSteps)/\(state.steps)" : "",
      left.map { "ETA \(Self.duration($0))" } ?? "",
    ].filter { !$0.isEmpty }.joined(separator: ", ")
    guard isTerminal else {
      let details = state.active.map { "\($0.name) \(Self.describe($0.run, now))" }
      write(([summary] + details).joined(separator: "; ") + "\n")
      return
    }
    erase(&state)
    let bar = max(10, min(40, width - summary.count - 12))
    let full = Int(fraction * Double(bar))
    var lines = [
      "[" + String(repeating: "█", count: full) + String(repeating: "░", count: bar - full)
        + "] \(Self.percent(fraction)) \(summary)"
    ]
    lines += state.active.map { "  \($0.name)  \(Self.describe($0.run, now))" }
    write(lines.map { String($0.prefix(width - 1)) + "\n" }.joined())
    state.drawnLines = lines.count
  }

  private static func describe(_ run: Active, _ now: Date) -> String {
    if let activity = run.activity { return activity }
    guard run.steps > 0 else { return "at work" }
    var parts = ["step \(run.step)/\(run.steps)"]
    if let loss = run.loss { parts.append("loss " + String(format: "%.4f", loss)) }
    let seconds = now.timeIntervalSince(run.started)
    if run.step > run.firstStep && seconds > 0 {
      let rate = Double((run.step - run.firstStep) * run.samples) / seconds
      parts.append(
        rate < 10_000 ? String(format: "%.0f images/s", rate) : String(format: "%.1fk images/s", rate / 1000))
    }
    return parts.joined(separator: ", ")
  }

  private static func percent(_ fraction: Double) -> String { String(format: "%3.0f%%", fraction * 100) }

  /// Hours, minutes and seconds, without what is zero in front.
  public static func duration(_ seconds: TimeInterval) -> String {
    let total = Int(seconds.rounded(.up))
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    if hours > 0 { return String(format: "%d h %02d min", hours, minutes) }
    return minutes > 0 ? String(format: "%d min %02d s", minutes, rest) : "\(rest) s"
  }
}
