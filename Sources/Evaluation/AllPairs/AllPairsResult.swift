import LinearAlgebra
import Metrics

/// What one set of embeddings scores on a protocol of all pairs.
public struct AllPairsResult: EvaluationResult, Equatable {
  public static let kind = AllPairs.name

  public let header: EvaluationHeader
  public let convention: ScoreConvention
  public let trials: [Trial]
  /// At the protocol's targets, descending: over trials.
  public let rates: [Rate]
  /// Over the people of all trials, of the mean TAR over trials at each trial's own threshold.
  public let intervals: ResultIntervals
  public let warnings: [String]

  public struct Trial: Codable, Equatable, Sendable {
    public let images: Int
    public let people: Int
    public let genuine: Int
    public let impostor: Int
    /// At the protocol's targets, descending.
    public let operatingPoints: [OperatingPoint]
    /// The head of the curve, down to a little beyond the largest target, at its genuine scores; then the point that accepts everything.
    public let rocHead: ROCCurve
    public let scores: ScoreHistograms

    init(_ trial: AllPairsTask.Trial, curve: ROCCurve, scores: ScoreHistograms, settings: AllPairs) {
      let convention = settings.convention
      images = trial.rows.count
      people = trial.people
      genuine = curve.genuineCount
      impostor = curve.impostorCount
      operatingPoints = settings.targetFARs.map {
        curve.operatingPoint(
          at: $0, rule: convention.farRule, confidence: convention.confidence,
          intervalMethod: convention.interval)
      }
      rocHead = curve.thinned(.genuineScores)
      self.scores = scores
    }
  }

  /// The rate at one target over the trials.
  public struct Rate: Codable, Equatable, Sendable {
    public let targetFAR: Double
    /// Nil where some trial cannot support the target.
    public let spread: Spread?
    /// μ − σ over trials, with the sample standard deviation: BLUFR's figure. Nil for one trial.
    public let meanMinusDeviation: Double?

    init(targetFAR: Double, values: [Double?]) {
      self.targetFAR = targetFAR
      let known = values.compactMap(\.self)
      let spread = known.count == values.count ? Spread(known) : nil
      self.spread = spread
      meanMinusDeviation = spread.flatMap { spread in spread.sampleSD.map { spread.mean - $0 } }
    }
  }

  /// `tallies` holds for each trial the genuine pairs that are accepted at each target, by person.
  init(
    _ task: AllPairsTask, trials: [Trial], tallies: [[SubjectTally?]], embeddingDigest: String?,
    workers: Workers
  ) {
    header = EvaluationHeader(task, embeddingDigest: embeddingDigest)
    convention = task.settings.convention
    self.trials = trials
    let rates = task.settings.targetFARs.enumerated().map { index, target in
      Rate(targetFAR: target, values: trials.map { $0.operatingPoints[index].tar })
    }
    self.rates = rates
    intervals = ResultIntervals(task.settings.interval, task.subjects) { subjects, _ in
      SubjectIntervals(
        subjects: subjects, settings: task.settings.interval, thresholds: .kept,
        estimates: rates.map { (NumberName.tar($0.targetFAR), $0.spread?.mean) }, workers: workers
      ) { counts in
        rates.indices.map { target in
          let shares = tallies.compactMap { $0[target]?.rate(counts) }
          return shares.count == tallies.count ? shares.reduce(0, +) / Double(shares.count) : nil
        }
      }
    }
    warnings =
      task.warnings + intervals.warnings
      + rates.filter { $0.spread == nil }.map {
        "FAR \(Cell.short($0.targetFAR)) is not attainable with \(trials.map(\.impostor).min() ?? 0) impostor pairs"
      }
  }
}

extension AllPairsResult {
  public var tables: [ResultTable] {
    let title =
      "\(header.title) (\(header.protocolName) v\(header.protocolVersion)), \(convention.similarity.measure), "
      + "convention \(convention.name)"
    let points = ResultTable(
      title: "\(title). TAR at FAR by the rule \(convention.farRule.rawValue)",
      columns: [.init("trial"), .init("images"), .init("people")]
        + OperatingPoint.columns(
          acceptance: "\(convention.similarity.measure) ≥",
          intervals: pointColumns),
      rows: trials.enumerated().flatMap { number, trial in
        trial.operatingPoints.map {
          ["\(number + 1)", "\(trial.images)", "\(trial.people)"]
            + $0.cells(natural: { $0 }, intervals: pointCells($0))
        }
      })
    guard trials.count > 1 else { return [points] }
    let summary = ResultTable(
      title: "TAR over \(trials.count) trials\(intervals.remark)",
      columns: [
        .init("target FAR"), .init("mean"),
        .init("\(Cell.short(intervals.level * 100)) % interval of the mean"),
        .init("SD (population)"), .init("SD (sample)"), .init("SEM"),
        .init("mean − SD (sample)"),
      ],
      rows: rates.map { rate in
        [
          Cell.short(rate.targetFAR), rate.spread.map { Cell.rate($0.mean) } ?? "not attainable",
          intervals.text(NumberName.tar(rate.targetFAR)),
          Cell.rate(rate.spread?.populationSD), Cell.rate(rate.spread?.sampleSD), Cell.rate(rate.spread?.sem),
          Cell.rate(rate.meanMinusDeviation),
        ]
      })
    return [summary, points]
  }

  /// One trial has intervals over people; of several their mean has.
  private var pointColumns: [ResultTable.Column] {
    trials.count == 1
      ? intervals.columns() : OperatingPoint.binomialColumn(confidence: convention.confidence)
  }

  private func pointCells(_ point: OperatingPoint) -> [String] {
    trials.count == 1
      ? intervals.cells(NumberName.tar(point.targetFAR), point.interval) : [Cell.range(point.interval)]
  }

  public var records: [[String]] {
    var rows = [["protocol", "trial"] + OperatingPoint.recordColumns]
    for (number, trial) in trials.enumerated() {
      rows += trial.operatingPoints.map {
        [header.protocolName, "\(number + 1)"]
          + $0.record(
            "tar", natural: { $0 },
            subjects: trials.count == 1 ? intervals.interval(NumberName.tar($0.targetFAR)) : nil)
      }
    }
    for rate in rates where trials.count > 1 {
      rows.append(
        [header.protocolName, "mean"]
          + OperatingPoint.record(
            "tar", rate.spread?.mean, target: rate.targetFAR,
            subjects: intervals.interval(NumberName.tar(rate.targetFAR))))
      rows.append(
        [header.protocolName, "mean-sd"]
          + OperatingPoint.record("tar", rate.meanMinusDeviation, target: rate.targetFAR))
    }
    return rows
  }
}
