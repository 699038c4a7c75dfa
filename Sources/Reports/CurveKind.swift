import Evaluation

/// Which curve to draw or to export.
public enum CurveKind: String, Sendable, CaseIterable {
  /// True accept rate against false accept rate.
  case roc
  /// False rejects against false accepts, both on normal-deviate axes.
  case det
  /// Identification rate against rank: the cumulative match characteristic.
  case cmc
  /// FNIR against FPIR of open-set searches: the identification DET, both on logarithmic axes.
  case iddet
  /// Rank-1 rate against the number of distractors.
  case distractors
  /// The distributions of genuine and of impostor scores.
  case histogram
  /// Training loss against steps.
  case loss

  /// The kind of a result's curve that it is made of; nil for what is no result's.
  var source: ResultCurve.Kind? {
    switch self {
    case .roc, .det: .roc
    case .cmc: .cmc
    case .iddet: .iddet
    case .distractors: .distractors
    case .histogram: .histogram
    case .loss: nil
    }
  }

  /// What can be made of a result's curves: first what such a result is usually shown by.
  static func kinds(of curves: [ResultCurve]) -> [CurveKind] {
    var kinds: [CurveKind] = []
    for curve in curves {
      for kind in allCases where kind.source == curve.kind && !kinds.contains(kind) { kinds.append(kind) }
    }
    return kinds
  }
}
