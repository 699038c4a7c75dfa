import Foundation

/// How the true accept rate at a target false accept rate is read from a curve. The rules differ in published
/// figures, so every reading carries its rule's name.
///
/// N is the number of impostor comparisons, #(t) the number of them with score ≥ t.
public enum FARRule: String, Codable, CaseIterable, Sendable {
  /// The default: the largest accept set with #(t) ≤ ⌊FAR·N⌋. t is the lowest distinct score, genuine or impostor,
  /// that keeps to it; +∞ when even the highest does not. Never interpolates.
  case atMost
  /// The same false accepts, but t is an impostor's score, or just above the highest (bob.measure
  /// `far_threshold`). Genuine scores between it and the next lower impostor score are lost.
  case atMostImpostorScore
  /// The point whose FAR is nearest, of equally near ones that with the most accepts. The realised FAR may exceed
  /// the target (insightface with `drop_intermediate=False`).
  case nearest
  /// `nearest` over the curve without collinear points (insightface, FaceX-Zoo, MagFace, AdaFace, CVLface).
  case nearestThinned
  /// Linear in FAR between the last point with FAR ≤ target and the first with FAR > target (OpenSphere).
  case linear
  /// Linear in FAR between the points at genuine scores, of which the last is dropped; in single precision (OpenBR).
  case linearOpenBR
  /// Linear in log FAR; linear in FAR where the lower point has FAR 0 (walkoncross MegaFace plots).
  case logLinear
  /// The first point with FAR strictly above the target (said to be MegaFace's own).
  case next
  /// t is the k-th highest impostor score with k = FAR·N rounded half to even; just above the highest by 1e-8 for
  /// k = 0 (PFE, AdaFace `DIR_FAR`).
  case rounded
  /// t is just above the k-th highest impostor score with k = max(1, ⌊FAR·N⌋): accepted is only what exceeds it, so k − 1 false accepts at the
  /// most (insightface's identification).
  case aboveKth

  /// Whether the rule reads between operating points, so that no threshold and no counts belong to its TAR.
  public var interpolates: Bool {
    switch self {
    case .linear, .linearOpenBR, .logLinear: true
    case .atMost, .atMostImpostorScore, .nearest, .nearestThinned, .next, .rounded, .aboveKth: false
    }
  }
}

/// What a rule reads from a curve at a target FAR, whether or not so small a FAR can be measured on it.
public struct FARReading: Equatable, Sendable {
  /// The true accept rate.
  public let tar: Double
  /// The operating point; nil for a rule that interpolates.
  public let point: ROCCurve.Point?
  /// The threshold that OpenBR interpolates along with the TAR; the point's threshold for rules with a point.
  public let threshold: Double?
}

extension ROCCurve {
  /// What `rule` reads at `targetFAR`, in [0, 1]. Nil with a class empty.
  ///
  /// This is the peer's own figure also where FAR·N < 1; `operatingPoint(at:rule:confidence:)` refuses there.
  public func reading(at targetFAR: Double, rule: FARRule = .atMost) -> FARReading? {
    precondition(thinning == nil, "a number read from a thinned curve")
    precondition(targetFAR >= 0 && targetFAR <= 1, "a target FAR of \(targetFAR)")
    guard genuineCount > 0, impostorCount > 0 else { return nil }
    switch rule {
    case .atMost: return reading(at: pointAtMost(targetFAR))
    case .atMostImpostorScore: return reading(at: pointAtMostImpostorScore(targetFAR))
    case .nearest: return reading(at: pointNearest(targetFAR, among: Array(0..<count)))
    case .nearestThinned: return reading(at: pointNearest(targetFAR, among: indicesWithoutCollinear()))
    case .next: return reading(at: point(min(firstIndex { isAbove(targetFAR, at: $0) }, count - 1)))
    case .rounded: return reading(at: pointRounded(targetFAR))
    case .aboveKth: return reading(at: pointAboveKth(targetFAR))
    case .linear: return interpolated(at: targetFAR, logarithmic: false)
    case .logLinear: return interpolated(at: targetFAR, logarithmic: true)
    case .linearOpenBR: return readingOpenBR(at: targetFAR)
    }
  }

  private func reading(at point: Point) -> FARReading {
    FARReading(
      tar: Double(point.acceptedGenuine) / Double(genuineCount), point: point, threshold: point.threshold)
  }

  private func pointAtMost(_ targetFAR: Double) -> Point {
    let allowed = allowedFalseAccepts(targetFAR: targetFAR, impostors: impostorCount)
    return point(firstIndex { acceptedImpostor[$0] > allowed } - 1)
  }

  /// The TAR by `atMost`, from the exact curve or one that keeps its rates.
  func rateAtMost(_ targetFAR: Double) -> Double? {
    genuineCount > 0 && impostorCount > 0 ? tar(pointAtMost(targetFAR)) : nil
  }

  private func pointAtMostImpostorScore(_ targetFAR: Double) -> Point {
    let allowed = allowedFalseAccepts(targetFAR: targetFAR, impostors: impostorCount)
    // The first point with as many false accepts as the last admissible one is where its last impostor stands.
    let last = firstIndex { acceptedImpostor[$0] > allowed } - 1
    let falseAccepts = last < 0 ? 0 : acceptedImpostor[last]
    guard falseAccepts > 0 else {
      let highest = thresholds[firstIndex { acceptedImpostor[$0] > 0 }]
      return accepted(at: highest.nextUp)
    }
    return point(firstIndex { acceptedImpostor[$0] >= falseAccepts })
  }

  private func pointNearest(_ targetFAR: Double, among indices: [Int]) -> Point {
    // From the highest FAR down, the first of the equally near ones, in the peers' own double arithmetic.
    var best = Self.origin
    var smallest = Double.infinity
    for index in indices.reversed() + [-1] {
      let candidate = point(index)
      let difference = abs(Double(candidate.acceptedImpostor) / Double(impostorCount) - targetFAR)
      if difference < smallest {
        smallest = difference
        best = candidate
      }
    }
    return best
  }

  private func pointRounded(_ targetFAR: Double) -> Point {
    let wanted = min(
      Int((Double(impostorCount) * targetFAR).rounded(.toNearestOrEven)), impostorCount)
    let threshold = thresholds[firstIndex { acceptedImpostor[$0] >= max(wanted, 1) }]
    return accepted(at: wanted == 0 ? threshold + 1e-8 : threshold)
  }

  private func pointAboveKth(_ targetFAR: Double) -> Point {
    let allowed = allowedFalseAccepts(targetFAR: targetFAR, impostors: impostorCount)
    let threshold = thresholds[firstIndex { acceptedImpostor[$0] >= max(allowed, 1) }]
    return accepted(at: threshold.nextUp)
  }

  private func isAbove(_ targetFAR: Double, at index: Int) -> Bool {
    Double(acceptedImpostor[index]) / Double(impostorCount) > targetFAR
  }

  private func interpolated(at targetFAR: Double, logarithmic: Bool) -> FARReading {
    let above = firstIndex { isAbove(targetFAR, at: $0) }
    let lower = point(above - 1)
    let lowerTAR = Double(lower.acceptedGenuine) / Double(genuineCount)
    guard above < count else { return FARReading(tar: lowerTAR, point: nil, threshold: nil) }
    let upper = point(above)
    let lowerFAR = Double(lower.acceptedImpostor) / Double(impostorCount)
    let upperFAR = Double(upper.acceptedImpostor) / Double(impostorCount)
    let upperTAR = Double(upper.acceptedGenuine) / Double(genuineCount)
    let weight =
      logarithmic && lowerFAR > 0
      ? log10(targetFAR / lowerFAR) / log10(upperFAR / lowerFAR)
      : (targetFAR - lowerFAR) / (upperFAR - lowerFAR)
    return FARReading(tar: lowerTAR + weight * (upperTAR - lowerTAR), point: nil, threshold: nil)
  }
}
