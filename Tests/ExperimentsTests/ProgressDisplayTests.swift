import Foundation
import Synchronization
import Testing

@testable import Experiments

/// A terminal that understands what the display writes: text, line breaks, "up" and "clear below".
private final class Screen: Sendable {
  private let state = Mutex<(lines: [String], cursor: Int, writes: [String])>(([""], 0, []))

  var lines: [String] { state.withLock { $0.lines.filter { !$0.isEmpty } } }
  var writes: [String] { state.withLock { $0.writes } }

  func write(_ text: String) {
    state.withLock { state in
      state.writes.append(text)
      var rest = Substring(text)
      while let character = rest.first {
        if let up = rest.firstMatch(of: /^\u{1B}\[(\d+)A/), let count = Int(up.1) {
          state.cursor -= count
          rest = rest[up.range.upperBound...]
        } else if rest.hasPrefix("\u{1B}[0J") {
          state.lines.removeSubrange(state.cursor...)
          state.lines.append("")
          rest = rest.dropFirst(4)
        } else if character == "\n" {
          state.cursor += 1
          if state.cursor == state.lines.count { state.lines.append("") }
          rest = rest.dropFirst()
        } else {
          state.lines[state.cursor].append(character)
          rest = rest.dropFirst()
        }
      }
    }
  }
}

@Suite("Progress display")
struct ProgressDisplayTests {
  private static let events: [RunnerEvent] = [
    .planned(runs: 5, missing: 3, training: 3, steps: 60), .started(run: "run-a", step: 0, steps: 20),
    .stepped(run: "run-a", step: 1, loss: 3.25, samples: 32),
    .stepped(run: "run-a", step: 2, loss: 3.125, samples: 32),
    .started(run: "run-b", step: 5, steps: 20),
    .stepped(run: "run-b", step: 6, loss: 0.5, samples: 32),
  ]

  @Test
  func `A terminal shows a bar over all steps and a line a run, with step, loss, images a second and ETA`()
    throws
  {
    let screen = Screen()
    let display = ProgressDisplay(isTerminal: true, width: 100, interval: 0) { screen.write($0) }
    Self.events.forEach(display.show)
    let lines = screen.lines
    #expect(lines.count == 4)
    #expect(lines[0] == "3 of 5 runs to train")
    // Five of the sixty steps were done by an earlier call.
    let bar = try #require(
      lines[1].wholeMatch(of: /\[(█*)(░*)\] +(\d+)% 0\/3 runs, step 3\/55, ETA (\d+ (s|min|h).*)/))
    #expect(bar.3 == "5" && bar.1.count + bar.2.count == 40 && bar.1.count == 2)
    #expect(
      lines[2].wholeMatch(of: #/  run-a  step 2/20, loss 3\.1250, [\d.]+k? images/s/#) != nil, "\(lines[2])")
    #expect(
      lines[3].wholeMatch(of: #/  run-b  step 6/20, loss 0\.5000, [\d.]+k? images/s/#) != nil, "\(lines[3])")
    display.show(.evaluating(run: "run-a", what: "lfw"))
    #expect(screen.lines[2] == "  run-a  lfw")
  }

  @Test func `The intervals of fold-wise results are counted, in one line on a terminal`() {
    let screen = Screen()
    let display = ProgressDisplay(isTerminal: true, width: 100, interval: 0) { screen.write($0) }
    for done in 0...2 { display.show(.resampled(done: done, total: 2)) }
    #expect(screen.lines == ["intervals of 2/2 fold-wise results"])
    display.finish()
    #expect(screen.lines.isEmpty)
    let plain = Screen()
    let lines = ProgressDisplay(isTerminal: false, width: 100, interval: 0) { plain.write($0) }
    for done in 0...2 { lines.show(.resampled(done: done, total: 2)) }
    #expect(plain.lines.count == 3 && plain.lines[0] == "intervals of 0/2 fold-wise results")
    #expect(plain.lines[1].hasPrefix("intervals of 1/2 fold-wise results, ETA "))
    let silent = Screen()
    ProgressDisplay(isTerminal: false, width: 100, interval: 0, verbosity: .warning) { silent.write($0) }
      .show(.resampled(done: 0, total: 1))
    #expect(silent.lines.isEmpty)
  }

  @Test func `What is drawn is erased, and what happened stays`() {
    let screen = Screen()
    let display = ProgressDisplay(isTerminal: true, width: 80, interval: 0) { screen.write($0) }
    Self.events.forEach(display.show)
    display.show(.note("checkpoint.bin cannot be used"))
    #expect(Array(screen.lines.prefix(2)) == ["3 of 5 runs to train", "checkpoint.bin cannot be used"])
    #expect(screen.lines.count == 5)
    display.show(.failed(run: "run-a", reason: "diverged at step 3"))
    #expect(screen.lines.contains { $0.contains("1/3 runs, step 3/37") }, "\(screen.lines)")
    display.show(.heldElsewhere(run: "run-c"))
    display.show(.finished(run: "run-b"))
    display.finish()
    #expect(
      screen.lines == [
        "3 of 5 runs to train", "checkpoint.bin cannot be used", "run-a: failed: diverged at step 3",
        "run-c: another process is at work on it",
      ])
  }

  @Test(arguments: [20, 40, 60, 200])
  func `Nothing that is redrawn is wider than the terminal`(width: Int) {
    let screen = Screen()
    let display = ProgressDisplay(isTerminal: true, width: width, interval: 0) { screen.write($0) }
    let name = String(repeating: "a-very-long-name-", count: 8)
    display.show(.planned(runs: 1000, missing: 1000, training: 1000, steps: 1_000_000_000))
    display.show(.started(run: name, step: 0, steps: 1_000_000))
    display.show(.stepped(run: name, step: 1, loss: 123456.789, samples: 512))
    let drawn = screen.lines.dropFirst()
    #expect(drawn.count == 2)
    #expect(drawn.allSatisfy { $0.count < width }, "\(drawn)")
    display.finish()
    #expect(screen.lines == ["1000 of 1000 runs to train"])
  }

  @Test func `Elsewhere there are plain lines without control characters`() throws {
    let screen = Screen()
    let display = ProgressDisplay(isTerminal: false, width: 100, interval: 0) { screen.write($0) }
    Self.events.forEach(display.show)
    display.show(.finished(run: "run-a"))
    display.finish()
    #expect(!screen.writes.joined().contains("\u{1B}") && !screen.writes.joined().contains("█"))
    let lines = screen.lines
    #expect(lines.contains("run-a: started"))
    #expect(lines.contains("run-b: goes on at step 5 of 20"))
    #expect(lines.contains("run-a: finished"))
    let summary = try #require(lines.last { $0.contains("run-a step") })
    #expect(
      summary.wholeMatch(
        of:
          #/0/3 runs, step 3/55, ETA \d+ .*; run-a step 2/20, loss 3\.1250, [\d.]+k? images/s; run-b step 6/20, loss 0\.5000, .*/#
      ) != nil, "\(summary)")
  }

  @Test func `Plain summaries come every few seconds at most`() {
    let screen = Screen()
    let display = ProgressDisplay(isTerminal: false, width: 100) { screen.write($0) }
    Self.events.forEach(display.show)
    // One at the beginning, none within the first second.
    #expect(screen.lines.count { $0.hasPrefix("0/3 runs") } == 1)
    #expect(screen.lines.first == "3 of 5 runs to train")
  }

  @Test(arguments: Verbosity.allCases)
  func `Each level shows its lines and those of the graver ones`(verbosity: Verbosity) {
    let screen = Screen()
    let display = ProgressDisplay(isTerminal: false, width: 100, interval: 0, verbosity: verbosity) {
      screen.write($0)
    }
    Self.events.forEach(display.show)
    display.show(.detail(run: "run-a", text: "checkpoint at step 2"))
    display.show(.failed(run: "run-a", reason: "diverged"))
    display.show(.heldElsewhere(run: "run-c"))
    display.show(.note("mended"))
    display.finish()
    let told = Set(screen.lines.filter { !$0.contains("/3 runs") })
    let lines: [(Verbosity, String)] = [
      (.error, "run-a: failed: diverged"), (.warning, "mended"),
      (.notice, "run-c: another process is at work on it"), (.info, "3 of 5 runs to train"),
      (.info, "run-a: started"), (.info, "run-b: goes on at step 5 of 20"),
      (.debug, "run-a: checkpoint at step 2"),
    ]
    #expect(told == Set(lines.filter { $0.0 <= verbosity }.map(\.1)))
    #expect(screen.lines.contains { $0.contains("/3 runs") } == (verbosity >= .info))
  }

  @Test func `Nothing to do shows nothing`() {
    for isTerminal in [true, false] {
      let screen = Screen()
      let display = ProgressDisplay(isTerminal: isTerminal, width: 100, interval: 0) { screen.write($0) }
      display.show(.planned(runs: 5, missing: 0, training: 0, steps: 0))
      display.finish()
      #expect(screen.writes.isEmpty)
    }
  }

  @Test func `Runs that train nothing are not counted as training, and their time is told by runs`() throws {
    let screen = Screen()
    let display = ProgressDisplay(isTerminal: false, width: 100, interval: 0) { screen.write($0) }
    display.show(.planned(runs: 6, missing: 4, training: 1, steps: 20))
    display.finish()
    #expect(
      screen.lines == ["4 of 6 runs to make: 1 to train, 3 to evaluate only"] + screen.lines.dropFirst())
    #expect(screen.lines.last == "0/4 runs, step 0/20")
    let other = Screen()
    let evaluating = ProgressDisplay(isTerminal: false, width: 100, interval: 0) { other.write($0) }
    evaluating.show(.planned(runs: 6, missing: 2, training: 0, steps: 0))
    evaluating.show(.started(run: "untrained-x", step: 0, steps: 0))
    evaluating.show(.finished(run: "untrained-x"))
    #expect(other.lines.first == "2 of 6 runs to evaluate")
    #expect(other.lines.contains("0/2 runs; untrained-x at work"), "\(other.lines)")
    let last = try #require(other.lines.last)
    #expect(last.wholeMatch(of: #/1/2 runs, ETA \d+ s/#) != nil, "\(last)")
  }

  @Test func `Durations are rounded up and leave out what is zero in front`() {
    #expect(
      [0, 0.2, 59.5, 61, 3599.1, 3661].map(ProgressDisplay.duration)
        == ["0 s", "1 s", "1 min 00 s", "1 min 01 s", "1 h 00 min", "1 h 01 min"])
  }
}
