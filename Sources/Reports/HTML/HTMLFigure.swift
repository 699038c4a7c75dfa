import Experiments
import FeatureStores
import Foundation

/// A figure in an HTML report: the drawing as it is in files, as an image in the page, and for curves their values under the pointer.
///
/// The values are laid over the drawing at the places that its layout has for them, so that both show the same.
struct HTMLFigure {
  /// What filters know it by; nil for all.
  var protocolName: String?
  var loss: String?
  var figure: any Figure

  /// Values under the pointer: for each curve points of the page's x (in points, ascending) with what the axes say there.
  private struct Overlay: Encodable {
    struct Curve: Encodable {
      var name: String
      var colour: String
      /// Page x, x value, y value.
      var points: [[Double]]
    }

    var width: Double
    var height: Double
    /// x, y, width, height of the plot.
    var plot: [Double]
    var x: String
    var y: String
    var isPercent: Bool
    /// Whether each value holds until the next point.
    var isStepped: Bool
    var curves: [Curve]
  }

  func html(provenance: Provenance) throws -> String {
    let drawing = Data(try figure.rendered(as: .svg, provenance: provenance)).base64EncodedString()
    var attributes = [("class", "figure")]
    if let protocolName { attributes.append(("data-protocol", protocolName)) }
    if let loss { attributes.append(("data-loss", loss)) }
    let image =
      "<img alt=\"\(HTMLText.escaped(figure.title))\" src=\"data:image/svg+xml;base64,\(drawing)\">"
    guard let overlay = try overlay() else { return HTMLText.element("figure", attributes, image) }
    let data = String(decoding: try CanonicalJSON.encode(overlay), as: UTF8.self)
    let size = "viewBox=\"0 0 \(Self.short(overlay.width)) \(Self.short(overlay.height))\""
    return HTMLText.element(
      "figure", attributes,
      "<div class=\"hover\">\(image)<svg \(size) aria-hidden=\"true\"></svg>"
        + "<div class=\"values\" hidden></div>"
        + "<script type=\"application/json\">\(HTMLText.script(json: data))</script></div>")
  }

  /// Nil for what is no figure of curves over two axes.
  private func overlay() throws -> Overlay? {
    let lines: LineFigure
    switch figure {
    case let figure as LineFigure: lines = figure
    case let figure as ROCFigure: lines = try figure.lineFigure()
    default: return nil
    }
    let layout = try lines.layout(TextMeasurer())
    let plot = layout.plot
    let curves = lines.series.filter { !$0.points.isEmpty }.map { series in
      Overlay.Curve(
        name: series.name, colour: series.style.colour.hex,
        points: series.points.filter { layout.x.range.contains($0.x) }.map {
          [Self.rounded(layout.x.position($0.x), 2), Self.significant($0.x), Self.significant($0.y)]
        })
    }
    guard curves.contains(where: { !$0.points.isEmpty }) else { return nil }
    return Overlay(
      width: layout.width, height: layout.height,
      plot: [plot.x, plot.y, plot.width, plot.height].map { Self.rounded($0, 2) }, x: lines.x.label,
      y: lines.y.title, isPercent: lines.y.numbers == .percent,
      isStepped: lines.series.contains { $0.shape == .steps }, curves: curves)
  }

  private static func rounded(_ value: Double, _ decimals: Int) -> Double {
    let scale = pow(10, Double(decimals))
    return (value * scale).rounded() / scale
  }

  /// Five significant digits.
  private static func significant(_ value: Double) -> Double {
    Double(String(format: "%.5g", value)) ?? value
  }

  private static func short(_ value: Double) -> String { NumberText.exact(rounded(value, 2)) }
}
