import LinearAlgebra

/// The logit of a row's target and its derivatives.
struct TargetLogit<Element: Scalar> {
  var logit: Element
  /// With respect to the target's similarity.
  var slope: Element
  /// With respect to the row's scale, where each row has its own.
  var scaleSlope: Element = 0
}

/// What a loss makes of a row before the softmax.
struct PreparedRow<Element: Scalar> {
  var target: TargetLogit<Element>
  /// Whether dc'_j/dc_j was written to the slopes; else they are taken for 1.
  var hasSlopes = false
  /// The largest c'_j, where it is known already.
  var largest: Element?
  /// Σ e^{z_j − M} with M = max(scale·largest, z_y), where the values are e^{z_j − M}·dc'_j/dc_j already.
  var sum: Element?
}

/// What the softmax core leaves for each row.
struct SoftmaxRow<Element: Scalar>: Sendable {
  /// −ln p of the target.
  var loss: Element
  /// The derivative of the mean loss with respect to the target's logit, (p − 1)/B.
  var targetGradient: Element
  /// The derivative of the mean loss with respect to the row's scale, where each row has its own.
  var scaleGradient: Element = 0
}

/// Softmax cross-entropy over rows of similarities, the core of every softmax-family loss.
///
/// The logits are z_y = `target`(c_y) and z_j = scale·c_j for the other columns, which `others` may change first. One pass
/// over a row for its maximum, one for exponentials and their sum, one for the gradient; nothing of the size of the
/// similarities is allocated. The maximum is taken out of all exponents, so no finite logit overflows. The target never
/// takes part in the sum over the others: with S = Σ_{j≠y} e^{z_j − M},
/// p_y − 1 = −S/(S + e^{z_y − M}) and −ln p_y = ln(1 + S) where z_y is the maximum, so nothing cancels when the target's
/// probability is near 1, which is where training spends its time.
enum SoftmaxCrossEntropy {
  /// Changes a row's other similarities c_j (the target's is −∞) to c'_j with logit scale·c'_j, and may write dc'_j/dc_j to
  /// the slopes. Returns whether it wrote them; else they are taken for 1.
  typealias OtherColumns<Element: Scalar> =
    @Sendable (
      _ row: Int, _ target: TargetLogit<Element>, _ values: inout MutableSpan<Element>,
      _ slopes: inout MutableSpan<Element>
    ) -> Bool

  /// `weight` times the mean over rows of −ln p of the target; see the type. `scale` must be positive.
  ///
  /// Where there are `rowScales`, row i has the scale `rowScales[i]`, positive and normal, in place of `scale`. With `columnsPerClass`
  /// above 1 a class has the largest of its columns, the first of equal ones, and the others get no gradient.
  /// The similarities become the gradient, and `batch.rows` the results row by row.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  static func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, scale: Element, rowScales: [Element] = [],
    weight: Element = 1, columnsPerClass: Int = 1, workers: Workers,
    others: OtherColumns<Element> = { _, _, _, _ in false },
    target: @Sendable (_ row: Int, _ similarity: Element) -> TargetLogit<Element>
  ) -> Element {
    evaluate(
      &batch, scale: scale, rowScales: rowScales, weight: weight, columnsPerClass: columnsPerClass,
      workers: workers
    ) { row, similarity, values, slopes in
      let goal = target(row, similarity)
      return PreparedRow(target: goal, hasSlopes: others(row, goal, &values, &slopes))
    }
  }

  /// Makes a row's similarities c_j (the target's is −∞) c'_j with logit scale·c'_j, and finds the target's logit.
  typealias Preparation<Element: Scalar> =
    @Sendable (
      _ row: Int, _ similarity: Element, _ values: inout MutableSpan<Element>,
      _ slopes: inout MutableSpan<Element>
    ) -> PreparedRow<Element>

  /// The same where the target's logit depends on the other columns, or one pass does what several would. With a `bias`, the
  /// gradient's sums over the rows are added to the gradient of that parameter of the batch.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  static func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, scale: Element, rowScales: [Element] = [],
    weight: Element = 1, columnsPerClass: Int = 1, workers: Workers, bias: Int? = nil,
    prepare: Preparation<Element>
  ) -> Element {
    batch.prepareScratch()
    let targets = batch.targets
    let modifiers = batch.modifiers
    let kept = modifiers.keptRows(of: batch.similarities.rows)
    let share = weight / Element(kept)
    let hasRowScales = !rowScales.isEmpty
    // Without modifiers nobody else uses the scratch row of a piece, and no row of the gradient changes later.
    let sumsRows = bias != nil && modifiers.isNeutral && columnsPerClass == 1
    batch.similarities.updateRows(
      pooling: columnsPerClass, scratch: &batch.scratch, results: &batch.rows, workers: workers
    ) { row, values, slopes in
      let scale = hasRowScales ? rowScales[row] : scale
      let column = targets[row]
      let similarity = values[column]
      values[column] = -Element.infinity
      let hasGaps = modifiers.filter > 0 && modifiers.takeOut(&values)
      var prepared = prepare(row, similarity, &values, &slopes)
      if hasGaps { modifiers.putBack(&values, &slopes, target: column, into: &prepared) }
      let goal = prepared.target
      let largest = max(scale * (prepared.largest ?? VectorKernels.maximum(values)), goal.logit)
      let (sum, moment) =
        hasRowScales
        ? VectorKernels.exponentiateWithMoment(&values, scale: scale, shift: largest)
        : (prepared.sum ?? VectorKernels.exponentiateAndSum(&values, scale: scale, shift: largest), 0)
      let total = sum + Element.exp(goal.logit - largest)
      let loss =
        largest == goal.logit ? Element.log(onePlus: sum) : (largest - goal.logit) + Element.log(total)
      let factors = modifiers.factors(loss: loss, complement: sum / total)
      let factor = factors.gradient * scale * share / total
      if sumsRows {
        if row % Matrix<Element>.rowsPerPiece == 0 { for index in slopes.indices { slopes[index] = 0 } }
        VectorKernels.scale(&values, by: factor, addingTo: &slopes)
      } else if prepared.hasSlopes {
        VectorKernels.scale(&values, by: factor, masked: slopes)
      } else {
        VectorKernels.scale(&values, by: factor)
      }
      let targetGradient = -factors.gradient * sum / total * share
      values[column] = targetGradient * goal.slope
      if sumsRows { slopes[column] += values[column] }
      return SoftmaxRow(
        loss: factors.loss * loss, targetGradient: targetGradient,
        scaleGradient: targetGradient * goal.scaleSlope + factors.gradient * moment * (share / total))
    }
    if kept < batch.rows.count { modifiers.dropEasyRows(&batch) }
    if let bias {
      let terms = sumsRows ? batch.scratch : batch.similarities
      ColumnKernels.addSums(of: terms, to: &batch.parameters[bias].gradient, workers: workers)
    }
    var sum: Element = 0
    for row in batch.rows { sum += row.loss }
    return sum * share
  }
}
