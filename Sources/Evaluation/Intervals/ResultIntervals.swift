import Metrics

/// How uncertain a result's numbers are said to be, and why not otherwise.
public struct ResultIntervals: Codable, Equatable, Sendable {
  /// The default interval's. The binomial interval of a rate, which takes comparisons as independent, stands with its rate.
  public let method: IntervalSettings.Method
  public let level: Double
  /// Why the default interval is not the one that the protocol asks for.
  public let reason: String?
  /// Where people are resampled.
  public let subjects: SubjectIntervals?

  /// What `settings` ask for, if `known` tells who is compared; `resampled` is not asked otherwise.
  init<Value>(
    _ settings: IntervalSettings, _ known: KnownSubjects<Value>,
    resampled: (SubjectNumbering, Value) -> SubjectIntervals?
  ) {
    level = settings.level
    switch (settings.method, known) {
    case (.subjects, .known(let numbering, let value)):
      subjects = resampled(numbering, value)
      method = subjects == nil ? .binomial : .subjects
      reason = subjects == nil ? "no number of it can be resampled" : nil
    case (.subjects, .unknown(let why)):
      (subjects, method, reason) = (nil, .binomial, why)
    case (let other, _):
      (subjects, method, reason) = (nil, other, nil)
    }
  }

  /// What a reader should know; empty where all is as asked.
  var warnings: [String] {
    reason.map {
      ["no interval over people, because \($0): binomial intervals take comparisons as independent"]
    }
      ?? []
  }

  /// What is said of a table's intervals in its title; empty where people are not resampled.
  var remark: String {
    guard let subjects else { return "" }
    return
      "; intervals: \(subjects.subjects) people resampled \(subjects.replicates) times, thresholds \(subjects.thresholds.rawValue)"
  }

  /// The interval that stands first: over people where there is one, else nil.
  func interval(_ name: String) -> PercentileInterval? { subjects?[name]?.interval }

  /// The headers of the interval columns of rates. `noun` are the comparisons that are taken as independent.
  func columns(of noun: String = "pairs") -> [ResultTable.Column] {
    let percent = "\(Cell.short(level * 100)) %"
    let binomial = "\(percent) binomial, \(noun) taken as independent"
    return switch method {
    case .none: []
    case .binomial: [.init(binomial)]
    case .subjects: [.init("\(percent) interval"), .init(binomial)]
    }
  }

  /// The cells of those columns for the rate called `name`.
  func cells(_ name: String, _ binomial: BinomialInterval?) -> [String] {
    switch method {
    case .none: []
    case .binomial: [Cell.range(binomial)]
    case .subjects: [Cell.range(interval(name)), Cell.range(binomial)]
    }
  }

  /// The interval of a number that has no binomial one, as text: `0.9700–0.9840`; nothing where there is none.
  func text(_ name: String) -> String { interval(name).map(Cell.range) ?? Cell.none }
}

extension Cell {
  static func range(_ interval: PercentileInterval?) -> String {
    interval.map { "\(rate($0.lower))–\(rate($0.upper))" } ?? none
  }
}
