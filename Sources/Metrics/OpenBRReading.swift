extension ROCCurve {
  private struct SinglePoint {
    var score: Float
    var far: Float
    var tar: Float
  }

  /// OpenBR's TAR at a FAR (`openbr/core/eval.cpp`), in its single precision.
  ///
  /// An operating point is kept at every score of a genuine comparison, and the last of more than two is dropped. Beyond the last one its TAR stands; below the first, the line from (0, 0) at its score.
  func readingOpenBR(at targetFAR: Double) -> FARReading {
    let kept = openBRPoints()
    let target = Float(targetFAR)
    guard let index = kept.firstIndex(where: { $0.far >= target }) else {
      let last = kept[kept.count - 1]
      return FARReading(tar: Double(last.tar), point: nil, threshold: Double(last.score))
    }
    let upper = kept[index]
    if upper.far == target {
      return FARReading(tar: Double(upper.tar), point: nil, threshold: Double(upper.score))
    }
    let lower = index == 0 ? SinglePoint(score: upper.score, far: 0, tar: 0) : kept[index - 1]
    let width = upper.far == lower.far ? 1e-10 : upper.far - lower.far
    let slopeTAR = (upper.tar - lower.tar) / width
    let slopeScore = (upper.score - lower.score) / width
    let tar = slopeTAR * target + (lower.tar - slopeTAR * lower.far)
    let score = slopeScore * target + (lower.score - slopeScore * lower.far)
    return FARReading(tar: Double(tar), point: nil, threshold: Double(score))
  }

  private func openBRPoints() -> [SinglePoint] {
    var kept: [SinglePoint] = []
    for index in 0..<count where acceptedGenuine[index] > (index == 0 ? 0 : acceptedGenuine[index - 1]) {
      kept.append(
        SinglePoint(
          score: Float(thresholds[index]),
          far: Float(acceptedImpostor[index]) / Float(impostorCount),
          tar: Float(acceptedGenuine[index]) / Float(genuineCount)))
    }
    if kept.isEmpty { kept.append(SinglePoint(score: 1, far: 1, tar: 1)) }
    if kept.count == 1 { kept.insert(SinglePoint(score: 0, far: 0, tar: 0), at: 0) }
    if kept.count > 2 { kept.removeLast() }
    return kept
  }
}
