import FeatureStores

/// A figure of curves over two axes: ROC, DET and CMC curves, convergence, histograms, accuracy against a
/// quantity.
///
/// A plain value. Points, bands and references must lie in the domain of their axis's scale (finite; positive
/// on a logarithmic axis; in (0, 1) on a probit one) and points of a curve must not go back in x; what lies
/// in the domain but outside the range is cut off at the plot's border. Curves without points are listed in
/// the legend as having none.
public struct LineFigure: Figure, Hashable {
  /// One curve.
  public struct Series: Sendable, Hashable {
    public var name: String
    /// A second column of the legend, such as a rate at an operating point.
    public var summary: String?
    public var points: [PlotPoint]
    /// A shaded band around the curve.
    public var band: [BandPoint]
    public var shape: Shape
    public var style: SeriesStyle
    /// Shades the area between the curve and the lower end of the y axis (histograms).
    public var isFilled: Bool

    public init(
      name: String, summary: String? = nil, points: [PlotPoint], band: [BandPoint] = [], shape: Shape = .line,
      style: SeriesStyle, isFilled: Bool = false
    ) {
      self.name = name
      self.summary = summary
      self.points = points
      self.band = band
      self.shape = shape
      self.style = style
      self.isFilled = isFilled
    }
  }

  /// The lower and upper end of a band at one x.
  public struct BandPoint: Sendable, Hashable, Codable {
    public var x: Double
    public var lower: Double
    public var upper: Double

    public init(_ x: Double, _ lower: Double, _ upper: Double) {
      self.x = x
      self.lower = lower
      self.upper = upper
    }
  }

  /// How the points of a curve are joined.
  public enum Shape: Sendable, Hashable {
    /// By straight lines on the page.
    case line
    /// Each value holds until the next point, where the curve jumps: no value is invented between two points.
    case steps
    /// Not at all: markers only.
    case points
  }

  /// A straight line across the plot at one value of an axis, its label (if any) outside the plot.
  public struct ReferenceLine: Sendable, Hashable {
    public enum Direction: Sendable, Hashable {
      /// At a value of the x axis.
      case vertical
      /// At a value of the y axis.
      case horizontal
    }
    public var direction: Direction
    public var value: Double
    public var label: String
    /// Whether nothing is drawn beyond it: a heavier line.
    public var isBoundary: Bool

    public init(_ direction: Direction, at value: Double, label: String, isBoundary: Bool = false) {
      self.direction = direction
      self.value = value
      self.label = label
      self.isBoundary = isBoundary
    }
  }

  /// Where the legend stands; never inside the plot, so that it covers no curve.
  public enum LegendPlacement: Sendable, Hashable {
    /// Right of the plot where the page is wide enough and the legend not higher than the plot, else below.
    case automatic
    case below
    /// Right of the plot wherever it takes no more than 42 % of the width, else below.
    case right
    case none
  }

  public var title: String
  /// The convention under which the numbers hold, under the title.
  public var caption: String
  /// Short remarks below the figure.
  public var notes: [String]
  public var x: Axis
  public var y: Axis
  public var series: [Series]
  public var references: [ReferenceLine]
  /// What the summaries in the legend are.
  public var summaryHeader: String
  public var legend: LegendPlacement
  public var size: FigureSize
  /// Whether the plot is as wide as it is high, where the page is wide enough: for two axes of one unit and equally long ranges.
  public var isSquare: Bool

  public init(
    title: String, caption: String = "", notes: [String] = [], x: Axis, y: Axis, series: [Series],
    references: [ReferenceLine] = [], summaryHeader: String = "", legend: LegendPlacement = .automatic,
    size: FigureSize = .singleColumn, isSquare: Bool = false
  ) {
    self.title = title
    self.caption = caption
    self.notes = notes
    self.x = x
    self.y = y
    self.series = series
    self.references = references
    self.summaryHeader = summaryHeader
    self.legend = legend
    self.size = size
    self.isSquare = isSquare
  }

  public func laidOut(_ measurer: TextMeasurer) throws(HarnessError) -> any LaidOutFigure {
    try layout(measurer)
  }

  /// The layout with every box that it holds, for tests and for drawing.
  public func layout(_ measurer: TextMeasurer) throws(HarnessError) -> LineFigureLayout {
    try validate()
    return LineFigureLayout(figure: self, measurer: measurer)
  }

  // MARK: Checks

  /// Refuses what cannot be drawn, naming the curve and the point.
  func validate() throws(HarnessError) {
    func refuse(_ place: String, _ found: String, _ expected: String) -> HarnessError {
      HarnessError(.badInput, place: "figure “\(title)”, \(place)", found: found, expected: expected)
    }
    func check(_ value: Double, _ axis: Axis, _ place: String) throws(HarnessError) {
      if !axis.scale.contains(value) { throw refuse(place, "\(value)", axis.scale.domain) }
    }
    guard size.width >= 140, size.plotHeight >= 40, size.width.isFinite, size.plotHeight.isFinite else {
      throw refuse("size", "\(size.width) × \(size.plotHeight) points", "at least 140 × 40 points")
    }
    for (axis, name) in [(x, "x axis"), (y, "y axis")] {
      guard let range = axis.range else { continue }
      try check(range.lowerBound, axis, name)
      try check(range.upperBound, axis, name)
      guard range.lowerBound < range.upperBound else {
        throw refuse(name, "an empty range at \(range.lowerBound)", "two different ends")
      }
    }
    for curve in series {
      for (index, point) in curve.points.enumerated() {
        let place = "curve “\(curve.name)”, point \(index)"
        try check(point.x, x, place + ", x")
        try check(point.y, y, place + ", y")
        if index > 0 && point.x < curve.points[index - 1].x {
          throw refuse(place, "x = \(point.x) after \(curve.points[index - 1].x)", "x in ascending order")
        }
      }
      for (index, point) in curve.band.enumerated() {
        let place = "curve “\(curve.name)”, band point \(index)"
        try check(point.x, x, place + ", x")
        try check(point.lower, y, place + ", lower end")
        try check(point.upper, y, place + ", upper end")
        guard point.lower <= point.upper else {
          throw refuse(place, "\(point.lower) to \(point.upper)", "a lower end below the upper one")
        }
        if index > 0 && point.x < curve.band[index - 1].x {
          throw refuse(place, "x = \(point.x) after \(curve.band[index - 1].x)", "x in ascending order")
        }
      }
    }
    for line in references {
      try check(line.value, line.direction == .vertical ? x : y, "reference line “\(line.label)”")
    }
  }
}
