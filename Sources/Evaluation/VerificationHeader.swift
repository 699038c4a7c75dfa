import Metrics

/// What every verification result says of itself: the protocol, its rules, its lists and pairs.
public struct VerificationHeader: Codable, Equatable, Sendable {
  public let protocolName: String
  public let protocolVersion: Int
  public let title: String
  public let convention: VerificationConvention
  public let lists: [ListDigest]
  /// SHA-256 of the features' store, where they are a store's as it is.
  public let embeddingDigest: String?
  public let pairs: PairCounts
  public let missing: MissingImages
  /// People in more than one fold; nil where the list does not tell who is who.
  public let identitiesInSeveralFolds: Int?
  /// What thresholds measure, and whether they are negated distances: a score is then −(distance).
  public let measure: String
  public let thresholdsAreNegatedDistances: Bool

  public struct PairCounts: Codable, Equatable, Sendable {
    public let folds: Int
    /// Pairs of the list.
    public let listed: Int
    /// Pairs with a score.
    public let genuine: Int
    public let impostor: Int

    public init(folds: Int, listed: Int, genuine: Int, impostor: Int) {
      self.folds = folds
      self.listed = listed
      self.genuine = genuine
      self.impostor = impostor
    }
  }

  init(_ task: VerificationTask, scored: [LabelledScores], embeddingDigest: String?) {
    protocolName = task.definition.name
    protocolVersion = task.definition.version
    title = task.definition.title
    convention = task.settings.convention
    lists = task.listDigests
    self.embeddingDigest = embeddingDigest
    let genuine = scored.reduce(0) { $0 + $1.isGenuine.count { $0 } }
    pairs = PairCounts(
      folds: task.foldCount, listed: task.pairs.count, genuine: genuine,
      impostor: scored.reduce(0) { $0 + $1.count } - genuine)
    missing = task.missing
    identitiesInSeveralFolds = ListCheck.identitiesInSeveralFolds(task.pairs.map(\.listed))
    measure = convention.similarity.measure
    thresholdsAreNegatedDistances = convention.similarity.isDistance
  }

  /// A threshold in its natural unit: a distance where scores are negated distances.
  public func naturalThreshold(_ threshold: Double) -> Double {
    convention.similarity.naturalThreshold(threshold)
  }

  /// How a threshold in its natural unit is applied.
  var acceptance: String { thresholdsAreNegatedDistances ? "\(measure) ≤" : "\(measure) ≥" }

  /// The header of a table of accuracies.
  var accuracyTitle: String {
    let rule =
      convention.selection == .allPairs
      ? "one threshold chosen on all pairs" : "threshold chosen on other folds"
    return
      "\(title) (\(protocolName) v\(protocolVersion)), \(measure), convention \(convention.name), \(rule)"
  }
}
