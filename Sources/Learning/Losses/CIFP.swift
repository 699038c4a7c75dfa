import Foundation
public import LinearAlgebra

/// CosFace with a penalty on the target for the false positives of its sample, at a threshold that the batch sets.
///
/// Of all cosines to other classes that do not exceed their row's target, the ⌈rate·number⌉-th largest in the batch is
/// the threshold. With a_i the mean of cos²θ_j over the row's such classes above it (0 without any),
/// z_y = s·(cos θ_y − m − (1 + cos θ_y)·a_i), z_j = s·cos θ_j.
///
/// As in TFace, (1 + cos θ_y) of the penalty, and each cos θ_j of it that is at least cos θ_y − m, see the prototypes as
/// constants: their gradients reach the embedding alone (`EmbeddingGradient`).
/// Source: Xu et al., "Consistent instance false positive improves fairness in face recognition", 2021; TFace.
public struct CIFP: Loss {
  public static let description = MethodDescription(
    name: "cifp", title: "CIFP",
    summary: "CosFace with a penalty for a sample's false positives at the batch's threshold",
    options: [
      OptionDescription("scale", .positive, default: .number(64), "s (TFace)"),
      OptionDescription("margin", .number(0...2), default: .number(0.35), "m (TFace)"),
      OptionDescription(
        "rate", .number(0...1), default: .number(0),
        "false-accept rate of the threshold; 0: 1/(C − 1) (TFace)"),
    ],
    presets: [Preset("tface", ["scale": .number(64), "margin": .number(0.35)], "TFace, localfc/cifp.py")])

  private let scale: Double
  private let margin: Double
  private let rate: Double

  public init(options: Options, classes: Int, stream: RandomStream) {
    scale = options.number("scale")
    margin = options.number("margin")
    rate = options.number("rate") > 0 ? options.number("rate") : 1 / Double(max(classes - 1, 1))
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  /// The false positives of one row.
  private struct FalsePositives<Element: Scalar>: Sendable {
    var columns: [(column: Int, value: Element)] = []
    /// The mean square of the cosines, and how many of them are not 0, at least 1.
    var mean: Element = 0
    var count: Element = 1
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let (scale, margin) = (Element(scale), Element(margin))
    let targets = batch.targets
    let own = targets.enumerated().map { batch.similarities[$0, $1] }
    let cosines = own.map { min(max($0, -1), 1) }
    for (row, column) in targets.enumerated() { batch.similarities[row, column] = -Element.infinity }
    let search = NegativeSearch(batch.similarities, targets: targets, bounds: cosines, workers: workers)
    for (row, column) in targets.enumerated() { batch.similarities[row, column] = own[row] }
    let found = falsePositives(search, in: batch.similarities)
    // Filtering takes columns out, after which the largest may be another one.
    let knowsLargest = batch.modifiers.filter == 0
    let loss = SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) { row, cosine, _, _ in
      let penalty = (1 + cosines[row]) * found[row].mean
      return PreparedRow(
        target: TargetLogit(logit: scale * (cosine - margin - penalty), slope: scale),
        largest: knowsLargest ? search.largestOfRows[row] : nil)
    }
    batch.embeddingGradients.removeAll(keepingCapacity: true)
    for (row, positives) in found.enumerated() where !positives.columns.isEmpty {
      let gradient = scale * batch.rows[row].targetGradient
      batch.embeddingGradients.append(
        EmbeddingGradient(row: row, column: targets[row], value: -gradient * positives.mean))
      let factor = -gradient * (1 + cosines[row]) * 2 / positives.count
      for (column, cosine) in positives.columns {
        if cosines[row] - margin > cosine {
          batch.similarities[row, column] += factor * cosine
        } else {
          batch.embeddingGradients.append(
            EmbeddingGradient(row: row, column: column, value: factor * cosine))
        }
      }
    }
    return loss
  }

  /// Each row's cosines above the threshold that do not exceed its target.
  private func falsePositives<Element: Scalar>(
    _ search: NegativeSearch<Element>, in similarities: Matrix<Element>
  ) -> [FalsePositives<Element>] {
    let rank = Int((rate * Double(search.count)).rounded(.up))
    guard let found = search.largest(rank, of: similarities) else {
      return [FalsePositives](repeating: FalsePositives(), count: similarities.rows)
    }
    return found.rows.map { row in
      var (sum, number): (Element, Element) = (0, 0)
      for positive in row {
        let square = positive.value * positive.value
        sum += square
        if square > 0 { number += 1 }
      }
      let count = max(number, 1)
      return FalsePositives(columns: row, mean: sum / count, count: count)
    }
  }
}
