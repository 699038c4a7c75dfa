import LinearAlgebra
import Metrics

/// One pass over the distractors of a task, or over a range of them, that stops where a size ends.
struct DistractorPass {
  private let task: DistractorTask
  private let range: Range<Int>
  private let reader: BlockReader
  private var search: DistractorSearch

  /// `candidates` reads a block of distractors. At most `blockRows` of them are in memory, and as many that are read ahead.
  init(
    _ task: DistractorTask, among range: Range<Int>, searches: Matrix<Float>, workers: Workers,
    blockRows: Int,
    candidates: @escaping (_ block: Range<Int>) throws -> Matrix<Float>
  ) throws {
    self.task = task
    self.range = range
    reader = BlockReader(Self.blocks(of: range, ending: task.counts, rows: blockRows), read: candidates)
    search = try DistractorSearch(
      searches, ranks: task.highestRank, highest: task.neededImpostors,
      screening: task.settings.screening, workers: workers)
  }

  /// What the searches find among those of the range that are among the first `count` distractors. Counts may not descend.
  mutating func found(amongFirst count: Int) throws -> DistractorPart.Found {
    while let block = reader.block, block.upperBound <= count {
      let current = try reader.content()
      search.add(current, farthest: task.farthest(in: block), alongside: reader.readNext)
      reader.advance()
    }
    return DistractorPart.Found(
      highest: search.highest, best: task.probes.indices.map { search.best(ofSearch: $0) })
  }

  /// All scores so far; nil with screening.
  var histogram: ScoreHistogram? { search.histogram }

  /// How the scores so far were decided; nil without screening.
  var tally: ScreeningTally? { search.tally }

  /// `range` in blocks of at most `rows`, a new one where a size ends.
  private static func blocks(of range: Range<Int>, ending counts: [Int], rows: Int) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var done = range.lowerBound
    for end in counts.map({ min($0, range.upperBound) }) {
      while done < end {
        blocks.append(done..<min(done + rows, end))
        done = blocks[blocks.count - 1].upperBound
      }
    }
    return blocks
  }
}
