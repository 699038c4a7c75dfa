import LinearAlgebra
import TestSupport

@testable import Learning

extension GoldenLoss {
  /// Heads of the adaptive and mining losses and of those that are no softmax, whose loss has yet to come.
  static let pendingMining: [String] = []

  /// Losses that weigh or choose the other classes or the samples, and those that are no softmax.
  static func mining(_ peer: GoldenPeer) throws -> GoldenLoss? {
    switch peer.head {
    case "adacos": return try GoldenLoss("adacos", [:], peer: peer)
    case "curricular":
      return try GoldenLoss(
        "curricularface",
        ["scale": peer.scale, "margin": peer.option("m"), "rate": peer.option("alpha")], peer: peer)
    case "mv_softmax": return try mvSoftmax(peer)
    case "npcface":
      let names = ["margin", "m0", "m1", "t", "a"]
      return try GoldenLoss(
        "npcface",
        Dictionary(uniqueKeysWithValues: names.map { ($0, peer.option($0)) })
          .merging(["scale": peer.scale]) { $1 }, peer: peer)
    case "circle":
      return try GoldenLoss(
        "circle", ["margin": peer.option("margin"), "gamma": peer.option("gamma")], peer: peer)
    case "cifp":
      return try GoldenLoss("cifp", ["scale": peer.scale, "margin": peer.option("margin")], peer: peer)
    case "p2sgrad":
      var known = try GoldenLoss("p2sgrad", [:], peer: peer)
      // Both renormalise by torch's `renorm`, which leaves weights 1e-7 short.
      known.tolerance = 1e-6
      return known
    case "uniface":
      let form = peer.variant.prefix { $0 != "_" }
      return try GoldenLoss(
        "uniface",
        [
          "form": .text(String(form)), "scale": peer.scale, "margin": peer.option("m"),
          "negative-weight": peer.option("l"), "ratio": peer.option("r"),
        ], peer: peer)
    case "sphereface2":
      return try GoldenLoss(
        "sphereface2",
        [
          "lambda": peer.option("alpha"), "scale": peer.option("r"), "margin": peer.option("m"),
          "t": peer.option("t"), "weight": peer.option("lw"),
        ], peer: peer)
    default: return nil
    }
  }

  private static func mvSoftmax(_ peer: GoldenPeer) throws -> GoldenLoss {
    var options: [String: OptionValue?] = ["scale": peer.scale, "margin": peer.option("margin")]
    if peer.repository == "JDAI-CV/FaceX-Zoo" {
      let isAM = peer.flag("is_am")
      options["target"] = .text(isAM ? "am" : "arc")
      options["easy"] = .text(isAM ? "above-margin" : "positive")
      options["t"] = peer.number("mv_weight").map { .number($0 - 1) }
    } else {
      options["target"] = .text(peer.variant.contains("arc") ? "arc" : "am")
      options["easy"] = .text(peer.flag("easy_margin") ? "positive" : "none")
      options["t"] = peer.option("t")
    }
    return try GoldenLoss("mv-softmax", options, peer: peer)
  }
}
