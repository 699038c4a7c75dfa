import Foundation

/// A mark on an axis. Labelled ticks are long and carry a grid line; ticks without a label are short.
public struct Tick: Sendable, Hashable {
  public var value: Double
  public var label: String?

  public init(_ value: Double, label: String? = nil) {
    self.value = value
    self.label = label
  }

  public var isMajor: Bool { label != nil }
}

extension Axis {
  /// The ticks of a drawn axis in ascending order.
  ///
  /// `extent` gives the length of a label along the axis in points. No two labels come closer than `gap`
  /// points, and where even two do not fit there may be one or none.
  func ticks(_ mapping: AxisMapping, gap: Double, extent: @escaping (String) -> Double) -> [Tick] {
    let fit = LabelFit(mapping: mapping, gap: gap, extent: extent)
    switch scale {
    case .linear: return linearTicks(fit)
    case .logarithmic: return logarithmicTicks(fit)
    case .probit: return probitTicks(fit)
    }
  }

  // MARK: Linear

  private func linearTicks(_ fit: LabelFit) -> [Tick] {
    let factor = numbers == .percent ? 100.0 : 1
    let (low, high) = (fit.mapping.range.lowerBound * factor, fit.mapping.range.upperBound * factor)
    let most = max(2, Int(fit.length / 22))
    for count in stride(from: most, through: 1, by: -1) {
      let step = NiceStep(covering: high - low, in: count)
      let major = step.multiples(in: low...high)
      let labels = linearLabels(major, step)
      let ticks = zip(major, labels).map { Tick($0 / factor, label: $1) }
      guard fit.allFit(ticks) else { continue }
      let minor = NiceStep(of: step.value / Double(step.minorCount))
      guard fit.length * minor.value / (high - low) >= 3.5 else { return ticks }
      let marks = minor.multiples(in: low...high).filter { mark in
        !major.contains { abs($0 - mark) < step.value * 1e-6 }
      }
      return (ticks + marks.map { Tick($0 / factor) }).sorted { $0.value < $1.value }
    }
    return []
  }

  private func linearLabels(_ values: [Double], _ step: NiceStep) -> [String] {
    let largest = values.map(\.magnitude).max() ?? 0
    if largest >= 1e6 || (largest > 0 && largest < 1e-3) {
      return values.map { $0 == 0 ? "0" : NumberText.scientific($0, digits: 4) }
    }
    return values.map { value in
      if step.decimals == 0 { return NumberText.grouped(Int(value.rounded())) }
      let text = NumberText.fixed(value, decimals: step.decimals)
      return text.hasPrefix("-") ? "−" + text.dropFirst() : text
    }
  }

  // MARK: Logarithmic

  private func logarithmicTicks(_ fit: LabelFit) -> [Tick] {
    let range = fit.mapping.range
    let inside = { (value: Double) in
      value >= range.lowerBound * (1 - 1e-9) && value <= range.upperBound * (1 + 1e-9)
    }
    let exponents = Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound).rounded(.up))
    func values(_ mantissas: [Double]) -> [Double] {
      exponents.flatMap { exponent in mantissas.map { Self.power(exponent) * $0 } }.filter(inside)
    }
    func labelled(_ values: [Double]) -> [Tick] { values.map { Tick($0, label: logarithmicLabel($0)) } }
    let decades = values([1])
    let others = values([2, 3, 4, 5, 6, 7, 8, 9])
    if decades.count <= 2 {
      for mantissas in [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3]] as [[Double]] {
        let ticks = labelled(values(mantissas))
        guard ticks.count >= 2, fit.allFit(ticks) else { continue }
        let marks = (decades + others).filter { value in !ticks.contains { $0.value == value } }
        return (ticks + marks.map { Tick($0) }).sorted { $0.value < $1.value }
      }
    }
    if decades.isEmpty && others.count < 2 { return narrowTicks(fit) }
    for stride in 1...max(1, decades.count) {
      let ticks = decades.enumerated().map { index, value in
        Tick(value, label: (decades.count - 1 - index) % stride == 0 ? logarithmicLabel(value) : nil)
      }
      guard fit.allFit(ticks) else { continue }
      let hasRoom = stride == 1 && fit.length / log10(range.upperBound / range.lowerBound) >= 14
      return (ticks + (hasRoom ? others.map { Tick($0) } : [])).sorted { $0.value < $1.value }
    }
    return decades.map { Tick($0) }
  }

  /// A logarithmic axis over less than a factor of about two: the ticks of a linear one.
  private func narrowTicks(_ fit: LabelFit) -> [Tick] {
    let (low, high) = (fit.mapping.range.lowerBound, fit.mapping.range.upperBound)
    for count in [5, 4, 3, 2] {
      let step = NiceStep(covering: high - low, in: count)
      let values = step.multiples(in: low...high)
      let ticks = zip(values, linearLabels(values, step)).map { Tick($0, label: $1) }
      if fit.allFit(ticks) { return ticks }
    }
    return []
  }

  private func logarithmicLabel(_ value: Double) -> String {
    if numbers == .percent { return Self.shortPercent(value) }
    if numbers == .plain && value >= 0.001 && value < 1e6 {
      return value >= 1 ? NumberText.grouped(Int(value.rounded())) : NumberText.exact(Self.rounded(value))
    }
    return NumberText.scientific(value, digits: 1)
  }

  // MARK: Probit

  private func probitTicks(_ fit: LabelFit) -> [Tick] {
    let range = fit.mapping.range
    let decades = (1...9).map { Self.power(-$0) }
    // In the order in which they are given a label: decades and the middle, then fives, then the rest.
    let lower = [decades, decades.map { $0 * 5 }, decades.map { $0 * 2 }]
    let candidates = lower.flatMap { values in values + values.map { 1 - $0 } } + [0.3, 0.4, 0.6, 0.7]
    var chosen: [Tick] = []
    var marks: [Double] = []
    for value in candidates where range.contains(value) && !marks.contains(where: { abs($0 - value) < 1e-12 })
    {
      marks.append(value)
      let label = numbers == .percent ? Self.shortPercent(value) : NumberText.exact(Self.rounded(value))
      let attempt = (chosen + [Tick(value, label: label)]).sorted { $0.value < $1.value }
      if fit.allFit(attempt) { chosen = attempt }
    }
    let rest = marks.filter { value in !chosen.contains { $0.value == value } }
    return (chosen + rest.map { Tick($0) }).sorted { $0.value < $1.value }
  }

  // MARK: Numbers

  /// A fraction in percent with only the digits that it needs, never as a power: "0.00002", "0.1", "50", "99.9".
  private static func shortPercent(_ value: Double) -> String {
    let percent = rounded(value * 100)
    guard percent > 0, percent < 1e-3 else { return NumberText.exact(percent) }
    return NumberText.fixed(percent, decimals: -Int(log10(percent * (1 + 1e-9)).rounded(.down)))
  }

  /// The number without the last bits that products of powers of ten leave.
  private static func rounded(_ value: Double) -> Double { Double(String(format: "%.10g", value)) ?? value }

  /// 10ⁿ as the nearest number, which `pow` does not promise.
  static func power(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? pow(10, Double(exponent)) }
}

/// A step of 1, 2, 2.5 or 5 times a power of ten.
struct NiceStep {
  let value: Double
  /// The decimals that a multiple needs.
  let decimals: Int
  /// Into how many parts short ticks divide the step.
  let minorCount: Int

  /// The smallest nice step that divides `length` into at most `count` parts.
  init(covering length: Double, in count: Int) { self.init(of: length / Double(max(1, count))) }

  /// The smallest nice step of at least `least`.
  init(of least: Double) {
    let exponent = Int(log10(least).rounded(.down))
    let unit = Axis.power(exponent)
    let choices: [(factor: Double, decimals: Int, minor: Int)] = [
      (1, 0, 5), (2, 0, 4), (2.5, 1, 5), (5, 0, 5), (10, -1, 5),
    ]
    let choice = choices.first { $0.factor * unit >= least * (1 - 1e-9) } ?? choices[4]
    value = choice.factor * unit
    decimals = max(0, choice.decimals - exponent)
    minorCount = choice.minor
  }

  /// The multiples of the step in a range, computed as products so that no error adds up.
  func multiples(in range: ClosedRange<Double>) -> [Double] {
    let first = (range.lowerBound / value - 1e-6).rounded(.up)
    let last = (range.upperBound / value + 1e-6).rounded(.down)
    guard first <= last, last - first < 1000 else { return [] }
    return stride(from: first, through: last, by: 1).map { $0 * value }
  }
}

/// Whether labels fit beside each other on an axis.
private struct LabelFit {
  let mapping: AxisMapping
  let gap: Double
  let extent: (String) -> Double

  var length: Double { abs(mapping.end - mapping.start) }

  /// Whether no two neighbouring labels come closer than the gap. `ticks` are in ascending order.
  func allFit(_ ticks: [Tick]) -> Bool {
    let spans = ticks.compactMap { tick in
      tick.label.map { (centre: mapping.position(tick.value), half: extent($0) / 2) }
    }
    return zip(spans, spans.dropFirst()).allSatisfy { abs($1.centre - $0.centre) >= $0.half + $1.half + gap }
  }
}
