import CKernels

/// How many scores fall into each of 256 bins of equal width: exact, in memory that does not grow with the number of scores.
///
/// Bin k, from −128 to 127, holds the scores in [k·w, (k + 1)·w). The width w is a power of two: 2⁻⁷ to begin with, so that the bins
/// reach from −1 to 1, and twice as much, two bins becoming one, whenever a finite score lies beyond them. So what is held depends on
/// the scores alone, not on their order or on how they were split among accumulators that are merged. A score that is
/// higher than the last bin by no more than rounding (2⁻¹⁰ of its upper edge, as a cosine of 1.0000001) counts in it. What is not finite, such as
/// −∞, the score of a comparison that could not be made, is counted apart.
public struct ScoreHistogram: Sendable {
  public static let bins = Int(CK_BINS)
  private static let half = bins / 2
  /// The width to begin with: 2 to the power of this.
  public static let finestExponent = -7

  /// The width of a bin is 2 to the power of this.
  public private(set) var exponent = finestExponent
  /// Several counters for each bin, all the first of them first, so that the kernel need not wait for one it has just raised.
  private var counters = [Int64](repeating: 0, count: Int(CK_BIN_COUNTERS) * bins)
  /// Scores that are not finite.
  public private(set) var missing = 0

  /// No scores.
  public init() {}

  /// The histogram of `scores`.
  public init(_ scores: some Sequence<Float>) {
    for score in scores { insert(Double(score)) }
  }

  /// The histogram of `scores`, made in `pieces`.
  fileprivate init(_ scores: [Float], pieces: Int, perform: ScoreSummary.Perform) {
    var parts = [ScoreHistogram](repeating: ScoreHistogram(), count: pieces)
    scores.withUnsafeBufferPointer { scores in
      parts.withUnsafeMutableBufferPointer { parts in
        nonisolated(unsafe) let (scores, parts) = (scores, parts)
        perform(pieces) { piece in
          let range = ScoreSummary.range(of: piece, of: pieces, count: scores.count)
          parts[piece].insert(UnsafeBufferPointer(rebasing: scores[range]))
        }
      }
    }
    self = parts[0]
    for part in parts.dropFirst() { merge(part) }
  }

  /// The scores in each bin, the lowest bin first.
  public private(set) var counts: [Int] {
    get { (0..<Self.bins).map(count) }
    set {
      counters.replaceSubrange(0..<Self.bins, with: newValue.map { Int64($0) })
      for index in Self.bins..<counters.count { counters[index] = 0 }
    }
  }

  private func count(ofBin bin: Int) -> Int {
    stride(from: bin, to: counters.count, by: Self.bins).reduce(0) { $0 + Int(counters[$1]) }
  }

  /// The width of a bin.
  public var width: Double { Double(sign: .plus, exponent: exponent, significand: 1) }

  /// The lower edge of bin `index`, counted from the lowest; of `bins` the upper edge of the last.
  public func edge(_ index: Int) -> Double { Double(index - Self.half) * width }

  /// The scores in bins.
  public var total: Int { Int(counters.reduce(0, +)) }

  /// The bins from the first to the last that holds a score; nil without scores.
  public var occupied: Range<Int>? {
    let counts = counts
    guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 })
    else { return nil }
    return first..<last + 1
  }

  /// The share of the scores in bin `index`, divided by the width: over all bins the area is 1. Nil without scores.
  public func density(_ index: Int) -> Double? {
    let total = total
    return total == 0 ? nil : Double(count(ofBin: index)) / Double(total) / width
  }

  /// Takes in `count` comparisons of one score.
  public mutating func insert(_ score: Double, count: Int = 1) {
    guard score.isFinite else {
      missing += count
      return
    }
    while !(score >= edge(0) && score <= edge(Self.bins) * (1 + 1.0 / 1024)) { widen(to: exponent + 1) }
    counters[min(Self.bins - 1, Int((score / width).rounded(.down)) + Self.half)] += Int64(count)
  }

  /// Takes in the scores of a tile from `start` on. The same as inserting one after the other.
  public mutating func insert(_ scores: borrowing MutableSpan<Float>, from start: Int = 0) {
    scores.withUnsafeBufferPointer { insert(UnsafeBufferPointer(rebasing: $0[start...])) }
  }

  /// Takes in `scores`. The same as inserting one after the other.
  mutating func insert(_ scores: UnsafeBufferPointer<Float>) {
    var first = 0
    // Bins of the present width as far as they hold the scores; a score beyond them widens them and goes on.
    while first < scores.count {
      first = insertWhileInside(scores, from: first)
      if first < scores.count {
        insert(Double(scores[first]))
        first += 1
      }
    }
  }

  private mutating func insertWhileInside(_ scores: UnsafeBufferPointer<Float>, from start: Int) -> Int {
    // A power of two: the product is exact.
    let scale = Float(1 / width)
    return start
      + counters.withUnsafeMutableBufferPointer { counters in
        guard let first = scores.baseAddress, let counter = counters.baseAddress else { return 0 }
        return Int(ck_count_bins_f32(first + start, scores.count - start, scale, counter))
      }
  }

  /// Adds the scores of `other`.
  public mutating func merge(_ other: ScoreHistogram) {
    var other = other
    other.widen(to: exponent)
    widen(to: other.exponent)
    for index in counters.indices { counters[index] += other.counters[index] }
    missing += other.missing
  }

  /// Makes bins as wide as 2 to the power of `coarser`, where they are not: each then holds what its parts held.
  public mutating func widen(to coarser: Int) {
    while exponent < coarser {
      let narrow = counts
      var wider = [Int](repeating: 0, count: Self.bins)
      for bin in narrow.indices { wider[Self.half / 2 + bin / 2] += narrow[bin] }
      counts = wider
      exponent += 1
    }
  }
}

extension ScoreHistogram: Equatable {
  public static func == (a: ScoreHistogram, b: ScoreHistogram) -> Bool {
    a.exponent == b.exponent && a.missing == b.missing && a.counts == b.counts
  }
}

extension ScoreHistogram: Codable {
  private enum CodingKeys: String, CodingKey { case exponent, first, counts, missing }

  /// Only the occupied bins are written.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let range = occupied ?? 0..<0
    try container.encode(exponent, forKey: .exponent)
    try container.encode(range.lowerBound - Self.half, forKey: .first)
    try container.encode(Array(counts[range]), forKey: .counts)
    try container.encode(missing, forKey: .missing)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    exponent = try container.decode(Int.self, forKey: .exponent)
    missing = try container.decode(Int.self, forKey: .missing)
    let written = try container.decode([Int].self, forKey: .counts)
    let first = try container.decode(Int.self, forKey: .first)
    guard exponent >= Self.finestExponent, exponent <= 1023, missing >= 0,
      (-Self.half...Self.half).contains(first), written.count <= Self.half - first,
      written.allSatisfy({ $0 >= 0 })
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a histogram with other bins than 256"))
    }
    counters.replaceSubrange(
      first + Self.half..<first + Self.half + written.count, with: written.map { Int64($0) })
  }
}

/// The distributions of genuine and of impostor scores; in searches those of mates and of the best candidates of non-mated searches.
public struct ScoreHistograms: Codable, Equatable, Sendable {
  public var genuine: ScoreHistogram
  public var impostor: ScoreHistogram

  public init(genuine: ScoreHistogram = .init(), impostor: ScoreHistogram = .init()) {
    self.genuine = genuine
    self.impostor = impostor
  }

  /// The distributions behind an exact curve. Of a thinned one, or of a head, it would be a guess, and is a programming error.
  public init(_ exact: ROCCurve) {
    precondition(exact.thinning == nil, "a distribution read from a thinned curve")
    self.init()
    var before = ROCCurve.origin
    for index in 0..<exact.count {
      let point = exact.point(index)
      genuine.insert(point.threshold, count: point.acceptedGenuine - before.acceptedGenuine)
      impostor.insert(point.threshold, count: point.acceptedImpostor - before.acceptedImpostor)
      before = point
    }
  }

  /// The distributions of scores in single precision, none of which is NaN, in bins of one width, as those behind their exact curve are. The work is cut into
  /// `pieces`, which change no result.
  public init(
    genuine: [Float], impostor: [Float], pieces: Int = 1,
    perform: ScoreSummary.Perform = { pieces, body in for piece in 0..<pieces { body(piece) } }
  ) {
    self = ScoreHistograms(
      genuine: ScoreHistogram(genuine, pieces: pieces, perform: perform),
      impostor: ScoreHistogram(impostor, pieces: pieces, perform: perform)
    ).aligned()
  }

  /// Makes all bins equally wide: as wide as the wider, and no narrower than 2 to the power of `exponent`.
  public func aligned(to exponent: Int = ScoreHistogram.finestExponent) -> ScoreHistograms {
    var result = self
    let common = max(exponent, genuine.exponent, impostor.exponent)
    result.genuine.widen(to: common)
    result.impostor.widen(to: common)
    return result
  }
}
