extension ROCCurve {
  /// The exact curve of scores in single precision: the same as that of their `ScoreCounts`, in less memory. O(n).
  ///
  /// No score is NaN. The arrays are sorted in place.
  public init(genuine: inout [Float], impostor: inout [Float]) {
    precondition(!genuine.contains(where: \.isNaN) && !impostor.contains(where: \.isNaN), "a score is NaN")
    sortDescending(&genuine)
    sortDescending(&impostor)
    self.init(
      descendingGenuine: genuine, descendingImpostor: impostor, genuineCount: genuine.count,
      impostorCount: impostor.count)
  }

  /// The head of a curve of which only the highest impostor scores are known, exact down to the lowest of them, and then the
  /// one point that accepts everything.
  ///
  /// Right for every rule that looks at points up to the first that is above the target, if so many impostors are known;
  /// not for `nearestThinned` and rates over the whole curve.
  public init(genuine: inout [Float], highestImpostors: HighestScores) {
    precondition(!genuine.contains(where: \.isNaN), "a score is NaN")
    sortDescending(&genuine)
    self.init(
      descendingGenuine: genuine, descendingImpostor: highestImpostors.descending,
      genuineCount: genuine.count, impostorCount: highestImpostors.count)
  }

  private init(
    descendingGenuine genuine: [Float], descendingImpostor impostor: [Float], genuineCount: Int,
    impostorCount: Int
  ) {
    let isHead = impostor.count < impostorCount
    let lowest = isHead ? impostor.last ?? .infinity : -.infinity
    var distinct = 0
    Self.walk(genuine, impostor, downTo: lowest) { _, _, _ in distinct += 1 }
    var (scores, accepted, falselyAccepted): ([Double], [Int], [Int]) = ([], [], [])
    scores.reserveCapacity(distinct + 1)
    accepted.reserveCapacity(distinct + 1)
    falselyAccepted.reserveCapacity(distinct + 1)
    Self.walk(genuine, impostor, downTo: lowest) { score, genuine, impostor in
      scores.append(Double(score) + 0)
      accepted.append(genuine)
      falselyAccepted.append(impostor)
    }
    if isHead {
      scores.append(-.infinity)
      accepted.append(genuineCount)
      falselyAccepted.append(impostorCount)
    }
    self.init(
      genuineCount: genuineCount, impostorCount: impostorCount, thresholds: scores, acceptedGenuine: accepted,
      acceptedImpostor: falselyAccepted)
  }

  /// Visits the distinct scores of both lists, descending, with how many of either are at least as high.
  private static func walk(
    _ genuine: [Float], _ impostor: [Float], downTo lowest: Float,
    _ body: (_ score: Float, _ genuine: Int, _ impostor: Int) -> Void
  ) {
    var (i, j) = (0, 0)
    while i < genuine.count || j < impostor.count {
      let score = max(
        i < genuine.count ? genuine[i] : -.infinity, j < impostor.count ? impostor[j] : -.infinity)
      guard score >= lowest else { return }
      while i < genuine.count, genuine[i] == score { i += 1 }
      while j < impostor.count, impostor[j] == score { j += 1 }
      body(score, i, j)
    }
  }
}
