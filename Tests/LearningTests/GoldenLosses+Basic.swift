import LinearAlgebra
import TestSupport

@testable import Learning

extension GoldenLoss {
  /// Softmax, NormFace, CosFace, ArcFace and the combined margin, and peers that are one of these under another name.
  static func basic(_ peer: GoldenPeer) throws -> GoldenLoss? {
    switch peer.head {
    case "softmax":
      let hasBias = peer.variant.contains("bias") && !peer.variant.contains("nobias")
      return try GoldenLoss("softmax", ["bias": .flag(hasBias)], peer: peer)
    case "normface": return try GoldenLoss("normface", ["scale": peer.scale], peer: peer)
    case "cosface": return try cosFace(peer)
    case "arcface": return try arcFace(peer)
    case "combined_margin": return try combinedMargin(peer)
    case "partial_fc" where (peer.number("sample_rate") ?? 1) == 1: return try partialFC(peer)
    default: return nil
    }
  }

  private static func cosFace(_ peer: GoldenPeer) throws -> GoldenLoss {
    try GoldenLoss(
      "cosface",
      [
        "scale": peer.scale, "margin": peer.option("m3", "m", "margin"),
        "easy": .flag(peer.flag("easy_margin")),
        "filter": peer.option("interclass_filtering_threshold"),
        "cosine-limit": peer.repository == "mk-minchul/AdaFace" ? peer.option("eps") : nil,
      ], peer: peer)
  }

  private static func arcFace(_ peer: GoldenPeer) throws -> GoldenLoss? {
    var options: [String: OptionValue?] = ["scale": peer.scale, "margin": peer.option("m", "margin")]
    switch peer.repository {
    case "deepinsight/insightface":
      options["margin"] = peer.option("m2", "m")
      options["gradient"] = .text("straight-through")
      options["wrap"] = .text("none")
    case "JDAI-CV/FaceX-Zoo", "cavalleria/cavaface":
      options["margin"] = peer.option("margin_arc", "m_arc")
      options["wrap"] = .text("penalty")
      options["wrap-penalty"] = .number(peer.number("margin_am", "m_am") ?? 0)
    case "mk-minchul/AdaFace":
      options["wrap"] = .text("clip")
      options["clip-epsilon"] = peer.option("eps")
      options["cosine-limit"] = peer.option("eps")
    case "ydwen/opensphere":
      options["gradient"] = .text("straight-through")
      options["wrap"] = .text("clip")
      options["clip-epsilon"] = .number(1e-5)
      options["cosine-limit"] = .number(1e-5)
    case "KevinMusgrave/pytorch-metric-learning":
      options["margin"] = peer.number("margin_degrees").map { .number($0 * Double.pi / 180) }
      options["wrap"] = .text("none")
      options["cosine-limit"] = .number(1e-7)
      options["limited"] = .text("target")
    case "fdbtrs/ElasticFace": options["wrap"] = .text("none")
    case "xiaoboCASIA/SV-X-Softmax": options["wrap"] = .text(peer.flag("easy_margin") ? "easy" : "none")
    case "Tencent/TFace", "HuangYG123/CurricularFace", "ZhaoJ9014/face.evoLVe":
      options["wrap"] = .text(peer.flag("easy_margin") ? "easy" : "threshold")
    default: return nil
    }
    return try GoldenLoss("arcface", options, peer: peer)
  }

  private static func combinedMargin(_ peer: GoldenPeer) throws -> GoldenLoss? {
    let margins = [
      "scale": peer.scale, "m1": peer.option("m1"), "m2": peer.option("m2"), "m3": peer.option("m3"),
    ]
    switch peer.repository {
    case "deepinsight/insightface":
      var known = try GoldenLoss("combined-margin", margins, peer: peer)
      known.normEpsilon = 1e-10
      return known
    case "cavalleria/cavaface":
      return try GoldenLoss(
        "combined-margin", margins.merging(["wrap": .text("threshold")]) { $1 }, peer: peer)
    default: return nil
    }
  }

  private static func partialFC(_ peer: GoldenPeer) throws -> GoldenLoss? {
    var known: GoldenLoss
    if peer.variant.contains("cosface") {
      known = try GoldenLoss("cosface", ["scale": peer.scale, "margin": .number(0.4)], peer: peer)
    } else {
      guard let margin = margin(inName: peer.variant) else { return nil }
      known = try GoldenLoss(
        "arcface",
        [
          "scale": peer.scale, "gradient": .text("straight-through"), "wrap": .text("none"),
          "margin": .number(margin),
        ], peer: peer)
    }
    known.largestLoss = -Double.log(1e-30)
    return known
  }

  /// The number after `_m` in a variant's name.
  private static func margin(inName name: String) -> Double? {
    name.split(separator: "_").first { $0.first == "m" && $0.dropFirst().first?.isNumber == true }
      .flatMap { Double($0.dropFirst()) }
  }
}
