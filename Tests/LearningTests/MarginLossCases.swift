import Foundation
import LinearAlgebra

@testable import Learning

/// The losses with margins of other forms that their suites go through, with the names under which failures show them.
let marginLossCases: [(name: String, configuration: LossConfiguration)] = {
  let yamls = [
    "sphereface", "{name: sphereface, preset: clcarwin}",
    "{name: sphereface, margin: 3, lambda-base: 0, lambda-min: 0}",
    "{name: sphereface, margin: 2.6, lambda-base: 2, lambda-min: 0}", "{name: sphereface, preset: svx}",
    "{name: sphereface, preset: opensphere}", "{name: sphereface, preset: opensphere, gradient: true}",
    "{name: sphereface, preset: pytorch-metric-learning}", "sphereface-r",
    "{name: sphereface-r, gradient: true}",
    "{name: sphereface-r, version: v1, gradient: true, margin: 1.7}",
    "{name: sphereface-r, version: v1, feature-norm: none, loss-weight: 1}",
    "{name: sphereface-r, version: v2, scale: 60}",
    "{name: sphereface-r, version: v2, gradient: true, margin: 1.4}",
    "{name: sphereface-r, version: v2, feature-norm: soft, scale: 12}",
    "{name: sphereface-r, feature-norm: soft, gradient: true, scale: 12}", "sphereface-plus",
    "{name: sphereface-plus, gradient: true, energy-weight: 3}", "l-softmax",
    "{name: l-softmax, preset: pytorch-metric-learning}", "{name: l-softmax, margin: 2, scale: 3}",
    "adam-softmax",
    "{name: adam-softmax, preset: facexzoo}", "subcentre-arcface", "{name: subcentre-arcface, centres: 1}",
    "{name: subcentre-arcface, centres: 2, wrap: threshold, cosine-limit: 0.05}",
    "{name: subcentre-arcface, centres: 5}", "elasticface", "{name: elasticface, preset: arc-plus}",
    "{name: elasticface, preset: cos}", "{name: elasticface, form: cos, assignment: hardest, margin: 0.35}",
    "arcnegface", "{name: arcnegface, wrap: none, alpha: 1.5, sigma: 0.7}", "magface",
    "{name: magface, preset: authors-cos}", "{name: magface, preset: authors-cos, wrap: easy}",
    "{name: magface, preset: facexzoo}", "{name: magface, wrap: threshold}", "{name: magface, wrap: none}",
    "adaface", "{name: adaface, preset: authors-class}",
    "{name: adaface, t-alpha: 0.5, h: 1.5, epsilon: 0.05}",
  ]
  return configurations(yamls)
}()

/// Losses for the gradient of a whole step, through norms, prototypes, sub-centres and learned numbers: those that
/// back-propagate all of their value.
let wholeStepMarginCases = configurations([
  "{name: magface, lower-norm: 0.1, upper-norm: 50, wrap: none}", "{name: sphereface-plus, gradient: true}",
  "l-softmax", "adam-softmax", "{name: subcentre-arcface, centres: 2, wrap: threshold}", "sphereface",
  "{name: sphereface-r, feature-norm: soft, gradient: true, scale: 3}",
])

private func configurations(_ yamls: [String]) -> [(name: String, configuration: LossConfiguration)] {
  yamls.compactMap { text in
    (try? LossConfiguration(yaml("loss: \(text)").mapping(keys: ["loss"]).required("loss"))).map {
      (text, $0)
    }
  }
}

extension LossProbe<Double> {
  /// Everything that the loss of `configuration` may ask for, at random: cosines up to `bound`, those of the targets, where given,
  /// replaced, lengths on both sides of what MagFace keeps, and prototypes.
  ///
  /// For inner products the similarities are the cosines times both lengths.
  init(
    for configuration: LossConfiguration, rows: Int, classes: Int, bound: Double = 0.95,
    target: Double? = nil,
    seed: UInt64 = 1
  ) {
    let traits = configuration.traits
    let perClass = traits.columnsPerClass
    var stream = RandomStream(seed: seed, name: "probe")
    var similarities = Matrix<Double>(rows: rows, columns: classes * perClass)
    stream.fillUniform(&similarities, in: -bound..<bound)
    let targets = (0..<rows).map { _ in stream.integer(below: classes) }
    if let target {
      for row in 0..<rows {
        for column in 0..<perClass {
          similarities[row, targets[row] * perClass + column] = target - 0.1 * Double(column)
        }
      }
    }
    let norms = (0..<rows).map { [4.0, 31, 74.5, 140, 9, 55][$0 % 6] + stream.uniform() }
    var prototypes = Matrix<Double>(rows: classes * perClass, columns: 6)
    stream.fillNormal(&prototypes)
    let isCosine = traits.similarity == .cosine
    let (unit, lengths) = unitRows(prototypes, epsilon: 0)
    if isCosine { prototypes = unit }
    for row in 0..<rows where !isCosine {
      for column in 0..<similarities.columns { similarities[row, column] *= norms[row] * lengths[column] }
    }
    self.init(similarities: similarities, targets: targets, norms: norms, prototypes: prototypes)
    parameters = traits.parameters.map { parameter in
      var value = Matrix<Double>(rows: 1, columns: parameter.shape == .perClass ? classes : 1)
      stream.fillUniform(&value, in: 0.1..<0.9)
      return value
    }
  }

  /// Every number that a gradient belongs to: a name for messages, the gradient found, and how to move the number.
  func directions(_ outcome: LossOutcome<Double>) -> [(
    name: String, gradient: Double, scale: Double, move: (Double) -> Self
  )] {
    var all: [(name: String, gradient: Double, scale: Double, move: (Double) -> Self)] = []
    func add(
      _ name: String, _ gradient: Matrix<Double>, _ change: @escaping (inout Self, Int, Int, Double) -> Void
    ) {
      let scale = gradient.elements.map(\.magnitude).max() ?? 0
      for row in 0..<gradient.rows {
        for column in 0..<gradient.columns {
          all.append(
            (
              "\(name)[\(row), \(column)]", gradient[row, column], scale,
              { amount in
                var moved = self
                change(&moved, row, column, amount)
                return moved
              }
            ))
        }
      }
    }
    add("similarities", outcome.similarities) { $0.similarities[$1, $2] += $3 }
    add("norms", Matrix(rows: 1, columns: outcome.norms.count, elements: outcome.norms)) {
      $0.norms[$2] += $1 == 0 ? $3 : 0
    }
    add("prototypes", outcome.prototypes) { $0.prototypes[$1, $2] += $3 }
    for (index, gradient) in outcome.parameters.enumerated() {
      add("parameter \(index)", gradient) { $0.parameters?[index][$1, $2] += $3 }
    }
    return all
  }
}
