import FeatureStores

/// Something that can be drawn into a file.
public protocol Figure: Sendable {
  /// What the figure shows, in a few words; also the title of the file.
  var title: String { get }

  /// Measures and places everything. Throws a `HarnessError` (`badInput`) that names the curve and the point
  /// where a number cannot be drawn.
  func laidOut(_ measurer: TextMeasurer) throws(HarnessError) -> any LaidOutFigure
}

/// A figure in which everything has its place: ready to be drawn on a canvas of its size.
public protocol LaidOutFigure {
  /// Width and height in points.
  var width: Double { get }
  var height: Double { get }

  func draw(on canvas: Canvas)
}

extension Figure {
  /// The figure as a file of the given format. Equal figures and provenance give equal bytes.
  public func rendered(
    as format: FigureFormat, provenance: Provenance = Provenance(), resolution: Int = 300
  ) throws(HarnessError) -> [UInt8] {
    let page = try laidOut(TextMeasurer())
    let canvas = try Canvas(width: page.width, height: page.height, format: format, resolution: resolution)
    page.draw(on: canvas)
    return try canvas.finish(title: title, provenance: provenance)
  }

  /// Writes the figure to `path`, in one step (see `OutputFile`).
  public func write(
    to path: String, as format: FigureFormat, provenance: Provenance = Provenance(), resolution: Int = 300
  ) throws(HarnessError) {
    try OutputFile.write(try rendered(as: format, provenance: provenance, resolution: resolution), to: path)
  }
}

/// The size of a figure. Its height grows with title, captions and legend, so that none of them is ever cut
/// or squeezed.
public struct FigureSize: Sendable, Hashable {
  /// The full width in points.
  public var width: Double
  /// The height of the plotting area alone, in points.
  public var plotHeight: Double

  /// From millimetres.
  public init(width: Double, plotHeight: Double) {
    self.width = width * 72 / 25.4
    self.plotHeight = plotHeight * 72 / 25.4
  }

  /// One column of a two-column paper: 85 mm.
  public static let singleColumn = FigureSize(width: 85, plotHeight: 56)
  /// The full width of a page: 175 mm.
  public static let doubleColumn = FigureSize(width: 175, plotHeight: 82)
}
