import Evaluation
import FeatureStores
import Foundation
import Metrics

extension CurveReport {
  /// The curves of `result`, which is that of `embeddings` under the protocol of `task`, of any kind; each with every point that the result holds: a curve for each split, gallery,
  /// number of distractors or group.
  ///
  /// Without `kind` those that results of the protocol's kind are usually shown by; a kind that they do not have is an error that names those there
  /// are.
  public static func export(
    _ result: any EvaluationResult, of task: any EvaluationTask, _ embeddings: any EmbeddingSource,
    kind: CurveKind?
  ) throws -> CurveExport {
    let name = embeddings.source.lastPathComponent
    let curves = result.curves
    let kinds = CurveKind.kinds(of: curves)
    guard let kind = kind ?? kinds.first, kinds.contains(kind) else {
      throw HarnessError(
        .usage, found: "the curve ‘\(kind?.rawValue ?? "")’ for protocol \(task.definition.name)",
        expected: "one of \(kinds.map(\.rawValue).joined(separator: ", "))")
    }
    let chosen = curves.filter { $0.kind == kind.source }
    let provenance = Provenance([
      .init("Software", "Likeness"),
      .init("Protocol", "\(task.definition.name) version \(task.definition.version)"),
      .init("Store", "\(name) \(try embeddings.contentDigest() ?? "")"),
    ])
    let results = ResultCurves(task: task, name: name, curves: chosen)
    let figure = try results.figure(kind)
    let isError = kind == .det
    return CurveExport(
      title: task.definition.title, caption: figure.caption,
      columns: isError
        ? ["far", "frr"] + (chosen.first?.tables.first?.columns.dropFirst(2) ?? [])
        : chosen.first?.tables.first?.columns ?? [],
      curves: chosen.flatMap { curve in
        curve.tables.map { table in
          CurveExport.Curve(
            name: [results.label(curve), table.part].filter { !$0.isEmpty }.joined(separator: ", "),
            points: table.points.map { point in
              point.enumerated().map { column, value in
                guard let value, value.isFinite else { return nil }
                return isError && column == 1 ? 1 - value : value
              }
            }, counts: table.counts.map { .init($0.name, $0.value) })
        }
      }, provenance: provenance, figure: figure.figure)
  }
}

/// The curves of one result that are of one kind, to be drawn together.
private struct ResultCurves {
  let task: any EvaluationTask
  /// What the embeddings are called.
  let name: String
  let curves: [ResultCurve]

  func label(_ curve: ResultCurve) -> String { curve.of.isEmpty ? name : curve.of }

  private var styles: StyleBook { StyleBook(methods: curves.map(label)) }

  func figure(_ kind: CurveKind) throws -> (figure: any Figure, caption: String) {
    switch kind {
    case .roc: return try roc()
    case .histogram: return histogram()
    default: return try rates(kind)
    }
  }

  private var intervals: String {
    curves.first.map {
      "bands: \(NumberText.exact($0.interval.confidence * 100)) % intervals, binomial, searches taken as independent"
    } ?? ""
  }

  private func refuse(_ what: String) -> HarnessError {
    HarnessError(
      .badInput, found: "no \(what) in protocol \(task.definition.name)", expected: "at least one")
  }

  /// The rate at the smallest target that every curve can support.
  private func named(_ curves: [ROCCurve]) -> Double? {
    let least = curves.map(\.impostorCount).min() ?? 0
    return task.definition.targetRates.last { allowedFalseAccepts(targetFAR: $0, impostors: least) >= 1 }
  }

  /// What `atMost` reads at `target`; nil for a target that cannot be supported.
  private func point(_ curve: ROCCurve, at target: Double) -> ROCCurve.Point? {
    let budget = allowedFalseAccepts(targetFAR: target, impostors: curve.impostorCount)
    return budget < 1 ? nil : curve.points.last { $0.acceptedImpostor <= budget }
  }

  private func roc() throws -> (figure: any Figure, caption: String) {
    var reach: Double?
    let known = curves.compactMap { curve -> (name: String, curve: ROCCurve)? in
      guard case .roc(let roc, let limit) = curve.content, roc.impostorCount > 0, roc.genuineCount > 0 else {
        return nil
      }
      reach = limit
      return (label(curve), roc)
    }
    guard !known.isEmpty else { throw refuse("impostor pairs") }
    let far = named(known.map(\.curve))
    let caption = (task.comparisonInWords ?? "").capitalisedFirst
    let series = known.map { name, curve in
      ROCSeries(
        name: name,
        points: curve.points.compactMap { point in
          guard let far = curve.far(point), let tar = curve.tar(point), far <= reach ?? 1 else { return nil }
          return .init(far: far, tar: tar)
        },
        summary: far.map { target in
          point(curve, at: target).flatMap { curve.tar($0) }.map { NumberText.percent($0, decimals: 1) }
            ?? "not attainable"
        }, impostorCount: curve.impostorCount, genuineCount: curve.genuineCount)
    }
    return (
      ROCFigure(
        title: task.definition.title, caption: caption, series: series, namedFAR: far, largestFAR: reach,
        styles: styles), caption
    )
  }

  private func rates(_ kind: CurveKind) throws -> (figure: any Figure, caption: String) {
    var comparisons: [ROCCurve] = []
    var reach: Double?
    for curve in curves {
      switch curve.content {
      case .roc(let roc, let limit):
        comparisons.append(roc)
        reach = limit
      case .iddet(let roc): comparisons.append(roc)
      default: break
      }
    }
    let target = comparisons.isEmpty ? nil : named(comparisons)
    let series = curves.map { line(of: $0, target: target, reach: reach) }
    guard series.contains(where: { !$0.points.isEmpty }) else { throw refuse("comparisons") }
    let searches = kind == .cmc || kind == .distractors
    let caption = [searches ? intervals : "", task.comparisonInWords ?? ""].filter { !$0.isEmpty }.joined(
      separator: "; "
    ).capitalisedFirst
    let figure = RateFigure(
      kind: kind, title: task.definition.title, caption: caption, series: series, named: target,
      summaryHeader: header(kind, target), comparisons: comparisons.map(\.impostorCount).max() ?? 0,
      reach: reach,
      styles: styles)
    return (figure.lineFigure(), caption)
  }

  private func header(_ kind: CurveKind, _ target: Double?) -> String {
    switch kind {
    case .cmc: "Rank-1 rate\u{00A0}(%)"
    case .distractors: "Rank-1 rate\u{00A0}(%) among \(NumberText.grouped(mostDistractors))"
    case .iddet: target.map { "FNIR\u{00A0}(%) at FPIR = \(NumberText.scientific($0))" } ?? ""
    default: target.map { "FRR\u{00A0}(%) at FAR = \(NumberText.scientific($0))" } ?? ""
    }
  }

  private var mostDistractors: Int {
    curves.compactMap { curve in
      if case .distractors(let rates) = curve.content { rates.last?.distractors } else { nil }
    }.max() ?? 0
  }

  private func line(of curve: ResultCurve, target: Double?, reach: Double?) -> CurveSeries {
    let name = label(curve)
    switch curve.content {
    case .roc(let roc, _), .iddet(let roc):
      let missed = { (point: ROCCurve.Point) -> Double? in
        roc.genuineCount == 0
          ? nil : Double(roc.genuineCount - point.acceptedGenuine) / Double(roc.genuineCount)
      }
      return CurveSeries(
        name: name,
        summary: target.map { target in
          point(roc, at: target).flatMap(missed).map { NumberText.percent($0, decimals: 1) }
            ?? "not attainable"
        },
        points: roc.points.compactMap { point in
          guard let x = roc.far(point), let y = missed(point), x <= reach ?? 1,
            curve.kind != .iddet || point.threshold > -.infinity
          else { return nil }
          return .init(x: x, y: y)
        }, comparisons: roc.impostorCount)
    case .cmc, .distractors:
      let table = curve.tables[0]
      let points = table.points.compactMap { values -> CurveSeries.Point? in
        guard let x = values[0], let y = values[1] else { return nil }
        return .init(x: x, y: y, lower: values[3], upper: values[4])
      }
      let shown = curve.kind == .cmc ? points.first : points.last
      return CurveSeries(
        name: name, summary: shown.map { NumberText.percent($0.y, decimals: 1) }, points: points)
    case .histogram: return CurveSeries(name: name, points: [])
    }
  }

  private func histogram() -> (figure: any Figure, caption: String) {
    let panels = curves.compactMap { curve -> HistogramFigure.Panel? in
      guard case .histogram(let scores) = curve.content else { return nil }
      return .init(name: label(curve), parts: [scores])
    }
    let caption =
      task is IdentificationTask
      ? "Mates' scores; best scores of non-mated searches" : (task.comparisonInWords ?? "").capitalisedFirst
    return (
      HistogramFigure(
        title: task.definition.title, caption: caption, panels: panels,
        similarity: curves.first?.similarity ?? .cosine), caption
    )
  }
}

extension ProtocolDefinition {
  /// The target FARs or FPIRs, descending.
  var targetRates: [Double] {
    switch kind {
    case let kind as PairVerification: kind.targetFARs.sorted(by: >)
    case let kind as TemplateVerification: kind.targetFARs
    case let kind as TemplateIdentification: kind.targetFPIRs
    case let kind as DistractorIdentification: kind.targetFARs
    case let kind as AllPairs: kind.targetFARs
    case let kind as GroupVerification: kind.targetFARs
    default: []
    }
  }
}
