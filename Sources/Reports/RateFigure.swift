import FeatureStores
import Foundation

/// Curves of rates over the axes that their kind has: DET, CMC, identification DET, rank-1 against distractors.
struct RateFigure {
  var kind: CurveKind
  var title: String
  var caption: String
  var series: [CurveSeries]
  /// The FAR or FPIR that the summaries are read at; nil for none.
  var named: Double?
  var summaryHeader = ""
  /// What bounds the abscissa of error trade-offs: the number of impostors or of non-mated searches, the largest of all curves.
  var comparisons = 0
  /// The right end of the abscissa of error trade-offs, where the curves do not go on to 1.
  var reach: Double?
  var styles: StyleBook

  /// The figure; curves that are empty stand in the legend only.
  func lineFigure() -> LineFigure {
    switch kind {
    case .cmc: match
    case .distractors: distractors
    case .det: det
    default: identificationDET
    }
  }

  private func figure(
    _ x: Axis, _ y: Axis, _ lines: [LineFigure.Series], _ references: [LineFigure.ReferenceLine]
  )
    -> LineFigure
  {
    LineFigure(
      title: title, caption: caption, x: x, y: y, series: lines, references: references,
      summaryHeader: summaryHeader)
  }

  private var match: LineFigure {
    let last = max(2, series.flatMap(\.points).map(\.x).max() ?? 2)
    return figure(
      Axis("Rank", scale: last > 20 ? .logarithmic : .linear, range: 1...last),
      Axis("Identification rate", numbers: .percent, headroom: 3),
      series.map { $0.line(styles, shape: .line) { min(1, max(0, $0)) } }, [])
  }

  private var distractors: LineFigure {
    let sizes = series.flatMap(\.points).map(\.x)
    let (low, high) = (sizes.min() ?? 1, sizes.max() ?? 10)
    return figure(
      Axis(
        "Number of distractors", scale: .logarithmic, numbers: .powers,
        range: low < high ? low...high : low / 3...high * 3),
      Axis("Rank-1 identification rate", numbers: .percent, headroom: 3),
      series.map { $0.line(styles, shape: .line) { min(1, max(0, $0)) } }, [])
  }

  /// FAR from 1/N to even odds: beyond them nobody sets a threshold, and the interesting corner gets the room.
  private var det: LineFigure {
    let x = errorAxis("False accept rate, FAR", "impostor", scale: .probit, largest: reach ?? 0.5)
    let (lines, range) = errors(shown: x.range ?? 0...1, limit: 1 - 1e-4)
    return figure(
      x, Axis("False reject rate, FRR", scale: .probit, numbers: .percent, range: range), lines,
      references(x, "FAR"))
  }

  private var identificationDET: LineFigure {
    let x = errorAxis(
      "False positive identification rate, FPIR", "non-mated search", plural: "non-mated searches",
      scale: .logarithmic, largest: 1)
    let (lines, range) = errors(shown: x.range ?? 0...1, limit: 1)
    return figure(
      x,
      Axis("False negative identification rate, FNIR", scale: .logarithmic, numbers: .percent, range: range),
      lines,
      references(x, "FPIR"))
  }

  private func errorAxis(
    _ title: String, _ counted: String, plural: String? = nil, scale: AxisScale, largest: Double
  ) -> Axis {
    let start = 1 / Double(max(1, comparisons))
    let words = comparisons == 1 ? counted : plural ?? counted + "s"
    return Axis(
      comparisons > 0 ? "\(title) (N = \(NumberText.grouped(comparisons)) \(words))" : title, scale: scale,
      numbers: scale == .probit ? .percent : .powers,
      range: start < largest ? start...largest : largest / 10...largest)
  }

  /// Lines of error rates on an axis that cannot show 0 (and, with `limit` below 1, not 1 either): they run out of the plot there.
  private func errors(shown: ClosedRange<Double>, limit: Double) -> ([LineFigure.Series], ClosedRange<Double>)
  {
    let drawn = series.map { curve in
      var drawn = curve
      // Each curve begins at 1/N of its own, with what holds there.
      let start = 1 / Double(max(1, curve.comparisons))
      let first = curve.points.lastIndex { $0.x <= start * (1 + 1e-12) }
      drawn.points.removeAll { $0.x <= start * (1 + 1e-12) || $0.x >= (limit < 1 ? 1 : .infinity) }
      if let first, start < shown.upperBound {
        drawn.points.insert(curve.points[first], at: 0)
        drawn.points[0].x = start
      }
      return drawn
    }
    let values = drawn.flatMap(\.points).filter { $0.x <= shown.upperBound }.flatMap {
      [$0.y, $0.lower, $0.upper].compactMap(\.self)
    }.filter { $0 > 0 && $0 < 1 }
    // Below a quarter of one error of all comparisons stand only the ends of bands and what rounding leaves of 0.
    let finest = 0.25 / Double(max(1, series.compactMap { $0.counts.first?.value }.max() ?? 1))
    let low = max(values.min() ?? 0.01, min(finest, 0.01)) * 0.9
    let most = values.max() ?? 0.5
    let high = max(limit < 1 ? min(limit, 1 - (1 - most) * 0.8) : min(1, most * 1.05), min(limit, low * 2))
    let lines = drawn.map { curve in
      curve.line(styles, shape: .steps) { min(limit < 1 ? 1 - 1e-9 : .infinity, max(low * 1e-3, $0)) }
    }
    return (lines, low...max(high, low * 1.01))
  }

  private func references(_ axis: Axis, _ rate: String) -> [LineFigure.ReferenceLine] {
    guard let range = axis.range else { return [] }
    var lines: [LineFigure.ReferenceLine] = []
    if comparisons > 0, range.lowerBound * Double(comparisons) < 1.5 {
      lines.append(.init(.vertical, at: range.lowerBound, label: "1/N", isBoundary: true))
    }
    if let named, range.contains(named), named > range.lowerBound {
      lines.append(.init(.vertical, at: named, label: "\(rate) = \(NumberText.scientific(named))"))
    }
    return lines
  }
}
