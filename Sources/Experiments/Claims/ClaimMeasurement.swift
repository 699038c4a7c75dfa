import Evaluation
import Foundation
import Metrics

/// A number that a claim is about, as results have it.
struct ClaimMeasurement: Sendable, Equatable {
  var estimate: Double?
  /// Whether the estimate is the number or a bound on it (see `SpeedUp`).
  var certainty = SpeedUp.Certainty.exact
  /// Ends may be infinite; nil where there is no interval.
  var interval: ClosedRange<Double>?
  /// Seeds behind it; nil where nothing is random.
  var seeds: Int?
  /// How the interval is made.
  var test: String
  /// Why there is no interval, or what it leaves open.
  var note: String?
}

extension ClaimMeasurement {
  /// A speed-up.
  init(_ speed: MethodSpeedUp?) {
    self.init(test: "percentile bootstrap over seeds of log S, paired by seed")
    guard let speed, let s = speed.speedUp else {
      note = "a validation curve is at τ before the first step, or there is none"
      return
    }
    (estimate, certainty, interval, seeds) = (s.estimate, s.certainty, s.interval, s.seeds)
    if s.interval == nil { note = "one seed" }
    let late = [(s.censoredMethods, "of the mechanism"), (s.censoredBaselines, "of the baseline")].filter {
      $0.0 > 0
    }
    if !late.isEmpty {
      note = late.map { "\($0.0) of \(s.pairs) runs \($0.1) never arrive" }.joined(separator: ", ")
    }
  }

  /// A difference of results; `testToTraining` is given for fold-wise data.
  init(
    of number: String, _ own: ExperimentResults.Row, minus other: ExperimentResults.Row, protocolName: String,
    testToTraining: Double?, level: Double
  ) {
    let pair = OutcomePair(
      own.entries[protocolName]?.outcomes ?? [], other.entries[protocolName]?.outcomes ?? [])
    let difference =
      testToTraining.map { pair.foldwise(number, testToTraining: $0, level: level) }
      ?? pair.resampled(number, level: level)
    self.init(
      seeds: pair.seeds,
      test: testToTraining == nil
        ? "paired bootstrap over seeds, then people"
        : "corrected resampled t-test over folds (Nadeau and Bengio)")
    guard let difference else {
      note = "no number called ‘\(number)’ that is resampled"
      return
    }
    estimate = difference.value
    interval = difference.lower...max(difference.lower, difference.upper)
    if testToTraining == nil, pair.seeds == 1 {
      note = "one seed: the spread between trainings is not covered"
    }
  }

  /// A number of a diagnostic, of the method alone or compared with another's, one value a seed; nil values are not defined.
  init(_ own: [Double?], against other: [Double?]?, _ compare: ClaimStatistic.Comparison, level: Double) {
    let word =
      compare == .ratio ? "logarithms of the ratio" : compare == .difference ? "differences" : "values"
    self.init(seeds: own.count, test: "t interval over seeds of \(word)")
    let values = own.indices.compactMap { place -> Double? in
      guard let a = own[place] else { return nil }
      switch compare {
      case .value: return a
      case .difference: return other?[place].map { a - $0 }
      case .ratio: return other?[place].flatMap { a > 0 && $0 > 0 ? log(a / $0) : nil }
      }
    }
    guard !values.isEmpty, values.count == own.count, let mean = Spread(values)?.mean else {
      note = "not defined for every seed"
      return
    }
    let back: (Double) -> Double = compare == .ratio ? { exp($0) } : { $0 }
    estimate = back(mean)
    // With no overlap between training sets the corrected t-test is Student's paired one.
    guard let test = CorrectedResampledTTest(differences: values, testToTraining: 0, level: level) else {
      note = "one seed"
      return
    }
    interval = back(test.lower)...max(back(test.lower), back(test.upper))
  }
}

extension DiagnosticRecord {
  /// The values of a quantity: one, or one a recorded step; nil where the diagnostic has no such quantity.
  func claimValues(_ quantity: String) -> [Double?]? {
    if let groups {
      let count = groups.alone.count
      func pairs(_ matrix: [[Double]]) -> Double? {
        let values = (0..<count).flatMap { second in (0..<second).map { matrix[$0][second] } }
        return Spread(values)?.mean
      }
      switch quantity {
      case "ensemble-gain":
        let best = groups.alone.compactMap(\.accuracy).max()
        return [groups.whole.accuracy.flatMap { whole in best.map { whole - $0 } }]
      case "alignment-mean": return [pairs(groups.comparison.alignment)]
      case "neighbour-agreement-mean": return [pairs(groups.comparison.neighbourAgreement)]
      default: break
      }
    }
    let values = values.filter { $0.quantity == quantity }
    return values.isEmpty ? nil : values.map(\.value)
  }

  /// One number of a run: the mean over recorded steps, for ratios the geometric one. Nil where a value is not defined.
  static func claimMean(_ values: [Double?], _ compare: ClaimStatistic.Comparison) -> Double? {
    let known = values.compactMap(\.self).filter { $0.isFinite && (compare != .ratio || $0 > 0) }
    guard !known.isEmpty, known.count == values.count else { return nil }
    return compare == .ratio ? Spread(known.map { log($0) }).map { exp($0.mean) } : Spread(known)?.mean
  }
}
