import Evaluation
import Metrics

/// A curve of rates with its numbers: of a method, averaged over seeds, or of one part of a result.
struct CurveSeries: Sendable {
  struct Point: Sendable, Equatable {
    var x: Double
    var y: Double
    /// The band around it; nil where there is none.
    var lower: Double?
    var upper: Double?
  }

  var name: String
  var role: ROCSeries.Role = .method
  /// What the legend says beside the name.
  var summary: String?
  /// Ascending in x.
  var points: [Point]
  var counts: [CurveExport.Count] = []
  /// How many impostors or non-mated searches stand behind it: no rate below 1/N is drawn. 0 for other curves.
  var comparisons = 0

  /// The curve as it is drawn, every value first taken through `clamp`, so that an axis can show it.
  func line(_ styles: StyleBook, shape: LineFigure.Shape, clamp: (Double) -> Double = { $0 })
    -> LineFigure.Series
  {
    let band = points.compactMap { point -> LineFigure.BandPoint? in
      guard let lower = point.lower, let upper = point.upper else { return nil }
      return LineFigure.BandPoint(point.x, clamp(lower), clamp(upper))
    }
    return LineFigure.Series(
      name: name, summary: summary, points: points.map { PlotPoint($0.x, clamp($0.y)) },
      band: band.contains { $0.lower < $0.upper } ? band : [], shape: shape,
      style: styles.style(of: name, role: role))
  }

  /// The numbers as they are.
  func exported(hasBand: Bool) -> CurveExport.Curve {
    CurveExport.Curve(
      name: name, points: points.map { [$0.x, $0.y] + (hasBand ? [$0.lower, $0.upper] : []) }, counts: counts)
  }

  /// "93.1 ± 0.2": the mean and sample standard deviation of rates in percent; nil where one of them is missing.
  static func summary(_ rates: [Double?], decimals: Int = 1) -> String? {
    let known = rates.compactMap(\.self)
    guard known.count == rates.count, let spread = Spread(known) else { return nil }
    return NumberText.percent(mean: spread.mean, deviation: spread.sampleSD, decimals: decimals)
  }
}

extension StyleBook {
  /// The style of a curve: untrained features and the ceiling have their own.
  func style(of name: String, role: ROCSeries.Role) -> SeriesStyle {
    switch role {
    case .method: style(of: name)
    case .untrained: .untrained
    case .ceiling: .ceiling
    }
  }
}
