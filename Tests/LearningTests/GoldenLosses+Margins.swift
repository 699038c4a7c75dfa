import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

extension GoldenLoss {
  /// Heads with margins of other forms whose loss has yet to come.
  static let pendingMargins: [String] = []

  /// Losses with margins of other forms than one constant on the target's cosine or angle.
  static func margin(_ peer: GoldenPeer) throws -> GoldenLoss? {
    switch peer.head {
    case "sphereface": return try sphereFace(peer)
    case "sphereface_plus":
      return try GoldenLoss(
        "sphereface-plus",
        ["scale": peer.scale, "margin": peer.option("m"), "energy-weight": peer.option("lambda_MHE")],
        peer: peer)
    case "spherefacer": return try sphereFaceR(peer)
    case "l_softmax":
      return try GoldenLoss(
        "l-softmax",
        [
          "margin": peer.option("margin"), "scale": peer.scale, "lambda-base": .number(0),
          "lambda-min": .number(0),
        ], peer: peer)
    case "adam_softmax": return try adaMSoftmax(peer)
    case "subcenter_arcface": return try subCentreArcFace(peer)
    case "elasticface": return try elasticFace(peer)
    case "arcnegface":
      return try GoldenLoss(
        "arcnegface",
        [
          "scale": peer.scale, "margin": peer.option("margin"), "alpha": peer.option("alpha"),
          "sigma": peer.option("sigma"),
        ], peer: peer)
    case "magface": return try magFace(peer)
    case "adaface":
      return try GoldenLoss(
        "adaface",
        [
          "scale": peer.scale, "margin": peer.option("m"), "h": peer.option("h"),
          "t-alpha": peer.option("t_alpha"), "epsilon": peer.option("eps"),
        ], peer: peer)
    default: return nil
    }
  }

  private static func sphereFace(_ peer: GoldenPeer) throws -> GoldenLoss? {
    var options: [String: OptionValue?] = ["margin": peer.option("m", "margin")]
    switch peer.repository {
    case "clcarwin/sphereface_pytorch":
      options["lambda-base"] = .number(1500)
      options["lambda-gamma"] = .number(0.1)
    case "ZhaoJ9014/face.evoLVe":
      options["lambda-base"] = peer.option("base")
      options["lambda-gamma"] = peer.option("gamma")
      options["lambda-power"] = peer.option("power")
      options["lambda-min"] = peer.option("lambda_min")
    case "xiaoboCASIA/SV-X-Softmax":
      options["normalise-features"] = .flag(true)
      options["scale"] = peer.scale
      options["lambda-base"] = peer.option("base")
      options["lambda-gamma"] = peer.option("alpha")
      options["lambda-power"] = peer.option("power")
      options["lambda-min"] = peer.option("lambda_min")
    case "ydwen/opensphere":
      options = SphereFace.opensphere(scale: peer.number("s") ?? 0, margin: peer.number("m") ?? 0)
    case "KevinMusgrave/pytorch-metric-learning":
      options["lambda-base"] = .number(0)
      options["lambda-min"] = .number(0)
    default: return nil
    }
    var known = try GoldenLoss("sphereface", options, peer: peer)
    known.initialState = ["iteration": [peer.number("it_before", "iter_before") ?? 0]]
    known.stateNames = ["it": "iteration", "lamb": ""]
    let annealing = MarginAnnealing(known.configuration.options)
    known.checkExtras = { group, _, _ in
      guard try group.has("lambda_used") else { return }
      let iteration =
        try group.has("it_after") ? group.scalar("it_after") : (peer.number("it_before") ?? 0) + 1
      let expected = try group.scalar("lambda_used")
      #expect(relativeError(annealing.lambda(iteration: iteration), expected) < 1e-12, "\(group.path)")
    }
    return known
  }

  private static func sphereFaceR(_ peer: GoldenPeer) throws -> GoldenLoss {
    var options: [String: OptionValue?] = [
      "version": peer.text("magn_type"), "scale": peer.scale,
      "loss-weight": peer.option("lw"),
    ]
    guard let step = peer.number("dm"), let steps = peer.number("n_step") else {
      options["margin"] = peer.option("m")
      return try GoldenLoss("sphereface-r", options, peer: peer)
    }
    // The margin of the schedule after that many of its steps, far from its end.
    options["feature-norm"] = .text("soft")
    options["norm-weight"] = peer.option("t")
    options["margin"] = .number(3)
    options["margin-step"] = .number(step)
    options["margin-interval"] = .number(100)
    var known = try GoldenLoss("sphereface-r", options, peer: peer)
    known.initialState = ["iteration": [100 * steps + 7]]
    return known
  }

  private static func adaMSoftmax(_ peer: GoldenPeer) throws -> GoldenLoss {
    var known = try GoldenLoss(
      "adam-softmax", ["scale": peer.scale, "margin-weight": peer.option("lamda")], peer: peer)
    known.checkExtras = { group, _, outcome in
      let entropy = try group.scalar("ce")
      let expected = try group.array("lambda_lm").elements[0]
      #expect(relativeError(outcome.loss - entropy, expected) < 1e-9, "\(group.path)")
    }
    return known
  }

  private static func subCentreArcFace(_ peer: GoldenPeer) throws -> GoldenLoss? {
    switch peer.repository {
    case "deepinsight/insightface":
      var known = try GoldenLoss(
        "subcentre-arcface",
        ["scale": peer.scale, "margin": peer.option("m2"), "centres": peer.option("loss_K")], peer: peer)
      known.normEpsilon = 1e-10
      return known
    case "KevinMusgrave/pytorch-metric-learning":
      return try GoldenLoss(
        "subcentre-arcface",
        [
          "scale": peer.scale, "margin": peer.number("margin_degrees").map { .number($0 * Double.pi / 180) },
          "centres": peer.option("sub_centers"), "cosine-limit": .number(1e-7), "limited": .text("target"),
        ], peer: peer)
    default: return nil
    }
  }

  /// ElasticFace with the recorded draws of one case.
  private struct RecordedElasticFace: Loss {
    static let description = MethodDescription(
      name: "recorded", title: "Recorded", summary: "for tests", options: [])
    let loss: ElasticFace
    let margins: [Double]

    init(loss: ElasticFace, margins: [Double]) {
      self.loss = loss
      self.margins = margins
    }

    init(options: Options, classes: Int, stream: RandomStream) {
      self.init(loss: ElasticFace(options: options, classes: classes, stream: stream), margins: [])
    }

    var traits: LossTraits { loss.traits }

    mutating func evaluate<Element: Scalar>(
      _ batch: inout LossBatch<Element>, workers: Workers
    ) -> Element {
      loss.evaluate(&batch, drawn: margins, workers: workers)
    }
  }

  private static func elasticFace(_ peer: GoldenPeer) throws -> GoldenLoss {
    var known = try GoldenLoss(
      "elasticface",
      [
        "form": .text(peer.variant.hasPrefix("arc") ? "arc" : "cos"), "scale": peer.scale,
        "margin": peer.option("m"), "deviation": peer.option("std"),
        "assignment": .text(peer.flag("plus") ? "released" : "drawn"),
      ], peer: peer)
    known.criterion = { loss, group in
      let elastic = try #require(loss as? ElasticFace)
      return RecordedElasticFace(loss: elastic, margins: try group.array("margins").elements)
    }
    return known
  }

  private static func magFace(_ peer: GoldenPeer) throws -> GoldenLoss {
    var options: [String: OptionValue?] = [
      "scale": peer.scale, "lower-norm": peer.option("l_a"), "upper-norm": peer.option("u_a"),
      "lower-margin": peer.option("l_margin"), "upper-margin": peer.option("u_margin"),
      "norm-weight": peer.option("lambda_g", "lamda"),
    ]
    if peer.repository == "JDAI-CV/FaceX-Zoo" {
      options["wrap"] = .text("penalty")
      options["wrap-penalty"] = peer.option("margin_am")
    } else {
      options["wrap"] = .text(peer.flag("easy_margin") ? "easy" : "threshold")
    }
    var known = try GoldenLoss("magface", options, peer: peer)
    let weight = try #require(peer.number("lambda_g", "lamda"))
    known.checkExtras = { group, _, outcome in
      let terms = try group.array("loss_g")
      let mean = terms.elements.reduce(0, +) / Double(terms.elements.count)
      // FaceX-Zoo's terms hold the weight already.
      let expected = terms.shape.isEmpty ? weight * mean : mean
      let entropy = try group.scalar("ce")
      #expect(abs(outcome.loss - entropy - expected) < 1e-9 * max(entropy, 1), "\(group.path)")
    }
    return known
  }
}
