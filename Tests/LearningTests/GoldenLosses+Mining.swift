import LinearAlgebra
import TestSupport

@testable import Learning

extension GoldenLoss {
  /// Heads of the adaptive and mining losses and of those that are no softmax, whose loss has yet to come.
  static let pendingMining = [
    "adacos", "cifp", "circle", "curricular", "mv_softmax", "npcface", "p2sgrad", "sphereface2", "uniface",
  ]

  /// Losses that weigh or choose the other classes or the samples, and those that are no softmax.
  static func mining(_ peer: GoldenPeer) throws -> GoldenLoss? { nil }
}
