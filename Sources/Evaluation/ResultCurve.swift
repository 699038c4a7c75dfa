import Metrics

/// A curve of a result with the counts behind each of its points, to be drawn and exported.
public struct ResultCurve: Sendable, Equatable {
  /// What a curve shows.
  public enum Kind: String, CaseIterable, Sendable {
    /// True accepts against false accepts.
    case roc
    /// Identification rate against rank.
    case cmc
    /// Missed mates (FNIR at rank 1) against false positive searches (FPIR): the detection error trade-off of open-set searches.
    case iddet
    /// Rank-1 identification rate against the number of distractors.
    case distractors
    /// Genuine and impostor scores.
    case histogram
  }

  public enum Content: Sendable, Equatable {
    /// `reach` is the largest FAR that the curve is exact to, where only its head is known: the one point beyond accepts everything.
    case roc(ROCCurve, reach: Double?)
    case cmc(CumulativeMatch)
    /// TPIR as TAR, FPIR as FAR. At −∞ stand mated searches whose mate is not at rank 1: no threshold finds it, so that is no point of the curve.
    case iddet(ROCCurve)
    case distractors([DistractorRate])
    case histogram(ScoreHistograms)
  }

  /// The rank-1 rate among so many distractors.
  public struct DistractorRate: Sendable, Equatable {
    public let distractors: Int
    public let hits: Int
    public let searches: Int

    public init(distractors: Int, hits: Int, searches: Int) {
      self.distractors = distractors
      self.hits = hits
      self.searches = searches
    }

    public var rate: Double? { searches == 0 ? nil : Double(hits) / Double(searches) }
  }

  /// How the interval of a rate of searches is made.
  public struct Interval: Sendable, Equatable {
    public let method: BinomialInterval.Method
    public let confidence: Double

    public init(_ method: BinomialInterval.Method, confidence: Double) {
      self.method = method
      self.confidence = confidence
    }

    public func of(hits: Int, searches: Int) -> BinomialInterval? {
      BinomialInterval(successes: hits, trials: searches, confidence: confidence, method: method)
    }
  }

  public let content: Content
  /// What it is of: a split, a gallery, a number of distractors, a group; empty where there is one only.
  public let of: String
  /// What the scores are.
  public let similarity: Similarity
  public let interval: Interval

  public init(_ content: Content, of: String = "", similarity: Similarity, interval: Interval) {
    self.content = content
    self.of = of
    self.similarity = similarity
    self.interval = interval
  }

  public var kind: Kind {
    switch content {
    case .roc: .roc
    case .cmc: .cmc
    case .iddet: .iddet
    case .distractors: .distractors
    case .histogram: .histogram
    }
  }
}

extension ResultCurve {
  /// A curve as numbers.
  public struct Table: Sendable, Equatable {
    /// What it is of besides the curve's own name: whose scores a histogram is of.
    public let part: String
    /// The first is the abscissa, the second the ordinate.
    public let columns: [String]
    /// As many values each as there are columns. Thresholds may be infinite; nil where there is no value.
    public let points: [[Double?]]
    /// What stands behind the whole curve.
    public let counts: [(name: String, value: Int)]

    public static func == (a: Table, b: Table) -> Bool {
      a.part == b.part && a.columns == b.columns && a.points == b.points
        && a.counts.elementsEqual(b.counts, by: ==)
    }
  }

  /// The curve's numbers; of a histogram one table for genuine scores and one for impostor scores.
  public var tables: [Table] {
    switch content {
    case .roc(let curve, _): [rates(curve, "far", "tar", of: "genuine", "impostor", missed: false)]
    case .iddet(let curve): [rates(curve, "fpir", "fnir", of: "mated", "non_mated", missed: true)]
    case .cmc(let match):
      [
        Table(
          part: "", columns: ["rank", "identification_rate", "hits", "lower", "upper"],
          points: match.hits.enumerated().map { place, hits in
            [Double(place + 1), match.rate(rank: place + 1), Double(hits)] + ends(hits, match.searches)
          }, counts: [("searches", match.searches)])
      ]
    case .distractors(let rates):
      [
        Table(
          part: "", columns: ["distractors", "rank_1_rate", "hits", "lower", "upper"],
          points: rates.map {
            [Double($0.distractors), $0.rate, Double($0.hits)] + ends($0.hits, $0.searches)
          }, counts: [("searches", rates.first?.searches ?? 0)])
      ]
    case .histogram(let scores):
      [("genuine", scores.genuine), ("impostor", scores.impostor)].map { bins($0, $1) }
    }
  }

  private func ends(_ hits: Int, _ searches: Int) -> [Double?] {
    let found = interval.of(hits: hits, searches: searches)
    return [found?.lower, found?.upper]
  }

  private func rates(
    _ curve: ROCCurve, _ x: String, _ y: String, of genuine: String, _ impostor: String, missed: Bool
  ) -> Table {
    Table(
      part: "", columns: [x, y, "threshold", "accepted_\(genuine)", "accepted_\(impostor)"],
      points: curve.points.filter { !missed || $0.threshold > -.infinity }.map { point in
        let rate =
          missed
          ? curve.genuineCount == 0
            ? nil : Double(curve.genuineCount - point.acceptedGenuine) / Double(curve.genuineCount)
          : curve.tar(point)
        return [
          curve.far(point), rate, similarity.naturalThreshold(point.threshold), Double(point.acceptedGenuine),
          Double(point.acceptedImpostor),
        ]
      }, counts: [(genuine, curve.genuineCount), (impostor, curve.impostorCount)])
  }

  /// The occupied bins by their edges, in the natural unit of the scores.
  private func bins(_ part: String, _ histogram: ScoreHistogram) -> Table {
    let bins = Array(histogram.occupied ?? 0..<0)
    return Table(
      part: part, columns: ["from", "density", "to", "count"],
      points: (similarity.isDistance ? bins.reversed() : bins).map { bin in
        let ends = [histogram.edge(bin), histogram.edge(bin + 1)].map(similarity.naturalThreshold).sorted()
        return [ends[0], histogram.density(bin), ends[1], Double(histogram.counts[bin])]
      }, counts: [("scores", histogram.total), ("not_compared", histogram.missing)])
  }
}

extension EvaluationResult {
  /// The curves as comma-separated values, one after the other with an empty line between them: each a line `kind,of`, a header and a line a
  /// point. The head of a ROC curve is of the kind `roc-head`; its last point stands far away from the others, and accepts everything.
  public var curvesCSV: String {
    curves.flatMap { curve -> [String] in
      curve.tables.map { table in
        var kind = curve.kind.rawValue
        if case .roc(_, .some) = curve.content { kind = "roc-head" }
        let title = [kind, [curve.of, table.part].filter { !$0.isEmpty }.joined(separator: ", ")]
        let columns = table.columns + table.counts.map(\.name)
        let counts = table.counts.map { "\($0.value)" }
        let rows = table.points.map { $0.map(Cell.shortest) + counts }
        return ([title, columns] + rows).map { CSV.line($0) }.joined()
      }
    }.joined(separator: "\n")
  }
}
