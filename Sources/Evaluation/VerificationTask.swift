import FeatureStores
import LinearAlgebra
import Metrics

/// The pairs of a verification protocol, resolved to rows: read once, then scored with as many models as wanted.
///
/// Two ways to a result: `evaluate(_:)` for one model on all folds, and, for models trained fold by fold, `scores(_:fold:)`
/// for each model and `foldwiseResult(_:embeddingDigest:)` over them.
public struct VerificationTask: Sendable {
  /// One comparison.
  public struct Pair: Sendable, Equatable {
    public let listed: ListedPair
    /// The row of either image; nil where it is missing.
    public let firstRow: Int?
    public let secondRow: Int?
  }

  public let definition: ProtocolDefinition
  public let settings: PairVerification
  public let listDigests: [ListDigest]
  /// All pairs of the list, in its order.
  public let pairs: [Pair]
  /// What was missing, and what is done with it.
  public let missing: MissingImages
  /// What a reader of a result should know of the list.
  public let warnings: [String]
  /// The people of each pair, in the order of `pairs`.
  let subjects: KnownSubjects<PairSubjects>
  /// The rows that the names were, for a check against features.
  private let names: [String]
  private let source: String

  /// Reads the list files in `folder` and finds their images among `names`, of which `names[r]` is row r of the features.
  ///
  /// A definition of another kind, a malformed or unbalanced list, a repeated name, and missing images under `missing: error` are
  /// errors; the last lists the first ten.
  public init(
    _ definition: ProtocolDefinition, lists folder: String, names: [String], source: String
  ) throws {
    guard let settings = definition.pairVerification else {
      throw HarnessError(
        .badInput, found: "protocol ‘\(definition.name)’ of kind ‘\(type(of: definition.kind).name)’",
        expected: "kind ‘\(PairVerification.name)’")
    }
    try self.init(definition, settings, lists: folder, names: names, source: source)
  }

  init(
    _ definition: ProtocolDefinition, _ settings: PairVerification, lists folder: String, names: [String],
    source: String
  ) throws {
    self.definition = definition
    self.settings = settings
    self.names = names
    self.source = source
    let listDigests = try settings.listDigests(folder: folder)
    let listed = try settings.lists.format.read(folder: folder, folds: settings.folds)
    let place = listDigests.map(\.file).first.map { "\(folder)/\($0)" } ?? folder
    try ListCheck(listed, settings: settings, file: place).run()
    let index = try ImageIndex(names, source: source)
    pairs = listed.map { pair in
      Pair(
        listed: pair, firstRow: index[settings.lists.storeName(pair.first)],
        secondRow: index[settings.lists.storeName(pair.second)])
    }
    missing = MissingImages(pairs, settings: settings)
    if settings.missing == .error { try missing.refuse(list: place, index: index) }
    self.listDigests = listDigests
    subjects = PairSubjects.of(listed)
    warnings = ListCheck.warnings(listed, settings: settings) + missing.warnings
  }

  public var foldCount: Int { settings.folds }

  /// All of the source, whatever pairs name.
  public var rowsRead: Int { names.count }

  /// The rows that pairs of `fold` name, ascending, each once: what must not train when the fold is tested.
  public func rows(inFold fold: Int) -> [Int] {
    var rows: Set<Int> = []
    for pair in pairs where pair.listed.fold == fold {
      if let row = pair.firstRow { rows.insert(row) }
      if let row = pair.secondRow { rows.insert(row) }
    }
    return rows.sorted()
  }

  /// The people whom pairs of `fold` name, where the list's names tell, in the order of their bytes, each once.
  public func identities(inFold fold: Int) -> [String] {
    var identities: Set<String> = []
    for pair in pairs where pair.listed.fold == fold {
      if let identity = pair.listed.firstIdentity { identities.insert(identity) }
      if let identity = pair.listed.secondIdentity { identities.insert(identity) }
    }
    return identities.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The scores of a fold's pairs, in the order of the list, by the protocol's similarity.
  ///
  /// `features` has the row of each name. A pair with a missing image is left out or scores −∞, as the protocol says. A score
  /// that is not finite is an error: it comes from a row that is not, or that has no direction.
  public func scores(_ features: Matrix<Float>, fold: Int) throws -> LabelledScores {
    precondition(features.rows == names.count, "\(features.rows) rows for \(names.count) names")
    return try scores(fold: fold) { first, second in
      let score = settings.convention.similarity.score(features, first, second)
      guard score.isFinite else { throw notFinite(features, first, second, score) }
      return score
    }
  }

  private func notFinite(_ features: Matrix<Float>, _ first: Int, _ second: Int, _ score: Double)
    -> HarnessError
  {
    let culprit =
      [first, second].first { row in
        let values = features.row(row)
        return !values.allSatisfy(\.isFinite) || values.allSatisfy { $0 == 0 }
      } ?? first
    return HarnessError(
      .badInput, file: source, place: "features, row \(culprit)",
      found: "`\(names[culprit])` gives the \(settings.convention.similarity.measure) \(score)",
      expected: "finite features with a direction",
      advice: "A network that diverged gives such features, as does a failed extraction.")
  }

  /// The result of one model on all folds. `table` has the names that the task was made with.
  public func evaluate(_ table: EmbeddingTable, workers: Workers = .one) throws -> VerificationResult {
    try evaluate(table.features, embeddingDigest: table.digest, workers: workers)
  }

  /// The result of one model, whose features have the row of each name, on all folds.
  public func evaluate(
    _ features: Matrix<Float>, embeddingDigest: String? = nil, workers: Workers = .one
  ) throws -> VerificationResult {
    let scores = try scores(ofModel: features)
    return VerificationResult(
      self, folds: scores.tests, selections: scores.selections, embeddingDigest: embeddingDigest,
      workers: workers)
  }

  /// The scores of one model on all folds, and, where features are centred for each fold, those that each fold's threshold is chosen on.
  func scores(ofModel features: Matrix<Float>) throws -> (
    tests: [LabelledScores], selections: [LabelledScores]?
  ) {
    guard settings.convention.centring != nil else {
      return (try (0..<foldCount).map { try scores(features, fold: $0) }, nil)
    }
    let models = try (0..<foldCount).map { fold -> FoldModel in
      let others = pairs.filter { $0.listed.fold != fold }
      let centred = MeanSubtraction.subtracting(
        meanOf: others.compactMap(\.firstRow) + others.compactMap(\.secondRow), from: features)
      var selection = LabelledScores()
      for other in 0..<foldCount where other != fold {
        selection.append(contentsOf: try scores(centred, fold: other))
      }
      return FoldModel(test: try scores(centred, fold: fold), selection: selection)
    }
    return (models.map(\.test), models.map(\.selection))
  }

  /// Whether each pair that has a score is decided rightly at the threshold of its fold, fold by fold in the order of the list; nil where there are no
  /// thresholds.
  func decisions(_ features: Matrix<Float>) throws -> [Bool]? {
    let (tests, selections) = try scores(ofModel: features)
    guard let accuracy = accuracy(tests, selections) else { return nil }
    return zip(tests, accuracy.thresholds).flatMap { scores, threshold in
      scores.scores.indices.map {
        settings.convention.threshold.isRight(
          scores.scores[$0], isGenuine: scores.isGenuine[$0], at: threshold)
      }
    }
  }

  /// The accuracy over folds by the convention; `selections` as `scores(ofModel:)` gives them.
  func accuracy(_ folds: [LabelledScores], _ selections: [LabelledScores]?) -> FoldAccuracy? {
    let threshold = settings.convention.threshold
    switch settings.convention.selection {
    case .otherFolds:
      guard let selections else { return threshold.crossValidatedAccuracy(folds) }
      return folds.count < 2 ? nil : threshold.accuracy(folds, choosingOn: selections)
    case .allPairs:
      var all = LabelledScores()
      for fold in folds { all.append(contentsOf: fold) }
      return threshold.accuracy(folds, choosingOn: folds.map { _ in all })
    }
  }

  /// One model of a fold-wise experiment: what it scores on the fold that it is tested on, and on the one that thresholds are chosen on.
  public struct FoldModel: Sendable {
    public let test: LabelledScores
    public let selection: LabelledScores

    public init(test: LabelledScores, selection: LabelledScores) {
      self.test = test
      self.selection = selection
    }
  }

  /// The fold on which the threshold for test fold `fold` is chosen: the next one, cyclically.
  public func selectionFold(for fold: Int) -> Int { (fold + 1) % foldCount }

  /// The scores of one model for test fold `fold`: those of the fold, and those of the fold that its threshold is chosen on.
  public func foldModel(_ features: Matrix<Float>, fold: Int) throws -> FoldModel {
    FoldModel(
      test: try scores(features, fold: fold),
      selection: try scores(features, fold: selectionFold(for: fold)))
  }

  /// The result of one model a fold, `models[k]` tested on fold k. Scores of different models are never pooled.
  /// `interval` stands in for the protocol's; `intervals` that an earlier call found are taken as they are.
  public func foldwiseResult(
    _ models: [FoldModel], embeddingDigest: String? = nil, interval: IntervalSettings? = nil,
    intervals: ResultIntervals? = nil, workers: Workers = .one
  ) -> FoldwiseResult {
    precondition(models.count == foldCount, "\(models.count) models for \(foldCount) folds")
    return FoldwiseResult(
      self, models: models, interval: interval ?? settings.interval, intervals: intervals,
      embeddingDigest: embeddingDigest, workers: workers)
  }

  /// The fold-wise result of one set of features for all folds: the untrained row, by the rule of the trained ones.
  public func foldwiseResult(of features: Matrix<Float>, embeddingDigest: String? = nil) throws
    -> FoldwiseResult
  {
    foldwiseResult(
      try (0..<foldCount).map { try foldModel(features, fold: $0) }, embeddingDigest: embeddingDigest)
  }
}
