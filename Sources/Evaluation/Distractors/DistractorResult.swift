import LinearAlgebra
import Metrics

/// What one set of embeddings scores on a protocol of identification among distractors.
public struct DistractorResult: EvaluationResult, Equatable {
  public static let kind = DistractorIdentification.name

  public let header: EvaluationHeader
  public let convention: DistractorConvention
  public let noise: DistractorTask.NoiseCounts
  public let probes: Int
  public let identities: Int
  public let ranks: [Int]
  /// Ascending.
  public let sizes: [Size]
  /// Over the people of the probes, of the rates that `DistractorIdentification.rateNames` names.
  public let intervals: ResultIntervals
  /// How scores that do not matter were left out; nil where every score was computed.
  public let screening: DistractorScreening?
  /// Of every genuine comparison, and of every probe photo with every distractor of the largest list; nil with screening, which does not compute all.
  public let scores: ScoreHistograms?
  public let warnings: [String]

  /// What was found among the distractors of one list.
  public struct Size: Codable, Equatable, Sendable {
    /// The list's own size.
    public let listed: Int
    /// The distractors that took part.
    public let distractors: Int
    /// Up to the highest rank of the protocol.
    public let match: CumulativeMatch
    /// At the protocol's ranks.
    public let intervals: [BinomialInterval?]
    /// At the protocol's targets, descending.
    public let operatingPoints: [OperatingPoint]
    /// The head of the curve, down to a little beyond the largest target, at its genuine scores; then the point that accepts everything.
    public let rocHead: ROCCurve

    init(
      listed: Int, distractors: Int, settings: DistractorIdentification, match: CumulativeMatch,
      curve: ROCCurve
    ) {
      let convention = settings.convention
      self.listed = listed
      self.distractors = distractors
      self.match = match
      intervals = settings.ranks.map {
        match.interval(rank: $0, confidence: convention.confidence, method: convention.interval)
      }
      operatingPoints = settings.targetFARs.map {
        curve.operatingPoint(
          at: $0, rule: convention.farRule, confidence: convention.confidence,
          intervalMethod: convention.interval)
      }
      rocHead = curve.thinned(.genuineScores)
    }
  }

  init(
    _ task: DistractorTask, sizes: [Size], tallies: DistractorTallies, scores: ScoreHistograms?,
    embeddingDigest: String?, workers: Workers
  ) {
    header = EvaluationHeader(task, embeddingDigest: embeddingDigest)
    convention = task.settings.convention
    noise = task.noise
    probes = task.probes.count
    identities = Set(task.probes.map { $0.identity }).count
    ranks = task.settings.ranks
    self.sizes = sizes
    let ranks = ranks
    intervals = ResultIntervals(task.settings.interval, tallies.subjects) { subjects, _ in
      tallies.intervals(
        subjects, names: task.settings.rateNames,
        values: sizes.flatMap { size in
          ranks.map { size.match.rate(rank: $0) } + size.operatingPoints.map(\.tar)
        }, settings: task.settings.interval, workers: workers)
    }
    screening = task.settings.screening
    self.scores = scores
    warnings =
      task.warnings + intervals.warnings
      + sizes.flatMap { size in
        size.operatingPoints.filter { !$0.attainable }.map {
          "FAR \(Cell.short($0.targetFAR)) is not attainable with \($0.impostorCount) impostor comparisons "
            + "(\(size.listed) distractors)"
        }
      }
  }
}

extension DistractorResult {
  /// The names of the rates that say nothing, by `DistractorIdentification.rateNames`: 1 at a rank that takes in all candidates of a search, the distractors and
  /// the mate. Below 1 there are failures to enrol, and the rate counts them.
  public var emptyRates: [String] {
    sizes.flatMap { size in
      ranks.filter { $0 > size.distractors && size.match.rate(rank: $0) == 1 }.map {
        DistractorIdentification.rankName($0, size: size.listed)
      }
    }
  }

  private var title: String {
    let noiseText =
      switch noise.rule {
      case .exclude:
        "\(noise.foundProbes) mislabelled probes and \(noise.foundDistractors) distractors excluded"
      case .keep: "noise lists not used"
      case .replace, .insightface:
        "\(noise.foundProbes) mislabelled probes and \(noise.foundDistractors) distractors replaced"
      }
    return
      "\(header.title) (\(header.protocolName) v\(header.protocolVersion)), \(convention.similarity.measure), "
      + "convention \(convention.name), \(probes) probes of \(identities) identities, \(noiseText)"
      + (screening.map { ", exact with \($0.rawValue) screening" } ?? "")
  }

  public var tables: [ResultTable] {
    let searches = sizes.first?.match.searches ?? 0
    var columns: [ResultTable.Column] = [.init("distractors")]
    for rank in ranks { columns.append(.init("rank \(rank)")) }
    columns += intervals.columns(of: "searches").map { .init("\($0.title): rank \(ranks[0])") }
    let rates: [[String]] = sizes.map { size in
      var cells = ["\(size.distractors)"]
      for rank in ranks { cells.append(Cell.rate(size.match.rate(rank: rank))) }
      let name = DistractorIdentification.rankName(ranks[0], size: size.listed)
      return cells + intervals.cells(name, size.intervals[0])
    }
    let identification = ResultTable(
      title:
        "\(title). Identification rate of \(searches) searches, ties \(convention.ties.rawValue)\(intervals.remark)",
      columns: columns, rows: rates)
    let verification = ResultTable(
      title: "TPR at FAR by the rule \(convention.farRule.rawValue)",
      columns: [.init("distractors")]
        + OperatingPoint.columns(
          acceptance: "\(convention.similarity.measure) ≥", intervals: intervals.columns(), true: "TPR"),
      rows: sizes.flatMap { size in
        size.operatingPoints.map { point in
          let name = DistractorIdentification.tprName(point.targetFAR, size: size.listed)
          return ["\(size.distractors)"]
            + point.cells(natural: { $0 }, intervals: intervals.cells(name, point.interval))
        }
      })
    return [identification, verification]
  }

  public var records: [[String]] {
    var rows = [["protocol", "distractors", "rank"] + OperatingPoint.recordColumns]
    for size in sizes {
      let place = [header.protocolName, "\(size.distractors)"]
      for (rank, interval) in zip(ranks, size.intervals) {
        let record = OperatingPoint.record(
          "identification_rate", size.match.rate(rank: rank), hits: size.match.hits[rank - 1],
          searches: size.match.searches, interval: interval,
          subjects: intervals.interval(DistractorIdentification.rankName(rank, size: size.listed)))
        rows.append(place + ["\(rank)"] + record)
      }
      rows += size.operatingPoints.map { point in
        let name = DistractorIdentification.tprName(point.targetFAR, size: size.listed)
        return place + [""]
          + point.record("tpr", natural: { $0 }, subjects: intervals.interval(name))
      }
    }
    return rows
  }
}
