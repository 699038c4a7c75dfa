import LinearAlgebra
import Metrics

/// What one model scores on all folds of a verification protocol.
///
/// Thresholds are in the units of the similarity; `header.naturalThreshold(_:)` turns them into distances where it is a negated one. Numbers
/// that do not exist are nil: the accuracy of a single fold or of an empty one, rates of an empty class.
public struct VerificationResult: EvaluationResult, Equatable {
  public static let kind = PairVerification.name

  public let header: VerificationHeader
  public let accuracy: FoldAccuracy?
  public let auc: Double?
  public let eer: EqualErrorRate?
  /// At the protocol's targets, descending.
  public let operatingPoints: [OperatingPoint]
  /// The exact curve over all pairs.
  public let roc: ROCCurve
  /// The thresholds of folds and of operating points as distances; nil for a similarity that is none.
  public let distanceThresholds: DistanceThresholds?
  /// Over people where the list tells who they are.
  public let intervals: ResultIntervals
  public let warnings: [String]

  public struct DistanceThresholds: Codable, Equatable, Sendable {
    @ExtendedReals public private(set) var perFold: [Double]
    /// Nil for a point that was interpolated.
    public let operatingPoints: [ExtendedReal?]

    private enum CodingKeys: String, CodingKey { case perFold, operatingPoints }
  }

  /// `selections` holds for each fold the scores that its threshold is chosen on, where they are not those of the other folds.
  init(
    _ task: VerificationTask, folds: [LabelledScores], selections: [LabelledScores]? = nil,
    embeddingDigest: String?, workers: Workers
  ) {
    let header = VerificationHeader(task, scored: folds, embeddingDigest: embeddingDigest)
    let convention = header.convention
    var all = LabelledScores()
    for fold in folds { all.append(contentsOf: fold) }
    let roc = all.roc
    let accuracy = task.accuracy(folds, selections)
    let points = task.settings.targetFARs.map { target in
      roc.operatingPoint(
        at: target, rule: convention.farRule, confidence: convention.confidence,
        intervalMethod: convention.interval)
    }
    let eer = roc.equalErrorRate(interpolation: convention.equalErrorRate)
    self.header = header
    self.accuracy = accuracy
    auc = roc.auc
    self.eer = eer
    operatingPoints = points
    self.roc = roc
    if header.thresholdsAreNegatedDistances {
      distanceThresholds = DistanceThresholds(
        perFold: (accuracy?.thresholds ?? []).map(header.naturalThreshold),
        operatingPoints: points.map {
          $0.threshold.map { ExtendedReal(wrappedValue: header.naturalThreshold($0)) }
        })
    } else {
      distanceThresholds = nil
    }
    intervals = task.intervals(
      folds, task.settings.interval, pooled: true, accuracy: accuracy, auc: roc.auc, eer: eer?.value,
      tar: points.map(\.tar),
      points: points.map { [$0] }, workers: workers)
    var warnings = task.warnings + intervals.warnings
    if accuracy == nil { warnings.append(Self.noAccuracy(folds)) }
    warnings += points.filter { !$0.attainable }.map { point in
      "FAR \(Cell.short(point.targetFAR)) is not attainable with \(point.impostorCount) impostor pairs"
    }
    self.warnings = warnings
  }

  static func noAccuracy(_ folds: [LabelledScores]) -> String {
    folds.count < 2
      ? "accuracy needs two folds: a threshold is never chosen on the pairs that it is tested on"
      : "accuracy is undefined: a fold has no pair left, or its threshold nothing to be chosen on"
  }
}

extension VerificationResult {
  public var tables: [ResultTable] { [accuracyTable, operatingPointTable] }

  private var accuracyTable: ResultTable {
    let pairs = "\(header.pairs.genuine) + \(header.pairs.impostor)"
    let isResampled = intervals.subjects != nil
    let percent = "\(Cell.short(intervals.level * 100)) % interval"
    func interval(_ name: String) -> [String] { isResampled ? [intervals.text(name)] : [] }
    func column(_ name: String) -> [ResultTable.Column] {
      isResampled ? [.init("\(percent) of \(name)")] : []
    }
    var cells = [
      Cell.rate(accuracy?.mean), Cell.rate(accuracy?.populationSD), Cell.rate(accuracy?.sampleSD),
      Cell.rate(accuracy?.sem),
    ]
    cells += interval(NumberName.accuracy) + [Cell.fixed(auc, 5)] + interval(NumberName.auc)
    cells += [Cell.rate(eer?.value)] + interval(NumberName.eer) + [pairs, "\(header.pairs.folds)"]
    var columns: [ResultTable.Column] = [
      .init("accuracy"), .init("SD (population)"), .init("SD (sample)"), .init("SEM"),
    ]
    columns += column("accuracy") + [.init("AUC")] + column("AUC") + [.init("EER")] + column("EER")
    columns += [.init("pairs"), .init("folds")]
    return ResultTable(title: header.accuracyTitle + intervals.remark, columns: columns, rows: [cells])
  }

  private var operatingPointTable: ResultTable {
    ResultTable(
      title: "TAR at FAR by the rule \(header.convention.farRule.rawValue)",
      columns: OperatingPoint.columns(acceptance: header.acceptance, intervals: intervals.columns()),
      rows: operatingPoints.map { point in
        point.cells(
          natural: header.naturalThreshold,
          intervals: intervals.cells(NumberName.tar(point.targetFAR), point.interval))
      })
  }

  public var records: [[String]] {
    var rows = [["protocol"] + OperatingPoint.recordColumns]
    func add(_ metric: String, _ value: Double?, _ threshold: Double? = nil, name: String? = nil) {
      let record = OperatingPoint.record(
        metric, value, threshold: threshold.map(header.naturalThreshold),
        subjects: name.flatMap(intervals.interval))
      rows.append([header.protocolName] + record)
    }
    add("accuracy_mean", accuracy?.mean, name: NumberName.accuracy)
    add("accuracy_sd_population", accuracy?.populationSD)
    add("accuracy_sd_sample", accuracy?.sampleSD)
    add("accuracy_sem", accuracy?.sem)
    for (fold, value) in (accuracy?.perFold ?? []).enumerated() {
      add("accuracy_fold_\(fold + 1)", value, accuracy?.thresholds[fold])
    }
    add("auc", auc, name: NumberName.auc)
    add("eer", eer?.value, name: NumberName.eer)
    for point in operatingPoints {
      let interval = intervals.interval(NumberName.tar(point.targetFAR))
      rows.append(
        [header.protocolName] + point.record("tar", natural: header.naturalThreshold, subjects: interval))
    }
    return rows
  }
}
