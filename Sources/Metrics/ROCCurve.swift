/// The exact receiver operating characteristic of a verification system: what is accepted at each distinct score.
///
/// Point i accepts every comparison with score ≥ `thresholds[i]`; before the first point stands the origin, which
/// accepts nothing. Counts are kept, not rates, so that no operating point depends on the rounding of a division.
///
/// An empty curve has no points. With one class empty the other class's counts are there, and every rate that
/// would divide by zero is nil.
public struct ROCCurve: Codable, Equatable, Sendable {
  /// All genuine comparisons.
  public let genuineCount: Int
  /// All impostor comparisons.
  public let impostorCount: Int
  /// The distinct scores, strictly descending. −∞ stands for comparisons that could not be made.
  @ExtendedReals public private(set) var thresholds: [Double]
  /// Genuine comparisons with score ≥ `thresholds[i]`.
  public let acceptedGenuine: [Int]
  /// Impostor comparisons with score ≥ `thresholds[i]`.
  public let acceptedImpostor: [Int]
  /// How points were left out for drawing; nil for the exact curve, from which alone numbers may be read.
  public let thinning: Thinning?

  /// One operating point of the curve.
  public struct Point: Equatable, Sendable {
    /// Accept ⇔ score ≥ threshold; +∞ at the origin.
    public let threshold: Double
    public let acceptedGenuine: Int
    public let acceptedImpostor: Int
  }

  /// The exact curve of `counts`. O(distinct scores).
  public init(_ counts: ScoreCounts) {
    var genuine = 0
    var impostor = 0
    thresholds = counts.scores
    acceptedGenuine = counts.genuine.map {
      genuine += $0
      return genuine
    }
    acceptedImpostor = counts.impostor.map {
      impostor += $0
      return impostor
    }
    genuineCount = genuine
    impostorCount = impostor
    thinning = nil
  }

  /// The points of `exact` at `indices` (ascending), under the name of the rule that chose them.
  init(keeping indices: [Int], of exact: ROCCurve, thinning: Thinning) {
    genuineCount = exact.genuineCount
    impostorCount = exact.impostorCount
    thresholds = indices.map { exact.thresholds[$0] }
    acceptedGenuine = indices.map { exact.acceptedGenuine[$0] }
    acceptedImpostor = indices.map { exact.acceptedImpostor[$0] }
    self.thinning = thinning
  }

  /// The exact curve of counts that were made elsewhere: columns of one length, thresholds descending, counts climbing to the totals.
  init(
    genuineCount: Int, impostorCount: Int, thresholds: [Double], acceptedGenuine: [Int],
    acceptedImpostor: [Int]
  ) {
    self.genuineCount = genuineCount
    self.impostorCount = impostorCount
    self.thresholds = thresholds
    self.acceptedGenuine = acceptedGenuine
    self.acceptedImpostor = acceptedImpostor
    thinning = nil
  }

  /// The number of points, without the origin.
  public var count: Int { thresholds.count }

  /// The point that accepts nothing.
  public static let origin = Point(threshold: .infinity, acceptedGenuine: 0, acceptedImpostor: 0)

  /// Point `index`, or the origin for −1.
  public func point(_ index: Int) -> Point {
    precondition(index >= -1 && index < count, "no point \(index) on a curve of \(count) points")
    guard index >= 0 else { return Self.origin }
    return Point(
      threshold: thresholds[index], acceptedGenuine: acceptedGenuine[index],
      acceptedImpostor: acceptedImpostor[index])
  }

  /// The origin and then every point, by descending threshold.
  public var points: [Point] { (-1..<count).map(point) }

  /// The false accept rate at `point`; nil without impostors.
  public func far(_ point: Point) -> Double? {
    impostorCount == 0 ? nil : Double(point.acceptedImpostor) / Double(impostorCount)
  }

  /// The true accept rate at `point`; nil without genuine comparisons.
  public func tar(_ point: Point) -> Double? {
    genuineCount == 0 ? nil : Double(point.acceptedGenuine) / Double(genuineCount)
  }

  /// What the rule "accept ⇔ score ≥ `threshold`" accepts. O(log n).
  public func accepted(at threshold: Double) -> Point {
    precondition(!threshold.isNaN, "the threshold is NaN")
    let index = firstIndex { thresholds[$0] < threshold } - 1
    let last = point(index)
    return Point(
      threshold: threshold, acceptedGenuine: last.acceptedGenuine, acceptedImpostor: last.acceptedImpostor)
  }

  /// The first index for which `predicate` holds, which must be false and then true along the curve; else `count`.
  func firstIndex(where predicate: (Int) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if predicate(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Area under the curve: the probability that a genuine score exceeds an impostor score, ties counted half
  /// (the Mann–Whitney statistic over G·N). In exact integers up to the last division. Nil with a class empty.
  public var auc: Double? {
    precondition(thinning == nil, "a number read from a thinned curve")
    guard genuineCount > 0, impostorCount > 0 else { return nil }
    // Twice the statistic. A genuine score beats all impostors that are not yet accepted at it.
    var doubled: UInt128 = 0
    var previous = Self.origin
    for index in 0..<count {
      let current = point(index)
      let genuine = current.acceptedGenuine - previous.acceptedGenuine
      let beaten = (impostorCount - current.acceptedImpostor) + (impostorCount - previous.acceptedImpostor)
      doubled += UInt128(genuine) * UInt128(beaten)
      previous = current
    }
    return Double(doubled) / 2 / (Double(genuineCount) * Double(impostorCount))
  }

  private enum CodingKeys: String, CodingKey {
    case genuineCount, impostorCount, thresholds, acceptedGenuine, acceptedImpostor, thinning
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    genuineCount = try container.decode(Int.self, forKey: .genuineCount)
    impostorCount = try container.decode(Int.self, forKey: .impostorCount)
    thresholds = try container.decode(ExtendedReals.self, forKey: .thresholds).wrappedValue
    acceptedGenuine = try container.decode([Int].self, forKey: .acceptedGenuine)
    acceptedImpostor = try container.decode([Int].self, forKey: .acceptedImpostor)
    thinning = try container.decodeIfPresent(Thinning.self, forKey: .thinning)
    let fault =
      if thresholds.count != acceptedGenuine.count || thresholds.count != acceptedImpostor.count {
        "columns of different lengths"
      } else if zip(thresholds, thresholds.dropFirst()).contains(where: { $0 <= $1 }) {
        "thresholds that do not descend"
      } else if !Self.climbs(acceptedGenuine, to: genuineCount)
        || !Self.climbs(acceptedImpostor, to: impostorCount)
      {
        "accepted counts that do not climb to the number of comparisons"
      } else {
        ""
      }
    if !fault.isEmpty {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a ROC curve with \(fault)"))
    }
  }

  /// Whether `counts` start at 0 or more, never fall, and end at `total`.
  private static func climbs(_ counts: [Int], to total: Int) -> Bool {
    (counts.first ?? 0) >= 0 && (counts.last ?? 0) == total
      && !zip(counts, counts.dropFirst()).contains { $0 > $1 }
  }
}

extension ROCCurve {
  /// One point of the detection error trade-off: false accepts against false rejects.
  public struct DETPoint: Equatable, Sendable {
    public let threshold: Double
    public let far: Double
    public let frr: Double
  }

  /// The detection error trade-off curve, from the origin on; empty with a class empty.
  public var det: [DETPoint] {
    points.compactMap { point in
      guard let far = far(point), genuineCount > 0 else { return nil }
      let missed = genuineCount - point.acceptedGenuine
      return DETPoint(threshold: point.threshold, far: far, frr: Double(missed) / Double(genuineCount))
    }
  }
}
