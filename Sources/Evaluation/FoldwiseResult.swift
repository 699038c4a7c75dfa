import LinearAlgebra
import Metrics

/// What one model a fold scores on a verification protocol, fold k tested by the model that trained on none of its people.
///
/// The threshold of fold k is chosen on fold k+1 (cyclically) with that model. AUC, EER and TAR are read on each fold's own curve and
/// averaged; scores of different models have no common scale and are never pooled.
public struct FoldwiseResult: EvaluationResult, Equatable {
  public static let kind = PairVerification.name

  public let header: VerificationHeader
  public let accuracy: FoldAccuracy?
  /// Over folds; nil where a fold lacks a class.
  public let auc: Spread?
  public let eer: Spread?
  public let aucPerFold: [Double?]
  public let eerPerFold: [EqualErrorRate?]
  /// At the protocol's targets, descending.
  public let tar: [AveragedTAR]
  /// The exact curve of each fold; `ROCBand` averages them vertically.
  public let rocs: [ROCCurve]
  /// Over people where the list tells who they are: of the numbers averaged over folds.
  public let intervals: ResultIntervals
  public let warnings: [String]

  /// The TAR at one target on each fold, and their average.
  public struct AveragedTAR: Codable, Equatable, Sendable {
    public let targetFAR: Double
    /// Nil where some fold cannot support the target.
    public let spread: Spread?
    public let perFold: [OperatingPoint]

    /// The smallest FAR that every fold can support; nil where one has no impostors.
    public var minimumAttainableFAR: Double? {
      let minima = perFold.compactMap(\.minimumAttainableFAR)
      return minima.count == perFold.count ? minima.max() : nil
    }
  }

  init(
    _ task: VerificationTask, models: [VerificationTask.FoldModel], interval: IntervalSettings,
    intervals known: ResultIntervals? = nil, embeddingDigest: String?, workers: Workers
  ) {
    let tests = models.map(\.test)
    let header = VerificationHeader(task, scored: tests, embeddingDigest: embeddingDigest)
    let convention = header.convention
    rocs = tests.map(\.roc)
    // With one fold the next one is itself.
    let accuracy =
      models.count < 2 ? nil : convention.threshold.accuracy(tests, choosingOn: models.map(\.selection))
    self.accuracy = accuracy
    aucPerFold = rocs.map(\.auc)
    eerPerFold = rocs.map { $0.equalErrorRate(interpolation: convention.equalErrorRate) }
    let auc = Self.spread(aucPerFold)
    let eer = Self.spread(eerPerFold.map { $0?.value })
    let tar = task.settings.targetFARs.map { [rocs] target in
      let points = rocs.map {
        $0.operatingPoint(
          at: target, rule: convention.farRule, confidence: convention.confidence,
          intervalMethod: convention.interval)
      }
      return AveragedTAR(targetFAR: target, spread: Self.spread(points.map(\.tar)), perFold: points)
    }
    (self.auc, self.eer, self.tar) = (auc, eer, tar)
    self.header = header
    intervals =
      known
      ?? task.intervals(
        tests, interval, pooled: false, accuracy: accuracy, auc: auc?.mean, eer: eer?.mean,
        tar: tar.map { $0.spread?.mean },
        points: tar.map(\.perFold), workers: workers)
    var warnings = task.warnings + intervals.warnings
    if accuracy == nil { warnings.append(VerificationResult.noAccuracy(tests)) }
    warnings += tar.filter { $0.spread == nil }.map {
      "FAR \(Cell.short($0.targetFAR)) is not attainable within a fold"
    }
    self.warnings = warnings
  }

  private static func spread(_ values: [Double?]) -> Spread? {
    let known = values.compactMap(\.self)
    return known.count == values.count ? Spread(known) : nil
  }
}

extension FoldwiseResult {
  public var tables: [ResultTable] {
    let isResampled = intervals.subjects != nil
    func cells(_ title: String, _ spread: Spread?, _ name: String) -> [String] {
      [title] + [spread?.mean, spread?.populationSD, spread?.sampleSD, spread?.sem].map { Cell.fixed($0, 5) }
        + (isResampled ? [intervals.text(name)] : [])
    }
    let rates = tar.map { average in
      let title = "TAR at FAR \(Cell.short(average.targetFAR))"
      if average.spread != nil { return cells(title, average.spread, NumberName.tar(average.targetFAR)) }
      let needed = average.minimumAttainableFAR.map { " (needs FAR ≥ \(Cell.short($0)))" } ?? ""
      return [title, "not attainable\(needed)", "", "", ""] + (isResampled ? [""] : [])
    }
    let percent = "\(Cell.short(intervals.level * 100)) % interval"
    return [
      ResultTable(
        title:
          "\(header.title) (\(header.protocolName) v\(header.protocolVersion)), \(header.measure), fold-wise: "
          + "threshold chosen on the next fold, rates averaged over \(header.pairs.folds) folds\(intervals.remark)",
        columns: [
          .init("metric", isNumeric: false), .init("mean"), .init("SD (population)"), .init("SD (sample)"),
          .init("SEM"),
        ] + (isResampled ? [.init(percent)] : []),
        rows: [
          cells("accuracy", accuracy.flatMap { Spread($0.perFold) }, NumberName.accuracy),
          cells("AUC", auc, NumberName.auc), cells("EER", eer, NumberName.eer),
        ] + rates)
    ]
  }

  public var records: [[String]] {
    var rows = [["protocol", "metric", "target_far", "fold", "value", "threshold", "lower", "upper"]]
    func add(
      _ metric: String, _ target: Double?, _ fold: Int?, _ value: Double?, _ threshold: Double? = nil,
      name: String? = nil
    ) {
      let interval = name.flatMap(intervals.interval)
      rows.append([
        header.protocolName, metric, Cell.exact(target), fold.map { "\($0 + 1)" } ?? "mean",
        Cell.exact(value), Cell.exact(threshold.map(header.naturalThreshold)), Cell.exact(interval?.lower),
        Cell.exact(interval?.upper),
      ])
    }
    add("accuracy", nil, nil, accuracy?.mean, name: NumberName.accuracy)
    for (fold, value) in (accuracy?.perFold ?? []).enumerated() {
      add("accuracy", nil, fold, value, accuracy?.thresholds[fold])
    }
    add("auc", nil, nil, auc?.mean, name: NumberName.auc)
    for (fold, value) in aucPerFold.enumerated() { add("auc", nil, fold, value) }
    add("eer", nil, nil, eer?.mean, name: NumberName.eer)
    for (fold, value) in eerPerFold.enumerated() { add("eer", nil, fold, value?.value) }
    for average in tar {
      add("tar", average.targetFAR, nil, average.spread?.mean, name: NumberName.tar(average.targetFAR))
      for (fold, point) in average.perFold.enumerated() {
        add("tar", average.targetFAR, fold, point.tar, point.threshold)
      }
    }
    return rows
  }
}
