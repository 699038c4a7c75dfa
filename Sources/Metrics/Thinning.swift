import Foundation

/// A rule by which points of an exact curve are left out for drawing. A thinned curve carries its rule's name;
/// reading a number from it is a programming error.
public enum Thinning: Codable, Equatable, Sendable {
  /// Leaves out a point when the steps before and after it are equal (scikit-learn's `drop_intermediate`). The
  /// drawn polyline is unchanged; the set of operating points is not, which moves TAR read by `nearest`.
  case collinear
  /// Keeps the first and the last point in each of `perDecade` bins a decade of FAR, and the point of highest TAR
  /// at zero FAR. Bounds the points by 2·perDecade a decade; every vertical extent inside a bin survives.
  case logFAR(perDecade: Int)
  /// Keeps the points at which a genuine comparison is accepted, and the last: as many points as distinct genuine scores, however many
  /// impostors there are. Between two of them the true accept rate stands still, so the rate that the rule `atMost` reads at any FAR is that of
  /// the exact curve, and may be read from this one.
  case genuineScores

  /// Whether TAR by the rule `atMost` is the same as on the exact curve.
  var keepsRates: Bool { self == .genuineScores }
}

extension ROCCurve {
  /// The curve for drawing, with points left out by `rule`. Asking again of a thinned curve is a programming error.
  public func thinned(_ rule: Thinning) -> ROCCurve {
    precondition(thinning == nil, "the curve is thinned already")
    switch rule {
    case .collinear: return ROCCurve(keeping: indicesWithoutCollinear(), of: self, thinning: rule)
    case .logFAR(let perDecade):
      precondition(perDecade > 0, "no bins a decade")
      return ROCCurve(keeping: indicesOfBins(perDecade: perDecade), of: self, thinning: rule)
    case .genuineScores:
      let indices = (0..<count).filter { index in
        index == count - 1 || acceptedGenuine[index] > (index == 0 ? 0 : acceptedGenuine[index - 1])
      }
      return ROCCurve(keeping: indices, of: self, thinning: rule)
    }
  }

  /// The origin takes no part, as in scikit-learn: the first and the last point always stay.
  func indicesWithoutCollinear() -> [Int] {
    guard count > 2 else { return Array(0..<count) }
    return (0..<count).filter { index in
      guard index > 0, index < count - 1 else { return true }
      let bendsGenuine =
        acceptedGenuine[index + 1] - acceptedGenuine[index] != acceptedGenuine[index]
        - acceptedGenuine[index - 1]
      let bendsImpostor =
        acceptedImpostor[index + 1] - acceptedImpostor[index]
        != acceptedImpostor[index] - acceptedImpostor[index - 1]
      return bendsGenuine || bendsImpostor
    }
  }

  private func indicesOfBins(perDecade: Int) -> [Int] {
    func bin(_ index: Int) -> Int {
      let accepted = acceptedImpostor[index]
      guard accepted > 0, impostorCount > 0 else { return .min }
      return Int(
        (log10(Double(accepted) / Double(impostorCount)) * Double(perDecade)).rounded(.down))
    }
    return (0..<count).filter { index in
      index == 0 || index == count - 1 || bin(index) != bin(index - 1) || bin(index) != bin(index + 1)
    }
  }
}
