import Foundation

/// How one curve looks: colour, dash, marker and width.
public struct SeriesStyle: Sendable, Hashable {
  public var colour: Colour
  public var dash: Dash
  /// nil for curves without markers.
  public var marker: Marker?
  /// Width in points.
  public var width: Double

  public init(colour: Colour, dash: Dash, marker: Marker?, width: Double = 1.1) {
    self.colour = colour
    self.dash = dash
    self.marker = marker
    self.width = width
  }

  /// The features as stored, without training: thin, grey, finely dotted, without markers.
  public static let untrained = SeriesStyle(colour: .grey(0.42), dash: .reference, marker: nil, width: 0.9)
  /// The best that any method could reach on a synthetic world: thin, black, long and short dashes, without
  /// markers.
  public static let ceiling = SeriesStyle(colour: .black, dash: .ceiling, marker: nil, width: 0.7)
}

/// The dash patterns. The first eight are for methods and are told apart without colour; the last two are
/// kept for reference curves.
public enum Dash: Int, Sendable, Hashable, CaseIterable {
  case solid, dashed, dotDashed, dotted, longDashed, dotDotDashed, shortDashed, longShort
  case reference, ceiling

  /// The patterns for methods.
  public static let forMethods: [Dash] = Array(allCases.prefix(8))

  /// Lengths of ink and gap in points; empty for a solid line.
  public var pattern: [Double] {
    switch self {
    case .solid: []
    case .dashed: [4.5, 1.8]
    case .dotDashed: [5, 1.5, 1, 1.5]
    case .dotted: [1, 1.3]
    case .longDashed: [9, 2.2]
    case .dotDotDashed: [4.5, 1.3, 1, 1.3, 1, 1.3]
    case .shortDashed: [2.4, 1.5]
    case .longShort: [7.5, 1.6, 2.6, 1.6]
    case .reference: [0.9, 2.1]
    case .ceiling: [11, 1.6, 1, 1.6]
    }
  }
}

/// The markers, hollow and filled in turn so that neighbours differ at a glance.
public enum Marker: Int, Sendable, Hashable, CaseIterable {
  case circle, square, triangle, diamond, cross, invertedTriangle, plus, pentagon

  /// Whether the inside has the colour of the curve; the others are white inside.
  public var isFilled: Bool { rawValue % 2 == 0 }
}

extension Canvas {
  /// Draws a marker of about `radius` points around `centre`.
  func marker(_ marker: Marker, centre: PlotPoint, radius: Double, style: SeriesStyle) {
    let line = max(0.6, style.width * 0.75)
    func polygon(_ corners: Int, radius: Double, turned: Double) {
      let points = (0..<corners).map { corner in
        let angle = 2 * Double.pi * (Double(corner) / Double(corners) + turned) - Double.pi / 2
        return PlotPoint(centre.x + radius * cos(angle), centre.y + radius * sin(angle))
      }
      fill(polygon: points, with: marker.isFilled ? style.colour : .white)
      stroke(points, colour: style.colour, width: line, isClosed: true)
    }
    func lines(_ ends: [(Double, Double)]) {
      for (dx, dy) in ends {
        stroke(
          [PlotPoint(centre.x - dx, centre.y - dy), PlotPoint(centre.x + dx, centre.y + dy)],
          colour: style.colour, width: line * 1.3)
      }
    }
    switch marker {
    case .circle:
      circle(
        centre: centre, radius: radius * 0.92, colour: style.colour, width: line,
        fill: marker.isFilled ? style.colour : .white)
    case .square: polygon(4, radius: radius * 1.2, turned: 0.125)
    case .triangle: polygon(3, radius: radius * 1.25, turned: 0)
    case .invertedTriangle: polygon(3, radius: radius * 1.25, turned: 0.5)
    case .diamond: polygon(4, radius: radius * 1.25, turned: 0)
    case .pentagon: polygon(5, radius: radius * 1.15, turned: 0)
    case .cross: lines([(radius * 0.85, radius * 0.85), (radius * 0.85, -radius * 0.85)])
    case .plus: lines([(radius * 1.15, 0), (0, radius * 1.15)])
    }
  }
}
