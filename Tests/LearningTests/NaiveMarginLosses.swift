import Foundation
import LinearAlgebra

@testable import Learning

/// The losses with margins of other forms restated from their formulas, without regard for speed or overflow.
///
/// Only values are restated: gradients are differences of them. What a loss takes for a constant in its gradient (a margin
/// that is not back-propagated, a weight, an order of difficulty) is computed from `frozen`, which does not move.
enum NaiveMarginLosses {
  typealias Probe = LossProbe<Double>

  static func loss(_ configuration: LossConfiguration, _ probe: Probe, frozen: Probe) -> Double {
    let o = configuration.options
    switch configuration.name {
    case "sphereface": return sphereFace(o, probe, frozen)
    case "sphereface-r": return sphereFaceR(o, probe, frozen)
    case "sphereface-plus": return sphereFace(o, probe, frozen) + o.number("energy-weight") * energy(probe)
    case "l-softmax": return lSoftmax(o, probe)
    case "adam-softmax": return adaMSoftmax(o, probe)
    case "subcentre-arcface": return subCentreArcFace(o, probe)
    case "elasticface": return elasticFace(o, probe, frozen)
    case "arcnegface": return arcNegFace(o, probe, frozen)
    case "magface": return magFace(o, probe)
    case "adaface": return adaFace(o, probe, frozen)
    default:
      preconditionFailure("no restatement of \(configuration.name)")
    }
  }

  /// The mean of −ln softmax(z)_y.
  private static func entropy(
    _ probe: Probe, classes: Int? = nil, _ logit: (_ row: Int, _ column: Int) -> Double
  ) -> Double {
    let rows = probe.targets.indices
    let columns = classes ?? probe.similarities.columns
    var total = 0.0
    for row in rows {
      let own = logit(row, probe.targets[row])
      let others = (0..<columns).filter { $0 != probe.targets[row] }.map { logit(row, $0) - own }
      let largest = max(others.max() ?? 0, 0)
      total +=
        largest == 0
        ? log1p(others.reduce(0) { $0 + exp($1) })
        : largest + log(exp(-largest) + others.reduce(0) { $0 + exp($1 - largest) })
    }
    return total / Double(rows.count)
  }

  private static func psi(_ angle: Double, _ m: Double) -> Double {
    let k = (m * angle / .pi).rounded(.down)
    return (Int(k) % 2 == 0 ? 1 : -1) * cos(m * angle) - 2 * k
  }

  private static func limited(_ c: Double, _ o: Options, isTarget: Bool) -> Double {
    let limit = o.number("cosine-limit")
    guard limit > 0, isTarget || o.text("limited") == "all" else { return c }
    return min(max(c, limit - 1), 1 - limit)
  }

  /// f(c), or where it passes straight through f at the frozen cosine and the slope 1.
  private static func passed(
    _ c: Double, _ frozen: Double, _ o: Options, _ f: (Double) -> Double
  ) -> Double {
    o.text("gradient") == "straight-through" ? f(frozen) + (c - frozen) : f(c)
  }

  /// λ of the first iteration.
  private static func lambda(_ o: Options) -> Double {
    max(
      o.number("lambda-min"),
      o.number("lambda-base") * pow(1 + o.number("lambda-gamma"), -o.number("lambda-power")))
  }

  private static func sphereFace(_ o: Options, _ p: Probe, _ frozen: Probe) -> Double {
    let lambda = lambda(o)
    return entropy(p) { i, j in
      let radius = o.flag("normalise-features") ? o.number("scale") : p.norms[i]
      return radius
        * passed(p.similarities[i, j], frozen.similarities[i, j], o) {
          let c = limited($0, o, isTarget: j == p.targets[i])
          return j == p.targets[i] ? (lambda * c + psi(acos(c), o.number("margin"))) / (1 + lambda) : c
        }
    }
  }

  private static func sphereFaceR(_ o: Options, _ p: Probe, _ frozen: Probe) -> Double {
    let m = o.number("margin")
    let s = o.number("scale")
    let isHard = o.text("feature-norm") == "hard"
    let isSoft = o.text("feature-norm") == "soft"
    let value = entropy(p) { i, j in
      let isTarget = j == p.targets[i]
      return (isHard ? s : p.norms[i])
        * passed(p.similarities[i, j], frozen.similarities[i, j], o) {
          let dividesAngle = o.text("version") == "v2" && !isTarget
          if dividesAngle && o.text("gradient") == "true" { return cos(acos($0) / m) }
          let c = limited($0, o, isTarget: isTarget)
          if dividesAngle { return cos(acos(c) / m) }
          switch o.text("version") {
          case "v0" where isTarget: return psi(acos(c), m)
          case "v1" where isTarget: return cos(min(m * acos(c), .pi))
          default: return c
          }
        }
    }
    let penalty = p.norms.reduce(0) { $0 + abs($1 - s) } / Double(p.norms.count)
    return o.number("loss-weight") * value / (isHard || isSoft ? s : 1)
      + (isSoft ? o.number("norm-weight") * penalty : 0)
  }

  private static func energy(_ p: Probe) -> Double {
    let classes = Set(p.targets).sorted()
    var terms: [Double] = []
    for (place, a) in classes.enumerated() {
      for b in classes[(place + 1)...] {
        let c = zip(p.prototypes.row(a), p.prototypes.row(b)).reduce(0) { $0 + $1.0 * $1.1 }
        terms.append(pow(acos(min(max(c, 1e-5 - 1), 1 - 1e-5)), -2))
      }
    }
    return terms.isEmpty ? 0 : terms.reduce(0, +) / Double(terms.count)
  }

  private static func lSoftmax(_ o: Options, _ p: Probe) -> Double {
    let lambda = lambda(o)
    return entropy(p) { i, j in
      let s = p.similarities[i, j]
      guard j == p.targets[i] else { return o.number("scale") * s }
      let length = p.norms[i] * sqrt(p.prototypes.row(j).reduce(0) { $0 + $1 * $1 })
      let c = s / length
      return o.number("scale") * length * (lambda * c + psi(acos(c), o.number("margin"))) / (1 + lambda)
    }
  }

  private static func adaMSoftmax(_ o: Options, _ p: Probe) -> Double {
    let margins = p.parameters?[0].elements ?? []
    let value = entropy(p) { i, j in
      o.number("scale") * (p.similarities[i, j] - (j == p.targets[i] ? margins[j] : 0))
    }
    return value + o.number("margin-weight") * (1 - margins.reduce(0, +) / Double(margins.count))
  }

  /// cos(θ + m) with the treatments of θ + m > π.
  private static func arc(_ c: Double, _ m: Double, _ o: Options) -> Double {
    let isBeyond = acos(c) >= .pi - m
    switch o.text("wrap") {
    case "threshold" where isBeyond: return c - m * sin(m)
    case "penalty" where isBeyond: return c - o.number("wrap-penalty")
    case "easy" where c <= 0: return c
    default: return cos(acos(c) + m)
    }
  }

  private static func subCentreArcFace(_ o: Options, _ p: Probe) -> Double {
    let k = o.integer("centres")
    return entropy(p, classes: p.similarities.columns / k) { i, j in
      let c = (0..<k).map { p.similarities[i, j * k + $0] }.max() ?? 0
      let isTarget = j == p.targets[i]
      let bounded = limited(c, o, isTarget: isTarget)
      return o.number("scale") * (isTarget ? arc(bounded, o.number("margin"), o) : bounded)
    }
  }

  private static func elasticFace(_ o: Options, _ p: Probe, _ frozen: Probe) -> Double {
    var stream = RandomStream(seed: 0, name: "loss.0")
    let drawn = p.targets.map { _ in o.number("margin") + o.number("deviation") * stream.normal() }
    let cosines = frozen.targets.enumerated().map { frozen.similarities[$0, $1] }
    var margins = drawn
    let order = cosines.indices.sorted { cosines[$0] > cosines[$1] }
    for i in cosines.indices {
      switch o.text("assignment") {
      case "released": margins[i] = drawn.sorted()[order[i]]
      case "hardest": margins[order[i]] = drawn.sorted()[i]
      default: break
      }
    }
    return entropy(p) { i, j in
      let c = p.similarities[i, j]
      guard j == p.targets[i] else { return o.number("scale") * c }
      return o.number("scale") * (o.text("form") == "arc" ? cos(acos(c) + margins[i]) : c - margins[i])
    }
  }

  private static func arcNegFace(_ o: Options, _ p: Probe, _ frozen: Probe) -> Double {
    entropy(p) { i, j in
      let y = p.targets[i]
      if j == y { return o.number("scale") * arc(p.similarities[i, y], o.number("margin"), o) }
      let a = arc(frozen.similarities[i, y], o.number("margin"), o)
      let t = o.number("alpha") * exp(-pow(frozen.similarities[i, j] - a, 2) / o.number("sigma"))
      return o.number("scale") * (t * p.similarities[i, j] + t - 1)
    }
  }

  private static func magFace(_ o: Options, _ p: Probe) -> Double {
    let (low, high) = (o.number("lower-norm"), o.number("upper-norm"))
    let lengths = p.norms.map { min(max($0, low), high) }
    let growth = (o.number("upper-margin") - o.number("lower-margin")) / (high - low)
    let value = entropy(p) { i, j in
      let c = p.similarities[i, j]
      guard j == p.targets[i] else { return o.number("scale") * c }
      let m = o.number("lower-margin") + growth * (lengths[i] - low)
      if o.text("form") == "arc" { return o.number("scale") * arc(c, m, o) }
      return o.number("scale") * (o.text("wrap") == "easy" && c <= 0 ? c : c - m)
    }
    let penalty = lengths.reduce(0) { $0 + $1 / (high * high) + 1 / $1 } / Double(lengths.count)
    return value + o.number("norm-weight") * penalty
  }

  private static func adaFace(_ o: Options, _ p: Probe, _ frozen: Probe) -> Double {
    let lengths = frozen.norms.map { min(max($0, 0.001), 100) }
    let mean = lengths.reduce(0, +) / Double(lengths.count)
    let alpha = o.number("t-alpha")
    let runningMean = alpha * mean + (1 - alpha) * 20
    var runningDeviation = 100.0
    if lengths.count > 1 {
      let variance = lengths.reduce(0) { $0 + pow($1 - mean, 2) } / Double(lengths.count - 1)
      runningDeviation = alpha * sqrt(variance) + (1 - alpha) * 100
    }
    let e = o.number("epsilon")
    return entropy(p) { i, j in
      let c = min(max(p.similarities[i, j], e - 1), 1 - e)
      guard j == p.targets[i] else { return o.number("scale") * c }
      let z = min(max(o.number("h") * (lengths[i] - runningMean) / (runningDeviation + 0.001), -1), 1)
      let m = o.number("margin")
      return o.number("scale") * (cos(min(max(acos(c) - m * z, e), .pi - e)) - (m + m * z))
    }
  }
}
