import BenchmarkSupport
import Foundation
import Reports

/// Times against one quantity, with the straight line that they should be on: a rising one, or a flat one.
struct GrowthSeries {
  /// What grows, such as `distractors`; also the name of its figure.
  let quantity: String
  /// What is timed, and what stays as it is.
  let title: String
  let caption: String
  /// Whether the time should grow with the quantity, beside what is fixed; else it should not change.
  let isLinear: Bool
  let sizes: [Int]
  /// Seconds by round and size.
  var rounds: [[Double]] = []

  private var medians: [Double] {
    sizes.indices.map { size in Spread(of: rounds.map { $0[size] }).median }
  }

  private var places: [Double] { sizes.map(Double.init) }

  /// What the time is compared with: the straight line through the medians, or their median.
  private func expected(_ times: [Double]) -> [Double] {
    guard isLinear else {
      let middle = Spread(of: times).median
      return times.map { _ in middle }
    }
    let line = StraightLine(places, times)
    return places.map(line.time)
  }

  /// The largest departure from what is expected, over all sizes, as a share of it: of the medians, and of each round for itself.
  private var departure: Double { Self.departure(medians, from: expected(medians)) }
  private var departures: Spread {
    Spread(of: rounds.map { Self.departure($0, from: expected($0)) })
  }

  private static func departure(_ times: [Double], from expected: [Double]) -> Double {
    zip(times, expected).map { abs($0 / $1 - 1) }.max() ?? 0
  }

  static let columns = [
    "time against", "from", "to", "s at both ends", "should be", "largest departure", "of single rounds",
  ]

  /// The row of a table with `columns`.
  var cells: [String] {
    func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }
    let (first, last) = (medians[0], medians[medians.count - 1])
    return [
      quantity, "\(sizes[0])", "\(sizes[sizes.count - 1])", String(format: "%.4f, %.4f", first, last),
      isLinear ? lineText : "flat", percent(departure),
      "\(percent(departures.median)) (\(percent(departures.least))–\(percent(departures.most)))",
    ]
  }

  private var lineText: String {
    let line = StraightLine(places, medians)
    return String(format: "%.1f ms + %.2f µs each", line.fixed * 1e3, line.each * 1e6)
  }

  /// Medians with their quartiles on two logarithmic axes, and what they should be.
  var figure: LineFigure {
    let (medians, expected) = (medians, expected(medians))
    let spreads = sizes.indices.map { size in Spread(of: rounds.map { $0[size] }) }
    let all = spreads.flatMap { [$0.lower, $0.upper] } + expected
    let (low, high) = (all.min() ?? 1, all.max() ?? 1)
    return LineFigure(
      title: title, caption: caption,
      x: Axis(
        quantity.prefix(1).uppercased() + quantity.dropFirst(), scale: .logarithmic,
        numbers: sizes.allSatisfy { $0 < 10_000 } ? .plain : .powers),
      // At least a decade, so that a time that hardly changes looks flat.
      y: Axis(
        "Time", unit: "s", scale: .logarithmic, numbers: .powers,
        range: min(low / 1.2, high / 10)...max(high * 1.2, low * 10)),
      series: [
        LineFigure.Series(
          name: "measured", points: zip(places, medians).map { PlotPoint($0, $1) },
          band: zip(places, spreads).map { LineFigure.BandPoint($0, $1.lower, $1.upper) },
          style: SeriesStyle(colour: Colour(0x0072B2), dash: .solid, marker: .circle)),
        LineFigure.Series(
          name: isLinear ? lineText : "their median", points: zip(places, expected).map { PlotPoint($0, $1) },
          style: SeriesStyle(colour: .grey(0.42), dash: .dashed, marker: nil)),
      ])
  }

  var fileName: String { "growth-\(quantity.replacingOccurrences(of: " ", with: "-")).png" }
}
