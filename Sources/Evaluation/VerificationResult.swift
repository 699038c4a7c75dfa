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
    embeddingDigest: String?
  ) {
    let header = VerificationHeader(task, scored: folds, embeddingDigest: embeddingDigest)
    let convention = header.convention
    var all = LabelledScores()
    for fold in folds { all.append(contentsOf: fold) }
    let roc = all.roc
    let accuracy =
      switch convention.selection {
      case .otherFolds:
        if let selections {
          folds.count < 2 ? nil : convention.threshold.accuracy(folds, choosingOn: selections)
        } else {
          convention.threshold.crossValidatedAccuracy(folds)
        }
      case .allPairs: convention.threshold.accuracy(folds, choosingOn: folds.map { _ in all })
      }
    let points = task.settings.targetFARs.map { target in
      roc.operatingPoint(
        at: target, rule: convention.farRule, confidence: convention.confidence,
        intervalMethod: convention.interval)
    }
    self.header = header
    self.accuracy = accuracy
    auc = roc.auc
    eer = roc.equalErrorRate(interpolation: convention.equalErrorRate)
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
    var warnings = task.warnings
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
    let cells: [String] = [
      Cell.rate(accuracy?.mean), Cell.rate(accuracy?.populationSD), Cell.rate(accuracy?.sampleSD),
      Cell.rate(accuracy?.sem), Cell.fixed(auc, 5), Cell.rate(eer?.value), pairs, "\(header.pairs.folds)",
    ]
    return ResultTable(
      title: header.accuracyTitle,
      columns: [
        .init("accuracy"), .init("SD (population)"), .init("SD (sample)"), .init("SEM"), .init("AUC"),
        .init("EER"), .init("pairs"), .init("folds"),
      ], rows: [cells])
  }

  private var operatingPointTable: ResultTable {
    ResultTable(
      title: "TAR at FAR by the rule \(header.convention.farRule.rawValue)",
      columns: OperatingPoint.columns(
        acceptance: header.acceptance, confidence: header.convention.confidence),
      rows: operatingPoints.map { $0.cells(natural: header.naturalThreshold) })
  }

  public var records: [[String]] {
    var rows = [["protocol"] + OperatingPoint.recordColumns]
    func add(_ metric: String, _ value: Double?, _ threshold: Double? = nil) {
      let filler = [String](repeating: "", count: 9)
      rows.append(
        [
          header.protocolName, metric, "", Cell.exact(value), "",
          Cell.exact(threshold.map(header.naturalThreshold)),
        ]
          + filler)
    }
    add("accuracy_mean", accuracy?.mean)
    add("accuracy_sd_population", accuracy?.populationSD)
    add("accuracy_sd_sample", accuracy?.sampleSD)
    add("accuracy_sem", accuracy?.sem)
    for (fold, value) in (accuracy?.perFold ?? []).enumerated() {
      add("accuracy_fold_\(fold + 1)", value, accuracy?.thresholds[fold])
    }
    add("auc", auc)
    add("eer", eer?.value)
    for point in operatingPoints {
      rows.append([header.protocolName] + point.record("tar", natural: header.naturalThreshold))
    }
    return rows
  }
}
