import Metrics

/// What one set of embeddings scores on the groups of a protocol, at thresholds that they share.
public struct GroupResult: EvaluationResult, Equatable {
  public static let kind = GroupVerification.name

  public let header: EvaluationHeader
  public let convention: ScoreConvention
  public let groups: [Group]
  /// Of the groups' accuracies; nil where one has none.
  public let accuracy: Spread?
  /// At the protocol's targets, descending.
  public let thresholds: [CommonThreshold]
  public let warnings: [String]

  public struct Group: Codable, Equatable, Sendable {
    public let name: String
    public let genuine: Int
    public let impostor: Int
    /// Over folds, with thresholds of the group's own; nil with one fold.
    public let accuracy: FoldAccuracy?
    public let auc: Double?
    public let eer: EqualErrorRate?
    /// The curve at its genuine scores, which keeps every TAR.
    public let roc: ROCCurve
    public let scores: ScoreHistograms
  }

  /// The threshold of one target FAR, chosen on all groups together, and what it does to each.
  public struct CommonThreshold: Codable, Equatable, Sendable {
    /// Over all groups.
    public let overall: OperatingPoint
    /// In the order of the groups; empty where the target is not attainable.
    public let rates: [Rates]
    /// The highest TAR less the lowest, and the highest FAR less the lowest. The intervals are those of the two groups as they were
    /// found, pairs taken as independent: not corrected for having looked for the extremes.
    public let tarGap: DifferenceInterval?
    public let farGap: DifferenceInterval?
  }

  /// What a group's pairs give at a common threshold.
  public struct Rates: Codable, Equatable, Sendable {
    public let acceptedGenuine: Int
    public let genuine: Int
    public let acceptedImpostor: Int
    public let impostor: Int
    public let tar: BinomialInterval?
    public let far: BinomialInterval?
  }

  /// `scores` holds for each group those of each fold.
  init(_ task: GroupTask, scores: [[LabelledScores]], embeddingDigest: String?) {
    let convention = task.settings.convention
    header = EvaluationHeader(task, embeddingDigest: embeddingDigest)
    self.convention = convention
    let joined = scores.map { folds in
      var all = LabelledScores()
      for fold in folds { all.append(contentsOf: fold) }
      return all
    }
    let curves = joined.map(\.roc)
    var everything = LabelledScores()
    for group in joined { everything.append(contentsOf: group) }
    let overall = everything.roc
    let groups = zip(task.groups, zip(scores, curves)).map { group, numbers in
      Group(
        name: group.name, genuine: numbers.1.genuineCount, impostor: numbers.1.impostorCount,
        accuracy: ThresholdConvention.likeness.crossValidatedAccuracy(numbers.0), auc: numbers.1.auc,
        eer: numbers.1.equalErrorRate(), roc: numbers.1.thinned(.genuineScores),
        scores: ScoreHistograms(numbers.1))
    }
    self.groups = groups
    let accuracies = groups.compactMap { $0.accuracy?.mean }
    accuracy = accuracies.count == groups.count ? Spread(accuracies) : nil
    let thresholds = task.settings.targetFARs.map { target in
      CommonThreshold(
        overall.operatingPoint(
          at: target, rule: convention.farRule, confidence: convention.confidence,
          intervalMethod: convention.interval), groups: curves, convention: convention)
    }
    self.thresholds = thresholds
    warnings =
      task.warnings
      + thresholds.filter { !$0.overall.attainable }.map {
        "FAR \(Cell.short($0.overall.targetFAR)) is not attainable with \($0.overall.impostorCount) impostor pairs"
      }
  }
}

extension GroupResult.CommonThreshold {
  init(_ point: OperatingPoint, groups: [ROCCurve], convention: ScoreConvention) {
    overall = point
    guard point.attainable, let threshold = point.threshold else {
      rates = []
      tarGap = nil
      farGap = nil
      return
    }
    let rates = groups.map { curve -> GroupResult.Rates in
      let accepted = curve.accepted(at: threshold)
      func interval(_ successes: Int, _ trials: Int) -> BinomialInterval? {
        BinomialInterval(
          successes: successes, trials: trials, confidence: convention.confidence, method: convention.interval
        )
      }
      return GroupResult.Rates(
        acceptedGenuine: accepted.acceptedGenuine, genuine: curve.genuineCount,
        acceptedImpostor: accepted.acceptedImpostor, impostor: curve.impostorCount,
        tar: interval(accepted.acceptedGenuine, curve.genuineCount),
        far: interval(accepted.acceptedImpostor, curve.impostorCount))
    }
    self.rates = rates
    tarGap = Self.gap(rates.map { ($0.acceptedGenuine, $0.genuine) }, convention.confidence)
    farGap = Self.gap(rates.map { ($0.acceptedImpostor, $0.impostor) }, convention.confidence)
  }

  /// The largest rate less the smallest; nil where a group has no pairs.
  private static func gap(_ counts: [(Int, Int)], _ confidence: Double) -> DifferenceInterval? {
    func rate(_ count: (Int, Int)) -> Double { Double(count.0) / Double(count.1) }
    guard counts.allSatisfy({ $0.1 > 0 }), let high = counts.max(by: { rate($0) < rate($1) }),
      let low = counts.min(by: { rate($0) < rate($1) })
    else { return nil }
    return DifferenceInterval(high, minus: low, confidence: confidence)
  }
}

extension GroupResult {
  private var natural: (Double) -> Double { convention.similarity.naturalThreshold }

  public var tables: [ResultTable] {
    let title =
      "\(header.title) (\(header.protocolName) v\(header.protocolVersion)), \(convention.similarity.measure), "
      + "convention \(convention.name)"
    var rows: [[String]] = groups.map { group in
      [
        group.name, Cell.rate(group.accuracy?.mean), Cell.rate(group.accuracy?.populationSD),
        Cell.rate(group.accuracy?.sem), Cell.fixed(group.auc, 5), Cell.rate(group.eer?.value),
        "\(group.genuine) + \(group.impostor)",
      ]
    }
    let spread = "SD over groups (sample) \(Cell.rate(accuracy?.sampleSD))"
    rows.append(["mean over groups", Cell.rate(accuracy?.mean), "", "", "", "", spread])
    let own = ResultTable(
      title: "\(title). Each group with thresholds of its own",
      columns: [
        .init("group", isNumeric: false), .init("accuracy"), .init("SD (population)"), .init("SEM"),
        .init("AUC"), .init("EER"), .init("pairs"),
      ], rows: rows)
    return [own] + thresholds.map(table)
  }

  private func table(_ common: CommonThreshold) -> ResultTable {
    func range(_ interval: BinomialInterval?) -> String {
      interval.map { "\(Cell.short($0.lower))–\(Cell.short($0.upper))" } ?? Cell.none
    }
    func gap(_ gap: DifferenceInterval?) -> [String] {
      [
        gap.map { Cell.short($0.difference) } ?? Cell.none,
        gap.map { "\(Cell.short($0.lower))–\(Cell.short($0.upper))" } ?? Cell.none,
      ]
    }
    func rate(_ count: Int, _ of: Int) -> String {
      of == 0 ? Cell.none : Cell.short(Double(count) / Double(of))
    }
    let percent = Cell.short(convention.confidence * 100)
    let title =
      common.rates.isEmpty
      ? "FAR \(Cell.short(common.overall.targetFAR)) is not attainable"
      : "At one threshold for all groups, FAR \(Cell.short(common.overall.targetFAR)) by the rule "
        + "\(convention.farRule.rawValue): \(convention.similarity.measure) "
        + "\(convention.similarity.isDistance ? "≤" : "≥") \(Cell.threshold(natural(common.overall.threshold ?? .infinity)))"
    var rows: [[String]] = zip(groups, common.rates).map { group, rates in
      [
        group.name, rate(rates.acceptedGenuine, rates.genuine), range(rates.tar),
        rate(rates.acceptedImpostor, rates.impostor), range(rates.far),
      ]
    }
    if !rows.isEmpty { rows.append(["largest gap"] + gap(common.tarGap) + gap(common.farGap)) }
    return ResultTable(
      title: title,
      columns: [
        .init("group", isNumeric: false), .init("TAR"), .init("\(percent) % interval"), .init("FAR"),
        .init("\(percent) % interval"),
      ], rows: rows)
  }

  public var records: [[String]] {
    var rows = [["protocol", "group"] + OperatingPoint.recordColumns]
    for group in groups {
      let place = [header.protocolName, group.name]
      rows.append(place + OperatingPoint.record("accuracy", group.accuracy?.mean))
      rows.append(place + OperatingPoint.record("auc", group.auc))
      rows.append(place + OperatingPoint.record("eer", group.eer?.value))
    }
    for common in thresholds {
      let target = common.overall.targetFAR
      rows.append([header.protocolName, "all"] + common.overall.record("tar", natural: natural))
      for (group, rates) in zip(groups, common.rates) {
        for (metric, count, of, interval) in [
          ("tar", rates.acceptedGenuine, rates.genuine, rates.tar),
          ("far", rates.acceptedImpostor, rates.impostor, rates.far),
        ] {
          let value = of == 0 ? nil : Double(count) / Double(of)
          let isGenuine = metric == "tar"
          rows.append([
            header.protocolName, group.name, metric, Cell.exact(target), Cell.exact(value), "",
            Cell.exact(common.overall.threshold.map(natural)), isGenuine ? "\(count)" : "",
            isGenuine ? "\(of)" : "",
            isGenuine ? "" : "\(count)", isGenuine ? "" : "\(of)", Cell.exact(interval?.lower),
            Cell.exact(interval?.upper), Cell.exact(interval?.confidence), "binomial",
            Cell.exact(interval?.lower),
            Cell.exact(interval?.upper), "", "true",
          ])
        }
      }
      for (metric, gap) in [("tar_gap", common.tarGap), ("far_gap", common.farGap)] {
        rows.append([
          header.protocolName, "gap", metric, Cell.exact(target), Cell.exact(gap?.difference), "", "", "", "",
          "",
          "", Cell.exact(gap?.lower), Cell.exact(gap?.upper), Cell.exact(gap?.confidence), "binomial",
          Cell.exact(gap?.lower), Cell.exact(gap?.upper), "", "",
        ])
      }
    }
    return rows
  }
}
