import FeatureStores
import LinearAlgebra
import Metrics

/// The pairs of a protocol of groups, resolved to rows.
public struct GroupTask: EvaluationTask {
  struct Pair: Sendable {
    let first: Int
    let second: Int
    let isGenuine: Bool
    let fold: Int
  }

  struct Group: Sendable {
    let name: String
    /// Pairs of rows by their place in `rows`.
    let pairs: [Pair]
  }

  public let definition: ProtocolDefinition
  public let settings: GroupVerification
  public let listDigests: [ListDigest]
  public let warnings: [String]
  let groups: [Group]
  /// The rows that pairs name, each once.
  let rows: [Int]
  /// The people of each group's pairs, in their order.
  let subjects: KnownSubjects<[PairSubjects]>

  init(
    _ definition: ProtocolDefinition, _ settings: GroupVerification, lists folder: String, names: [String],
    source: String
  ) throws {
    self.definition = definition
    self.settings = settings
    listDigests = try settings.listDigests(folder: folder)
    let index = try ImageIndex(names, source: source)
    let listed = try settings.lists.read(folder: folder, folds: settings.folds)
    var places: [Int: Int] = [:]
    var rows: [Int] = []
    var missing: [String] = []
    func place(_ image: String) -> Int {
      let name = settings.naming.storeName(image)
      guard let row = index[name] else {
        missing.append(name)
        return 0
      }
      if let place = places[row] { return place }
      places[row] = rows.count
      rows.append(row)
      return rows.count - 1
    }
    groups = listed.map { group in
      Group(
        name: group.name,
        pairs: group.pairs.map {
          Pair(first: place($0.first), second: place($0.second), isGenuine: $0.isGenuine, fold: $0.fold)
        })
    }
    _ = try AbsentImages(
      missing, policy: .error, list: "\(folder)/\(settings.lists.files[0])", index: index)
    self.rows = rows
    subjects = PairSubjects.of(listed.flatMap(\.pairs)).split(listed.map(\.pairs.count))
    warnings = Self.shared(listed)
  }

  /// People who are in more than one group: RFW has twelve.
  static func shared(_ groups: [(name: String, pairs: [ListedPair])]) -> [String] {
    var groupOf: [String: Int] = [:]
    var several: Set<String> = []
    for (number, group) in groups.enumerated() {
      for identity in group.pairs.flatMap({ [$0.firstIdentity, $0.secondIdentity] }).compactMap(\.self) {
        if groupOf.updateValue(number, forKey: identity) ?? number != number { several.insert(identity) }
      }
    }
    guard !several.isEmpty else { return [] }
    return ["\(several.count) \(several.count == 1 ? "person is" : "people are") in more than one group"]
  }

  public var rowsRead: Int { rows.count }

  public func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try result(of: embeddings, workers: workers)
  }

  /// The result of `embeddings`, whose rows have the names that the task was made with.
  public func result(of embeddings: any EmbeddingSource, workers: Workers = .one) throws -> GroupResult {
    GroupResult(
      self, scores: try scores(of: embeddings), embeddingDigest: try embeddings.contentDigest(),
      workers: workers)
  }

  /// For each group the scores of each fold, in the order of the list.
  func scores(of embeddings: any EmbeddingSource) throws -> [[LabelledScores]] {
    let features = try embeddings.embeddings(ofRows: rows)
    let similarity = settings.convention.similarity
    return try groups.map { group in
      try (0..<settings.folds).map { fold -> LabelledScores in
        let pairs = group.pairs.filter { $0.fold == fold }
        let values = try pairs.map { pair -> Double in
          let score = similarity.score(features, pair.first, pair.second)
          guard score.isFinite else {
            throw HarnessError(
              .badInput, file: embeddings.source,
              place: "features, rows \(rows[pair.first]) and \(rows[pair.second])",
              found: "the \(similarity.measure) \(score)", expected: "finite embeddings with a direction")
          }
          return score
        }
        return LabelledScores(scores: values, isGenuine: pairs.map(\.isGenuine))
      }
    }
  }
}
