import Foundation
import Testing

@testable import Reports

@Suite struct AxisTests {
  /// Labels of the long ticks, with four points a character.
  func labels(_ axis: Axis, length: Double = 200, gap: Double = 5) -> [String] {
    ticks(axis, length: length, gap: gap).compactMap(\.label)
  }

  func ticks(_ axis: Axis, length: Double = 200, gap: Double = 5) -> [Tick] {
    let mapping = AxisMapping(scale: axis.scale, range: axis.range ?? 0...1, start: 0, end: length)
    return axis.ticks(mapping, gap: gap) { Double($0.count) * 4 }
  }

  @Test func decadesAreLabelledWithPowers() {
    let axis = Axis("FAR", scale: .logarithmic, numbers: .powers, range: 1.0 / 3000...1)
    #expect(labels(axis) == ["10⁻³", "10⁻²", "10⁻¹", "1"])
    let marks = ticks(axis).filter { !$0.isMajor }.map(\.value)
    let expected =
      [4e-4, 5e-4, 6e-4, 7e-4, 8e-4, 9e-4]
      + [1e-3, 1e-2, 1e-1].flatMap { unit in (2...9).map { Double($0) * unit } }
    #expect(marks.count == expected.count)
    #expect(zip(marks, expected).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
  }

  @Test func theFirstTickStandsAtAnExactDecade() {
    for exponent in 1...9 {
      let axis = Axis("FAR", scale: .logarithmic, numbers: .powers, range: 1 / Axis.power(exponent)...1)
      #expect(ticks(axis).first?.value == Axis.power(-exponent))
    }
  }

  @Test func manyDecadesLeaveSomeUnlabelled() {
    let axis = Axis("x", scale: .logarithmic, numbers: .powers, range: 1e-12...1)
    #expect(labels(axis, length: 120) == ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"])
  }

  @Test func lessThanTwoDecadesLabelMore() {
    let axis = Axis("x", scale: .logarithmic, numbers: .powers, range: 0.01...0.1)
    #expect(labels(axis, length: 160) == ["10⁻²", "2×10⁻²", "5×10⁻²", "10⁻¹"])
    let narrow = Axis("x", scale: .logarithmic, range: 0.031...0.039)
    #expect(labels(narrow) == ["0.032", "0.034", "0.036", "0.038"])
  }

  @Test func plainLogarithmicLabelsAreNumbers() {
    let axis = Axis("Distractors", scale: .logarithmic, range: 10...1e6)
    #expect(labels(axis, length: 300) == ["10", "100", "1000", "10\u{2009}000", "100\u{2009}000", "10⁶"])
  }

  @Test func linearLabelsHaveTheDecimalsOfTheirStep() {
    #expect(labels(Axis("x", range: 0...1)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels(Axis("x", range: 0...1), length: 60) == ["0.0", "0.5", "1.0"])
    #expect(labels(Axis("x", range: -1...1), length: 140) == ["−1.0", "−0.5", "0.0", "0.5", "1.0"])
    #expect(
      labels(Axis("x", range: 0...20_000)) == [
        "0", "5000", "10\u{2009}000", "15\u{2009}000", "20\u{2009}000",
      ])
    #expect(
      labels(Axis("x", range: 0...8e7)) == [
        "0", "10⁷", "2×10⁷", "3×10⁷", "4×10⁷", "5×10⁷", "6×10⁷", "7×10⁷", "8×10⁷",
      ])
    #expect(labels(Axis("x", range: 0...2.5e-5), length: 120) == ["0", "10⁻⁵", "2×10⁻⁵"])
    #expect(
      labels(Axis("x", range: 3...3.01), length: 140) == [
        "3.000", "3.002", "3.004", "3.006", "3.008", "3.010",
      ])
  }

  @Test func percentLabelsAreHundredTimesTheValue() {
    let axis = Axis("TAR", numbers: .percent, range: 0.99...1)
    #expect(labels(axis, length: 160, gap: 3) == ["99.0", "99.2", "99.4", "99.6", "99.8", "100.0"])
    #expect(
      ticks(axis, length: 160).filter(\.isMajor).map { ($0.value * 1000).rounded() } == [
        990, 992, 994, 996, 998, 1000,
      ])
  }

  @Test func probitLabelsAreRoundPercentages() {
    let axis = Axis("FMR", scale: .probit, numbers: .percent, range: 0.001...0.5)
    #expect(labels(axis, length: 220, gap: 4) == ["0.1", "0.5", "1", "2", "5", "10", "20", "30", "40", "50"])
    let plain = Axis("FMR", scale: .probit, range: 0.01...0.99)
    #expect(labels(plain, length: 120, gap: 4) == ["0.01", "0.1", "0.5", "0.9", "0.99"])
  }

  @Test(arguments: [AxisScale.linear, .logarithmic, .probit], [20.0, 35, 60, 110, 240, 480])
  func labelsNeverTouch(scale: AxisScale, length: Double) {
    let ranges: [ClosedRange<Double>] = [0.0001...0.9, 0.3...0.31, 0.49...0.51, 0.1...0.2, 0.999...0.9999]
    for range in ranges {
      for numbers in [Axis.Numbers.plain, .percent, .powers] {
        let axis = Axis("x", scale: scale, numbers: numbers, range: range)
        let mapping = AxisMapping(scale: scale, range: range, start: 0, end: length)
        let ticks = axis.ticks(mapping, gap: 5) { Double($0.count) * 4 }
        #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0.value < $1.value })
        #expect(
          ticks.allSatisfy {
            mapping.position($0.value) > -0.01 && mapping.position($0.value) < length + 0.01
          })
        let spans = ticks.compactMap { tick in
          tick.label.map { (mapping.position(tick.value), Double($0.count) * 2) }
        }
        #expect(zip(spans, spans.dropFirst()).allSatisfy { $1.0 - $0.0 >= $0.1 + $1.1 + 5 - 1e-9 })
      }
    }
  }

  @Test func scalesMapTheirDomain() {
    let log = AxisMapping(scale: .logarithmic, range: 1e-4...1, start: 10, end: 210)
    #expect([1e-4, 1e-3, 1e-2, 0.1, 1].map { log.position($0).rounded() } == [10, 60, 110, 160, 210])
    let probit = AxisMapping(scale: .probit, range: 0.025...0.975, start: 0, end: 2)
    #expect(abs(probit.position(0.5) - 1) < 1e-12)
    // Φ(1) = 0.8413447460685429; Φ⁻¹(0.975) = 1.959963984540054.
    #expect(abs(probit.position(0.841_344_746_068_542_9) - (1 + 1 / 1.959_963_984_540_054)) < 1e-9)
    // Upwards on a page means backwards in y.
    let linear = AxisMapping(scale: .linear, range: 0...4, start: 100, end: 20)
    #expect([0, 1, 4].map(linear.position) == [100, 80, 20])
  }

  @Test func scalesKnowTheirDomain() {
    #expect(
      AxisScale.linear.contains(-3) && !AxisScale.linear.contains(.nan)
        && !AxisScale.linear.contains(.infinity))
    #expect(AxisScale.logarithmic.contains(1e-300) && !AxisScale.logarithmic.contains(0))
    #expect(AxisScale.probit.contains(0.5) && !AxisScale.probit.contains(0) && !AxisScale.probit.contains(1))
  }

  @Test func titlesNameTheUnit() {
    // The space does not break: a unit never stands alone on a line.
    #expect(Axis("Angle", unit: "°").title == "Angle\u{00A0}(°)")
    #expect(Axis("Accuracy", numbers: .percent).title == "Accuracy\u{00A0}(%)")
    #expect(Axis("FAR (N = 9 pairs)", numbers: .percent).title == "FAR (%; N = 9 pairs)")
    #expect(Axis("FAR (N = 9) of pairs", numbers: .percent).title == "FAR (N = 9) of pairs\u{00A0}(%)")
    #expect(Axis("", numbers: .percent).title == "%")
    #expect(Axis("Rank").title == "Rank")
  }

  // MARK: Numbers

  @Test func numbersAreWrittenAlike() {
    #expect(NumberText.fixed(-0.0004, decimals: 2) == "0.00")
    #expect(NumberText.fixed(-0.004, decimals: 3) == "-0.004")
    #expect(NumberText.percent(0.981_23) == "98.12")
    #expect(NumberText.percent(mean: 0.98, deviation: 0.001) == "98.00 ± 0.10")
    #expect(NumberText.percent(mean: 1, deviation: nil) == "100.00")
    #expect(NumberText.exact(0.1 + 0.2) == "0.30000000000000004")
    #expect(NumberText.exact(3) == "3")
    #expect(NumberText.exact(1e-5) == "1e-05")
    #expect(NumberText.grouped(1234) == "1234")
    #expect(NumberText.grouped(-1_234_567) == "−1\u{2009}234\u{2009}567")
    #expect([-12, -1, 0, 1, 5].map(NumberText.powerOfTen) == ["10⁻¹²", "10⁻¹", "1", "10", "10⁵"])
    #expect(
      [1e-4, 1.0 / 3000, 0.01, 2, 25, -3e6, 0].map { NumberText.scientific($0) } == [
        "10⁻⁴", "3.3×10⁻⁴", "10⁻²", "2", "2.5×10", "−3×10⁶", "0",
      ])
  }
}
