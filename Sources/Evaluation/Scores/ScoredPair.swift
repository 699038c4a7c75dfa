import FeatureStores
import LinearAlgebra
import Metrics

/// One comparison of a protocol with its score.
public struct ScoredPair: Sendable, Equatable {
  /// The images of either side by their names in the store, or the templates by their ids.
  public var first: String
  public var second: String
  public var isGenuine: Bool
  /// The fold or split, from 0.
  public var fold: Int
  /// The group of people; nil where the protocol has none.
  public var group: String?
  /// Higher for the more alike: a distance is negated. −∞ for a failure to enrol.
  public var score: Double

  public init(
    first: String, second: String, isGenuine: Bool, fold: Int, group: String? = nil, score: Double
  ) {
    self.first = first
    self.second = second
    self.isGenuine = isGenuine
    self.fold = fold
    self.group = group
    self.score = score
  }
}

/// A task whose comparisons are listed one by one, so that each score can be told. Searches and all pairs are not: theirs are never stored.
public protocol PairScoring: EvaluationTask {
  /// How many comparisons have a score.
  var scoreCount: Int { get }
  /// Calls `body` with every comparison that has a score: fold by fold, each in the order of the list.
  func forEachScore(of embeddings: any EmbeddingSource, workers: Workers, _ body: (ScoredPair) throws -> Void)
    throws
}

extension VerificationTask: PairScoring {
  public var scoreCount: Int { pairs.count(where: hasScore) }

  private func hasScore(_ pair: Pair) -> Bool {
    (pair.firstRow != nil && pair.secondRow != nil) || settings.missing == .scoreMinimum
  }

  public func forEachScore(
    of embeddings: any EmbeddingSource, workers: Workers, _ body: (ScoredPair) throws -> Void
  ) throws {
    let tests = try scores(ofModel: embeddings.table().features).tests
    for (fold, scores) in tests.enumerated() {
      let scored = pairs.filter { $0.listed.fold == fold && hasScore($0) }
      for (pair, score) in zip(scored, scores.scores) {
        try body(
          ScoredPair(
            first: settings.lists.storeName(pair.listed.first),
            second: settings.lists.storeName(pair.listed.second),
            isGenuine: pair.listed.isGenuine, fold: fold, score: score))
      }
    }
  }
}

extension GroupTask: PairScoring {
  public var scoreCount: Int { groups.reduce(0) { $0 + $1.pairs.count } }

  public func forEachScore(
    of embeddings: any EmbeddingSource, workers: Workers, _ body: (ScoredPair) throws -> Void
  ) throws {
    let names = embeddings.names
    for (group, folds) in zip(groups, try scores(of: embeddings)) {
      for (fold, scores) in folds.enumerated() {
        for (pair, score) in zip(group.pairs.filter({ $0.fold == fold }), scores.scores) {
          try body(
            ScoredPair(
              first: names[rows[pair.first]], second: names[rows[pair.second]], isGenuine: pair.isGenuine,
              fold: fold, group: group.name, score: score))
        }
      }
    }
  }
}

extension TemplateVerificationTask: PairScoring {
  public var scoreCount: Int { splits.reduce(0) { $0 + $1.pairs.count } }

  public func forEachScore(
    of embeddings: any EmbeddingSource, workers: Workers, _ body: (ScoredPair) throws -> Void
  ) throws {
    for (number, split) in splits.enumerated() {
      let scores = try scores(
        split: number, templates: templates(split: number, of: embeddings, workers: workers), workers: workers
      )
      for (index, score) in scores.enumerated() {
        try body(
          ScoredPair(
            first: "\(split.templates.ids[Int(split.pairs.first[index])])",
            second: "\(split.templates.ids[Int(split.pairs.second[index])])",
            isGenuine: split.pairs.isGenuine[index], fold: number, score: Double(score)))
      }
    }
  }
}
