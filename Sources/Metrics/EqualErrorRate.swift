/// The error rate where false accepts and false rejects are equally frequent.
public struct EqualErrorRate: Codable, Equatable, Sendable {
  /// Where the rate is read when no threshold makes both equal: the step curves FAR(t) and FRR(t) then jump past each
  /// other between two neighbouring points of the curve.
  public enum Interpolation: String, Codable, CaseIterable, Sendable {
    /// On the straight line between those two points of the ROC curve (the default).
    case linear
    /// The mean of FAR and FRR at the one of the two points where they differ less, the stricter if equally.
    case nearestPoint
  }

  public let value: Double
  public let interpolation: Interpolation
  /// The lowest distinct score at which FAR has not yet passed FRR, and the next one, at which it has; equal when a
  /// threshold makes both rates equal. +∞ accepts nothing.
  @ExtendedReal public private(set) var upperThreshold: Double
  @ExtendedReal public private(set) var lowerThreshold: Double

  private enum CodingKeys: String, CodingKey { case value, interpolation, upperThreshold, lowerThreshold }
}

extension ROCCurve {
  /// The equal error rate. The crossing is found in exact integers. Nil with a class empty.
  public func equalErrorRate(
    interpolation: EqualErrorRate.Interpolation = .linear
  ) -> EqualErrorRate? {
    precondition(thinning == nil, "a number read from a thinned curve")
    guard genuineCount > 0, impostorCount > 0 else { return nil }
    // FAR − FRR times G·N: −G·N at the origin, rising to +G·N.
    func excess(_ point: Point) -> Int128 {
      Int128(point.acceptedImpostor) * Int128(genuineCount)
        - Int128(genuineCount - point.acceptedGenuine) * Int128(impostorCount)
    }
    let crossing = firstIndex { excess(point($0)) >= 0 }
    let after = point(crossing)
    if excess(after) == 0 {
      return EqualErrorRate(
        value: Double(after.acceptedImpostor) / Double(impostorCount), interpolation: interpolation,
        upperThreshold: after.threshold, lowerThreshold: after.threshold)
    }
    let before = point(crossing - 1)
    let gapBefore = -excess(before)
    let gapAfter = excess(after)
    let value: Double
    switch interpolation {
    case .linear:
      let weight = Double(gapBefore) / Double(gapBefore + gapAfter)
      let accepted =
        Double(before.acceptedImpostor) + weight * Double(after.acceptedImpostor - before.acceptedImpostor)
      value = accepted / Double(impostorCount)
    case .nearestPoint:
      let chosen = gapBefore <= gapAfter ? before : after
      let frr = Double(genuineCount - chosen.acceptedGenuine) / Double(genuineCount)
      value = (Double(chosen.acceptedImpostor) / Double(impostorCount) + frr) / 2
    }
    return EqualErrorRate(
      value: value, interpolation: interpolation, upperThreshold: before.threshold,
      lowerThreshold: after.threshold)
  }
}
