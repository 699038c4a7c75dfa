/// A line along which a function of two variables has one value.
struct ContourLine: Sendable, Hashable {
  /// In order along the line, at least two; those of a closed line end before the first comes again.
  var points: [PlotPoint]
  var isClosed: Bool

  /// The lines at `level` of a function known at the points (x[i], y[j]) of a grid, `values[i][j]`, by marching squares; in an order that the grid alone
  /// decides.
  ///
  /// A point of a line lies on an edge of the grid, where the values at the edge's ends, joined by a straight line, reach the level: exact for a
  /// function that is linear along edges. A value that equals the level counts as above it. Where two corners across a cell are above the level and two are
  /// not, the saddle of the bilinear function through the corners says which belong together (Nielson and Hamann, "The asymptotic decider", 1991).
  /// Cells with a corner that is not finite are left out, and lines end at their edges.
  static func all(at level: Double, x: [Double], y: [Double], values: [[Double]]) -> [ContourLine] {
    let grid = Grid(level: level, x: x, y: y, values: values)
    // A cell has two edges that lines cross, or four, and an edge two cells.
    var neighbours: [Int: [Int]] = [:]
    var edges: [Int] = []
    for (one, other) in grid.segments {
      for (edge, next) in [(one, other), (other, one)] {
        if neighbours[edge] == nil { edges.append(edge) }
        neighbours[edge, default: []].append(next)
      }
    }
    var visited: Set<Int> = []
    func line(from start: Int) -> ContourLine? {
      guard visited.insert(start).inserted else { return nil }
      var chain = [start]
      while let next = neighbours[chain[chain.count - 1]]?.first(where: { !visited.contains($0) }) {
        visited.insert(next)
        chain.append(next)
      }
      // A line that passes through a point of the grid crosses several edges there.
      var points: [PlotPoint] = []
      for point in chain.map(grid.point) where points.last != point { points.append(point) }
      let isClosed = neighbours[start]?.count == 2
      while isClosed, points.count > 1, points.first == points.last { points.removeLast() }
      return points.count > 1 ? ContourLine(points: points, isClosed: isClosed && points.count > 2) : nil
    }
    let open = edges.filter { neighbours[$0]?.count == 1 }
    return (open + edges).compactMap(line)
  }

  /// The grid, its edges numbered: from the point (i, j) to (i + 1, j) the even number, to (i, j + 1) the odd one after it.
  private struct Grid {
    let level: Double
    let x: [Double]
    let y: [Double]
    let values: [[Double]]

    private func edge(_ i: Int, _ j: Int, isUpward: Bool) -> Int {
      2 * (i * y.count + j) + (isUpward ? 1 : 0)
    }

    /// The pairs of edges that lines join, cell by cell.
    var segments: [(Int, Int)] {
      var result: [(Int, Int)] = []
      for i in 0..<max(0, x.count - 1) {
        for j in 0..<max(0, y.count - 1) { result += segments(i, j) }
      }
      return result
    }

    private func segments(_ i: Int, _ j: Int) -> [(Int, Int)] {
      let corners = [values[i][j], values[i + 1][j], values[i + 1][j + 1], values[i][j + 1]]
      guard corners.allSatisfy(\.isFinite) else { return [] }
      // Around the cell: each edge begins at the corner of its place.
      let around = [
        edge(i, j, isUpward: false), edge(i + 1, j, isUpward: true), edge(i, j + 1, isUpward: false),
        edge(i, j, isUpward: true),
      ]
      let above = corners.map { $0 >= level }
      let crossed = (0..<4).filter { above[$0] != above[($0 + 1) % 4] }
      switch crossed.count {
      case 2: return [(around[crossed[0]], around[crossed[1]])]
      case 4:
        let over = corners.map { $0 - level }
        let product = over[0] * over[2] - over[1] * over[3]
        // Whether the first corner and the one across are cut off from each other: both above a saddle below the level, or both below one above it.
        let isCutOff = above[0] ? product < 0 : product <= 0
        return isCutOff
          ? [(around[3], around[0]), (around[1], around[2])]
          : [(around[0], around[1]), (around[2], around[3])]
      default: return []
      }
    }

    /// Where the level lies on an edge.
    func point(_ edge: Int) -> PlotPoint {
      let (i, j) = (edge / 2 / y.count, edge / 2 % y.count)
      if edge % 2 == 1 {
        return PlotPoint(x[i], between(y[j], y[j + 1], values[i][j], values[i][j + 1]))
      }
      return PlotPoint(between(x[i], x[i + 1], values[i][j], values[i + 1][j]), y[j])
    }

    /// From the nearer end, so that a level that is an end's value is at that end.
    private func between(_ a: Double, _ b: Double, _ valueA: Double, _ valueB: Double) -> Double {
      let share = (level - valueA) / (valueB - valueA)
      return share <= 0.5 ? a + share * (b - a) : b - (valueB - level) / (valueB - valueA) * (b - a)
    }
  }
}
