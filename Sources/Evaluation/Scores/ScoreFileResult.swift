import Metrics

/// What scores in a file give by the default rules, whoever made them.
public struct ScoreFileResult: EvaluationResult, Equatable {
  public static let kind = "scores"

  public let source: String
  public let files: [ListDigest]
  public let convention: ScoreConvention
  public let folds: Int
  public let genuine: Int
  public let impostor: Int
  /// Over folds, each with the threshold that is best on the others; nil with one fold.
  public let accuracy: FoldAccuracy?
  public let auc: Double?
  public let eer: EqualErrorRate?
  /// At the targets, descending.
  public let operatingPoints: [OperatingPoint]
  /// Every TAR of the exact curve.
  public let roc: ROCCurve
  public let scores: ScoreHistograms
  /// Binomial, since a file of scores does not tell who is compared.
  public let intervals: ResultIntervals
  public let warnings: [String]

  init(_ scores: ScoreFile, targetFARs: [Double]) {
    let convention = ScoreConvention.likeness
    var all = LabelledScores()
    for fold in scores.folds { all.append(contentsOf: fold) }
    let curve = all.roc
    source = scores.source
    files = scores.digests
    self.convention = convention
    folds = scores.folds.count
    genuine = curve.genuineCount
    impostor = curve.impostorCount
    accuracy =
      scores.folds.count > 1 ? ThresholdConvention.likeness.crossValidatedAccuracy(scores.folds) : nil
    auc = curve.auc
    eer = curve.equalErrorRate()
    let points = targetFARs.sorted(by: >).map {
      curve.operatingPoint(
        at: $0, rule: convention.farRule, confidence: convention.confidence,
        intervalMethod: convention.interval)
    }
    operatingPoints = points
    roc = curve.thinned(.genuineScores)
    self.scores = ScoreHistograms(curve)
    intervals = ResultIntervals(
      IntervalSettings(method: .binomial, level: convention.confidence),
      KnownSubjects<Void>.unknown(reason: "a file of scores does not tell who is compared")
    ) { _, _ in nil }
    warnings = points.filter { !$0.attainable }.map {
      "FAR \(Cell.short($0.targetFAR)) is not attainable with \($0.impostorCount) impostor pairs"
    }
  }
}

extension ScoreFileResult {
  /// Why there is no accuracy; empty where there is one.
  private var accuracyRemark: String {
    guard accuracy == nil else { return "" }
    return folds > 1
      ? "; no accuracy: for some fold the others give no threshold"
      : "; no accuracy: without folds there are no others to choose its threshold on"
  }

  public var tables: [ResultTable] {
    [
      ResultTable(
        title: "\(source), scores as they are, convention \(convention.name)\(accuracyRemark)",
        columns: [
          .init("accuracy"), .init("SD (population)"), .init("SD (sample)"), .init("SEM"), .init("AUC"),
          .init("EER"), .init("pairs"), .init("folds"),
        ],
        rows: [
          [
            Cell.rate(accuracy?.mean), Cell.rate(accuracy?.populationSD), Cell.rate(accuracy?.sampleSD),
            Cell.rate(accuracy?.sem), Cell.fixed(auc, 5), Cell.rate(eer?.value), "\(genuine) + \(impostor)",
            "\(folds)",
          ]
        ]),
      ResultTable(
        title: "TAR at FAR by the rule \(convention.farRule.rawValue)",
        columns: OperatingPoint.columns(acceptance: "score ≥", intervals: intervals.columns()),
        rows: operatingPoints.map { $0.cells(natural: { $0 }) }),
    ]
  }

  public var records: [[String]] {
    var rows = [["source"] + OperatingPoint.recordColumns]
    rows.append([source] + OperatingPoint.record("accuracy_mean", accuracy?.mean))
    rows.append([source] + OperatingPoint.record("auc", auc))
    rows.append([source] + OperatingPoint.record("eer", eer?.value))
    rows += operatingPoints.map { [source] + $0.record("tar", natural: { $0 }) }
    return rows
  }

  public var curves: [ResultCurve] {
    // Scores as they are: of a similarity whose natural unit they are.
    let interval = ResultCurve.Interval(convention.interval, confidence: convention.confidence)
    return [.roc(roc, reach: nil), .histogram(scores)].map {
      ResultCurve($0, similarity: .innerProduct, interval: interval)
    }
  }
}
