import LinearAlgebra
import Metrics

/// What one set of embeddings scores on a protocol of template comparisons.
public struct TemplateVerificationResult: EvaluationResult, Equatable {
  public static let kind = TemplateVerification.name

  public let header: EvaluationHeader
  public let convention: TemplateConvention
  public let missing: AbsentImages
  /// One, or those of IJB-A.
  public let splits: [Split]
  /// At the protocol's targets, descending: the mean over splits; nil where there is one split only.
  public let rates: [AveragedTAR]?
  /// The numbers that people are resampled for.
  let averages: Averages
  /// Over people where the lists tell who they are: of the numbers averaged over splits.
  public let intervals: ResultIntervals
  public let warnings: [String]

  /// What one split gave.
  public struct Split: Codable, Equatable, Sendable {
    public let images: Int
    public let media: Int
    public let templates: Int
    public let emptyTemplates: Int
    public let genuine: Int
    public let impostor: Int
    public let auc: Double?
    public let eer: EqualErrorRate?
    /// At the protocol's targets, descending; those of the exact curve.
    public let operatingPoints: [OperatingPoint]
    /// The curve at its genuine scores, which keeps every TAR.
    public let roc: ROCCurve
    public let scores: ScoreHistograms

    init(
      genuine genuineScores: [Float], impostor impostorScores: [Float], settings: TemplateVerification,
      templates set: TemplateSet, workers: Workers
    ) {
      let convention = settings.convention
      let summary = ScoreSummary(
        genuine: genuineScores, impostor: impostorScores, targetFARs: settings.targetFARs,
        rule: convention.farRule, pieces: workers.count, perform: workers.forEach)
      images = set.images.count
      media = set.mediaCount
      templates = set.count
      emptyTemplates = set.emptyCount
      genuine = summary.genuineCount
      impostor = summary.impostorCount
      auc = summary.auc
      eer = summary.equalErrorRate(interpolation: convention.equalErrorRate)
      operatingPoints = settings.targetFARs.map {
        summary.operatingPoint(
          at: $0, confidence: convention.confidence, intervalMethod: convention.interval)
      }
      roc = summary.roc
      scores = ScoreHistograms(
        genuine: genuineScores, impostor: impostorScores, pieces: workers.count, perform: workers.forEach)
    }
  }

  /// The TAR at one target over the splits.
  public struct AveragedTAR: Codable, Equatable, Sendable {
    public let targetFAR: Double
    /// Nil where some split cannot support the target.
    public let spread: Spread?
  }

  /// The numbers averaged over splits; nil where one lacks it.
  struct Averages: Codable, Equatable, Sendable {
    var auc: Double?
    var eer: Double?
    /// At the protocol's targets.
    var tar: [Double?]
  }

  /// `resampled` gives the intervals of the averages over people; nil where there are none.
  init(
    _ task: TemplateVerificationTask, splits: [Split], embeddingDigest: String?,
    resampled: (Averages) -> SubjectIntervals?
  ) {
    header = EvaluationHeader(task, embeddingDigest: embeddingDigest)
    convention = task.settings.convention
    missing = task.missing
    self.splits = splits
    let averaged = task.settings.targetFARs.enumerated().map { index, target in
      let values = splits.compactMap { $0.operatingPoints[index].tar }
      return AveragedTAR(targetFAR: target, spread: values.count == splits.count ? Spread(values) : nil)
    }
    rates = splits.count > 1 ? averaged : nil
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap(\.self)
      return known.count == values.count ? Spread(known)?.mean : nil
    }
    let averages = Averages(
      auc: mean(splits.map(\.auc)), eer: mean(splits.map { $0.eer?.value }),
      tar: averaged.map { $0.spread?.mean })
    self.averages = averages
    intervals = ResultIntervals(task.settings.interval, task.subjects) { _, _ in resampled(averages) }
    warnings =
      task.warnings + intervals.warnings
      + averaged.filter { $0.spread == nil }.map {
        let impostors = splits.map(\.impostor).min() ?? 0
        return "FAR \(Cell.short($0.targetFAR)) is not attainable with \(impostors) impostor pairs"
      }
  }
}

extension TemplateVerificationResult {
  public var tables: [ResultTable] {
    let title =
      "\(header.title) (\(header.protocolName) v\(header.protocolVersion)), \(convention.similarity.measure), "
      + "convention \(convention.name): \(convention.pooling.summary)"
    var tables = [
      ResultTable(
        title: title + intervals.remark,
        columns: (splits.count > 1 ? [.init("split")] : []) + [
          .init("AUC"), .init("EER"), .init("pairs"), .init("templates"), .init("media"), .init("images"),
        ],
        rows: splits.enumerated().map { number, split in
          (splits.count > 1 ? ["\(number + 1)"] : []) + [
            Cell.fixed(split.auc, 5), Cell.rate(split.eer?.value), "\(split.genuine) + \(split.impostor)",
            "\(split.templates)", "\(split.media)", "\(split.images)",
          ]
        })
    ]
    let acceptance =
      convention.similarity.isDistance
      ? "\(convention.similarity.measure) ≤" : "\(convention.similarity.measure) ≥"
    if let rates {
      tables.append(
        ResultTable(
          title: "TAR at FAR by the rule \(convention.farRule.rawValue), over \(splits.count) splits",
          columns: [
            .init("target FAR"), .init("mean TAR"), .init("SD (population)"), .init("SD (sample)"),
            .init("SEM"),
          ] + (intervals.subjects == nil ? [] : [.init("\(Cell.short(intervals.level * 100)) % interval")]),
          rows: rates.map { rate in
            [
              Cell.short(rate.targetFAR), rate.spread.map { Cell.rate($0.mean) } ?? "not attainable",
              Cell.rate(rate.spread?.populationSD), Cell.rate(rate.spread?.sampleSD),
              Cell.rate(rate.spread?.sem),
            ] + (intervals.subjects == nil ? [] : [intervals.text(NumberName.tar(rate.targetFAR))])
          }))
    } else {
      tables.append(
        ResultTable(
          title: "TAR at FAR by the rule \(convention.farRule.rawValue)",
          columns: OperatingPoint.columns(acceptance: acceptance, intervals: intervals.columns()),
          rows: splits[0].operatingPoints.map { point in
            point.cells(
              natural: convention.similarity.naturalThreshold,
              intervals: intervals.cells(NumberName.tar(point.targetFAR), point.interval))
          }))
    }
    return tables
  }

  public var records: [[String]] {
    var rows = [["protocol", "split"] + OperatingPoint.recordColumns]
    for (number, split) in splits.enumerated() {
      let place = [header.protocolName, splits.count > 1 ? "\(number + 1)" : ""]
      // The intervals are those of the means.
      func interval(_ name: String) -> PercentileInterval? {
        splits.count > 1 ? nil : intervals.interval(name)
      }
      rows.append(
        place + OperatingPoint.record("auc", split.auc, subjects: interval(NumberName.auc)))
      rows.append(
        place + OperatingPoint.record("eer", split.eer?.value, subjects: interval(NumberName.eer)))
      rows += split.operatingPoints.map {
        place
          + $0.record(
            "tar", natural: convention.similarity.naturalThreshold,
            subjects: interval(NumberName.tar($0.targetFAR)))
      }
    }
    for rate in rates ?? [] {
      rows.append(
        [header.protocolName, "mean"]
          + OperatingPoint.record(
            "tar", rate.spread?.mean, target: rate.targetFAR,
            subjects: intervals.interval(NumberName.tar(rate.targetFAR))))
    }
    return rows
  }
}
