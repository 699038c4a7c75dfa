/// One of several parts into which the work of an evaluation is cut, for processes that do a part each.
///
/// Written `K/N`: the K-th of N, from 1.
public struct Shard: Hashable, Sendable, CustomStringConvertible {
  /// From 1 to `count`.
  public let number: Int
  public let count: Int

  /// The most parts that work is cut into.
  public static let most = 100_000

  /// All of the work.
  public static let whole = Shard(unchecked: 1, of: 1)

  private init(unchecked number: Int, of count: Int) {
    self.number = number
    self.count = count
  }

  /// Nil where there is no such part, or there are more than `most`.
  public init?(_ number: Int, of count: Int) {
    guard count <= Self.most, number >= 1, number <= count else { return nil }
    self.init(unchecked: number, of: count)
  }

  /// The part that `K/N` names; nil for any other text.
  public init?(_ text: String) {
    guard let match = text.wholeMatch(of: /([0-9]{1,6})\/([0-9]{1,6})/), let number = Int(match.output.1),
      let count = Int(match.output.2)
    else { return nil }
    self.init(number, of: count)
  }

  public var description: String { "\(number)/\(count)" }

  /// The shard's share of `pieces`: side by side with those of its neighbours, no more than one larger than another, and empty for some shards where
  /// there are fewer pieces than shards.
  public func range(of pieces: Int) -> Range<Int> {
    start(of: number - 1, pieces)..<start(of: number, pieces)
  }

  private func start(of number: Int, _ pieces: Int) -> Int {
    let (whole, rest) = pieces.quotientAndRemainder(dividingBy: count)
    return whole * number + rest * number / count
  }

  /// The shard's share of rows of which row i weighs `weight(i)`: side by side with those of its neighbours, and about as heavy. Every row is in
  /// one shard, whatever it weighs.
  func range(of rows: Int, weight: (Int) -> Int) -> Range<Int> {
    let total = (0..<rows).reduce(0) { $0 + weight($1) }
    let (first, last) = (start(of: number - 1, total), start(of: number, total))
    var (lower, upper, before) = (rows, rows, 0)
    for row in 0..<rows {
      if before >= first { lower = min(lower, row) }
      if before >= last, number < count {
        upper = row
        break
      }
      before += weight(row)
    }
    return lower..<upper
  }
}
