/// The cumulative match characteristic of closed-set searches: for each rank R, how many searches have their mate among the R best candidates.
public struct CumulativeMatch: Codable, Equatable, Sendable {
  /// What rank a mate has whose score equals that of other candidates.
  public enum Ties: String, Codable, CaseIterable, Sendable {
    /// Behind them: 1 + the number of others with score ≥ its own (bob, OpenBR; the default).
    case pessimistic
    /// Before them: 1 + the number of others with score > its own (FaceX-Zoo's MegaFace).
    case optimistic
  }

  public let ties: Ties
  /// All searches.
  public private(set) var searches = 0
  /// `hits[R − 1]`: searches whose mate has rank R or better.
  public private(set) var hits: [Int]

  /// No searches yet; ranks up to `maximumRank` are told apart.
  public init(maximumRank: Int, ties: Ties) {
    precondition(maximumRank > 0, "no ranks")
    self.ties = ties
    hits = [Int](repeating: 0, count: maximumRank)
  }

  /// Adds a search whose mate scores `mate`, when the best other candidates score `others`, descending: all of them, or at least as many as
  /// there are ranks. O(log ranks) and one step a rank.
  public mutating func add(mate: Float, others: [Float]) {
    var (low, high) = (0, others.count)
    while low < high {
      let middle = (low + high) / 2
      let isAhead = ties == .pessimistic ? others[middle] >= mate : others[middle] > mate
      if isAhead { low = middle + 1 } else { high = middle }
    }
    add(rank: low + 1)
  }

  /// Adds a search whose mate has `rank` (from 1); nil for a mate that was not there.
  public mutating func add(rank: Int?) {
    searches += 1
    guard let rank, rank <= hits.count else { return }
    for index in (rank - 1)..<hits.count { hits[index] += 1 }
  }

  /// Adds the searches of `other`, which tells as many ranks apart.
  public mutating func merge(_ other: CumulativeMatch) {
    precondition(other.hits.count == hits.count && other.ties == ties, "searches of other rules")
    searches += other.searches
    for rank in hits.indices { hits[rank] += other.hits[rank] }
  }

  /// The identification rate at a rank; nil without searches.
  public func rate(rank: Int) -> Double? {
    precondition(rank >= 1 && rank <= hits.count, "no rank \(rank) of \(hits.count)")
    return searches == 0 ? nil : Double(hits[rank - 1]) / Double(searches)
  }

  /// The interval of the rate at a rank, searches taken as independent; nil without searches.
  public func interval(rank: Int, confidence: Double, method: BinomialInterval.Method) -> BinomialInterval? {
    BinomialInterval(successes: hits[rank - 1], trials: searches, confidence: confidence, method: method)
  }
}
