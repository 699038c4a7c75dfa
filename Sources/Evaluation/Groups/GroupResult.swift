import LinearAlgebra
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
  /// Over the people of all groups, at these thresholds.
  public let intervals: ResultIntervals
  public let warnings: [String]

  /// What is found before people are resampled.
  struct Numbers: Sendable {
    let groups: [Group]
    let accuracy: Spread?
    let thresholds: [CommonThreshold]
  }

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
  init(_ task: GroupTask, scores: [[LabelledScores]], embeddingDigest: String?, workers: Workers) {
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
    let numbers = Numbers(groups: groups, accuracy: accuracy, thresholds: thresholds)
    intervals = ResultIntervals(task.settings.interval, task.subjects) { subjects, people in
      GroupResampling(task, scores: scores, numbers: numbers, subjects: subjects, people: people)
        .intervals(task.settings.interval, workers: workers)
    }
    warnings =
      task.warnings + intervals.warnings
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

  /// The groups with the largest and with the smallest rate; nil where a group has no pairs.
  func extremes(_ count: (GroupResult.Rates) -> (Int, Int)) -> (high: Int, low: Int)? {
    Self.extremes(rates.map(count))
  }

  private static func extremes(_ counts: [(Int, Int)]) -> (high: Int, low: Int)? {
    func rate(_ group: Int) -> Double { Double(counts[group].0) / Double(counts[group].1) }
    guard counts.allSatisfy({ $0.1 > 0 }), let high = counts.indices.max(by: { rate($0) < rate($1) }),
      let low = counts.indices.min(by: { rate($0) < rate($1) })
    else { return nil }
    return (high, low)
  }

  /// The largest rate less the smallest; nil where a group has no pairs.
  private static func gap(_ counts: [(Int, Int)], _ confidence: Double) -> DifferenceInterval? {
    extremes(counts).flatMap {
      DifferenceInterval(counts[$0.high], minus: counts[$0.low], confidence: confidence)
    }
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
        group.name, Cell.rate(group.accuracy?.mean),
        intervals.text(NumberName.accuracy(of: group.name)), Cell.rate(group.accuracy?.populationSD),
        Cell.rate(group.accuracy?.sem), Cell.fixed(group.auc, 5), Cell.rate(group.eer?.value),
        "\(group.genuine) + \(group.impostor)",
      ]
    }
    let spread = "SD over groups (sample) \(Cell.rate(accuracy?.sampleSD))"
    rows.append([
      "mean over groups", Cell.rate(accuracy?.mean), intervals.text(NumberName.accuracy), "", "", "", "",
      spread,
    ])
    let own = ResultTable(
      title: "\(title). Each group with thresholds of its own\(intervals.remark)",
      columns: [
        .init("group", isNumeric: false), .init("accuracy"),
        .init("\(Cell.short(intervals.level * 100)) % interval"), .init("SD (population)"), .init("SEM"),
        .init("AUC"), .init("EER"), .init("pairs"),
      ], rows: rows)
    return [own] + thresholds.map(table)
  }

  private func table(_ common: CommonThreshold) -> ResultTable {
    let target = common.overall.targetFAR
    func rate(_ count: Int, _ of: Int) -> String {
      of == 0 ? Cell.none : Cell.short(Double(count) / Double(of))
    }
    func range(_ lower: Double?, _ upper: Double?) -> String {
      guard let lower, let upper else { return Cell.none }
      return "\(Cell.short(lower))–\(Cell.short(upper))"
    }
    /// The cells of the interval columns: over people where there is one, then with pairs taken as independent.
    func cells(_ name: String, _ lower: Double?, _ upper: Double?) -> [String] {
      let people = intervals.interval(name)
      return switch intervals.method {
      case .none: []
      case .binomial: [range(lower, upper)]
      case .subjects: [range(people?.lower, people?.upper), range(lower, upper)]
      }
    }
    let title =
      common.rates.isEmpty
      ? "FAR \(Cell.short(target)) is not attainable"
      : "At one threshold for all groups, FAR \(Cell.short(target)) by the rule "
        + "\(convention.farRule.rawValue): \(convention.similarity.measure) "
        + "\(convention.similarity.isDistance ? "≤" : "≥") \(Cell.threshold(natural(common.overall.threshold ?? .infinity)))"
    var rows: [[String]] = zip(groups, common.rates).map { group, rates in
      [group.name, rate(rates.acceptedGenuine, rates.genuine)]
        + cells(NumberName.tar(target, of: group.name), rates.tar?.lower, rates.tar?.upper)
        + [rate(rates.acceptedImpostor, rates.impostor)]
        + cells(NumberName.far(target, of: group.name), rates.far?.lower, rates.far?.upper)
    }
    if !rows.isEmpty {
      let (tar, far) = (common.tarGap, common.farGap)
      rows.append(
        ["largest gap", tar.map { Cell.short($0.difference) } ?? Cell.none]
          + cells(NumberName.tarGap(target), tar?.lower, tar?.upper)
          + [far.map { Cell.short($0.difference) } ?? Cell.none]
          + cells(NumberName.farGap(target), far?.lower, far?.upper))
    }
    let columns = intervals.columns()
    return ResultTable(
      title: title,
      columns: [.init("group", isNumeric: false), .init("TAR")] + columns + [.init("FAR")] + columns,
      rows: rows
    )
  }

  public var records: [[String]] {
    var rows = [["protocol", "group"] + OperatingPoint.recordColumns]
    for group in groups {
      let place = [header.protocolName, group.name]
      let people = intervals.interval(NumberName.accuracy(of: group.name))
      rows.append(place + OperatingPoint.record("accuracy", group.accuracy?.mean, subjects: people))
      rows.append(place + OperatingPoint.record("auc", group.auc))
      rows.append(place + OperatingPoint.record("eer", group.eer?.value))
    }
    for common in thresholds {
      let target = common.overall.targetFAR
      rows.append([header.protocolName, "all"] + common.overall.record("tar", natural: natural))
      for (group, rates) in zip(groups, common.rates) {
        for (metric, count, of, interval, name) in [
          ("tar", rates.acceptedGenuine, rates.genuine, rates.tar, NumberName.tar(target, of: group.name)),
          ("far", rates.acceptedImpostor, rates.impostor, rates.far, NumberName.far(target, of: group.name)),
        ] {
          let counts = ["\(count)", "\(of)"]
          let isGenuine = metric == "tar"
          rows.append(
            [
              header.protocolName, group.name, metric, Cell.exact(target),
              Cell.exact(of == 0 ? nil : Double(count) / Double(of)), "",
              Cell.exact(common.overall.threshold.map(natural)),
            ] + (isGenuine ? counts : ["", ""]) + (isGenuine ? ["", ""] : counts)
              + OperatingPoint.intervalRecord(intervals.interval(name), interval) + ["", "true"])
        }
      }
      for (metric, gap, name) in [
        ("tar_gap", common.tarGap, NumberName.tarGap(target)),
        ("far_gap", common.farGap, NumberName.farGap(target)),
      ] {
        let people = intervals.interval(name)
        let binomial = [Cell.exact(gap?.lower), Cell.exact(gap?.upper)]
        let interval =
          people.map { [Cell.exact($0.lower), Cell.exact($0.upper), Cell.exact($0.level), "subjects"] }
          ?? binomial + [Cell.exact(gap?.confidence), gap == nil ? "" : "binomial"]
        rows.append(
          [
            header.protocolName, "gap", metric, Cell.exact(target), Cell.exact(gap?.difference), "", "", "",
            "",
            "", "",
          ] + interval + binomial + ["", ""])
      }
    }
    return rows
  }
}
