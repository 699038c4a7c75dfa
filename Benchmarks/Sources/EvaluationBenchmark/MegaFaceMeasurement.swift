import Evaluation

/// What a search among distractors took in one process: printed as one line of JSON, by the Python peers too.
struct MegaFaceMeasurement: Codable {
  /// What one number of distractors gave.
  struct Answer: Codable, Equatable {
    let distractors: Int
    /// Searches whose mate has this rank or a better one, by rank.
    let hits: [String: Int]
    /// At FAR 1e-6; nil where it is not attainable, and where nobody asked.
    let acceptedGenuine: Int?
  }

  let engine: String
  /// Reading the features, making all lengths one, and finding the answers.
  let seconds: Double
  /// Finding alone, of what lies in memory; nil where both go on at once.
  var searchSeconds: Double?
  let peakMiB: Double
  let answers: [Answer]
}

extension MegaFaceMeasurement.Answer {
  init(_ size: DistractorResult.Size) {
    distractors = size.distractors
    hits = Dictionary(
      uniqueKeysWithValues: MegaFaceStore.ranks.map { ("\($0)", size.match.hits[$0 - 1]) })
    let point = size.operatingPoints[0]
    acceptedGenuine = point.attainable ? point.acceptedGenuine : nil
  }

  /// The largest difference of two counts that both have, in searches; infinite where there is none to compare.
  func difference(from other: Self) -> Double {
    guard distractors == other.distractors else { return .infinity }
    var differences = hits.compactMap { rank, count in other.hits[rank].map { abs($0 - count) } }
    if let own = acceptedGenuine, let theirs = other.acceptedGenuine {
      differences.append(abs(own - theirs))
    }
    return differences.max().map(Double.init) ?? .infinity
  }
}
