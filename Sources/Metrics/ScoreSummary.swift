/// The numbers of a verification from scores in single precision that are never sorted: AUC, equal error rate, operating points at some target FARs, and the curve
/// at its genuine scores. They are those of the exact `ROCCurve` of all scores to the last bit.
///
/// The impostors, of which there may be very many, are passed over twice: to count how many share the upper half of a key, which tells the half of each rank, and
/// then to find the places of those among the genuine scores, and those that lie next to a target or to the equal error rate.
/// The memory is that of the genuine scores and half a MiB a piece of work, and of the impostors next to a target.
public struct ScoreSummary: Sendable {
  /// Calls a body for each of a number of pieces, in any order or at the same time, and returns when all are done.
  public typealias Perform = (_ pieces: Int, _ body: @Sendable (_ piece: Int) -> Void) -> Void

  public let genuineCount: Int
  public let impostorCount: Int
  /// That of `ROCCurve.auc`.
  public let auc: Double?
  /// What was asked for.
  public let targetFARs: [Double]
  public let rule: FARRule
  /// The exact curve at its genuine scores, and around the targets and the equal error rate.
  private let curve: ROCCurve

  /// The numbers of `genuine` and `impostor`, none of which is NaN: −∞ is a comparison that could not be made. `targetFARs` are in [0, 1]. The work of
  /// a pass is cut into `pieces`, which change no result.
  public init(
    genuine: [Float], impostor: [Float], targetFARs: [Double], rule: FARRule = .atMost, pieces: Int = 1,
    perform: Perform = { pieces, body in for piece in 0..<pieces { body(piece) } }
  ) {
    precondition(pieces >= 1, "no pieces")
    precondition(!genuine.contains(where: \.isNaN), "a score is NaN")
    self.targetFARs = targetFARs
    self.rule = rule
    (genuineCount, impostorCount) = (genuine.count, impostor.count)
    guard !rule.looksAtWholeCurve, !genuine.isEmpty, !impostor.isEmpty else {
      var (genuine, impostor) = (genuine, impostor)
      curve = ROCCurve(genuine: &genuine, impostor: &impostor)
      auc = curve.auc
      return
    }
    let distinct = GenuineScores(genuine)
    let counts = KeyCounts(impostor, pieces: pieces, perform: perform)
    let halves = Self.halves(counts, distinct, targetFARs)
    let places = ImpostorPlaces(impostor, among: distinct, wanted: halves, pieces: pieces, perform: perform)
    let steps = ImpostorSteps(places, counts, among: distinct)
    auc = steps.auc(distinct, impostors: impostor.count)
    curve = ROCCurve(distinct, steps, around: places.wanted, counts)
  }

  /// The exact curve, thinned by `genuineScores`.
  public var roc: ROCCurve { curve.thinned(.genuineScores) }

  /// That of the exact curve.
  public func equalErrorRate(interpolation: EqualErrorRate.Interpolation = .linear) -> EqualErrorRate? {
    curve.equalErrorRate(interpolation: interpolation)
  }

  /// The operating point of the exact curve at `targetFAR`, which is one of `targetFARs`.
  public func operatingPoint(
    at targetFAR: Double, confidence: Double = 0.95,
    intervalMethod: BinomialInterval.Method = .clopperPearson
  ) -> OperatingPoint {
    precondition(targetFARs.contains(targetFAR), "FAR \(targetFAR) was not asked for")
    return curve.operatingPoint(
      at: targetFAR, rule: rule, confidence: confidence, intervalMethod: intervalMethod)
  }

  /// The scores of piece `piece`.
  static func range(of piece: Int, of pieces: Int, count: Int) -> Range<Int> {
    count * piece / pieces..<count * (piece + 1) / pieces
  }

  /// The halves that hold every impostor score that a reading at a target, or of the equal error rate, can name. A rule reads the scores on both sides of where
  /// a number of false accepts is reached, and the highest and the lowest of all.
  private static func halves(_ counts: KeyCounts, _ genuine: GenuineScores, _ targets: [Double]) -> Set<Int> {
    let impostors = counts.total
    var halves: Set<Int> = []
    var ranks: Set<Int> = [1, impostors]
    for target in targets {
      let allowed = allowedFalseAccepts(targetFAR: target, impostors: impostors)
      let rounded = Int((Double(impostors) * target).rounded(.toNearestOrEven))
      ranks.formUnion([allowed, allowed + 1, rounded].map { min(max($0, 1), impostors) })
    }
    for rank in ranks { halves.formUnion(counts.neighbourhood(counts.half(ofRank: rank))) }
    // The rates cross in the highest half at whose lower edge FAR is not below FRR.
    let count = genuine.accepted.last ?? 0
    let crossing = (0..<ScoreKey.halves).last { half in
      Int128(counts.atLeast(half)) * Int128(count)
        >= Int128(count - genuine.accepted(downTo: half)) * Int128(impostors)
    }
    if let crossing { halves.formUnion(counts.neighbourhood(crossing)) }
    return halves
  }
}

extension FARRule {
  /// Whether a reading depends on points far from its target.
  fileprivate var looksAtWholeCurve: Bool { self == .nearestThinned || self == .linearOpenBR }
}
