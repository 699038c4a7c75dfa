/// Holm's step-down correction (1979) of p-values for the number of tests: rejecting where the corrected value is at most α keeps the
/// probability of any false rejection at α, however the tests depend on each other.
///
/// The k-th smallest of m values is multiplied by m − k + 1, then raised to the largest before it; never above 1. Equal values get equal ones. In the
/// order of `pValues`, which are in [0, 1].
public func holmCorrected(_ pValues: [Double]) -> [Double] {
  precondition(pValues.allSatisfy { $0 >= 0 && $0 <= 1 }, "a p-value outside [0, 1]")
  var corrected = pValues
  var largest = 0.0
  for (place, index) in pValues.indices.sorted(by: { (pValues[$0], $0) < (pValues[$1], $1) }).enumerated() {
    largest = max(largest, min(1, Double(pValues.count - place) * pValues[index]))
    corrected[index] = largest
  }
  return corrected
}
