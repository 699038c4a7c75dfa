import Evaluation
import Experiments
import Metrics

/// A column of numbers in the table of a protocol.
enum TableMetric {
  case accuracy
  case auc
  case eer
  case tar(Double)
  /// A rate of searches, by its place among the outcome's and its name.
  case rate(Int, String)

  /// The numbers that tables of the protocol show, the most telling first. Of searches among distractors these are rank 1 at every size and the rates at
  /// the protocol's FARs with all distractors; files have them all.
  static func all(of test: BoundTest) -> [TableMetric] {
    if let task = test.verification {
      return [.accuracy, .auc, .eer] + task.settings.targetFARs.map(TableMetric.tar)
    }
    if let task = test.task as? TemplateVerificationTask {
      return [.auc, .eer] + task.settings.targetFARs.map(TableMetric.tar)
    }
    let rates = test.searchRateNames.enumerated().map { TableMetric.rate($0, $1) }
    guard let task = test.task as? DistractorTask else { return rates }
    let perSize = task.settings.ranks.count + task.settings.targetFARs.count
    return task.settings.sizes.indices.map { rates[$0 * perSize] }
      + rates.suffix(task.settings.targetFARs.count)
  }

  var name: String {
    switch self {
    case .accuracy: "accuracy"
    case .auc: "AUC"
    case .eer: "EER"
    case .tar(let target): "TAR at FAR \(NumberText.scientific(target))"
    case .rate(_, let name): Self.shown(name)
    }
  }

  /// The name of a rate of searches with its target FAR or FPIR as tables write it: "TPR at FAR 10⁻⁴ of 10000".
  private static func shown(_ name: String) -> String {
    var words = name.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    for place in words.indices.dropFirst() where ["FAR", "FPIR"].contains(words[place - 1]) {
      let hasComma = words[place].hasSuffix(",")
      guard let target = Double(hasComma ? String(words[place].dropLast()) : words[place]) else { continue }
      words[place] = NumberText.scientific(target) + (hasComma ? "," : "")
    }
    return words.joined(separator: " ")
  }

  /// What resamples and folds call it.
  var numberName: String {
    switch self {
    case .accuracy: NumberName.accuracy
    case .auc: NumberName.auc
    case .eer: NumberName.eer
    case .tar(let target): NumberName.tar(target)
    case .rate(_, let name): name
    }
  }

  var column: ReportTable.Column {
    switch self {
    case .accuracy: .init("Accuracy", kind: .percent(decimals: 2))
    case .auc: .init("AUC", kind: .percent(decimals: 3))
    case .eer: .init("EER", kind: .percent(decimals: 2))
    case .tar(let target):
      .init("FAR \(NumberText.scientific(target))", group: "TAR at", kind: .percent(decimals: 2))
    case .rate: .init(name, kind: .percent(decimals: 2))
    }
  }

  func value(_ outcome: ExperimentResults.Outcome) -> Double? {
    switch self {
    case .accuracy: outcome.accuracy
    case .auc: outcome.auc
    case .eer: outcome.eer
    case .tar(let target): outcome.tar.first { $0.targetFAR == target }?.tar
    case .rate(let place, _): outcome.rates.indices.contains(place) ? outcome.rates[place].value : nil
    }
  }

  /// The mean over all outcomes; nil where one has no value.
  func mean(_ outcomes: [ExperimentResults.Outcome]) -> Double? {
    guard !outcomes.isEmpty else { return nil }
    let values = outcomes.compactMap(value)
    return values.count == outcomes.count ? Spread(values)?.mean : nil
  }

  func isAtLeastAsGood(_ a: Double, _ b: Double) -> Bool {
    if case .eer = self { a <= b } else { a >= b }
  }

  func cell(_ outcomes: [ExperimentResults.Outcome], gap: String?, kind: RunSpecification.Kind) -> TableCell {
    if let gap, outcomes.isEmpty {
      for absence in [TableCell.Absence.unsupported, .failed] where gap.hasPrefix("\(absence.rawValue): ") {
        return .absent(absence, String(gap.dropFirst("\(absence.rawValue): ".count)))
      }
      return .absent(.missing, gap)
    }
    let values = outcomes.compactMap(value)
    guard values.count == outcomes.count, let spread = Spread(values) else {
      let needed = outcomes.flatMap(\.tar).compactMap(\.minimumAttainableFAR).max()
      return .absent(
        .notAttainable, needed.map { "needs a FAR of at least \(NumberText.scientific($0))" } ?? "undefined"
      )
    }
    var marks: [TableCell.Mark] = []
    if let gap { marks.append(.init("!", meaning: gap)) }
    return .estimate(spread.mean, spread.sampleSD, count: values.count, marks: marks)
  }
}
