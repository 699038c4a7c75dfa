public import LinearAlgebra

/// Genuine pairs are pulled together, impostor pairs pushed apart up to a margin.
///
/// With d the Euclidean distance of unit embeddings, d² = 2 − 2·cos θ, the loss of a genuine pair is ½·[d − m₊]₊² and that of an
/// impostor pair ½·[m − d]₊² (`squared`), or [d − m₊]₊ and [m − d]₊ (`linear`). All pairs of the batch count.
/// Source: Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", 2006.
public struct Contrastive: Loss {
  public static let isSoftmaxFamily = false

  public static let description = MethodDescription(
    name: "contrastive", title: "Contrastive loss",
    summary: "pairs of a batch: genuine ones together, impostors a margin apart",
    options: [
      OptionDescription(
        "margin", .number(0...2), default: .number(1),
        "m of impostor pairs, of the distance, at most 2 (FaceX-Zoo, pytorch-metric-learning)"),
      OptionDescription(
        "positive-margin", .number(0...2), default: .number(0),
        "m₊ of genuine pairs (the paper has none; pytorch-metric-learning: 0)"),
      OptionDescription(
        "form", .choice(["squared", "linear"]), default: .text("squared"),
        "squared: ½·x² (the paper, FaceX-Zoo); linear: x (pytorch-metric-learning)"),
      OptionDescription(
        "balance", .choice(["sides", "pairs"]), default: .text("sides"),
        "sides: the mean over genuine pairs plus that over impostor pairs (FaceX-Zoo, pytorch-metric-learning); "
          + "pairs: one mean over all pairs (the paper)"),
      PairReduction.option,
    ],
    presets: [
      Preset(
        "facexzoo", ["margin": .number(1), "form": .text("squared"), "balance": .text("sides")],
        "FaceX-Zoo, siamese-triplet_training/losses.py OnlineContrastiveLoss"),
      Preset(
        "pytorch-metric-learning",
        ["margin": .number(1), "form": .text("linear"), "reduction": .text("nonzero")],
        "pytorch-metric-learning ContrastiveLoss"),
    ])

  private let margin: Double
  private let positiveMargin: Double
  private let isSquared: Bool
  private let balancesSides: Bool
  private let reduction: PairReduction

  public init(options: Options, classes: Int, stream: RandomStream) {
    margin = options.number("margin")
    positiveMargin = options.number("positive-margin")
    isSquared = options.text("form") == "squared"
    balancesSides = options.text("balance") == "sides"
    reduction = options.choice("reduction", PairReduction.self)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine, needs: .pairs) }

  /// The losses of a row's pairs, by side.
  private struct Sums<Element: Scalar>: Sendable {
    var genuine: Element = 0
    var impostor: Element = 0
    var genuineCount = 0
    var impostorCount = 0
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    guard let pairs = batch.pairs else { preconditionFailure("a pair loss needs the classes of the columns") }
    batch.prepareScratch()
    let copy = self
    let targets = batch.targets
    var sums = [Sums<Element>](repeating: Sums(), count: batch.similarities.rows)
    batch.similarities.updateRows(scratch: &batch.scratch, results: &sums, workers: workers) {
      row, values, _ in
      var sums = Sums<Element>()
      for column in values.indices {
        guard let isGenuine = pairs.isGenuine(row: row, column: column, class: targets[row]) else {
          values[column] = 0
          continue
        }
        let (loss, slope) = copy.pair(values[column], isGenuine: isGenuine)
        values[column] = slope
        let counts = copy.reduction == .mean || loss > 0
        if isGenuine {
          sums.genuine += loss
          if counts { sums.genuineCount += 1 }
        } else {
          sums.impostor += loss
          if counts { sums.impostorCount += 1 }
        }
      }
      return sums
    }
    let total = sums.reduce(into: Sums<Element>()) {
      $0.genuine += $1.genuine
      $0.impostor += $1.impostor
      $0.genuineCount += $1.genuineCount
      $0.impostorCount += $1.impostorCount
    }
    let all = total.genuineCount + total.impostorCount
    let genuineShare = 1 / Element(max(balancesSides ? total.genuineCount : all, 1))
    let impostorShare = 1 / Element(max(balancesSides ? total.impostorCount : all, 1))
    batch.similarities.updateRows(scratch: &batch.scratch, results: &sums, workers: workers) {
      row, values, _ in
      for column in values.indices {
        values[column] *= pairs.classes[column] == targets[row] ? genuineShare : impostorShare
      }
      return Sums()
    }
    return total.genuine * genuineShare + total.impostor * impostorShare
  }

  /// The loss of a pair and its derivative by the cosine.
  private func pair<Element: Scalar>(
    _ cosine: Element, isGenuine: Bool
  ) -> (loss: Element, slope: Element) {
    if isGenuine && isSquared && positiveMargin == 0 {
      // ½·d², which has a derivative at 0 too.
      let (square, slope) = CosineDistance.squared(cosine)
      return (square / 2, slope / 2)
    }
    let (distance, slope) = CosineDistance.euclidean(cosine)
    let excess = isGenuine ? distance - Element(positiveMargin) : Element(margin) - distance
    guard excess > 0 else { return (0, 0) }
    let direction: Element = isGenuine ? slope : -slope
    return isSquared ? (excess * excess / 2, excess * direction) : (excess, direction)
  }
}
