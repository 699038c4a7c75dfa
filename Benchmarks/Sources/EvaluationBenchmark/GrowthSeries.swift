import BenchmarkSupport
import Foundation
import Reports

/// Times against one quantity, with the line through their logarithms.
struct GrowthSeries {
  /// What grows, such as `distractors`; also the name of its figure.
  let quantity: String
  /// What is timed, and what stays as it is.
  let title: String
  let caption: String
  /// The exponent that is wanted: 1 for a time that grows with the quantity, 0 for one that does not grow.
  let expected: Double
  let sizes: [Int]
  /// Seconds by round and size.
  var rounds: [[Double]] = []

  private var medians: [Double] {
    sizes.indices.map { size in Spread(of: rounds.map { $0[size] }).median }
  }

  private var law: PowerLaw { PowerLaw(sizes.map(Double.init), medians) }

  /// Median, quartiles and range over the rounds of the exponent.
  private var exponents: Spread {
    Spread(of: rounds.map { PowerLaw(sizes.map(Double.init), $0).exponent })
  }

  static let columns = [
    "time against", "from", "to", "s at both ends", "slope", "quartiles", "range", "wanted",
  ]

  /// The row of a table with `columns`.
  var cells: [String] {
    let (first, last) = (medians[0], medians[medians.count - 1])
    return [quantity, "\(sizes[0])", "\(sizes[sizes.count - 1])", String(format: "%.4f, %.4f", first, last)]
      + exponents.columns + ["\(Int(expected))"]
  }

  /// Medians with their quartiles on two logarithmic axes, and the line of the wanted slope through the last of them.
  var figure: LineFigure {
    let medians = medians
    let (x, y) = (sizes.map(Double.init), medians)
    let spreads = sizes.indices.map { size in Spread(of: rounds.map { $0[size] }) }
    let wanted = x.map { medians[medians.count - 1] * pow($0 / x[x.count - 1], expected) }
    let all = spreads.flatMap { [$0.lower, $0.upper] } + wanted
    let (low, high) = (all.min() ?? 1, all.max() ?? 1)
    return LineFigure(
      title: title, caption: caption,
      x: Axis(quantity.prefix(1).uppercased() + quantity.dropFirst(), scale: .logarithmic, numbers: .powers),
      // At least a decade, so that a time that hardly changes looks flat.
      y: Axis(
        "Time", unit: "s", scale: .logarithmic, numbers: .powers,
        range: min(low / 1.2, high / 10)...max(high * 1.2, low * 10)),
      series: [
        LineFigure.Series(
          name: String(format: "measured, slope %.2f", law.exponent),
          points: zip(x, y).map { PlotPoint($0, $1) },
          band: zip(x, spreads).map { LineFigure.BandPoint($0, $1.lower, $1.upper) },
          style: SeriesStyle(colour: Colour(0x0072B2), dash: .solid, marker: .circle)),
        LineFigure.Series(
          name: "slope \(Int(expected))", points: zip(x, wanted).map { PlotPoint($0, $1) },
          style: SeriesStyle(colour: .grey(0.42), dash: .dashed, marker: nil)),
      ])
  }

  var fileName: String { "growth-\(quantity.replacingOccurrences(of: " ", with: "-")).png" }
}
