import Foundation
import LinearAlgebra

@testable import Learning

/// The losses restated from their formulas, one sample at a time, without regard for speed or overflow.
enum NaiveLosses {
  /// The target's logit and the factor ∂z_y/∂c_y that the loss back-propagates.
  static func target(_ configuration: LossConfiguration, cosine: Double) -> (logit: Double, slope: Double) {
    let options = configuration.options
    switch configuration.name {
    case "softmax": return (cosine, 1)
    case "normface": return (options.number("scale") * cosine, options.number("scale"))
    case "cosface":
      let scale = options.number("scale")
      let (c, passed) = limited(cosine, options, isTarget: true, passes: false)
      let margin = options.flag("easy") && c <= 0 ? 0 : options.number("margin")
      return (scale * (c - margin), scale * passed)
    case "arcface", "combined-margin":
      let isArc = configuration.name == "arcface"
      let scale = options.number("scale")
      let straight = options.text("gradient") == "straight-through"
      let m1 = isArc ? 1 : options.number("m1")
      let m2 = options.number(isArc ? "margin" : "m2")
      let m3 = isArc ? 0 : options.number("m3")
      let (c, passed) = limited(cosine, options, isTarget: true, passes: straight)
      let theta = acos(c)
      var angle = m1 * theta + m2
      var slope = m1 * sin(angle) / sin(theta)
      var value = cos(angle) - m3
      switch options.text("wrap") {
      case "threshold" where theta >= .pi - m2: (value, slope) = (c - m2 * sin(m2), 1)
      case "penalty" where theta >= .pi - m2: (value, slope) = (c - options.number("wrap-penalty"), 1)
      case "easy" where c <= 0: (value, slope) = (c, 1)
      case "clip" where angle > .pi - options.number("clip-epsilon"):
        angle = .pi - options.number("clip-epsilon")
        (value, slope) = (cos(angle) - m3, 0)
      default: break
      }
      return (scale * value, scale * (straight ? 1 : slope) * passed)
    default: fatalError("no restatement of \(configuration.name)")
    }
  }

  /// Another column's logit and ∂z_j/∂c_j.
  static func other(_ configuration: LossConfiguration, cosine: Double) -> (logit: Double, slope: Double) {
    let options = configuration.options
    guard configuration.name != "softmax" else { return (cosine, 1) }
    let scale = options.number("scale")
    guard configuration.name != "normface" else { return (scale * cosine, scale) }
    if options.number("filter") > 0 && cosine > options.number("filter") { return (0, 0) }
    let passes = configuration.name != "cosface" && options.text("gradient") == "straight-through"
    let (c, passed) = limited(cosine, options, isTarget: false, passes: passes)
    return (scale * c, scale * passed)
  }

  private static func limited(
    _ cosine: Double, _ options: Options, isTarget: Bool, passes: Bool
  ) -> (Double, Double) {
    let limit = options.number("cosine-limit")
    guard limit > 0, isTarget || options.text("limited") == "all", abs(cosine) > 1 - limit else {
      return (cosine, 1)
    }
    return (cosine < 0 ? limit - 1 : 1 - limit, passes ? 1 : 0)
  }

  /// The mean of −ln softmax(z)_y and its gradient with respect to the similarities.
  static func evaluate(
    _ configuration: LossConfiguration, _ similarities: Matrix<Double>, targets: [Int]
  ) -> (loss: Double, gradient: Matrix<Double>) {
    var gradient = Matrix<Double>(rows: similarities.rows, columns: similarities.columns)
    var loss = 0.0
    let rows = Double(similarities.rows)
    for row in 0..<similarities.rows {
      let logits = (0..<similarities.columns).map { column in
        column == targets[row]
          ? target(configuration, cosine: similarities[row, column])
          : other(configuration, cosine: similarities[row, column])
      }
      let exponentials = logits.map { exp($0.logit - logits[targets[row]].logit) }
      var others = exponentials
      others.remove(at: targets[row])
      let sumOfOthers = others.reduce(0, +)
      loss += log1p(sumOfOthers) / rows
      for column in 0..<similarities.columns {
        let factor = column == targets[row] ? -sumOfOthers : exponentials[column]
        gradient[row, column] = factor / (1 + sumOfOthers) * logits[column].slope / rows
      }
    }
    return (loss, gradient)
  }
}
