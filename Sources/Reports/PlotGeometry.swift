/// A point of a curve in data units, or a position on a page in points (1/72 inch) from the top left.
public struct PlotPoint: Sendable, Hashable, Codable {
  public var x: Double
  public var y: Double

  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  /// The length of the straight line to `other`.
  func distance(to other: PlotPoint) -> Double {
    let (dx, dy) = (other.x - x, other.y - y)
    return (dx * dx + dy * dy).squareRoot()
  }
}

/// A rectangle on a page, in points (1/72 inch) from the top left.
public struct PlotRect: Sendable, Hashable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  public var maxX: Double { x + width }
  public var maxY: Double { y + height }

  /// Whether the two overlap by more than `tolerance` in both directions.
  public func intersects(_ other: PlotRect, tolerance: Double = 1e-6) -> Bool {
    min(maxX, other.maxX) - max(x, other.x) > tolerance && min(maxY, other.maxY) - max(y, other.y) > tolerance
  }

  /// Whether `other` lies inside, borders included.
  public func contains(_ other: PlotRect) -> Bool {
    other.x >= x - 1e-6 && other.y >= y - 1e-6 && other.maxX <= maxX + 1e-6 && other.maxY <= maxY + 1e-6
  }

  /// Whether the point lies inside, borders included.
  public func contains(_ point: PlotPoint) -> Bool {
    point.x >= x && point.x <= maxX && point.y >= y && point.y <= maxY
  }

  /// Whether a straight line from `a` to `b` touches the rectangle, borders included.
  func isCrossed(from a: PlotPoint, to b: PlotPoint) -> Bool {
    // What is left of the line, in shares of its length, inside the sides that have been looked at (Liang and Barsky, 1984).
    var (from, to) = (0.0, 1.0)
    for (step, room) in [
      (a.x - b.x, a.x - x), (b.x - a.x, maxX - a.x), (a.y - b.y, a.y - y), (b.y - a.y, maxY - a.y),
    ] {
      if step == 0 {
        if room < 0 { return false }
      } else if step < 0 {
        from = max(from, room / step)
      } else {
        to = min(to, room / step)
      }
    }
    return from <= to
  }

  /// The rectangle with every side moved outwards by `distance`.
  public func expanded(by distance: Double) -> PlotRect {
    PlotRect(x: x - distance, y: y - distance, width: width + 2 * distance, height: height + 2 * distance)
  }
}
