import Experiments
import Metrics

/// How many times fewer steps each mechanism needs than its baseline: `speed-up.md`, `.csv`, `.tex`, `.json`.
struct SpeedUpTable {
  let table: ReportTable
  let export: Export

  /// Every passage behind the table: `speed-up.json`.
  struct Export: Encodable {
    struct Passage: Encodable {
      var seed: UInt64
      /// Counted from the first fold; one element for data without folds.
      var baselineSteps: [Int?]
      var steps: [Int?]
      var lastStep: Int
    }

    struct Speed: Encodable {
      var share: Double
      /// τ, a validation accuracy.
      var level: Double
      var estimate: Double?
      var certainty: SpeedUp.Certainty?
      /// Nil where that side is not known.
      var lower: Double?
      var upper: Double?
      var censoredBaselines: Int?
      var censoredMethods: Int?
      var passages: [Passage]
    }

    struct Row: Encodable {
      var dataset: String
      var network: String
      var loss: String
      var mechanism: String
      var sampler: String
      /// What tells its training from that of other rows, where rows differ in it.
      var training: String?
      var baseline: String
      /// Where rows differ in it.
      var baselineTraining: String?
      /// Whether both are trained as the search of the experiment found best for each.
      var isBestOfSearch: Bool
      var gap: String?
      var speeds: [Speed]
    }

    var experiment: String
    var primaryShare: Double
    var smoothing: Int
    var stay: Int
    var level: Double
    var replicates: Int
    var provenance: Provenance
    var rows: [Row]
  }

  /// Nil where no run has a validation curve, or no mechanism stands beside a baseline.
  init?(_ report: ExperimentReport) throws {
    let results = report.results
    let curves = try results.validationCurves()
    let alike = results.experiment.grid.mechanismBlocks.filter { $0.baseline != nil && $0.rows.count > 1 }
    let searched = results.bestOfSearch(curves).filter { $0.baseline != nil && $0.rows.count > 1 }
    let blocks = alike.map { ($0, false) } + searched.map { ($0, true) }
    guard !curves.isEmpty, !blocks.isEmpty else { return nil }
    let shown = RowColumns(results.experiment)
    let others = MethodSpeedUp.otherShares
    var columns = shown.headers.map { ReportTable.Column($0, kind: .text) }
    columns += [
      .init("τ", kind: .percent(decimals: 2)), .init("Steps to τ", kind: .number(decimals: 0)),
      .init("Never arrived", kind: .text), .init("S", kind: .text),
      .init("\(NumberText.percent(MethodSpeedUp.intervalLevel, decimals: 0)) % interval", kind: .text),
    ]
    columns += others.map { .init("\(NumberText.percent($0, decimals: 0)) %", group: "S at", kind: .text) }
    var rows: [ReportTable.Row] = []
    var exported: [Export.Row] = []
    for (block, isBest) in blocks {
      guard let baseline = block.baseline else { continue }
      let ordered = [baseline] + block.rows.filter { $0 != baseline }
      for (place, row) in ordered.enumerated() {
        let gap = results.rows.first { $0.row == row }?.gap
        let speeds = ([MethodSpeedUp.primaryShare] + others).map {
          ExperimentResults.speedUp(of: row, over: baseline, share: $0, curves)
        }
        var cells =
          place == 0
          ? Self.baseline(speeds[0], gap: gap, others: others.count) : Self.cells(speeds, gap: gap)
        if isBest { cells[0].marks.append(Self.bestMark) }
        rows.append(.init(shown.cells(row, of: 1) + cells, startsSection: place == 0 && !rows.isEmpty))
        if place > 0 {
          exported.append(
            Export.Row(
              dataset: row.dataset, network: row.network, loss: row.loss, mechanism: row.mechanism,
              sampler: row.sampler, training: row.recipe.isEmpty ? nil : row.recipe,
              baseline: baseline.mechanism, baselineTraining: baseline.recipe.isEmpty ? nil : baseline.recipe,
              isBestOfSearch: isBest, gap: gap,
              speeds: speeds.compactMap(\.self).map(Export.Speed.init)))
        }
      }
    }
    table = ReportTable(
      title: "\(results.experiment.definition.title): speed-up", caption: Self.caption, columns: columns,
      rows: rows, footnotes: Self.footnotes(report, curves))
    export = Export(
      experiment: results.experiment.definition.name, primaryShare: MethodSpeedUp.primaryShare,
      smoothing: FirstPassage.window, stay: FirstPassage.stay, level: MethodSpeedUp.intervalLevel,
      replicates: MethodSpeedUp.replicates, provenance: report.provenance, rows: exported)
  }

  private static let bestMark = TableCell.Mark(
    "†",
    meaning:
      "each mechanism trained as gives it the highest mean final validation accuracy, among the ways that all were trained in"
  )

  private static let caption =
    "S = steps of the baseline (the first row of each block) / steps of the mechanism until the validation accuracy reaches τ, the geometric mean over seeds, "
    + "paired by seed. τ = \(NumberText.percent(MethodSpeedUp.primaryShare, decimals: 0)) % of the baseline's mean final validation accuracy, fixed "
    + "before running; S at other shares describes. Reached: the first evaluation from which the curve, smoothed over \(FirstPassage.window) evaluations, stays at or "
    + "above τ for \(FirstPassage.stay)."

  private static func footnotes(_ report: ExperimentReport, _ curves: [DiagnosticEntry]) -> [String] {
    let every = curves.first.map { $0.record.diagnostic.options.integer("every") } ?? 0
    return [
      "Interval: percentile bootstrap over seeds of log S, \(NumberText.grouped(MethodSpeedUp.replicates)) replicates. With n seeds it has (n − 1)/n of their variance. "
        + "One seed has none.",
      "Steps are known to the distance of evaluations, \(every) steps.",
      "A run that never arrives is right-censored: its last step stands for the unknown one, so S is a bound (≤ where mechanisms do not arrive, ≥ where baselines do not, "
        + "? where both occur) and its interval open on that side.",
      "Same learning rate, batch and schedule for all rows of a block, unless marked †.",
      report.runsInWords,
    ]
  }

  // MARK: Cells

  private static func baseline(_ speed: MethodSpeedUp?, gap: String?, others: Int) -> [TableCell] {
    guard let speed else { return absent(gap, columns: 5 + others) }
    let passages = speed.pairs.map { $0.passages.map(\.baseline) }
    return [level(speed, gap), steps(passages), arrived(passages)]
      + Array(repeating: .text(""), count: 2 + others)
  }

  private static func cells(_ speeds: [MethodSpeedUp?], gap: String?) -> [TableCell] {
    guard let speed = speeds[0], !speed.pairs.isEmpty else {
      return absent(gap, columns: 4 + speeds.count)
    }
    let passages = speed.pairs.map { $0.passages.map(\.method) }
    return [level(speed, gap), steps(passages), arrived(passages), text(speed), interval(speed)]
      + speeds.dropFirst().map { $0.map(text) ?? .text("") }
  }

  private static func absent(_ gap: String?, columns: Int) -> [TableCell] {
    let first: TableCell
    let failed = "\(TableCell.Absence.failed.rawValue): "
    if let gap, gap.hasPrefix(failed) {
      first = .absent(.failed, String(gap.dropFirst(failed.count)))
    } else {
      first = .absent(.missing, gap ?? "no validation curve of a seed that the baseline has, too")
    }
    return [first] + Array(repeating: .text(""), count: columns - 1)
  }

  private static func level(_ speed: MethodSpeedUp, _ gap: String?) -> TableCell {
    .estimate(speed.level, marks: gap.map { [TableCell.Mark("!", meaning: $0)] } ?? [])
  }

  private static func steps(_ passages: [[FirstPassage]]) -> TableCell {
    let seeds = passages.compactMap { seed -> Double? in
      let known = seed.compactMap(\.step)
      return known.count == seed.count ? Spread(known.map(Double.init))?.mean : nil
    }
    guard seeds.count == passages.count, let spread = Spread(seeds) else {
      let last = passages.joined().map(\.lastStep).max() ?? 0
      return .absent(
        .notAttainable,
        "\(arrivedText(passages)) \(passages.joined().count == 1 ? "run" : "runs") never at τ by step \(last)"
      )
    }
    return .estimate(spread.mean, spread.sampleSD, count: spread.count)
  }

  private static func arrivedText(_ passages: [[FirstPassage]]) -> String {
    let all = passages.joined()
    return "\(all.count { $0.step == nil }) of \(all.count)"
  }

  private static func arrived(_ passages: [[FirstPassage]]) -> TableCell { .text(arrivedText(passages)) }

  private static func text(_ speed: MethodSpeedUp) -> TableCell {
    guard let s = speed.speedUp else { return .absent(.notAttainable, "at τ before the first step") }
    let number = NumberText.fixed(s.estimate, decimals: 2)
    switch s.certainty {
    case .exact: return .text(number)
    case .atMost: return .text("≤ \(number)")
    case .atLeast: return .text("≥ \(number)")
    case .unknown: return .text("?")
    }
  }

  private static func interval(_ speed: MethodSpeedUp) -> TableCell {
    guard let interval = speed.speedUp?.interval else { return .text("") }
    let upper =
      interval.upperBound.isFinite ? NumberText.fixed(interval.upperBound, decimals: 2) : "∞"
    return .text("\(NumberText.fixed(interval.lowerBound, decimals: 2)) to \(upper)")
  }
}

extension SpeedUpTable.Export.Speed {
  fileprivate init(_ speed: MethodSpeedUp) {
    let s = speed.speedUp
    share = speed.share
    level = speed.level
    estimate = s?.estimate
    certainty = s?.certainty
    lower = s?.interval.flatMap { $0.lowerBound > 0 ? $0.lowerBound : nil }
    upper = s?.interval.flatMap { $0.upperBound.isFinite ? $0.upperBound : nil }
    censoredBaselines = s?.censoredBaselines
    censoredMethods = s?.censoredMethods
    passages = speed.pairs.map { pair in
      SpeedUpTable.Export.Passage(
        seed: pair.seed, baselineSteps: pair.passages.map(\.baseline.step),
        steps: pair.passages.map(\.method.step), lastStep: pair.passages.map(\.method.lastStep).max() ?? 0)
    }
  }
}
