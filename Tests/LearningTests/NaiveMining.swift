import Foundation
import LinearAlgebra

@testable import Learning

/// The adaptive and mining losses and those that are no softmax, restated from their formulas without regard for speed.
///
/// What a loss holds constant for its gradient (`α` of Circle loss, `t` of CurricularFace, …) is taken from a second matrix of
/// similarities, `constants`: differences of this function over the first one are then the derivative that the loss must return.
struct NaiveMining {
  let configuration: LossConfiguration
  let targets: [Int]
  let constants: Matrix<Double>
  /// The learned bias: one number, or one a class.
  var bias: [Double] = []
  /// What the loss kept from earlier steps: the scale of AdaCos, the t of CurricularFace.
  var kept: Double?
  /// The classes that take part.
  var classes: Set<Int>?

  private var options: Options { configuration.options }
  private var modifiers: SoftmaxModifiers {
    configuration.isSoftmaxFamily ? SoftmaxModifiers(options) : SoftmaxModifiers()
  }
  private func number(_ name: String) -> Double { options.number(name) }

  /// The mean loss of these similarities.
  func loss(_ c: Matrix<Double>) -> Double {
    switch configuration.name {
    case "p2sgrad":
      var sum = 0.0
      for i in 0..<c.rows { for j in 0..<c.columns { sum += pow(c[i, j] - (j == targets[i] ? 1 : 0), 2) } }
      return sum / Double(options.text("average") == "pairs" ? c.count : c.rows)
    case "uniface" where options.text("form") != "nsl": return uniface(c)
    case "sphereface2": return sphereface2(c)
    default:
      let gamma = modifiers.focalGamma
      var losses: [Double] = []
      for i in 0..<c.rows {
        let z = logits(c, row: i)
        let distances = z.indices.filter { $0 != targets[i] && taken($0) }.map { z[$0] - z[targets[i]] }
        // ln(1 + Σe^d), with the largest taken out where it would overflow.
        let most = max(distances.max() ?? 0, 0)
        let loss =
          most < 100
          ? log1p(distances.map { exp($0) }.reduce(0, +))
          : most + log(distances.map { exp($0 - most) }.reduce(0, +))
        losses.append(gamma > 0 ? pow(-expm1(-loss), gamma) * loss : loss)
      }
      let kept = modifiers.keepRate < 1 ? max(1, Int(modifiers.keepRate * Double(c.rows))) : c.rows
      return losses.sorted(by: >).prefix(kept).reduce(0, +) / Double(kept)
    }
  }

  /// The derivative of `loss` at `c` by differences.
  func gradient(_ c: Matrix<Double>) -> Matrix<Double> {
    var result = c
    for entry in 0..<c.count {
      let (row, column) = entry.quotientAndRemainder(dividingBy: c.columns)
      result[row, column] = derivative(step: 1e-5) { change in
        var moved = c
        moved[row, column] += change
        return loss(moved)
      }
    }
    return result
  }

  private func taken(_ column: Int) -> Bool { classes?.contains(column) ?? true }

  private func softplus(_ u: Double) -> Double { u > 30 ? u : log1p(exp(u)) }

  // MARK: Logits

  private func logits(_ c: Matrix<Double>, row i: Int) -> [Double] {
    let y = targets[i]
    let cosine = c[i, y]
    var z = [Double](repeating: 0, count: c.columns)
    let scale =
      configuration.name == "circle"
      ? number("gamma") : configuration.name == "adacos" ? adaptiveScale : number("scale")
    for j in 0..<c.columns where j != y {
      let filter = modifiers.filter
      z[j] = filter > 0 && c[i, j] > filter ? 0 : scale * other(c, i, j)
    }
    z[y] = scale * target(c, i, cosine)
    return z
  }

  private func other(_ c: Matrix<Double>, _ i: Int, _ j: Int) -> Double {
    let x = c[i, j]
    let y = c[i, targets[i]]
    switch configuration.name {
    case "curricularface": return x > cos(acos(y) + number("margin")) ? x * (t + x) : x
    case "mv-softmax":
      let isHard =
        x > (options.text("target") == "am" ? y - number("margin") : cos(acos(y) + number("margin")))
      return isHard
        ? (options.text("hard") == "adaptive" ? (number("t") + 1) * x + number("t") : x + number("t")) : x
    case "npcface": return x > cos(acos(y) + number("margin")) ? number("t") * x + number("a") : x
    case "circle": return max(constants[i, j] + number("margin"), 0) * (x - number("margin"))
    default: return x
    }
  }

  private func target(_ c: Matrix<Double>, _ i: Int, _ y: Double) -> Double {
    switch configuration.name {
    case "curricularface":
      let m = number("margin")
      return acos(y) >= .pi - m ? y - m * sin(m) : cos(acos(y) + m)
    case "mv-softmax":
      let m = number("margin")
      let floor = ["none": -2.0, "positive": 0, "above-margin": m][options.text("easy")]!
      return y > floor ? (options.text("target") == "am" ? y - m : cos(acos(y) + m)) : y
    case "npcface":
      let reference = constants[i, targets[i]]
      let hard = (0..<c.columns).filter {
        let x = constants[i, $0]
        let isFiltered = modifiers.filter > 0 && x > modifiers.filter
        return $0 != targets[i] && !isFiltered && x > cos(acos(reference) + number("margin"))
      }.map { constants[i, $0] }
      let mean = hard.isEmpty ? 0 : hard.reduce(0, +) / Double(hard.count)
      return y > 0 ? cos(acos(y) + number("m0") + number("m1") * mean) : y
    case "circle":
      return max(1 + number("margin") - constants[i, targets[i]], 0) * (y - (1 - number("margin")))
    case "cifp":
      let positives = falsePositives(row: i)
      let squares = positives.map { c[i, $0] * c[i, $0] }
      let mean = squares.reduce(0, +) / Double(max(positives.count { constants[i, $0] != 0 }, 1))
      return y - number("margin") - (1 + y) * mean
    case "uniface": return y - number("margin")
    default: return y
    }
  }

  // MARK: What depends on the batch

  /// The scale of AdaCos after the update.
  var adaptiveScale: Double {
    let classes = Double(constants.columns)
    let old = kept ?? max(2.0.squareRoot() * log(classes - 1), number("smallest-scale"))
    guard options.flag("dynamic") else { return old }
    var sum = 0.0
    for i in 0..<constants.rows {
      for j in 0..<constants.columns where j != targets[i] { sum += exp(old * constants[i, j]) }
    }
    let angles = targets.indices.map { acos(constants[$0, targets[$0]]) }.sorted()
    let (low, high) = (angles[(angles.count - 1) / 2], angles[angles.count / 2])
    let median = ["lower": low, "upper": high, "mean": (low + high) / 2][options.text("median")]!
    return max(log(sum / Double(constants.rows)) / cos(min(.pi / 4, median)), number("smallest-scale"))
  }

  /// The t of CurricularFace after the update.
  var t: Double {
    let mean = targets.indices.map { constants[$0, targets[$0]] }.reduce(0, +) / Double(targets.count)
    return number("rate") * mean + (1 - number("rate")) * (kept ?? 0)
  }

  /// The columns of a row that CIFP punishes.
  func falsePositives(row: Int) -> [Int] {
    var all: [Double] = []
    for i in 0..<constants.rows {
      for j in 0..<constants.columns where j != targets[i] && constants[i, j] <= constants[i, targets[i]] {
        all.append(constants[i, j])
      }
    }
    let rate = number("rate") > 0 ? number("rate") : 1 / Double(constants.columns - 1)
    let rank = Int((rate * Double(all.count)).rounded(.up))
    guard rank > 0 else { return [] }
    let threshold = all.sorted(by: >)[rank - 1]
    return (0..<constants.columns).filter {
      $0 != targets[row] && constants[row, $0] <= constants[row, targets[row]]
        && constants[row, $0] > threshold
    }
  }

  // MARK: No softmax

  private func uniface(_ c: Matrix<Double>) -> Double {
    let scale = number("scale")
    var sum = 0.0
    for i in 0..<c.rows {
      for j in 0..<c.columns where j == targets[i] || taken(j) {
        let b = bias[bias.count == 1 ? 0 : j]
        let u = j == targets[i] ? -(scale * (c[i, j] - number("margin")) - b) : scale * c[i, j] - b
        sum += (j == targets[i] ? 1 : number("negative-weight")) * softplus(min(max(u, -scale), scale))
      }
    }
    return sum / Double(c.rows)
  }

  private func sphereface2(_ c: Matrix<Double>) -> Double {
    let (r, m, t, lambda) = (number("scale"), number("margin"), number("t"), number("lambda"))
    func g(_ x: Double) -> Double { 2 * pow((x + 1) / 2, t) - 1 }
    func spread(_ x: Double, isTarget: Bool) -> Double {
      switch options.text("type") {
      case "C": return g(x) + (isTarget ? -m : m)
      case "A": return isTarget ? g(cos(min(acos(x) + m, .pi))) : g(x)
      default: return isTarget ? g(cos(min(acos(x) * m, .pi))) : g(x)
      }
    }
    var sum = 0.0
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        let isTarget = j == targets[i]
        var value = spread(c[i, j], isTarget: isTarget)
        if options.text("gradient") == "straight-through" {
          value = c[i, j] + spread(constants[i, j], isTarget: isTarget) - constants[i, j]
        }
        let a = r * value + bias[0]
        sum += isTarget ? lambda * softplus(-a) : (1 - lambda) * softplus(a)
      }
    }
    return number("weight") * Double(c.columns) / r * sum / Double(c.count)
  }
}
