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

  init(_ task: VerificationTask, models: [VerificationTask.FoldModel], embeddingDigest: String?) {
    let tests = models.map(\.test)
    let header = VerificationHeader(task, scored: tests, embeddingDigest: embeddingDigest)
    let convention = header.convention
    rocs = tests.map(\.roc)
    // With one fold the next one is itself.
    accuracy =
      models.count < 2 ? nil : convention.threshold.accuracy(tests, choosingOn: models.map(\.selection))
    aucPerFold = rocs.map(\.auc)
    eerPerFold = rocs.map { $0.equalErrorRate(interpolation: convention.equalErrorRate) }
    auc = Self.spread(aucPerFold)
    eer = Self.spread(eerPerFold.map { $0?.value })
    tar = task.settings.targetFARs.map { [rocs] target in
      let points = rocs.map {
        $0.operatingPoint(
          at: target, rule: convention.farRule, confidence: convention.confidence,
          intervalMethod: convention.interval)
      }
      return AveragedTAR(targetFAR: target, spread: Self.spread(points.map(\.tar)), perFold: points)
    }
    self.header = header
    var warnings = task.warnings
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
    func cells(_ name: String, _ mean: Double?, _ population: Double?, _ sample: Double?, _ sem: Double?)
      -> [String]
    {
      [name] + [mean, population, sample, sem].map { Cell.fixed($0, 5) }
    }
    func cells(_ name: String, _ spread: Spread?) -> [String] {
      cells(name, spread?.mean, spread?.populationSD, spread?.sampleSD, spread?.sem)
    }
    let accuracyCells = cells(
      "accuracy", accuracy?.mean, accuracy?.populationSD, accuracy?.sampleSD, accuracy?.sem)
    let rates = tar.map { average in
      if average.spread != nil { return cells("TAR at FAR \(Cell.short(average.targetFAR))", average.spread) }
      let needed = average.minimumAttainableFAR.map { " (needs FAR ≥ \(Cell.short($0)))" } ?? ""
      return ["TAR at FAR \(Cell.short(average.targetFAR))", "not attainable\(needed)", "", "", ""]
    }
    return [
      ResultTable(
        title:
          "\(header.title) (\(header.protocolName) v\(header.protocolVersion)), \(header.measure), fold-wise: "
          + "threshold chosen on the next fold, rates averaged over \(header.pairs.folds) folds",
        columns: [
          .init("metric", isNumeric: false), .init("mean"), .init("SD (population)"), .init("SD (sample)"),
          .init("SEM"),
        ],
        rows: [accuracyCells, cells("AUC", auc), cells("EER", eer)] + rates)
    ]
  }

  public var records: [[String]] {
    var rows = [["protocol", "metric", "target_far", "fold", "value", "threshold"]]
    func add(_ metric: String, _ target: Double?, _ fold: Int?, _ value: Double?, _ threshold: Double? = nil)
    {
      rows.append([
        header.protocolName, metric, Cell.exact(target), fold.map { "\($0 + 1)" } ?? "mean",
        Cell.exact(value),
        Cell.exact(threshold.map(header.naturalThreshold)),
      ])
    }
    add("accuracy", nil, nil, accuracy?.mean)
    for (fold, value) in (accuracy?.perFold ?? []).enumerated() {
      add("accuracy", nil, fold, value, accuracy?.thresholds[fold])
    }
    add("auc", nil, nil, auc?.mean)
    for (fold, value) in aucPerFold.enumerated() { add("auc", nil, fold, value) }
    add("eer", nil, nil, eer?.mean)
    for (fold, value) in eerPerFold.enumerated() { add("eer", nil, fold, value?.value) }
    for average in tar {
      add("tar", average.targetFAR, nil, average.spread?.mean)
      for (fold, point) in average.perFold.enumerated() {
        add("tar", average.targetFAR, fold, point.tar, point.threshold)
      }
    }
    return rows
  }
}
