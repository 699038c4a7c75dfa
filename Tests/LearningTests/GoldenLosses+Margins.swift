import LinearAlgebra
import TestSupport

@testable import Learning

extension GoldenLoss {
  /// Heads with margins of other forms whose loss has yet to come.
  static let pendingMargins = [
    "adaface", "adam_softmax", "arcnegface", "elasticface", "l_softmax", "magface", "sphereface",
    "sphereface_plus", "spherefacer", "subcenter_arcface",
  ]

  /// Losses with margins of other forms than one constant on the target's cosine or angle.
  static func margin(_ peer: GoldenPeer) throws -> GoldenLoss? { nil }
}
