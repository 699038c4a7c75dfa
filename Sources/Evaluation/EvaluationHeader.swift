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
  static func columns(
    acceptance: String, confidence: Double, false falseRate: String = "FAR", true trueRate: String = "TAR",
    genuine: String = "genuine", impostors: String = "impostors"
  ) -> [ResultTable.Column] {
    [
      .init("target \(falseRate)"), .init(trueRate), .init("\(Cell.short(confidence * 100)) % interval"),
      .init("realised \(falseRate)"), .init(acceptance), .init("\(genuine) accepted"),
      .init("\(impostors) accepted"), .init("smallest \(falseRate)"),
    ]
  }

  /// The cells of a table; `natural` turns a threshold into its natural unit.
  func cells(rate: String = "FAR", natural: (Double) -> Double) -> [String] {
    guard attainable else {
      let needed = minimumAttainableFAR.map { " (needs \(rate) ≥ \(Cell.short($0)))" } ?? ""
      return [
        Cell.short(targetFAR), "not attainable\(needed)", "", "", "", "", "",
        minimumAttainableFAR.map(Cell.short) ?? Cell.none,
      ]
    }
    return [
      Cell.short(targetFAR), Cell.rate(tar),
      interval.map { "\(Cell.rate($0.lower))–\(Cell.rate($0.upper))" } ?? Cell.none,
      realisedFAR.map(Cell.short) ?? "interpolated",
      threshold.map { Cell.threshold(natural($0)) } ?? Cell.none,
      acceptedGenuine.map { "\($0) of \(genuineCount)" } ?? Cell.none,
      acceptedImpostor.map { "\($0) of \(impostorCount)" } ?? Cell.none,
      minimumAttainableFAR.map(Cell.short) ?? Cell.none,
    ]
  }

  static let recordColumns = [
    "metric", "target_far", "value", "realised_far", "threshold", "accepted_genuine", "genuine",
    "accepted_impostor", "impostor", "lower", "upper", "confidence", "minimum_far", "attainable",
  ]

  /// A record of a number that is no operating point.
  static func record(_ metric: String, _ value: Double?, target: Double? = nil) -> [String] {
    [metric, Cell.exact(target), Cell.exact(value)] + [String](repeating: "", count: recordColumns.count - 3)
  }

  /// The record of a rate of searches.
  static func record(
    _ metric: String, _ rate: Double?, hits: Int, searches: Int, interval: BinomialInterval?
  ) -> [String] {
    [
      metric, "", Cell.exact(rate), "", "", "\(hits)", "\(searches)", "", "", Cell.exact(interval?.lower),
      Cell.exact(interval?.upper), Cell.exact(interval?.confidence), "", "",
    ]
  }

  /// The record of the point, its columns those of `recordColumns`.
  func record(_ metric: String, natural: (Double) -> Double) -> [String] {
    [
      metric, Cell.exact(targetFAR), Cell.exact(tar), Cell.exact(realisedFAR),
      Cell.exact(threshold.map(natural)), Cell.count(acceptedGenuine), "\(genuineCount)",
      Cell.count(acceptedImpostor), "\(impostorCount)", Cell.exact(interval?.lower),
      Cell.exact(interval?.upper), Cell.exact(interval?.confidence), Cell.exact(minimumAttainableFAR),
      "\(attainable)",
    ]
  }
}
