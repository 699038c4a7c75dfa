extension HighestScores {
  /// What is kept, in one form for one set of scores: for another process to go on with.
  public struct Summary: Equatable, Sendable {
    public var capacity: Int
    /// All scores seen.
    public var count: Int
    /// The kept scores above the lowest of them, descending.
    public var above: [Float]
    /// The lowest kept score; nil where none is kept.
    public var lowest: Float?
    /// How often the lowest was seen.
    public var lowestCount: Int

    public init(capacity: Int, count: Int, above: [Float], lowest: Float?, lowestCount: Int) {
      self.capacity = capacity
      self.count = count
      self.above = above
      self.lowest = lowest
      self.lowestCount = lowestCount
    }
  }

  /// The same for equal accumulators.
  public var summary: Summary {
    var above = descending
    guard let lowest = above.last else {
      return Summary(capacity: capacity, count: count, above: [], lowest: nil, lowestCount: 0)
    }
    let kept = above.count
    while above.last == lowest { above.removeLast() }
    return Summary(
      capacity: capacity, count: count, above: above, lowest: lowest, lowestCount: kept - above.count)
  }

  /// An accumulator that has seen what that of `summary` had; nil for a summary that none gives.
  public init?(_ summary: Summary) {
    let (above, ties) = (summary.above, summary.lowestCount)
    guard summary.capacity > 0, above.count <= summary.capacity, ties >= 0,
      above.count <= summary.count, ties <= summary.count - above.count,
      (summary.lowest == nil) == (ties == 0), summary.lowest != nil || above.isEmpty
    else { return nil }
    let bounded = above + [summary.lowest].compactMap(\.self)
    guard !bounded.contains(where: \.isNaN), !zip(bounded, bounded.dropFirst()).contains(where: { $0 < $1 }),
      above.last != summary.lowest || above.isEmpty
    else { return nil }
    self.init(capacity: summary.capacity)
    skip(summary.count)
    for score in above { keep(score) }
    guard let lowest = summary.lowest else { return }
    if above.count + ties >= capacity {
      restoreFloor(lowest, count: ties)
    } else {
      for _ in 0..<ties { keep(lowest) }
    }
  }
}
