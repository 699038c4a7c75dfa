import FeatureStores
import Foundation

/// ROC curves over a logarithmic false accept rate.
///
/// Curves are steps without interpolation. Each begins at 1/N of its own impostor count and the axis at the
/// smallest of these, marked as a boundary. The true accept rate is linear, from a rounded value below the
/// lowest curve or band to one above the highest, which is 100 % unless all stay below 80 %; where the trained
/// methods would lie in the lowest quarter of that, as under a ceiling far above them, it is logarithmic. Methods
/// have the styles of the book; untrained and ceiling curves have their own.
public struct ROCFigure: Figure, Hashable {
  public var title: String
  /// The convention of the rates, such as the FAR rule and what the bands are.
  public var caption: String
  public var notes: [String]
  public var series: [ROCSeries]
  /// The operating point of the summaries in the legend, marked in the plot; nil for none.
  public var namedFAR: Double?
  /// What the summaries are, such as "mean ± SD, 3 seeds".
  public var summaryStatistic: String
  /// The right end of the axis; nil: 0.1 where that leaves two decades, else 1.
  public var largestFAR: Double?
  public var styles: StyleBook
  public var size: FigureSize
  public var legend: LineFigure.LegendPlacement

  public init(
    title: String, caption: String = "", notes: [String] = [], series: [ROCSeries], namedFAR: Double? = nil,
    summaryStatistic: String = "", largestFAR: Double? = nil, styles: StyleBook,
    size: FigureSize = .singleColumn,
    legend: LineFigure.LegendPlacement = .automatic
  ) {
    self.title = title
    self.caption = caption
    self.notes = notes
    self.series = series
    self.namedFAR = namedFAR
    self.summaryStatistic = summaryStatistic
    self.largestFAR = largestFAR
    self.styles = styles
    self.size = size
    self.legend = legend
  }

  public func laidOut(_ measurer: TextMeasurer) throws(HarnessError) -> any LaidOutFigure {
    try lineFigure().layout(measurer)
  }

  /// The figure as curves over two axes.
  ///
  /// Throws a `HarnessError` (`badInput`) for rates that are not finite or not in [0, 1], an impostor count
  /// below 1, or an axis that would be empty.
  public func lineFigure() throws(HarnessError) -> LineFigure {
    for curve in series { try curve.validate() }
    let counts = Set(series.map(\.impostorCount)).sorted(by: >)
    let start = counts.first.map { 1 / Double($0) } ?? 1e-3
    let right = largestFAR ?? (start <= 1.000_001e-3 ? 0.1 : 1)
    guard right > 0, right <= 1 else {
      throw HarnessError(
        .badInput, place: "figure “\(title)”, right end of the FAR axis", found: "\(right)",
        expected: "above 0 and at most 1")
    }
    // Where 1/N leaves no axis, a decade to the left keeps it drawable, and nothing is drawn there.
    let left = start < right ? start : right / 10
    let rates = ROCRateAxis(series, shown: left...right)
    return LineFigure(
      title: title, caption: caption, notes: notes,
      x: Axis(axisLabel(counts), scale: .logarithmic, numbers: .powers, range: left...right), y: rates.axis,
      series: series.map { lineSeries($0, rates) },
      references: references(counts: counts, shown: left...right),
      summaryHeader: summaryHeader, legend: legend, size: size)
  }

  private func lineSeries(_ curve: ROCSeries, _ rates: ROCRateAxis) -> LineFigure.Series {
    let style =
      switch curve.role {
      case .method: styles.style(of: curve.name)
      case .untrained: SeriesStyle.untrained
      case .ceiling: SeriesStyle.ceiling
      }
    let shown = curve.points(from: curve.smallestFAR)
    let band = shown.compactMap { point -> LineFigure.BandPoint? in
      guard let lower = point.lower, let upper = point.upper else { return nil }
      return LineFigure.BandPoint(point.far, rates.drawn(lower), rates.drawn(upper))
    }
    return LineFigure.Series(
      name: curve.name, summary: curve.summary, points: shown.map { PlotPoint($0.far, rates.drawn($0.tar)) },
      band: band.contains { $0.lower < $0.upper } ? band : [], shape: .steps, style: style)
  }

  /// The title of the axis, which says how many comparisons bound it.
  private func axisLabel(_ counts: [Int]) -> String {
    let count: String
    switch counts.count {
    case 0: return "False accept rate, FAR"
    case 1: count = "N = \(NumberText.grouped(counts[0]))"
    default: count = "N = \(NumberText.grouped(counts[counts.count - 1])) to \(NumberText.grouped(counts[0]))"
    }
    return "False accept rate, FAR (\(count) \(counts == [1] ? "impostor" : "impostors"))"
  }

  private var summaryHeader: String {
    let point = namedFAR.map { "TAR\u{00A0}(%) at FAR = \(NumberText.scientific($0))" } ?? ""
    return [point, summaryStatistic].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The marks above the plot: the boundary 1/N, others for curves with fewer impostors, and the named
  /// operating point.
  private func references(counts: [Int], shown: ClosedRange<Double>) -> [LineFigure.ReferenceLine] {
    var lines: [LineFigure.ReferenceLine] = []
    // With many different counts the curves' own left ends must do.
    for (index, count) in counts.enumerated() where index == 0 || counts.count <= 3 {
      let label = counts.count == 1 ? "1/N" : "1/\(NumberText.grouped(count))"
      lines.append(.init(.vertical, at: 1 / Double(count), label: label, isBoundary: true))
    }
    if let namedFAR, shown.contains(namedFAR) {
      lines.append(.init(.vertical, at: namedFAR, label: "FAR = \(NumberText.scientific(namedFAR))"))
    }
    return lines
  }
}
