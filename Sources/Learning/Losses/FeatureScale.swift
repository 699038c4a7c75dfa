import LinearAlgebra

/// What the cosines of a row are multiplied by to make its logits.
enum FeatureScale: Sendable {
  /// One number for all rows.
  case constant(Double)
  /// The length of the row's embedding, kept within the range of `bounds`.
  case norm

  var needs: LossNeeds {
    switch self {
    case .constant: []
    case .norm: .norms
    }
  }

  /// The lengths that count as they are: within them neither a logit nor its derivative overflows, and −∞ times them stays
  /// −∞.
  static func bounds<Element: Scalar>(_ type: Element.Type) -> ClosedRange<Element> {
    Element.leastNormalMagnitude...Element.greatestFiniteMagnitude * Element.ulpOfOne.squareRoot() / 4096
  }

  /// Softmax cross-entropy, times `weight`, of logits r·c'_j and r·`target`(c_y); `target` also gives its derivative by c_y.
  ///
  /// For lengths, the gradient of the loss with respect to them is written to the batch.
  func crossEntropy<Element: Scalar>(
    _ batch: inout LossBatch<Element>, weight: Element = 1, workers: Workers,
    others: SoftmaxCrossEntropy.OtherColumns<Element>,
    target: @Sendable (_ row: Int, _ cosine: Element) -> (value: Element, slope: Element)
  ) -> Element {
    switch self {
    case .constant(let scale):
      let scale = Element(scale)
      return SoftmaxCrossEntropy.evaluate(
        &batch, scale: scale, weight: weight, workers: workers, others: others
      ) { row, cosine in
        let (value, slope) = target(row, cosine)
        return TargetLogit(logit: scale * value, slope: scale * slope)
      }
    case .norm:
      let bounds = Self.bounds(Element.self)
      batch.rowScales.removeAll(keepingCapacity: true)
      for norm in batch.norms {
        batch.rowScales.append(min(max(norm, bounds.lowerBound), bounds.upperBound))
      }
      let scales = batch.rowScales
      let loss = SoftmaxCrossEntropy.evaluate(
        &batch, scale: 1, rowScales: scales, weight: weight, workers: workers, others: others
      ) { row, cosine in
        let (value, slope) = target(row, cosine)
        return TargetLogit(logit: scales[row] * value, slope: scales[row] * slope, scaleSlope: value)
      }
      for (row, result) in batch.rows.enumerated() {
        batch.normGradients[row] = bounds.contains(batch.norms[row]) ? result.scaleGradient : 0
      }
      return loss
    }
  }
}
