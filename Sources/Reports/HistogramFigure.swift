import Evaluation
import FeatureStores
import Metrics

/// The distributions of genuine and of impostor scores: a panel a method (or a part of a result), on the same axes where that can be.
///
/// Densities have area 1. Where a panel stands for several runs or folds, their densities are averaged bin by bin; scores of different
/// models are never pooled. Bins are drawn as wide as they must be for about fifty of them to span the scores; data hold the finest.
struct HistogramFigure: Figure {
  struct Panel: Sendable {
    var name: String
    /// One a run, a fold, a gallery.
    var parts: [ScoreHistograms]
  }

  var title: String
  var caption: String
  var panels: [Panel]
  var similarity: Similarity

  private static let mostBins = 64.0
  private static let genuineStyle = SeriesStyle(
    colour: Palette.colours[0], dash: .solid, marker: nil, width: 0.9)
  private static let impostorStyle = SeriesStyle(
    colour: Palette.colours[5], dash: .dashed, marker: nil, width: 0.9)

  func laidOut(_ measurer: TextMeasurer) throws(HarnessError) -> any LaidOutFigure {
    let figures = lineFigures()
    guard !figures.isEmpty else {
      return try LineFigure(title: title, caption: caption, x: Axis(""), y: Axis("Density"), series: [])
        .layout(
          measurer)
    }
    if figures.count == 1 {
      var figure = figures[0]
      (figure.title, figure.caption, figure.legend) = (title, caption, .automatic)
      figure.size = .singleColumn
      return try figure.layout(measurer)
    }
    let isCommon = figures.allSatisfy { $0.y.range == figures[0].y.range }
    return try PanelLayout(
      title: title, caption: isCommon ? caption : caption + " The axes of density differ.", panels: figures,
      measurer: measurer)
  }

  /// One figure a panel, on common axes; but where one panel's peak is more than three times the usual one, each has its own axis of density, since
  /// scores that have collapsed into one bin would flatten all others.
  func lineFigures() -> [LineFigure] {
    let exponent = drawnExponent
    let densities = panels.map { panel in
      (
        genuine: Self.density(panel.parts.map(\.genuine), exponent),
        impostor: Self.density(panel.parts.map(\.impostor), exponent)
      )
    }
    let all = densities.flatMap { [$0.genuine, $0.impostor] }
    let bins = all.compactMap { Self.occupied($0) }
    let scale = ScoreHistogram.empty(exponent: exponent)
    let first = bins.map(\.lowerBound).min() ?? 0
    let last = bins.map(\.upperBound).max() ?? ScoreHistogram.bins
    let ends = [scale.edge(first), scale.edge(last)].map(similarity.naturalThreshold).sorted()
    let peaks = densities.map { max($0.genuine.max() ?? 0, $0.impostor.max() ?? 0) }
    let highest = peaks.max() ?? 1
    let usual = peaks.sorted().dropFirst(peaks.count / 2).first ?? highest
    return zip(panels, zip(densities, peaks)).map { panel, known in
      let (density, peak) = known
      let top = highest > 3 * usual ? peak : highest
      func series(_ name: String, _ values: [Double], _ style: SeriesStyle) -> LineFigure.Series {
        LineFigure.Series(
          name: name, points: outline(values, scale, first..<last), shape: .steps, style: style,
          isFilled: true)
      }
      return LineFigure(
        title: panel.name, x: Axis(similarity.measure.capitalisedFirst, range: ends[0]...ends[1]),
        y: Axis("Density", range: 0...max(top, 1e-9) * 1.05),
        series: [
          series("genuine", density.genuine, Self.genuineStyle),
          series("impostor", density.impostor, Self.impostorStyle),
        ], legend: .none)
    }
  }

  /// The width at which the scores of all panels span at most `mostBins` bins.
  private var drawnExponent: Int {
    var exponent = commonExponent
    while true {
      let ranges = panels.flatMap(\.parts).map { $0.aligned(to: exponent) }.flatMap {
        [$0.genuine.occupied, $0.impostor.occupied].compactMap(\.self)
      }
      let span = (ranges.map(\.upperBound).max() ?? 0) - (ranges.map(\.lowerBound).min() ?? 0)
      if Double(span) <= Self.mostBins { return exponent }
      exponent += 1
    }
  }

  /// The finest width that all parts can be given in.
  var commonExponent: Int {
    panels.flatMap(\.parts).map { $0.aligned().genuine.exponent }.max() ?? ScoreHistogram.finestExponent
  }

  /// The mean density in each bin; zeros where a part has no scores.
  private static func density(_ parts: [ScoreHistogram], _ exponent: Int) -> [Double] {
    var sum = [Double](repeating: 0, count: ScoreHistogram.bins)
    for part in parts {
      var wide = part
      wide.widen(to: exponent)
      let (counts, total) = (wide.counts, Double(wide.total))
      guard total > 0 else { continue }
      for bin in sum.indices { sum[bin] += Double(counts[bin]) / total / wide.width }
    }
    return sum.map { $0 / Double(max(1, parts.count)) }
  }

  private static func occupied(_ density: [Double]) -> Range<Int>? {
    guard let first = density.firstIndex(where: { $0 > 0 }), let last = density.lastIndex(where: { $0 > 0 })
    else { return nil }
    return first..<last + 1
  }

  /// The densities as steps in the natural unit of the scores, down to zero at the end. Empty without scores.
  private func outline(_ values: [Double], _ scale: ScoreHistogram, _ bins: Range<Int>) -> [PlotPoint] {
    guard values.contains(where: { $0 > 0 }) else { return [] }
    let edges = similarity.isDistance ? Array(bins.reversed()) : Array(bins)
    let points = edges.map { bin in
      PlotPoint(
        min(similarity.naturalThreshold(scale.edge(bin)), similarity.naturalThreshold(scale.edge(bin + 1))),
        values[bin])
    }
    let end = max(
      similarity.naturalThreshold(scale.edge(bins.lowerBound)),
      similarity.naturalThreshold(scale.edge(bins.upperBound)))
    return points + [PlotPoint(end, 0)]
  }

  /// Two curves a panel, of all bins from the first to the last that holds a score: the edges, the mean density, and how many scores
  /// of all parts are in the bin.
  func exported() -> (columns: [String], curves: [CurveExport.Curve]) {
    let exponent = commonExponent
    let scale = ScoreHistogram.empty(exponent: exponent)
    let curves = panels.flatMap { panel in
      [("genuine", panel.parts.map(\.genuine)), ("impostor", panel.parts.map(\.impostor))].map {
        name, parts in
        let density = Self.density(parts, exponent)
        var sum = scale
        for part in parts { sum.merge(part) }
        let bins = Array(sum.occupied ?? 0..<0)
        return CurveExport.Curve(
          name: panel.name.isEmpty ? name : "\(panel.name), \(name)",
          points: (similarity.isDistance ? bins.reversed() : bins).map { bin -> [Double?] in
            let ends = [scale.edge(bin), scale.edge(bin + 1)].map(similarity.naturalThreshold).sorted()
            return [ends[0], density[bin], ends[1], Double(sum.counts[bin])]
          }, counts: [.init("scores", sum.total), .init("not_compared", sum.missing)])
      }
    }
    return (["from", "density", "to", "count"], curves)
  }
}

extension ScoreHistogram {
  /// No scores, in bins as wide as 2 to the power of `exponent`.
  fileprivate static func empty(exponent: Int) -> ScoreHistogram {
    var result = ScoreHistogram()
    result.widen(to: exponent)
    return result
  }
}

extension String {
  /// "Cosine" of "cosine".
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
