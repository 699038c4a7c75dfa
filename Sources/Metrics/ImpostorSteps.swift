/// How many impostors reach each distinct genuine score.
struct ImpostorSteps: Sendable {
  /// Impostor comparisons with a higher score.
  private(set) var above: [Int] = []
  /// Impostor comparisons with at least the score.
  private(set) var atLeast: [Int] = []

  init(_ places: ImpostorPlaces, _ counts: KeyCounts, among genuine: GenuineScores) {
    var last = ScoreKey.halves
    var running = 0
    for (index, key) in genuine.keys.enumerated() {
      let half = ScoreKey.half(key)
      if half != last { running = counts.above(half) }
      last = half
      running += places.between[index]
      above.append(running)
      running += places.ties[index]
      atLeast.append(running)
    }
  }

  /// The area under the curve, as `ROCCurve.auc` takes it: in integers up to the last division.
  func auc(_ genuine: GenuineScores, impostors: Int) -> Double? {
    guard let count = genuine.accepted.last, impostors > 0 else { return nil }
    var doubled: UInt128 = 0
    var before = 0
    for index in genuine.keys.indices {
      let beaten = (impostors - atLeast[index]) + (impostors - above[index])
      doubled += UInt128(genuine.accepted[index] - before) * UInt128(beaten)
      before = genuine.accepted[index]
    }
    return Double(doubled) / 2 / (Double(count) * Double(impostors))
  }
}

extension ROCCurve {
  /// The points of the exact curve at its genuine scores and at the impostor scores `wanted`, which are all those of some halves.
  init(_ genuine: GenuineScores, _ steps: ImpostorSteps, around wanted: [Float], _ counts: KeyCounts) {
    var (scores, accepted, falselyAccepted): ([Double], [Int], [Int]) = ([], [], [])
    var sorted = wanted
    sortDescending(&sorted)
    let impostors = sorted.map(ScoreKey.key)
    var (place, half, number) = (0, ScoreKey.halves, 0)
    var index = 0
    while place < genuine.keys.count || index < impostors.count {
      let isGenuine =
        place < genuine.keys.count && (index == impostors.count || genuine.keys[place] >= impostors[index])
      let key = isGenuine ? genuine.keys[place] : impostors[index]
      while index < impostors.count, impostors[index] == key {
        if ScoreKey.half(key) != half { (half, number) = (ScoreKey.half(key), 0) }
        number += 1
        index += 1
      }
      scores.append(Double(ScoreKey.score(key)))
      falselyAccepted.append(isGenuine ? steps.atLeast[place] : counts.above(half) + number)
      if isGenuine { place += 1 }
      accepted.append(place == 0 ? 0 : genuine.accepted[place - 1])
    }
    self.init(
      genuineCount: genuine.accepted.last ?? 0, impostorCount: counts.total, thresholds: scores,
      acceptedGenuine: accepted, acceptedImpostor: falselyAccepted)
  }
}
