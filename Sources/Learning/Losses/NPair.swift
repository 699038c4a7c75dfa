public import LinearAlgebra

/// Softmax cross-entropy of an anchor's similarity to its positive against the positives of the other identities.
///
/// z_ij = s·sim(a_i, p_j), L = mean over anchors of −ln softmax(z_i)_i. Where the columns are the rows themselves, the first
/// sample of an identity in the batch is its anchor and the second its positive; identities with one sample and further
/// samples take no part. Where the columns are second views, every row is an anchor, and columns of its identity other than its
/// own are left out.
/// Source: Sohn, "Improved deep metric learning with multi-class N-pair loss objective", 2016.
public struct NPair: Loss {
  public static let isSoftmaxFamily = false

  public static let description = MethodDescription(
    name: "n-pair", title: "N-pair loss",
    summary: "softmax over the positives of a batch: anchor i against positive j",
    options: [
      OptionDescription(
        "similarity", .choice(["cosine", "inner-product"]), default: .text("cosine"),
        "cosine: pytorch-metric-learning; inner-product: the paper, which keeps embeddings short by a penalty"
      ),
      OptionDescription(
        "scale", .positive, default: .number(1), "s (the paper and pytorch-metric-learning have none)"),
    ],
    presets: [
      Preset(
        "pytorch-metric-learning", ["similarity": .text("cosine"), "scale": .number(1)],
        "pytorch-metric-learning NPairsLoss")
    ])

  private let similarity: Similarity
  private let scale: Double

  public init(options: Options, classes: Int, stream: RandomStream) {
    similarity = options.text("similarity") == "cosine" ? .cosine : .innerProduct
    scale = options.number("scale")
  }

  public var traits: LossTraits { LossTraits(similarity: similarity, needs: .pairs) }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    guard let pairs = batch.pairs else { preconditionFailure("a pair loss needs the classes of the columns") }
    batch.prepareScratch()
    let targets = batch.targets
    let partners = Self.partners(targets, pairs)
    let anchors = partners.count { $0 != nil }
    guard anchors > 0 else {
      ElementwiseKernels.clear(&batch.similarities)
      return 0
    }
    // Of rows that are columns too, the positives alone are columns.
    var isColumn = [Bool](repeating: !pairs.areRows, count: pairs.classes.count)
    for case let column? in partners { isColumn[column] = true }
    let scale = Element(scale)
    let share = 1 / Element(anchors)
    batch.similarities.updateRows(scratch: &batch.scratch, results: &batch.rows, workers: workers) {
      [isColumn] row, values, _ in
      guard let partner = partners[row] else {
        for index in values.indices { values[index] = 0 }
        return SoftmaxRow(loss: 0, targetGradient: 0)
      }
      let logit = scale * values[partner]
      for column in values.indices where !isColumn[column] || pairs.classes[column] == targets[row] {
        values[column] = -Element.infinity
      }
      let largest = max(scale * VectorKernels.maximum(values), logit)
      let sum = VectorKernels.exponentiateAndSum(&values, scale: scale, shift: largest)
      let total = sum + Element.exp(logit - largest)
      VectorKernels.scale(&values, by: scale * share / total)
      values[partner] = -sum / total * scale * share
      return SoftmaxRow(
        loss: largest == logit ? Element.log(onePlus: sum) : (largest - logit) + Element.log(total),
        targetGradient: values[partner])
    }
    return batch.rows.reduce(0) { $0 + $1.loss } * share
  }

  /// The column of each row's positive; nil for rows that are no anchors.
  private static func partners(_ targets: [Int], _ pairs: PairColumns) -> [Int?] {
    guard pairs.areRows else { return targets.indices.map { $0 } }
    var first: [Int: Int] = [:]
    var partners = [Int?](repeating: nil, count: targets.count)
    for (row, target) in targets.enumerated() {
      if let anchor = first[target] {
        if partners[anchor] == nil { partners[anchor] = row }
      } else {
        first[target] = row
      }
    }
    return partners
  }
}
