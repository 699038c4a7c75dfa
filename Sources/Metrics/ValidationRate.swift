/// VAL@FAR as facenet and insightface read it over folds, from a grid of distance thresholds.
///
/// For each fold, FAR is measured on the other folds at the distances `step`·i, accept ⇔ distance < threshold. Where the
/// highest reaches the target, the threshold is interpolated linearly between the last grid distance with FAR ≤ target
/// and the next; otherwise it is 0, which accepts nothing. This is the one reading of an ill-defined interpolation that
/// does not depend on the order that a sort leaves equal rates in.
public struct ValidationRate: Codable, Equatable, Sendable {
  /// TAR of each fold at its threshold.
  public let perFold: [Double]
  /// Realised FAR of each fold.
  public let farPerFold: [Double]
  /// The distance threshold of each fold.
  public let distances: [Double]

  /// The validation rate over `folds` of scores that are negative distances. Nil with fewer than two folds or where
  /// a fold lacks a class.
  public init?(_ folds: [LabelledScores], targetFAR: Double, step: Double = 0.001, count: Int = 4000) {
    let curves = folds.map(\.roc)
    guard curves.count > 1, curves.allSatisfy({ $0.genuineCount > 0 && $0.impostorCount > 0 }) else {
      return nil
    }
    var rates: [Double] = []
    var fars: [Double] = []
    var distances: [Double] = []
    for (fold, curve) in curves.enumerated() {
      var training = LabelledScores()
      for (other, scores) in folds.enumerated() where other != fold { training.append(contentsOf: scores) }
      let distance = Self.distance(on: training.roc, targetFAR: targetFAR, step: step, count: count)
      let point = curve.accepted(at: (-distance).nextUp)
      rates.append(Double(point.acceptedGenuine) / Double(curve.genuineCount))
      fars.append(Double(point.acceptedImpostor) / Double(curve.impostorCount))
      distances.append(distance)
    }
    perFold = rates
    farPerFold = fars
    self.distances = distances
  }

  private static func distance(on roc: ROCCurve, targetFAR: Double, step: Double, count: Int) -> Double {
    func far(_ index: Int) -> Double {
      let point = roc.accepted(at: (-(Double(index) * step)).nextUp)
      return Double(point.acceptedImpostor) / Double(roc.impostorCount)
    }
    guard count > 0, far(count - 1) >= targetFAR else { return 0 }
    guard let above = (0..<count).first(where: { far($0) > targetFAR }) else {
      return Double(count - 1) * step
    }
    guard above > 0 else { return 0 }
    let (low, high) = (far(above - 1), far(above))
    return (Double(above - 1) + (targetFAR - low) / (high - low)) * step
  }
}
