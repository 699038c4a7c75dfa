import LinearAlgebra
import TestSupport

@testable import Learning

/// What is known about the peers of the golden losses: which of our losses is theirs, and how their numbers were taken.
struct GoldenLoss {
  let configuration: LossConfiguration
  /// The peer normalises with √(Σx² + this).
  var normEpsilon = 0.0
  /// The gradient at the weights is that at the unit weights, not projected through the normalisation.
  var weightsAreUnit = false
  /// A sample's loss is at most this.
  var largestLoss = Double.infinity

  /// Heads that have no loss of ours yet, with the reason.
  static let pending: [String: String] = {
    let reason = "arrives with the other losses"
    return Dictionary(
      uniqueKeysWithValues: [
        "adacos", "adaface", "adam_softmax", "arcnegface", "cifp", "circle", "curricular", "elasticface",
        "l_softmax", "magface", "mv_softmax", "npcface", "p2sgrad", "sphereface", "sphereface2",
        "sphereface_plus", "spherefacer", "subcenter_arcface", "uniface",
      ].map { ($0, reason) })
  }()

  /// The loss of a variant, nil where it is not known.
  init?(head: String, variant: GoldenGroup) throws {
    let values = try variant.hyperParameters()
    let peer = try variant.string(attribute: "peer") ?? ""
    let notes = try variant.string(attribute: "notes") ?? ""
    func number(_ names: String...) -> Double? { names.lazy.compactMap { values[$0]?.number }.first }
    func flag(_ name: String) -> Bool { values[name]?.boolean ?? false }
    var options: [String: OptionValue] = [:]
    if head != "softmax" {
      options["scale"] = .number(number("s", "scale") ?? 1 / (number("temperature") ?? 1))
    }
    if let threshold = number("interclass_filtering_threshold") { options["filter"] = .number(threshold) }
    weightsAreUnit = notes.contains("NOT projected")
    let name: String
    switch (head, peer) {
    case ("softmax", _):
      name = "softmax"
      options["bias"] = .flag(variant.name.contains("bias") && !variant.name.contains("nobias"))
    case ("normface", _): name = "normface"
    case ("cosface", _):
      name = "cosface"
      options["margin"] = number("m3", "m", "margin").map { .number($0) }
      options["easy"] = .flag(flag("easy_margin"))
      if peer == "mk-minchul/AdaFace" { options["cosine-limit"] = .number(number("eps") ?? 0) }
    case ("arcface", "deepinsight/insightface"):
      name = "arcface"
      options.merge(["gradient": .text("straight-through"), "wrap": .text("none")]) { $1 }
      options["margin"] = number("m2", "m").map { .number($0) }
    case ("arcface", "JDAI-CV/FaceX-Zoo"), ("arcface", "cavalleria/cavaface"):
      name = "arcface"
      options["margin"] = number("margin_arc", "m_arc").map { .number($0) }
      options["wrap"] = .text("penalty")
      options["wrap-penalty"] = .number(number("margin_am", "m_am") ?? 0)
    case ("arcface", "mk-minchul/AdaFace"):
      name = "arcface"
      options["margin"] = number("m").map { .number($0) }
      options["wrap"] = .text("clip")
      options["clip-epsilon"] = .number(number("eps") ?? 0)
      options["cosine-limit"] = .number(number("eps") ?? 0)
    case ("arcface", "ydwen/opensphere"):
      name = "arcface"
      options["margin"] = number("m").map { .number($0) }
      options.merge([
        "gradient": .text("straight-through"), "wrap": .text("clip"), "clip-epsilon": .number(1e-5),
        "cosine-limit": .number(1e-5),
      ]) { $1 }
    case ("arcface", "KevinMusgrave/pytorch-metric-learning"):
      name = "arcface"
      options["margin"] = number("margin_degrees").map { .number($0 * Double.pi / 180) }
      options.merge([
        "wrap": .text("none"), "cosine-limit": .number(1e-7), "limited": .text("target"),
      ]) { $1 }
    case ("arcface", "fdbtrs/ElasticFace"):
      name = "arcface"
      options["margin"] = number("m").map { .number($0) }
      options["wrap"] = .text("none")
    case ("arcface", "xiaoboCASIA/SV-X-Softmax"):
      name = "arcface"
      options["margin"] = number("margin").map { .number($0) }
      options["wrap"] = .text(flag("easy_margin") ? "easy" : "none")
    case ("arcface", "Tencent/TFace"), ("arcface", "HuangYG123/CurricularFace"),
      ("arcface", "ZhaoJ9014/face.evoLVe"):
      name = "arcface"
      options["margin"] = number("m", "margin").map { .number($0) }
      options["wrap"] = .text(flag("easy_margin") ? "easy" : "threshold")
    case ("combined_margin", "deepinsight/insightface"):
      name = "combined-margin"
      for key in ["m1", "m2", "m3"] { options[key] = number(key).map { .number($0) } }
      normEpsilon = 1e-10
    case ("combined_margin", "cavalleria/cavaface"):
      name = "combined-margin"
      for key in ["m2", "m3"] { options[key] = number(key).map { .number($0) } }
      options["wrap"] = .text("threshold")
    case ("partial_fc", "deepinsight/insightface") where (number("sample_rate") ?? 1) == 1:
      largestLoss = -Double.log(1e-30)
      if variant.name.contains("cosface") {
        name = "cosface"
        options["margin"] = .number(0.4)
      } else {
        guard let margin = Self.margin(inName: variant.name) else { return nil }
        name = "arcface"
        options.merge([
          "gradient": .text("straight-through"), "wrap": .text("none"), "margin": .number(margin),
        ]) { $1 }
      }
    case ("uniface", _) where variant.name.hasPrefix("nsl"):
      name = "cosface"
      options["margin"] = number("m").map { .number($0) }
    default: return nil
    }
    configuration = try LossConfiguration(name, options)
  }

  /// Why a variant has no loss of ours yet.
  static func pendingReason(head: String, variant: GoldenGroup) throws -> String? {
    if head == "partial_fc", let rate = try variant.hyperParameters()["sample_rate"]?.number, rate < 1 {
      return "arrives with sampled classes"
    }
    return pending[head]
  }

  /// The number after `_m` in a variant's name.
  private static func margin(inName name: String) -> Double? {
    name.split(separator: "_").first { $0.first == "m" && $0.dropFirst().first?.isNumber == true }
      .flatMap { Double($0.dropFirst()) }
  }
}

/// All that a loss gives for features and class weights, computed by the mechanism that trains.
struct HeadResult<Element: Scalar> {
  var loss: Element
  var features: Matrix<Element>
  var weights: [Matrix<Element>]
  var extras: [String: Matrix<Element>] = [:]

  init(
    _ configuration: LossConfiguration, mechanism: MechanismConfiguration, features: Matrix<Double>,
    weights: [Matrix<Double>], extras: [String: Matrix<Double>] = [:], labels: [Int]
  ) {
    var source = mechanism.makeSource(
      loss: configuration, width: features.columns, classes: weights[0].rows, seed: 0, Element.self)
    var group = 0
    source.forEachParameter { parameter in
      if parameter.kind == .prototype {
        parameter.value = weights[group].converted(to: Element.self)
        group += 1
      } else if let value = extras[String(parameter.name.split(separator: ".").last ?? "")] {
        parameter.value = value.converted(to: Element.self)
      }
    }
    var batch = SourceBatch<Element>(views: 1)
    batch.embeddings[0] = features.converted(to: Element.self)
    batch.gradients[0] = Matrix(rows: features.rows, columns: features.columns)
    batch.classes = labels
    loss = source.evaluate(&batch, workers: .one)
    self.features = batch.gradients[0]
    self.weights = []
    var gradients: [Matrix<Element>] = []
    var extraGradients: [String: Matrix<Element>] = [:]
    source.forEachParameter { parameter in
      if parameter.kind == .prototype {
        gradients.append(parameter.gradient)
      } else {
        extraGradients[String(parameter.name.split(separator: ".").last ?? "")] = parameter.gradient
      }
    }
    self.weights = gradients
    self.extras = extraGradients
  }
}

/// Rows divided by √(Σx² + ε), with those divisors.
func unitRows(_ x: Matrix<Double>, epsilon: Double) -> (unit: Matrix<Double>, norms: [Double]) {
  var unit = x
  var norms: [Double] = []
  for row in 0..<x.rows {
    let norm = (x.row(row).reduce(epsilon) { $0 + $1 * $1 }).squareRoot()
    norms.append(norm)
    for column in 0..<x.columns { unit[row, column] = x[row, column] / norm }
  }
  return (unit, norms)
}

/// The gradient before the division of `unitRows`, from that after it.
func throughNormalisation(
  _ gradient: Matrix<Double>, unit: Matrix<Double>, norms: [Double]
) -> Matrix<Double> {
  var result = gradient
  for row in 0..<gradient.rows {
    let radial = zip(gradient.row(row), unit.row(row)).reduce(0) { $0 + $1.0 * $1.1 }
    for column in 0..<gradient.columns {
      result[row, column] = (gradient[row, column] - radial * unit[row, column]) / norms[row]
    }
  }
  return result
}
