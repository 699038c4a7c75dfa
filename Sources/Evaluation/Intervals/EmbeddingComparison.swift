import FeatureStores
import Foundation
import LinearAlgebra
import Metrics

/// Two sets of embeddings of the same images under one protocol: the numbers of both, their differences, and how certain these are.
///
/// Differences are of the first less the second, with the interval and the two-sided p of a paired bootstrap over people: both are resampled with the
/// same people (`PairedBootstrap`). For pairs of images there is McNemar's test of the decisions, too, each set at its own thresholds of
/// folds. Both tests are of two fixed embeddings, and say nothing of other trainings of the networks that made them.
public struct EmbeddingComparison: Encodable, Sendable {
  /// One number under the protocol.
  public struct Number: Encodable, Sendable {
    public let name: String
    /// Nil where the data cannot support it.
    public let first: Double?
    public let second: Double?
    /// Nil where people are not resampled for it.
    public let paired: PairedBootstrap?
    /// The first less the second.
    public var difference: Double? { first.flatMap { first in second.map { first - $0 } } }
  }

  /// McNemar's test of the decisions behind the accuracy.
  public struct Decisions: Encodable, Sendable {
    /// Pairs that both decide rightly, and both wrongly; those that one alone does are the test's.
    public let bothRight: Int
    public let bothWrong: Int
    public let test: McNemar
  }

  public let title: String
  public let protocolName: String
  public let protocolVersion: Int
  public let lists: [ListDigest]
  /// Where the embeddings come from, and their digests.
  public let first: Source
  public let second: Source
  public let level: Double
  /// How people were resampled; nil where they were not.
  public let resampling: String?
  public let numbers: [Number]
  /// For pairs of images.
  public let decisions: Decisions?
  /// What a reader should know, of either set where they differ.
  public let warnings: [String]

  public struct Source: Encodable, Sendable {
    public let source: String
    public let digest: String?
  }

  /// Compares `first` with `second` under `definition` with the list files in `folder`.
  ///
  /// Both must have the same images, in any order. Sets with other images, and kinds of protocols whose numbers are not resampled, are errors.
  /// `begin` hears how many rows of both are going to be read.
  public init(
    _ definition: ProtocolDefinition, lists folder: String, _ first: any EmbeddingSource,
    _ second: any EmbeddingSource, workers: Workers = .one, begin: (_ rows: Int) -> Void = { _ in }
  ) throws {
    let kind = type(of: definition.kind).name
    guard Self.kinds.contains(kind) else {
      throw HarnessError(
        .usage, found: "the protocol ‘\(definition.name)’ of the kind ‘\(kind)’",
        expected: "a kind whose numbers are resampled: \(Self.kinds.joined(separator: ", "))")
    }
    try Self.requireSameImages(first, second)
    let tasks = try [first, second].map {
      try definition.task(lists: folder, names: $0.names, source: $0.source)
    }
    begin(tasks.reduce(0) { $0 + $1.rowsRead })
    func evaluated(_ task: any EvaluationTask, _ source: any EmbeddingSource) throws -> (
      source: any EmbeddingSource, result: any ComparableResult
    ) {
      // Pairs of images are decided, too, by the rows that they are evaluated by: these are read once.
      let source = task is VerificationTask ? try source.table() : source
      let result = try task.evaluation(of: source, workers: workers)
      guard let result = result as? any ComparableResult else {
        throw HarnessError(.fault, found: "a result of the kind \(type(of: result).kind) without resamples")
      }
      return (source, result)
    }
    let (a, b) = (try evaluated(tasks[0], first), try evaluated(tasks[1], second))
    let (one, other) = (a.result.intervals, b.result.intervals)
    title = definition.title
    protocolName = definition.name
    protocolVersion = definition.version
    lists = tasks[0].listDigests
    self.first = Source(source: first.source, digest: try a.source.contentDigest())
    self.second = Source(source: second.source, digest: try b.source.contentDigest())
    level = one.level
    resampling = one.subjects.map {
      "\($0.subjects) people, known from \($0.subjectsFrom), resampled \($0.replicates) times, the same for both; thresholds \($0.thresholds.rawValue)"
    }
    numbers = zip(a.result.comparedNumbers, b.result.comparedNumbers).map { mine, theirs in
      Number(
        name: mine.name, first: mine.value, second: theirs.value,
        paired: PairedBootstrap(
          of: mine.name, [one.subjects], minus: [other.subjects], level: one.level))
    }
    if let mine = tasks[0] as? VerificationTask, let theirs = tasks[1] as? VerificationTask {
      decisions = try Self.decisions(
        mine.decisions(a.source.table().features), theirs.decisions(b.source.table().features))
    } else {
      decisions = nil
    }
    var warnings = a.result.warnings
    warnings += b.result.warnings.filter { !warnings.contains($0) }
    if let digest = self.first.digest, digest == self.second.digest {
      warnings.append("both stores hold the same embeddings")
    }
    self.warnings = warnings
  }

  private static let kinds = [
    PairVerification.name, TemplateVerification.name, TemplateIdentification.name,
    DistractorIdentification.name,
  ]

  private static func requireSameImages(_ first: any EmbeddingSource, _ second: any EmbeddingSource) throws {
    for (one, other) in [(first, second), (second, first)] {
      let known = Set(other.names)
      let missing = one.names.filter { !known.contains($0) }
      guard missing.isEmpty else {
        let excerpt = missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? ", …" : "")
        throw HarnessError(
          .badInput, file: other.source, place: "names",
          found:
            "\(missing.count) \(missing.count == 1 ? "image" : "images") of \(one.source) missing: \(excerpt)",
          expected: "embeddings of the same images in both stores",
          advice: "Stores of other images cannot be compared pair by pair.")
      }
    }
  }

  private static func decisions(_ first: [Bool]?, _ second: [Bool]?) -> Decisions? {
    guard let first, let second, first.count == second.count else { return nil }
    let pairs = zip(first, second)
    return Decisions(
      bothRight: pairs.count { $0 && $1 }, bothWrong: pairs.count { !$0 && !$1 },
      test: McNemar(onlyFirst: pairs.count { $0 && !$1 }, onlySecond: pairs.count { !$0 && $1 }))
  }
}

extension EmbeddingComparison {
  /// For people, in this order.
  public var tables: [ResultTable] {
    let percent = "\(Cell.short(level * 100)) % interval"
    let differences = ResultTable(
      title: "\(title) (\(protocolName) v\(protocolVersion)): A is \(first.source), B is \(second.source)"
        + (resampling.map { "; \($0)" } ?? ""),
      columns: [
        .init("number", isNumeric: false), .init("A"), .init("B"), .init("A − B"), .init(percent), .init("p"),
      ],
      rows: numbers.map { number in
        [
          number.name, Self.cell(number.first), Self.cell(number.second), Cell.fixed(number.difference, 5),
          number.paired.map { "\(Cell.fixed($0.interval.lower, 5)) to \(Cell.fixed($0.interval.upper, 5))" }
            ?? Cell.none, number.paired.map { Self.p($0.p) } ?? Cell.none,
        ]
      })
    guard let decisions else { return [differences] }
    let test = decisions.test
    return [
      differences,
      ResultTable(
        title:
          "Pairs decided rightly, each at its own thresholds of folds: McNemar's test, pairs taken as independent",
        columns: [
          .init("both"), .init("A alone"), .init("B alone"), .init("neither"), .init("exact p"),
          .init("mid-p"),
        ],
        rows: [
          [
            "\(decisions.bothRight)", "\(test.onlyFirst)", "\(test.onlySecond)", "\(decisions.bothWrong)",
            Self.p(test.exactP), Self.p(test.midP),
          ]
        ]),
    ]
  }

  private static func cell(_ value: Double?) -> String {
    value == nil ? "not attainable" : Cell.fixed(value, 5)
  }

  /// No p is 0: what underflows is smaller than can be written.
  private static func p(_ value: Double) -> String { value == 0 ? "< 1e-300" : Cell.short(value) }

  /// As JSON with sorted keys: equal comparisons have equal bytes.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}

/// A result whose numbers are resampled, so that two of a kind can be compared.
protocol ComparableResult: EvaluationResult {
  var intervals: ResultIntervals { get }
  /// The numbers by the names that resamples use, nil where the data cannot support one; equally many for all embeddings of a protocol.
  var comparedNumbers: [(name: String, value: Double?)] { get }
}

extension VerificationResult: ComparableResult {
  var comparedNumbers: [(name: String, value: Double?)] {
    [
      (NumberName.accuracy, accuracy?.mean), (NumberName.auc, auc), (NumberName.eer, eer?.value),
    ] + operatingPoints.map { (NumberName.tar($0.targetFAR), $0.tar) }
  }
}

extension TemplateVerificationResult: ComparableResult {
  var comparedNumbers: [(name: String, value: Double?)] {
    [(NumberName.auc, averages.auc), (NumberName.eer, averages.eer)]
      + zip(splits[0].operatingPoints, averages.tar).map { (NumberName.tar($0.targetFAR), $1) }
  }
}

extension IdentificationResult: ComparableResult {
  var comparedNumbers: [(name: String, value: Double?)] {
    let closed = zip(ranks, mean.identification).map {
      (name: TemplateIdentification.rankName($0), value: $1)
    }
    let open = zip(ranks, mean.tpir).flatMap { rank, values in
      zip(galleries[0].openSet[0].points, values).map {
        (name: TemplateIdentification.tpirName($0.targetFAR, rank: rank), value: $1)
      }
    }
    return closed + open + (closedSet ?? []).map { (name: $0.name, value: $0.rate) }
  }
}

extension DistractorResult: ComparableResult {
  var comparedNumbers: [(name: String, value: Double?)] {
    sizes.flatMap { size in
      ranks.map {
        (DistractorIdentification.rankName($0, size: size.listed), size.match.rate(rank: $0))
      }
        + size.operatingPoints.map {
          (DistractorIdentification.tprName($0.targetFAR, size: size.listed), $0.tar)
        }
    }
  }
}
