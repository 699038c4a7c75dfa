/// The outcomes of searches of one gallery: mated ones, whose person is in it, and non-mated ones, which it is not. Two types of search that
/// are never mixed: false positives are counted over the non-mated alone.
///
/// As ISO/IEC 19795-1 and NIST's FRTE define them for a gallery of N, with R candidates a search at most and a threshold T:
/// FNIR(N, R, T) is the share of mated searches whose mate is not among the R best candidates with a score of at least T, TPIR its
/// complement; FPIR(N, T) is the share of non-mated searches with any candidate of at least T.
public struct IdentificationSearches: Equatable, Sendable {
  /// What a mated search found.
  public struct Mated: Equatable, Sendable {
    /// The score of the mate, the best where there are several; −∞ where it could not be compared.
    public let score: Float
    /// The rank of the mate, from 1, by the rule for ties; nil where it could not be compared.
    public let rank: Int?

    public init(score: Float, rank: Int?) {
      precondition(!score.isNaN, "a score is NaN")
      self.score = score
      self.rank = rank
    }
  }

  public private(set) var mated: [Mated] = []
  /// The best score of each non-mated search.
  public private(set) var nonMated: [Float] = []

  public init() {}

  public mutating func add(_ search: Mated) { mated.append(search) }

  public mutating func add(nonMated best: Float) {
    precondition(!best.isNaN, "a score is NaN")
    nonMated.append(best)
  }

  /// The curve of TPIR (as TAR) against FPIR (as FAR) with `rank` candidates a search: a mated search counts as a genuine comparison at its mate's
  /// score if the mate has at most this rank, and as one that no threshold accepts otherwise. Every rule for reading a FAR applies.
  public func curve(rank: Int) -> ROCCurve {
    precondition(rank >= 1, "rank \(rank)")
    var genuine = mated.map { search in
      guard let found = search.rank, found <= rank else { return -Float.infinity }
      return search.score
    }
    var impostor = nonMated
    return ROCCurve(genuine: &genuine, impostor: &impostor)
  }

  /// FNIR(N, R, T); nil without mated searches.
  public func fnir(rank: Int, threshold: Double) -> Double? {
    guard !mated.isEmpty else { return nil }
    let found = mated.count { search in
      guard let place = search.rank, place <= rank else { return false }
      return Double(search.score) >= threshold
    }
    return Double(mated.count - found) / Double(mated.count)
  }

  /// FPIR(N, T); nil without non-mated searches.
  public func fpir(threshold: Double) -> Double? {
    nonMated.isEmpty ? nil : Double(nonMated.count { Double($0) >= threshold }) / Double(nonMated.count)
  }

  /// The cumulative match characteristic of the mated searches.
  public func match(maximumRank: Int, ties: CumulativeMatch.Ties) -> CumulativeMatch {
    var match = CumulativeMatch(maximumRank: maximumRank, ties: ties)
    for search in mated { match.add(rank: search.rank) }
    return match
  }
}
