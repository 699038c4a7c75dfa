import LinearAlgebra
import Testing

@testable import Reports

@Suite("Contour lines")
struct ContourLineTests {
  private static let places = (-4...4).map { Double($0) / 4 }

  private func values(_ x: [Double], _ y: [Double], _ function: (Double, Double) -> Double) -> [[Double]] {
    x.map { x in y.map { function(x, $0) } }
  }

  private func lines(
    at level: Double, _ places: [Double] = places, _ function: (Double, Double) -> Double
  ) -> [ContourLine] {
    ContourLine.all(at: level, x: places, y: places, values: values(places, places, function))
  }

  /// Where a level lies on the edges of the grid, edge by edge; for levels that are the value of no point.
  private func crossings(at level: Double, _ x: [Double], _ y: [Double], _ values: [[Double]]) -> [PlotPoint]
  {
    var points: [PlotPoint] = []
    for i in x.indices {
      for j in y.indices {
        for (k, l) in [(i + 1, j), (i, j + 1)] where k < x.count && l < y.count {
          let (a, b) = (values[i][j], values[k][l])
          guard (a < level) != (b < level) else { continue }
          let share = (level - a) / (b - a)
          points.append(PlotPoint(x[i] + share * (x[k] - x[i]), y[j] + share * (y[l] - y[j])))
        }
      }
    }
    return points
  }

  private func distance(_ a: PlotPoint, _ b: PlotPoint) -> Double {
    max(abs(a.x - b.x), abs(a.y - b.y))
  }

  @Test(arguments: (-15...15).map { Double($0) / 8 })
  func `The level of x + y is one straight line from border to border`(level: Double) throws {
    let found = lines(at: level) { $0 + $1 }
    #expect(found.count == 1)
    let line = try #require(found.first)
    // Exact, through points of the grid as between them.
    #expect(!line.isClosed && line.points.allSatisfy { $0.x + $0.y == level })
    #expect(Set(line.points).count == line.points.count)
    let ends = [line.points[0], line.points[line.points.count - 1]].sorted { $0.x < $1.x }
    #expect(
      ends == [
        PlotPoint(max(-1, level - 1), min(1, level + 1)), PlotPoint(min(1, level + 1), max(-1, level - 1)),
      ])
    let across = line.points.map(\.x)
    #expect(across == across.sorted() || across == across.sorted(by: >))
  }

  @Test func `A plane over an uneven grid is cut in one straight line`() throws {
    let (x, y) = ([-2, -0.5, 0.1, 3], [0.0, 0.7, 5, 5.5, 9])
    for level in [-3.1, 0.33, 4, 11.7] {
      let found = ContourLine.all(at: level, x: x, y: y, values: values(x, y) { 3 * $0 - 0.7 * $1 + 5 })
      #expect(found.count == 1)
      let points = try #require(found.first).points
      #expect(points.allSatisfy { abs(3 * $0.x - 0.7 * $0.y + 5 - level) < 1e-12 })
      // Along the line nothing turns back.
      let steps = zip(points, points.dropFirst()).map { $1.x - $0.x }
      #expect(steps.allSatisfy { $0 > 0 } || steps.allSatisfy { $0 < 0 })
    }
  }

  @Test(arguments: [0.05, 0.11, 0.47, 0.9]) func `A paraboloid is cut in one ring`(level: Double) throws {
    let function = { (x: Double, y: Double) in x * x + y * y }
    let found = lines(at: level, Self.places, function)
    #expect(found.count == 1)
    let ring = try #require(found.first)
    #expect(ring.isClosed)
    // Every crossing of an edge once, and nothing else.
    let expected = crossings(at: level, Self.places, Self.places, values(Self.places, Self.places, function))
    #expect(ring.points.count == expected.count)
    for point in expected { #expect(ring.points.contains { distance($0, point) < 1e-12 }) }
    // A chord of x² over an edge of length h is at most h²/4 above it.
    for point in ring.points {
      let value = function(point.x, point.y)
      #expect(value <= level + 1e-12 && value >= level - 0.25 * 0.25 / 4 - 1e-12)
    }
    // Neighbours share a cell, the last and the first, too.
    for (a, b) in zip(ring.points, ring.points.dropFirst() + ring.points.prefix(1)) {
      #expect(distance(a, b) <= 0.25 + 1e-12)
    }
  }

  @Test func `A ring that the border cuts is open, and two hills have a ring each`() {
    let cut = lines(at: 1.21) { $0 * $0 + $1 * $1 }
    #expect(cut.count == 4 && cut.allSatisfy { !$0.isClosed })
    let places = (-10...10).map { Double($0) / 5 }
    let hills = lines(at: 0.5, places) { x, y in
      1 / (1 + 8 * ((x - 1) * (x - 1) + y * y)) + 1 / (1 + 8 * ((x + 1) * (x + 1) + y * y))
    }
    #expect(hills.count == 2 && hills.allSatisfy(\.isClosed))
  }

  @Test func `A saddle joins the corners that its bilinear function joins`() {
    let unit = [0.0, 1]
    // 1 at (0, 0) and (1, 1), 0 at the others: the saddle is at 1/2.
    let values = [[1.0, 0], [0, 1]]
    func ends(_ level: Double) -> Set<Set<PlotPoint>> {
      Set(ContourLine.all(at: level, x: unit, y: unit, values: values).map { Set($0.points) })
    }
    #expect(
      ends(0.25) == [[PlotPoint(0.75, 0), PlotPoint(1, 0.25)], [PlotPoint(0.25, 1), PlotPoint(0, 0.75)]])
    #expect(
      ends(0.75) == [[PlotPoint(0.25, 0), PlotPoint(0, 0.25)], [PlotPoint(0.75, 1), PlotPoint(1, 0.75)]])
    // A saddle at the level is above it.
    #expect(
      ends(0.5) == [[PlotPoint(0.5, 0), PlotPoint(1, 0.5)], [PlotPoint(0.5, 1), PlotPoint(0, 0.5)]])
    // Random cells, whichever corners are high.
    var stream = RandomStream(seed: 5, name: "saddles")
    var saddles = 0
    for _ in 0..<400 {
      var drawn = Matrix<Double>(rows: 2, columns: 2)
      stream.fillNormal(&drawn)
      let f = [drawn.row(0), drawn.row(1)]
      let isHigh = f[0][0] >= 0
      guard isHigh == (f[1][1] >= 0), isHigh != (f[0][1] >= 0), isHigh != (f[1][0] >= 0) else { continue }
      saddles += 1
      // The bilinear function where its derivatives are 0.
      let twist = f[0][0] + f[1][1] - f[0][1] - f[1][0]
      let (x, y) = ((f[0][0] - f[0][1]) / twist, (f[0][0] - f[1][0]) / twist)
      let saddle =
        f[0][0] * (1 - x) * (1 - y) + f[1][0] * x * (1 - y) + f[0][1] * (1 - x) * y + f[1][1] * x * y
      let found = ContourLine.all(at: 0, x: unit, y: unit, values: f)
      #expect(found.count == 2)
      // A line that cuts off the corner (0, 0) has a point on each edge there.
      let cutsFirst = found.contains { line in
        line.points.contains { $0.x == 0 } && line.points.contains { $0.y == 0 }
      }
      #expect(cutsFirst == (isHigh != (saddle >= 0)))
    }
    #expect(saddles > 20)
  }

  @Test func `Cells without a number are left out, and lines end there`() {
    let places = (-6...6).map { Double($0) / 6 }
    let function = { (x: Double, y: Double) in x * x + y * y }
    let whole = ContourLine.all(at: 0.4, x: places, y: places, values: values(places, places, function))
    for missing in [Double.nan, .infinity, -.infinity] {
      var some = values(places, places, function)
      // (2/3, 0): the ring goes through the cells beside it.
      some[10][6] = missing
      let found = ContourLine.all(at: 0.4, x: places, y: places, values: some)
      #expect(found.count == 1 && found.first?.isClosed == false)
      let points = Set(found.flatMap(\.points))
      #expect(points.isStrictSubset(of: Set(whole.flatMap(\.points))))
      // Nothing inside the four cells at the missing point, and on no edge to it.
      #expect(!points.contains { abs($0.x - places[10]) < 1.0 / 6 - 1e-9 && abs($0.y) < 1.0 / 6 - 1e-9 })
      // One of the edges to that point was crossed.
      #expect(whole.flatMap(\.points).count - points.count == 1)
    }
    let none = places.map { _ in places.map { _ in Double.nan } }
    #expect(ContourLine.all(at: 0, x: places, y: places, values: none).isEmpty)
  }

  @Test func `Plateaus, peaks and flat functions have no lines at their own level`() {
    #expect(lines(at: 1) { _, _ in 1 }.isEmpty)
    #expect(lines(at: 2) { _, _ in 1 }.isEmpty && lines(at: 0) { _, _ in 1 }.isEmpty)
    // A single point at the level, above all others.
    #expect(lines(at: 0) { -($0 * $0 + $1 * $1) }.isEmpty)
    // A ridge at the level has lines along it.
    let ridge = lines(at: 0) { x, _ in -abs(x) }
    #expect(Set(ridge.flatMap(\.points)).count == 9 && ridge.flatMap(\.points).allSatisfy { $0.x == 0 })
    #expect(ContourLine.all(at: 0, x: [], y: [], values: []).isEmpty)
  }

  @Test(arguments: [1, 2, 3]) func `Lines through noise visit every crossing once`(seed: UInt64) {
    var stream = RandomStream(seed: seed, name: "noise")
    var noise = Matrix<Double>(rows: 23, columns: 17)
    stream.fillNormal(&noise)
    let (x, y) = ((0..<23).map { Double($0) }, (0..<17).map { Double($0) })
    let values = (0..<23).map { noise.row($0) }
    let found = ContourLine.all(at: 0.1, x: x, y: y, values: values)
    let expected = crossings(at: 0.1, x, y, values)
    let points = found.flatMap(\.points)
    #expect(points.count == expected.count && found.count > 5)
    for point in expected { #expect(points.contains { distance($0, point) < 1e-12 }) }
    // Open lines end at the border.
    for line in found where !line.isClosed {
      for end in [line.points[0], line.points[line.points.count - 1]] {
        #expect(end.x == 0 || end.x == 22 || end.y == 0 || end.y == 16)
      }
    }
    #expect(found == ContourLine.all(at: 0.1, x: x, y: y, values: values))
  }
}
