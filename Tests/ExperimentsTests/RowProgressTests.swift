import Foundation
import Synchronization
import Testing

@testable import Experiments

@Suite struct RowProgressTests {
  private final class Output: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func write(_ text: String) { texts.withLock { $0.append(text) } }
  }

  @Test func aTerminalShowsABarThatIsTakenAwayAtTheEnd() throws {
    let output = Output()
    let progress = RowProgress(total: 40, isTerminal: true, interval: 0) { output.write($0) }
    progress.add(10)
    progress.show(30)
    progress.finish()
    progress.finish()
    let lines = output.all
    #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix("\r\u{1B}[K") && !$0.hasSuffix("\n") })
    #expect(lines[0].contains("[███████░"), "7 of 30 blocks: \(lines[0])")
    #expect(lines[0].contains("10 of 40 rows, at most ") && lines[0].hasSuffix(" left"))
    #expect(lines[1].contains("30 of 40 rows") && lines[2] == "\r\u{1B}[K")
  }

  @Test func elsewhereThereArePlainLinesAndNoneForWhatIsQuick() {
    let output = Output()
    let progress = RowProgress(total: 40, isTerminal: false, interval: 0) { output.write($0) }
    progress.add(10)
    progress.add(30)
    progress.finish()
    #expect(output.all.count == 2 && output.all.allSatisfy { $0.hasSuffix("\n") && !$0.contains("\u{1B}") })
    #expect(output.all[0].hasPrefix("10 of 40 rows, at most ") && output.all[1] == "40 of 40 rows\n")
    let quick = Output()
    let other = RowProgress(total: 40, isTerminal: false) { quick.write($0) }
    other.add(40)
    other.finish()
    #expect(quick.all.isEmpty)
  }

  @Test func moreRowsThanThereAreFillTheBar() {
    let output = Output()
    let progress = RowProgress(total: 4, isTerminal: true, interval: 0) { output.write($0) }
    progress.add(9)
    #expect(output.all.count == 1 && !output.all[0].contains("░") && !output.all[0].contains("left"))
  }
}
