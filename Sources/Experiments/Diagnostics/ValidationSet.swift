import Evaluation
import FeatureStores
import Foundation
import Learning
import LinearAlgebra
import Metrics

/// Images of validation identities, and pairs of them to score.
///
/// The pairs are drawn by streams of their own, so they are the same for every run: genuine pairs by identity, each of those with two
/// images being as likely as any other, then two of its images; as many impostor pairs of two identities and an image of each. No pair is drawn
/// twice; where there are no more than asked for, all are taken.
public struct ValidationSet: Sendable {
  public let features: Matrix<Float>
  public let labels: [Int]
  /// Rows of `features`, the smaller one first.
  public let genuine: [SIMD2<Int>]
  public let impostor: [SIMD2<Int>]
  /// The SHA-256 of what the numbers depend on.
  public let digest: String

  /// What `digest` covers.
  private struct Content: Encodable {
    var store: String
    var rows: String?
    var pairs: [[Int]]
  }

  /// - Parameters:
  ///   - features: a row for each of `labels`.
  ///   - store: the digest of the store that the images come from; `rows` are theirs in it, nil where it is all of them.
  ///   - place: names the images in the error that there is no pair of one or the other kind.
  init(
    features: Matrix<Float>, labels: [Int], store: String, rows: [Int]?, pairs: Int, file: String,
    place: String
  ) throws {
    self.features = features
    self.labels = labels
    let members = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }.map(\.value)
    genuine = Self.genuinePairs(members.filter { $0.count > 1 }, count: pairs)
    impostor = Self.impostorPairs(members, count: genuine.count)
    guard genuine.count >= 2 && impostor.count >= 2 else {
      throw HarnessError(
        .badInput, file: file, place: place,
        found: "\(genuine.count) genuine and \(impostor.count) impostor pairs of validation identities",
        expected: "at least two of each", advice: "Validate on more identities with several images each.")
    }
    digest = Digest.sha256(
      try CanonicalJSON.encode(
        Content(
          store: store,
          rows: rows.map { Digest.sha256(Data($0.map(String.init).joined(separator: ",").utf8)) },
          pairs: (genuine + impostor).map { [$0.x, $0.y] })))
  }

  /// Rows of a few identities, identity by identity: of the first ones by label that have two images or more, as many as `identities` at most, the first
  /// images, as many as `images` at most. There is always such an identity.
  func rows(identities: Int, images: Int) -> [Int] {
    Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }.map(\.value)
      .filter { $0.count > 1 }.prefix(identities).flatMap { $0.prefix(images) }
  }

  private static func genuinePairs(_ members: [[Int]], count: Int) -> [SIMD2<Int>] {
    let total = members.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 }
    if total <= count {
      return members.flatMap { rows in
        rows.indices.flatMap { second in rows[..<second].map { SIMD2($0, rows[second]) } }
      }
    }
    var stream = RandomStream(seed: 0, name: "validation.genuine")
    return distinct(count) {
      let rows = members[stream.integer(below: members.count)]
      let first = stream.integer(below: rows.count)
      let second = stream.integer(below: rows.count - 1)
      return (rows[first], rows[second < first ? second : second + 1])
    }
  }

  private static func impostorPairs(_ members: [[Int]], count: Int) -> [SIMD2<Int>] {
    let images = members.reduce(0) { $0 + $1.count }
    let total = (images * images - members.reduce(0) { $0 + $1.count * $1.count }) / 2
    if total <= count {
      return members.indices.flatMap { second in
        members[..<second].flatMap { rows in
          rows.flatMap { row in members[second].map { SIMD2(min(row, $0), max(row, $0)) } }
        }
      }
    }
    var stream = RandomStream(seed: 0, name: "validation.impostor")
    return distinct(count) {
      let first = stream.integer(below: members.count)
      let second = stream.integer(below: members.count - 1)
      let (a, b) = (members[first], members[second < first ? second : second + 1])
      return (a[stream.integer(below: a.count)], b[stream.integer(below: b.count)])
    }
  }

  /// `count` different pairs from `draw`, of which there are more; fewer where rare ones do not turn up in a hundred times as many draws.
  private static func distinct(_ count: Int, _ draw: () -> (Int, Int)) -> [SIMD2<Int>] {
    var pairs: [SIMD2<Int>] = []
    var seen: Set<SIMD2<Int>> = []
    for _ in 0..<100 * count where pairs.count < count {
      let (a, b) = draw()
      let pair = SIMD2(min(a, b), max(a, b))
      if seen.insert(pair).inserted { pairs.append(pair) }
    }
    return pairs
  }

  /// How well embeddings of all images, one a row, tell identities apart.
  ///
  /// Cosines; the accuracy is cross-validated over ten folds into which pairs are dealt in turn (fewer where there are fewer pairs), by the
  /// likeness convention for thresholds. Nil where a score is not finite.
  func accuracy(of embeddings: Matrix<Float>) -> ValidationAccuracy {
    let count = min(10, genuine.count, impostor.count)
    var folds = Array(repeating: LabelledScores(), count: count)
    for (pairs, isGenuine) in [(genuine, true), (impostor, false)] {
      for (index, pair) in pairs.enumerated() {
        let score = Similarity.cosine.score(embeddings, pair.x, pair.y)
        guard score.isFinite else { return ValidationAccuracy() }
        folds[index % count].append(contentsOf: LabelledScores(scores: [score], isGenuine: [isGenuine]))
      }
    }
    var all = LabelledScores()
    for fold in folds { all.append(contentsOf: fold) }
    let roc = all.roc
    return ValidationAccuracy(
      accuracy: ThresholdConvention.likeness.crossValidatedAccuracy(folds)?.mean, auc: roc.auc,
      eer: roc.equalErrorRate()?.value)
  }
}

extension ValidationSet {
  /// The accuracy by which a checkpoint rule judges a model. One that gives a score which is not finite cannot be judged, which is an error: training
  /// has gone wrong, and another model in its place would hide that.
  func accuracy(of model: TrainedModel<Float>, workers: Workers) throws -> Double {
    guard let accuracy = accuracy(of: model.embed(features, workers: workers)).accuracy else {
      throw HarnessError(
        .badInput, place: "validation after step \(model.steps)",
        found: "an embedding of validation images with scores that are not finite",
        expected: "finite scores, to choose a checkpoint by",
        advice: "A lower learning rate, a warm-up or a clip-norm may help.")
    }
    return accuracy
  }
}

/// What validation pairs say of an embedding; nil where a score was not finite.
public struct ValidationAccuracy: Codable, Equatable, Sendable {
  public var accuracy: Double?
  public var auc: Double?
  public var eer: Double?
}
