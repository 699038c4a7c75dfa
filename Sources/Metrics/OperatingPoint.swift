/// The true accept rate at a target false accept rate, with everything needed to judge it.
///
/// A target below 1/N cannot be told from zero with N impostor comparisons: it is *not attainable*, its TAR and
/// interval are nil — never 0 and never a guess — and the threshold and counts are those of zero false accepts. Without
/// genuine comparisons the TAR is nil too. A rule that interpolates has no threshold, realised FAR or counts.
public struct OperatingPoint: Codable, Equatable, Sendable {
  public let rule: FARRule
  public let targetFAR: Double
  /// Whether ⌊target · N⌋ ≥ 1.
  public let attainable: Bool
  /// 1/N; nil without impostors.
  public let minimumAttainableFAR: Double?
  /// The false accept rate at the threshold.
  public let realisedFAR: Double?
  /// Accept ⇔ score ≥ threshold; +∞ accepts nothing.
  public let threshold: Double?
  public let tar: Double?
  public let acceptedGenuine: Int?
  public let genuineCount: Int
  public let acceptedImpostor: Int?
  public let impostorCount: Int
  /// For the TAR, from `acceptedGenuine` of `genuineCount`, at this threshold: it does not cover the choice of the
  /// threshold. Nil where the TAR is nil or interpolated.
  public let interval: BinomialInterval?

  private enum CodingKeys: String, CodingKey {
    case rule, targetFAR, attainable, minimumAttainableFAR, realisedFAR, threshold, tar, acceptedGenuine
    case genuineCount, acceptedImpostor, impostorCount, interval
  }
}

extension OperatingPoint {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    rule = try container.decode(FARRule.self, forKey: .rule)
    targetFAR = try container.decode(Double.self, forKey: .targetFAR)
    attainable = try container.decode(Bool.self, forKey: .attainable)
    minimumAttainableFAR = try container.decodeIfPresent(Double.self, forKey: .minimumAttainableFAR)
    realisedFAR = try container.decodeIfPresent(Double.self, forKey: .realisedFAR)
    threshold = try container.decodeIfPresent(ExtendedReal.self, forKey: .threshold)?.wrappedValue
    tar = try container.decodeIfPresent(Double.self, forKey: .tar)
    acceptedGenuine = try container.decodeIfPresent(Int.self, forKey: .acceptedGenuine)
    genuineCount = try container.decode(Int.self, forKey: .genuineCount)
    acceptedImpostor = try container.decodeIfPresent(Int.self, forKey: .acceptedImpostor)
    impostorCount = try container.decode(Int.self, forKey: .impostorCount)
    interval = try container.decodeIfPresent(BinomialInterval.self, forKey: .interval)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rule, forKey: .rule)
    try container.encode(targetFAR, forKey: .targetFAR)
    try container.encode(attainable, forKey: .attainable)
    try container.encodeIfPresent(minimumAttainableFAR, forKey: .minimumAttainableFAR)
    try container.encodeIfPresent(realisedFAR, forKey: .realisedFAR)
    try container.encodeIfPresent(
      threshold.map { ExtendedReal(wrappedValue: $0) }, forKey: .threshold)
    try container.encodeIfPresent(tar, forKey: .tar)
    try container.encodeIfPresent(acceptedGenuine, forKey: .acceptedGenuine)
    try container.encode(genuineCount, forKey: .genuineCount)
    try container.encodeIfPresent(acceptedImpostor, forKey: .acceptedImpostor)
    try container.encode(impostorCount, forKey: .impostorCount)
    try container.encodeIfPresent(interval, forKey: .interval)
  }
}

extension ROCCurve {
  /// The operating point at `targetFAR` by `rule`, with an interval at `confidence`. `targetFAR` is in [0, 1].
  public func operatingPoint(
    at targetFAR: Double, rule: FARRule = .atMost, confidence: Double = 0.95,
    intervalMethod: BinomialInterval.Method = .clopperPearson
  ) -> OperatingPoint {
    let attainable = allowedFalseAccepts(targetFAR: targetFAR, impostors: impostorCount) >= 1
    // Zero false accepts is the strictest that can be shown of a target that cannot be measured.
    let reading = attainable ? reading(at: targetFAR, rule: rule) : reading(at: 0, rule: .atMost)
    let point = reading?.point
    return OperatingPoint(
      rule: rule, targetFAR: targetFAR, attainable: attainable,
      minimumAttainableFAR: impostorCount == 0 ? nil : 1 / Double(impostorCount),
      realisedFAR: point.flatMap(far), threshold: point?.threshold,
      tar: attainable ? reading?.tar : nil,
      acceptedGenuine: point?.acceptedGenuine, genuineCount: genuineCount,
      acceptedImpostor: point?.acceptedImpostor, impostorCount: impostorCount,
      interval: attainable
        ? point.flatMap {
          BinomialInterval(
            successes: $0.acceptedGenuine, trials: genuineCount, confidence: confidence,
            method: intervalMethod)
        } : nil)
  }

  /// The TAR at each of `targetFARs` by `rule`; nil where the target is not attainable or a class is empty. By `atMost` it may be read from a
  /// curve thinned by `genuineScores`, too.
  public func tar(onGrid targetFARs: [Double], rule: FARRule = .atMost) -> [Double?] {
    targetFARs.map { target in
      guard allowedFalseAccepts(targetFAR: target, impostors: impostorCount) >= 1 else { return nil }
      if rule == .atMost, thinning?.keepsRates == true { return rateAtMost(target) }
      return reading(at: target, rule: rule)?.tar
    }
  }
}
