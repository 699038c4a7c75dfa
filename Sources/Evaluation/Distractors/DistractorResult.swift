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

  init(_ task: DistractorTask, sizes: [Size], embeddingDigest: String?) {
    header = EvaluationHeader(task, embeddingDigest: embeddingDigest)
    convention = task.settings.convention
    noise = task.noise
    probes = task.probes.count
    identities = Set(task.probes.map { $0.identity }).count
    ranks = task.settings.ranks
    self.sizes = sizes
    warnings =
      task.warnings
      + sizes.flatMap { size in
        size.operatingPoints.filter { !$0.attainable }.map {
          "FAR \(Cell.short($0.targetFAR)) is not attainable with \($0.impostorCount) impostor comparisons "
            + "(\(size.listed) distractors)"
        }
      }
  }
}

extension DistractorResult {
  private var title: String {
    let noiseText =
      switch noise.rule {
      case .exclude:
        "\(noise.foundProbes) mislabelled probes and \(noise.foundDistractors) distractors excluded"
      case .keep: "noise lists not used"
      case .replace:
        "\(noise.foundProbes) mislabelled probes and \(noise.foundDistractors) distractors replaced"
      }
    return
      "\(header.title) (\(header.protocolName) v\(header.protocolVersion)), \(convention.similarity.measure), "
      + "convention \(convention.name), \(probes) probes of \(identities) identities, \(noiseText)"
  }

  public var tables: [ResultTable] {
    let searches = sizes.first?.match.searches ?? 0
    let percent = Cell.short(convention.confidence * 100)
    var columns: [ResultTable.Column] = [.init("distractors")]
    for rank in ranks { columns.append(.init("rank \(rank)")) }
    columns.append(.init("\(percent) % interval of rank \(ranks[0])"))
    let rates: [[String]] = sizes.map { size in
      var cells = ["\(size.distractors)"]
      for rank in ranks { cells.append(Cell.rate(size.match.rate(rank: rank))) }
      cells.append(Cell.range(size.intervals[0]))
      return cells
    }
    let identification = ResultTable(
      title: "\(title). Identification rate of \(searches) searches, ties \(convention.ties.rawValue)",
      columns: columns, rows: rates)
    let verification = ResultTable(
      title: "TPR at FAR by the rule \(convention.farRule.rawValue)",
      columns: [.init("distractors")]
        + OperatingPoint.columns(
          acceptance: "\(convention.similarity.measure) ≥", confidence: convention.confidence, true: "TPR"),
      rows: sizes.flatMap { size in
        size.operatingPoints.map { ["\(size.distractors)"] + $0.cells(natural: { $0 }) }
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
          searches: size.match.searches, interval: interval)
        rows.append(place + ["\(rank)"] + record)
      }
      rows += size.operatingPoints.map { place + [""] + $0.record("tpr", natural: { $0 }) }
    }
    return rows
  }
}
