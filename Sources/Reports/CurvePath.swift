/// The way of a curve over the page.
struct CurvePath {
  /// Corners in page points, from left to right.
  var points: [PlotPoint]

  /// The curve through `points` (ascending x, in the axes' domains), cut to the x range.
  ///
  /// With steps, the value at the left end of the range is that of the last point at or before it, as the
  /// curve holds its value until the next point, and the last value holds to the right end when `holdsToEnd`.
  /// Lines are left to the canvas to clip.
  init(
    _ points: [PlotPoint], shape: LineFigure.Shape, x: AxisMapping, y: AxisMapping, holdsToEnd: Bool = true
  ) {
    func place(_ point: PlotPoint) -> PlotPoint { PlotPoint(x.position(point.x), y.position(point.y)) }
    guard shape == .steps else {
      self.points = Self.thinned(points.map(place))
      return
    }
    let (low, high) = (x.range.lowerBound, x.range.upperBound)
    var corners: [PlotPoint] = []
    var current: Double?
    for point in points where point.x <= high {
      if point.x <= low {
        current = point.y
        continue
      }
      if corners.isEmpty, let current { corners.append(place(PlotPoint(low, current))) }
      let next = place(point)
      if let last = corners.last { corners.append(PlotPoint(next.x, last.y)) }
      corners.append(next)
      current = point.y
    }
    if corners.isEmpty, let current { corners.append(place(PlotPoint(low, current))) }
    if holdsToEnd, let last = corners.last { corners.append(PlotPoint(x.position(high), last.y)) }
    self.points = Self.thinned(corners)
  }

  /// The polygon between two paths of the same direction.
  static func polygon(lower: CurvePath, upper: CurvePath) -> [PlotPoint] {
    upper.points + lower.points.reversed()
  }

  /// The height of the path at `x`; nil outside it. Of several at one x, the last.
  func height(at x: Double) -> Double? {
    guard let first = points.first, let last = points.last, x >= first.x, x <= last.x else { return nil }
    var (low, high) = (0, points.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if points[middle].x <= x { low = middle } else { high = middle }
    }
    if points[high].x <= x { return points[high].y }
    let (a, b) = (points[low], points[high])
    return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x)
  }

  /// The same line on paper with fewer corners: of all corners within 1/10 point of x the first, the lowest,
  /// the highest and the last, in their order. Only the drawing is thinned; rates are read from all points.
  private static func thinned(_ points: [PlotPoint]) -> [PlotPoint] {
    guard points.count > 400 else { return points }
    var result: [PlotPoint] = []
    var start = 0
    while start < points.count {
      let cell = (points[start].x * 10).rounded(.down)
      var end = start
      var (lowest, highest) = (start, start)
      while end < points.count && (points[end].x * 10).rounded(.down) == cell {
        if points[end].y < points[lowest].y { lowest = end }
        if points[end].y > points[highest].y { highest = end }
        end += 1
      }
      for index in Set([start, lowest, highest, end - 1]).sorted() { result.append(points[index]) }
      start = end
    }
    return result
  }
}
