public import LinearAlgebra

/// An anchor is nearer to samples of its identity than to others, by a margin.
///
/// Over triplets of anchor a, positive p and negative n of the batch, the mean of [D(a, p) − D(a, n) + m]₊ with D the
/// squared or the Euclidean distance of unit embeddings. `mining` says which triplets; of equal distances the earlier column
/// is taken:
/// - `all`: every triplet;
/// - `hard`: for each anchor its farthest positive and its nearest negative (batch-hard);
/// - `hardest-negative`: for each anchor and positive the nearest negative;
/// - `semi-hard`: for each anchor and positive the nearest negative that is farther than the positive, else the farthest one.
///
/// Sources: Schroff, Kalenichenko and Philbin, "FaceNet: a unified embedding for face recognition and clustering", 2015;
/// Hermans, Beyer and Leibe, "In defense of the triplet loss for person re-identification", 2017.
public struct Triplet: Loss {
  public static let isSoftmaxFamily = false

  enum Mining: String, CaseIterable {
    case all
    case hard
    case hardestNegative = "hardest-negative"
    case semiHard = "semi-hard"
  }

  public static let description = MethodDescription(
    name: "triplet", title: "Triplet loss", summary: "triplets of a batch: [D(a, p) − D(a, n) + m]₊",
    options: [
      OptionDescription(
        "margin", .number(0...4), default: .number(0.2),
        "m (FaceNet, on squared distances; insightface mxnet: 0.3, FaceX-Zoo: 2.5, pytorch-metric-learning: 0.05)"
      ),
      OptionDescription(
        "distance", .choice(CosineDistance.allCases.map(\.rawValue)),
        default: .text(CosineDistance.squared.rawValue),
        "squared: 2 − 2·cos θ (FaceNet, FaceX-Zoo); euclidean: its root (pytorch-metric-learning)"),
      OptionDescription(
        "mining", .choice(Mining.allCases.map(\.rawValue)), default: .text(Mining.semiHard.rawValue),
        "all; hard: farthest positive and nearest negative of each anchor; hardest-negative: the nearest negative of each "
          + "genuine pair; semi-hard: the nearest negative beyond the positive, else the farthest (FaceNet)"),
      OptionDescription(
        "anchors", .choice(["both", "first"]), default: .text("both"),
        "each sample of a genuine pair is the anchor once, or only the earlier one (FaceX-Zoo)"),
      PairReduction.option,
    ],
    presets: [
      Preset(
        "facenet", ["margin": .number(0.2), "distance": .text("squared"), "mining": .text("semi-hard")],
        "the FaceNet paper"),
      Preset(
        "facexzoo",
        [
          "margin": .number(2.5), "distance": .text("squared"), "mining": .text("all"),
          "anchors": .text("first"),
        ], "FaceX-Zoo, siamese-triplet_training/losses.py OnlineTripletLoss, all triplets"),
      Preset(
        "pytorch-metric-learning",
        [
          "margin": .number(0.05), "distance": .text("euclidean"), "mining": .text("all"),
          "reduction": .text("nonzero"),
        ], "pytorch-metric-learning TripletMarginLoss"),
    ])

  private let margin: Double
  private let distance: CosineDistance
  private let mining: Mining
  private let firstOnly: Bool
  private let reduction: PairReduction

  public init(options: Options, classes: Int, stream: RandomStream) {
    margin = options.number("margin")
    distance = options.choice("distance", CosineDistance.self)
    mining = options.choice("mining", Mining.self)
    firstOnly = options.text("anchors") == "first"
    reduction = options.choice("reduction", PairReduction.self)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine, needs: .pairs) }

  /// The sum of the losses of an anchor's triplets and how many count.
  private struct Sum<Element: Scalar>: Sendable {
    var loss: Element = 0
    var count = 0
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
    var sums = [Sum<Element>](repeating: Sum(), count: batch.similarities.rows)
    batch.similarities.updateRows(scratch: &batch.scratch, results: &sums, workers: workers) {
      row, values, slopes in
      var sum = Sum<Element>()
      for index in slopes.indices { slopes[index] = 0 }
      copy.forEachTriplet(values, row: row, target: targets[row], pairs: pairs) { positive, negative in
        let (near, nearSlope) = copy.distance(values[positive])
        let (far, farSlope) = copy.distance(values[negative])
        let loss = near - far + Element(copy.margin)
        if copy.reduction == .mean || loss > 0 { sum.count += 1 }
        guard loss > 0 else { return }
        sum.loss += loss
        slopes[positive] += nearSlope
        slopes[negative] -= farSlope
      }
      for index in values.indices { values[index] = slopes[index] }
      return sum
    }
    let total = sums.reduce(into: Sum<Element>()) {
      $0.loss += $1.loss
      $0.count += $1.count
    }
    let share = 1 / Element(max(total.count, 1))
    ElementwiseKernels.scale(&batch.similarities, by: share, workers: workers)
    return total.loss * share
  }

  /// Calls `body` with the columns of every triplet of a row.
  private func forEachTriplet<Element: Scalar>(
    _ values: borrowing MutableSpan<Element>, row: Int, target: Int, pairs: PairColumns,
    _ body: (_ positive: Int, _ negative: Int) -> Void
  ) {
    // The nearest negative, the farthest one, and the farthest positive.
    var nearest = -1
    var farthest = -1
    var positive = -1
    for column in values.indices {
      guard let isGenuine = pairs.isGenuine(row: row, column: column, class: target) else { continue }
      if isGenuine {
        if isPair(row: row, column: column, pairs) && (positive < 0 || values[column] < values[positive]) {
          positive = column
        }
      } else {
        if nearest < 0 || values[column] > values[nearest] { nearest = column }
        if farthest < 0 || values[column] < values[farthest] { farthest = column }
      }
    }
    guard positive >= 0 && nearest >= 0 else { return }
    guard mining != .hard else { return body(positive, nearest) }
    for column in values.indices
    where pairs.isGenuine(row: row, column: column, class: target) == true
      && isPair(row: row, column: column, pairs)
    {
      switch mining {
      case .hard, .hardestNegative: body(column, nearest)
      case .all:
        for other in values.indices where pairs.classes[other] != target { body(column, other) }
      case .semiHard:
        var chosen = -1
        for other in values.indices where pairs.classes[other] != target && values[other] < values[column] {
          if chosen < 0 || values[other] > values[chosen] { chosen = other }
        }
        body(column, chosen < 0 ? farthest : chosen)
      }
    }
  }

  /// Whether the row may be the anchor of a genuine pair with the column.
  private func isPair(row: Int, column: Int, _ pairs: PairColumns) -> Bool {
    !(firstOnly && pairs.areRows) || row < column
  }
}
