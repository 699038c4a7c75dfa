/// The labels of vertical reference lines, in rows above the plot so that none covers another or a curve.
///
/// Of all ways to centre the labels at their lines or to let them begin or end there, and to fill the rows,
/// the one with the fewest rows is taken, then the one in which most labels can be joined to their lines,
/// then the one with most labels centred.
struct ReferenceFlags {
  /// One label with its line's position, in points.
  struct Flag: Sendable, Hashable {
    var position: Double
    var isBoundary: Bool
    /// From here a short line leads down to the plot.
    var leaderTop: Double
    var lines: [PlacedText]
  }

  private struct Label {
    var reference: LineFigure.ReferenceLine
    var position: Double
    var lines: [String]
    var width: Double
  }

  /// A label with its left end and its row, counted from the plot.
  private struct Place {
    var label: Int
    var left: Double
    var right: Double
    var row: Int
  }

  private let labels: [Label]
  private let font: Font
  private let measurer: TextMeasurer
  private var places: [Place] = []

  /// Places the labels of `references` between `start` and `end`; `position` gives a value's place on the
  /// page.
  init(
    _ references: [LineFigure.ReferenceLine], position: (Double) -> Double, from start: Double,
    to end: Double,
    font: Font, measurer: TextMeasurer
  ) {
    self.font = font
    self.measurer = measurer
    labels = references.filter { !$0.label.isEmpty }.sorted { $0.value < $1.value }.map { reference in
      let lines = measurer.wrap(reference.label, font, limit: end - start)
      return Label(
        reference: reference, position: position(reference.value), lines: lines,
        width: lines.map { measurer.width($0, font) }.max() ?? 0)
    }
    // All arrangements of up to four labels are tried; more are centred, in order.
    let isFew = labels.count <= 4
    let orders = isFew ? Self.permutations(Array(labels.indices)) : [Array(labels.indices)]
    let alignments = isFew ? Self.choices(labels.count) : [labels.map { _ in 0 }]
    var best: (rows: Int, blocked: Int, moved: Int)?
    for alignment in alignments {
      for order in orders {
        let places = arranged(order, alignment, from: start, to: end)
        let blocked = places.count { isBlocked($0, by: places) }
        let cost = ((places.map(\.row).max() ?? 0), blocked, alignment.count { $0 != 0 })
        if let known = best, cost >= known { continue }
        best = cost
        self.places = places.sorted { $0.label < $1.label }
      }
    }
  }

  /// Gives each label of `order` the lowest row with room. An alignment is 0 (centred), 1 (begins at the
  /// line) or 2 (ends there).
  private func arranged(_ order: [Int], _ alignment: [Int], from start: Double, to end: Double) -> [Place] {
    var places: [Place] = []
    for index in order {
      let label = labels[index]
      let wanted = label.position + [-label.width / 2, -1, 1 - label.width][alignment[index]]
      let left = max(start, min(wanted, end - label.width))
      let right = left + label.width
      var row = 0
      while places.contains(where: { $0.row == row && left < $0.right + 6 && $0.left < right + 6 }) {
        row += 1
      }
      places.append(Place(label: index, left: left, right: right, row: row))
    }
    return places
  }

  /// Whether another label stands between this one and its line.
  private func isBlocked(_ place: Place, by places: [Place]) -> Bool {
    let position = labels[place.label].position
    return places.contains { $0.row < place.row && $0.left - 2 < position && position < $0.right + 2 }
  }

  /// The height of one row: that of the tallest label in it.
  private func rowHeight(_ row: Int) -> Double {
    Double(places.filter { $0.row == row }.map { labels[$0.label].lines.count }.max() ?? 0) * font.lineHeight
  }

  /// The height of all rows.
  var height: Double { (0...(places.map(\.row).max() ?? 0)).map(rowHeight).reduce(0, +) }

  /// The labels, the lowest row ending at `bottom`.
  func flags(bottom: Double) -> [Flag] {
    places.map { place in
      let label = labels[place.label]
      let base = bottom - (0..<place.row).map(rowHeight).reduce(0, +)
      let top = base - Double(label.lines.count) * font.lineHeight
      let lines = label.lines.enumerated().map { index, line in
        PlacedText(
          line, font, x: place.left, top: top + Double(index) * font.lineHeight,
          width: measurer.width(line, font))
      }
      return Flag(
        position: label.position, isBoundary: label.reference.isBoundary,
        leaderTop: isBlocked(place, by: places) ? bottom : base, lines: lines)
    }
  }

  private static func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.indices.flatMap { index -> [[Int]] in
      var rest = items
      let item = rest.remove(at: index)
      return permutations(rest).map { [item] + $0 }
    }
  }

  /// All sequences of `count` numbers from 0 to 2.
  private static func choices(_ count: Int) -> [[Int]] {
    (0..<count).reduce([[]]) { known, _ in known.flatMap { start in (0..<3).map { start + [$0] } } }
  }
}
