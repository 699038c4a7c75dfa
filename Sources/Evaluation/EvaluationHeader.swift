import Metrics

/// What a result says of where it comes from.
public struct EvaluationHeader: Codable, Equatable, Sendable {
  public let protocolName: String
  public let protocolVersion: Int
  public let title: String
  public let lists: [ListDigest]
  /// SHA-256 of the embeddings' store, where they are a store's as it is.
  public let embeddingDigest: String?

  init(_ task: some EvaluationTask, embeddingDigest: String?) {
    protocolName = task.definition.name
    protocolVersion = task.definition.version
    title = task.definition.title
    lists = task.listDigests
    self.embeddingDigest = embeddingDigest
  }
}

extension OperatingPoint {
  /// The columns of a table of points; `intervals` are those of the rate's intervals.
  static func columns(
    acceptance: String, intervals: [ResultTable.Column], false falseRate: String = "FAR",
    true trueRate: String = "TAR", genuine: String = "genuine", impostors: String = "impostors"
  ) -> [ResultTable.Column] {
    [.init("target \(falseRate)"), .init(trueRate)] + intervals + [
      .init("realised \(falseRate)"), .init(acceptance), .init("\(genuine) accepted"),
      .init("\(impostors) accepted"), .init("smallest \(falseRate)"),
    ]
  }

  /// The column of a rate's binomial interval, where there is no other.
  static func binomialColumn(confidence: Double) -> [ResultTable.Column] {
    [.init("\(Cell.short(confidence * 100)) % binomial, pairs taken as independent")]
  }

  /// The cells of a table; `natural` turns a threshold into its natural unit, `intervals` are the cells of the rate's intervals, the binomial one
  /// alone where nothing else is said.
  func cells(rate: String = "FAR", natural: (Double) -> Double, intervals: [String]? = nil) -> [String] {
    let intervals = intervals ?? [Cell.range(interval)]
    guard attainable else {
      let needed = minimumAttainableFAR.map { " (needs \(rate) ≥ \(Cell.short($0)))" } ?? ""
      return [Cell.short(targetFAR), "not attainable\(needed)"] + intervals.map { _ in "" } + [
        "", "", "", "", minimumAttainableFAR.map(Cell.short) ?? Cell.none,
      ]
    }
    return [Cell.short(targetFAR), Cell.rate(tar)] + intervals + [
      realisedFAR.map(Cell.short) ?? "interpolated",
      threshold.map { Cell.threshold(natural($0)) } ?? Cell.none,
      acceptedGenuine.map { "\($0) of \(genuineCount)" } ?? Cell.none,
      acceptedImpostor.map { "\($0) of \(impostorCount)" } ?? Cell.none,
      minimumAttainableFAR.map(Cell.short) ?? Cell.none,
    ]
  }

  /// `lower` to `interval` are those of the default interval, over people where there is one.
  static let recordColumns = [
    "metric", "target_far", "value", "realised_far", "threshold", "accepted_genuine", "genuine",
    "accepted_impostor", "impostor", "lower", "upper", "confidence", "interval", "binomial_lower",
    "binomial_upper", "minimum_far", "attainable",
  ]

  /// The cells of `lower` to `binomial_upper`.
  static func intervalRecord(_ subjects: PercentileInterval?, _ binomial: BinomialInterval?) -> [String] {
    let bounds = [Cell.exact(binomial?.lower), Cell.exact(binomial?.upper)]
    if let subjects {
      return [Cell.exact(subjects.lower), Cell.exact(subjects.upper), Cell.exact(subjects.level), "subjects"]
        + bounds
    }
    return bounds + [Cell.exact(binomial?.confidence), binomial == nil ? "" : "binomial"] + bounds
  }

  /// A record of a number that is no operating point.
  static func record(
    _ metric: String, _ value: Double?, target: Double? = nil, threshold: Double? = nil,
    subjects: PercentileInterval? = nil
  ) -> [String] {
    [metric, Cell.exact(target), Cell.exact(value), "", Cell.exact(threshold), "", "", "", ""]
      + intervalRecord(subjects, nil) + ["", ""]
  }

  /// The record of a rate of searches.
  static func record(
    _ metric: String, _ rate: Double?, hits: Int, searches: Int, interval: BinomialInterval?,
    subjects: PercentileInterval? = nil
  ) -> [String] {
    [metric, "", Cell.exact(rate), "", "", "\(hits)", "\(searches)", "", ""]
      + intervalRecord(subjects, interval) + ["", ""]
  }

  /// The record of the point, its columns those of `recordColumns`.
  func record(_ metric: String, natural: (Double) -> Double, subjects: PercentileInterval? = nil) -> [String]
  {
    [
      metric, Cell.exact(targetFAR), Cell.exact(tar), Cell.exact(realisedFAR),
      Cell.exact(threshold.map(natural)), Cell.count(acceptedGenuine), "\(genuineCount)",
      Cell.count(acceptedImpostor), "\(impostorCount)",
    ] + Self.intervalRecord(subjects, interval) + [Cell.exact(minimumAttainableFAR), "\(attainable)"]
  }
}
