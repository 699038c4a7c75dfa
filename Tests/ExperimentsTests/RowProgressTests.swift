import Foundation
import Synchronization
import Testing

@testable import Experiments

@Suite struct RowProgressTests {
  /// What is written, and a clock that goes when it is told.
  private final class Output: Sendable {
    private let texts = Mutex<[String]>([])
    private let now = Mutex(Date(timeIntervalSinceReferenceDate: 0))

    var all: [String] { texts.withLock { $0 } }

    func pass(_ seconds: TimeInterval) { now.withLock { $0 += seconds } }

    /// A progress that shows at every call, or as often as it does by itself.
    func progress(
      total: Int? = nil, of unit: String = "rows", isTerminal: Bool, width: Int = 80,
      interval: TimeInterval? = 0
    ) -> RowProgress {
      RowProgress(
        total: total, of: unit, isTerminal: isTerminal, width: width, interval: interval,
        clock: { self.now.withLock { $0 } }, write: { text in self.texts.withLock { $0.append(text) } })
    }
  }

  private static let erasure = "\r\u{1B}[K"

  @Test func aTerminalShowsABarThatIsTakenAwayAtTheEnd() throws {
    let output = Output()
    let progress = output.progress(total: 40, isTerminal: true)
    progress.add(10)
    progress.show(30)
    progress.finish()
    progress.finish()
    let lines = output.all
    #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix(Self.erasure) && !$0.hasSuffix("\n") })
    #expect(lines[0].contains("[███████░"), "7 of 30 blocks: \(lines[0])")
    #expect(lines[0].hasSuffix("] 10 of 40 rows") && lines[1].hasSuffix("] 30 of 40 rows"))
    #expect(lines[2] == Self.erasure)
  }

  @Test func elsewhereThereArePlainLines() {
    let output = Output()
    let progress = output.progress(total: 40, of: "scores", isTerminal: false)
    progress.add(10)
    output.pass(3)
    progress.add(10)
    output.pass(3)
    progress.add(20)
    progress.finish()
    #expect(
      output.all == ["10 of 40 scores\n", "20 of 40 scores, about 6 s left\n", "40 of 40 scores\n"])
  }

  @Test(arguments: [(true, 0.99, 0.1), (false, 4.99, 5)])
  func nothingIsShownForShortWorkAndNotTooOftenForLong(
    isTerminal: Bool, short: TimeInterval, interval: TimeInterval
  ) {
    let output = Output()
    let progress = output.progress(total: 1000, isTerminal: isTerminal, interval: nil)
    for _ in 0..<100 {
      progress.add(1)
      output.pass(short / 100)
    }
    progress.finish()
    #expect(output.all.isEmpty)
    output.pass(0.02)
    progress.add(1)
    #expect(output.all.count == 1)
    output.pass(0.9 * interval)
    progress.add(1)
    #expect(output.all.count == 1)
    output.pass(0.2 * interval)
    progress.add(1)
    #expect(output.all.count == 2)
  }

  @Test func whatGoesBeforeTheFirstRowsDoesNotCountForTheTimeLeft() {
    let output = Output()
    let progress = output.progress(isTerminal: false)
    // Lists are read for half a minute, then the probes come all at once.
    output.pass(30)
    progress.expect(1_003_530)
    progress.add(3530)
    // A hundredth of the rows, but not two seconds.
    output.pass(1.5)
    progress.add(50_000)
    output.pass(1.5)
    progress.add(50_000)
    #expect(
      output.all == [
        "3530 of 1003530 rows\n", "53530 of 1003530 rows\n", "103530 of 1003530 rows, about 27 s left\n",
      ])
  }

  @Test func theTimeLeftNeedsAHundredthOfTheRows() {
    let output = Output()
    let progress = output.progress(isTerminal: false)
    progress.expect(10_000, orFewer: true)
    progress.add(1000)
    output.pass(10)
    progress.add(99)
    output.pass(10)
    progress.add(101)
    #expect(
      output.all == [
        "1000 of 10000 rows\n", "1099 of 10000 rows\n", "1200 of 10000 rows, at most 14 min 40 s left\n",
      ])
  }

  @Test func workThatBeginsAnewIsEstimatedAnew() {
    let output = Output()
    let progress = output.progress(total: 100, of: "images", isTerminal: false)
    progress.show(50)
    output.pass(100)
    progress.show(100)
    // Another world, which is written faster.
    output.pass(100)
    progress.show(10)
    output.pass(2)
    progress.show(30)
    #expect(
      output.all == [
        "50 of 100 images\n", "100 of 100 images\n", "10 of 100 images\n",
        "30 of 100 images, about 7 s left\n",
      ])
  }

  @Test func moreRowsThanWereExpectedAreCountedWithoutABar() {
    let output = Output()
    let progress = output.progress(total: 4, isTerminal: true)
    progress.add(4)
    output.pass(10)
    progress.add(5)
    let unknown = output.progress(isTerminal: true)
    unknown.add(7)
    #expect(output.all.map { $0.dropFirst(Self.erasure.count) }.dropFirst() == ["9 rows", "7 rows"])
    #expect(output.all[0].hasSuffix(String(repeating: "█", count: 30) + "] 4 of 4 rows"))
  }

  @Test(arguments: [100, 80, 60, 50, 20, 1]) func aLineIsNeverBroken(width: Int) {
    let output = Output()
    let progress = output.progress(total: 1_000_000, isTerminal: true, width: width)
    progress.add(100_000)
    output.pass(1000)
    progress.add(100_000)
    progress.add(1_000_000)
    let lines = output.all.map { $0.dropFirst(Self.erasure.count) }
    #expect(lines.count == 3 && lines.allSatisfy { $0.count < width })
    #expect(lines[1].hasSuffix("200000 of 1000000 rows, about 2 h 13 min left") == (width >= 50))
    #expect(lines[1].contains("░") == (width >= 60))
  }

  private struct Failure: Error {}

  @Test(arguments: [true, false]) func theBarGoesWhenTheWorkEndsOrThrows(isTerminal: Bool) {
    for fails in [true, false] {
      let output = Output()
      func work() throws -> Int {
        try output.progress(total: 4, isTerminal: isTerminal).during { progress in
          progress.add(2)
          if fails { throw Failure() }
          return 3
        }
      }
      #expect((try? work()) == (fails ? nil : 3))
      #expect(output.all.count == (isTerminal ? 2 : 1))
      #expect(output.all.last == (isTerminal ? Self.erasure : "2 of 4 rows\n"))
    }
  }
}
