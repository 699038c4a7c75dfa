import FeatureStores

/// What a claim says a number is: in a range, either end of which may be open or missing.
///
/// In YAML one lower and one upper key at most: `from` or `above` (without the end itself), `to` or `below`. `{from: 2, to: 3}`, `{above: 0}`.
public struct ClaimedRange: Hashable, Sendable {
  /// Nil where there is no bound on that side.
  public var lower: Double?
  public var upper: Double?
  /// Whether the end itself is no part of the range.
  public var isLowerOpen: Bool
  public var isUpperOpen: Bool

  public init(
    lower: Double? = nil, upper: Double? = nil, isLowerOpen: Bool = false, isUpperOpen: Bool = false
  ) {
    self.lower = lower
    self.upper = upper
    self.isLowerOpen = isLowerOpen
    self.isUpperOpen = isUpperOpen
  }

  init(_ node: ConfigurationNode) throws {
    let mapping = try node.mapping(keys: ["from", "above", "to", "below"])
    func bound(_ closed: String, _ open: String) throws -> (value: Double?, isOpen: Bool) {
      if let second = mapping[open], mapping[closed] != nil {
        throw second.error(found: "‘\(closed)’ and ‘\(open)’", expected: "one of them")
      }
      return (try (mapping[closed] ?? mapping[open])?.number(), mapping[open] != nil)
    }
    let (from, to) = (try bound("from", "above"), try bound("to", "below"))
    (lower, isLowerOpen) = from
    (upper, isUpperOpen) = to
    if lower == nil, upper == nil {
      throw node.error(found: "no bound", expected: "from or above, to or below, or one of each")
    }
    if let lower, let upper, lower > upper || (lower == upper && (isLowerOpen || isUpperOpen)) {
      throw node.error(found: "an empty range from \(lower) to \(upper)")
    }
  }

  /// The range with every bound moved outwards by `tolerance`.
  public func widened(by tolerance: Double) -> ClaimedRange {
    var range = self
    range.lower = lower.map { $0 - tolerance }
    range.upper = upper.map { $0 + tolerance }
    return range
  }

  /// Whether all of `interval` lies in the range. Its ends may be infinite.
  public func contains(_ interval: ClosedRange<Double>) -> Bool {
    isAbove(interval.lowerBound) && isBelow(interval.upperBound)
  }

  /// Whether no number of `interval` lies in the range.
  public func isDisjoint(from interval: ClosedRange<Double>) -> Bool {
    !isAbove(interval.upperBound) || !isBelow(interval.lowerBound)
  }

  private func isAbove(_ value: Double) -> Bool {
    lower.map { isLowerOpen ? value > $0 : value >= $0 } ?? true
  }

  private func isBelow(_ value: Double) -> Bool {
    upper.map { isUpperOpen ? value < $0 : value <= $0 } ?? true
  }
}

/// What results say of a claim, by the rule alone: never written by hand.
public enum ClaimVerdict: String, Codable, Sendable, CaseIterable {
  /// The interval lies in the claimed range widened by the tolerance.
  case reproduced
  /// It has nothing in common with it.
  case notReproduced = "not reproduced"
  /// It overlaps, or there is none.
  case inconclusive
  /// Runs are missing.
  case notRun = "not run"

  /// The verdict of an interval; nil stands for one that does not exist.
  public init(_ interval: ClosedRange<Double>?, claimed: ClaimedRange, tolerance: Double) {
    guard let interval else {
      self = .inconclusive
      return
    }
    let range = claimed.widened(by: tolerance)
    self =
      range.contains(interval)
      ? .reproduced : range.isDisjoint(from: interval) ? .notReproduced : .inconclusive
  }
}
