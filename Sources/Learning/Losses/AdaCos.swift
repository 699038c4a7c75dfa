import Foundation
public import LinearAlgebra

/// Softmax cross-entropy over cosines with a scale that follows the training, without hyper-parameters.
///
/// z = s·cos θ. The scale starts at s₀ = √2·ln(C − 1). At every step, before it is used,
/// s ← ln B_avg / cos(min(π/4, θ_med)) with B_avg = (1/B)·Σ_i Σ_{j≠y} e^{s·cos θ_ij} and θ_med the median angle to the target. It is
/// a constant for the gradient. It is kept from falling below `smallest-scale` (with two classes the formulas give 0) and from
/// rising above 10⁶ (a batch without any angle to its targets multiplies it by √2).
/// Source: Zhang, Zhao, Qiao, Wang and Li, "AdaCos: adaptively scaling cosine logits for effectively learning deep face
/// representations", 2019.
public struct AdaCos: Loss {
  /// Which angle is the median of an even number of them.
  enum Median: String, CaseIterable {
    case lower
    case upper
    case mean
  }

  public static let description = MethodDescription(
    name: "adacos", title: "AdaCos",
    summary: "softmax cross-entropy over cosines with an adaptive scale, z = s·cos θ",
    options: [
      OptionDescription(
        "dynamic", .flag, default: .flag(true),
        "the scale follows the batches; false: it stays √2·ln(C − 1) (the paper's fixed AdaCos)"),
      OptionDescription(
        "median", .choice(Median.allCases.map(\.rawValue)), default: .text(Median.lower.rawValue),
        "of an even number of target angles the lower or upper middle one or their mean; lower: both implementations (torch.median)"
      ),
      OptionDescription(
        "smallest-scale", .positive, default: .number(1),
        "the scale never falls below this; matters for a handful of classes only"),
    ],
    presets: [
      Preset(
        "authors", ["dynamic": .flag(true), "median": .text("lower")], "4uiiurz1/pytorch-adacos, metrics.py"),
      Preset("facexzoo", ["dynamic": .flag(true), "median": .text("lower")], "FaceX-Zoo, head/AdaCos.py"),
    ])

  private let isDynamic: Bool
  private let median: Median
  private let smallestScale: Double
  private var scale: Double
  /// Working memory for the targets' cosines.
  private var cosines: [Double] = []

  public init(options: Options, classes: Int, stream: RandomStream) {
    isDynamic = options.flag("dynamic")
    median = options.choice("median", Median.self)
    smallestScale = options.number("smallest-scale")
    scale = max(2.0.squareRoot() * log(Double(max(classes - 1, 1))), smallestScale)
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  public var state: LossState {
    get { ["scale": [scale]] }
    set { scale = newValue["scale"]?.first ?? scale }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    guard isDynamic && batch.similarities.rows > 0 && batch.similarities.columns > 1 else {
      let scale = Element(self.scale)
      return SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) { _, cosine in
        TargetLogit(logit: scale * cosine, slope: scale)
      }
    }
    summarise(&batch, workers: workers)
    let summaries = batch.summaries
    self.scale = min(max(nextScale(summaries), smallestScale), 1e6)
    let scale = Element(self.scale)
    // Filtering takes columns out, after which the largest may be another one.
    let knowsLargest = batch.modifiers.filter == 0
    return SoftmaxCrossEntropy.evaluate(&batch, scale: scale, workers: workers) { row, cosine, _, _ in
      PreparedRow(
        target: TargetLogit(logit: scale * cosine, slope: scale),
        largest: knowsLargest ? summaries[row].largest : nil)
    }
  }

  /// Finds what the next scale depends on of each row, with the present scale.
  private func summarise<Element: Scalar>(_ batch: inout LossBatch<Element>, workers: Workers) {
    batch.prepareScratch()
    let targets = batch.targets
    let scale = Element(scale)
    let rows = batch.similarities.rows
    if batch.summaries.count != rows { batch.summaries = Array(repeating: RowSummary(), count: rows) }
    batch.similarities.updateRows(scratch: &batch.scratch, results: &batch.summaries, workers: workers) {
      row, values, _ in
      let target = values[targets[row]]
      values[targets[row]] = -Element.infinity
      // One pass: no cosine exceeds 1 by more than rounding. Where all are so far below it that the sum is lost, a second.
      var (sum, largest) = VectorKernels.sumOfExponentials(values, scale: scale, shift: scale)
      var shift = scale
      if !(sum > Element.leastNormalMagnitude.squareRoot()) {
        shift = scale * largest
        sum = VectorKernels.sumOfExponentials(values, scale: scale, shift: shift).sum
      }
      values[targets[row]] = target
      return RowSummary(target: target, largest: largest, logSum: shift + Element.log(sum))
    }
  }

  /// ln B_avg / cos(min(π/4, θ_med)) of the batch.
  private mutating func nextScale<Element: Scalar>(_ rows: [RowSummary<Element>]) -> Double {
    let largest = rows.reduce(-Double.infinity) { max($0, Double($1.logSum)) }
    let mean = rows.reduce(0.0) { $0 + exp(Double($1.logSum) - largest) } / Double(rows.count)
    return (largest + log(mean)) / max(0.5.squareRoot(), cosineOfMedianAngle(rows))
  }

  /// cos θ_med of the targets' cosines. Cosines past ±1, which rounding produces, count as ±1.
  private mutating func cosineOfMedianAngle<Element: Scalar>(_ rows: [RowSummary<Element>]) -> Double {
    cosines.removeAll(keepingCapacity: true)
    for row in rows { cosines.append(min(max(Double(row.target), -1), 1)) }
    // From the largest on.
    let low = Selection.moveToPlace((rows.count - 1) / 2, of: &cosines)
    let high = Selection.moveToPlace(rows.count / 2, of: &cosines)
    switch median {
    case .lower: return low
    case .upper: return high
    case .mean: return low == high ? low : cos((acos(low) + acos(high)) / 2)
    }
  }
}
