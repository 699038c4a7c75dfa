import LinearAlgebra
import Metrics

/// Searches one gallery with many probes, whose scores are never stored for more than a stripe of probes a thread.
struct GallerySearch {
  let similarity: Similarity
  let ties: CumulativeMatch.Ties
  /// Of each gallery entry the number of the subject; −1 for nobody's mate.
  let gallerySubjects: [Int]
  /// Of each gallery entry whether it can be compared.
  let galleryIsThere: [Bool]
  /// Of each probe the number of the subject; −1 where it is in no gallery.
  let probeSubjects: [Int]
  let probeIsThere: [Bool]
  /// How many of the highest scores of pairs of different people are kept; 0 for none. Only mated searches count, as in the
  /// rule that asks for them.
  var highestPairs = 0

  struct Found: Sendable {
    var searches = IdentificationSearches()
    var highest: HighestScores?

    /// Takes in the searches of further probes.
    mutating func merge(_ next: Found) {
      for search in next.searches.mated { searches.add(search) }
      for best in next.searches.nonMated { searches.add(nonMated: best) }
      if let other = next.highest { highest?.merge(other) }
    }
  }

  /// What belongs to one stripe of probes.
  private struct Stripe {
    /// The scores of the stripe's probes with the gallery, row by row; empty before and after.
    var scores: [Float] = []
    /// One a probe.
    var outcomes: [Outcome]
    var highest: HighestScores?
  }

  private enum Outcome {
    case mated(IdentificationSearches.Mated)
    case nonMated(Float)
  }

  func run(probes: Matrix<Float>, gallery: Matrix<Float>, workers: Workers) -> Found {
    precondition(
      probes.rows == probeSubjects.count && gallery.rows == gallerySubjects.count, "other numbers of rows")
    let mates = matesOfSubjects()
    let tiles = ScoreTiles(probes)
    let size = gallery.rows
    var stripes = (0..<tiles.stripes).map { stripe(of: tiles.rows(ofStripe: $0).count) }
    tiles.forEachRow(with: gallery, states: &stripes, workers: workers) { stripe, probe, columns, products in
      let row = probe % ScoreTiles.stripeRows
      if stripe.scores.isEmpty {
        stripe.scores = [Float](repeating: 0, count: stripe.outcomes.count * size)
      }
      let isThere = probeIsThere[probe]
      for index in products.indices {
        let entry = columns.lowerBound + index
        stripe.scores[row * size + entry] =
          isThere && galleryIsThere[entry] ? similarity.templateScore(products[index]) : -.infinity
      }
      if columns.upperBound == size { finish(&stripe, row: row, probe: probe, mates: mates) }
    }
    return found(stripes)
  }

  /// The same with any scores, such as an oracle's, of probes and gallery entries that are there.
  func run(score: (_ probe: Int, _ entry: Int) -> Float) -> Found {
    let mates = matesOfSubjects()
    let stripes = probeSubjects.indices.map { probe in
      var stripe = stripe(of: 1)
      stripe.scores = gallerySubjects.indices.map { entry in
        probeIsThere[probe] && galleryIsThere[entry] ? score(probe, entry) : -.infinity
      }
      finish(&stripe, row: 0, probe: probe, mates: mates)
      return stripe
    }
    return found(stripes)
  }

  private func stripe(of probes: Int) -> Stripe {
    Stripe(
      outcomes: [Outcome](repeating: .nonMated(-.infinity), count: probes),
      highest: highestPairs > 0 ? HighestScores(capacity: highestPairs) : nil)
  }

  /// The gallery entries of each subject.
  private func matesOfSubjects() -> [[Int]] {
    var mates = [[Int]](
      repeating: [], count: 1 + max(gallerySubjects.max() ?? -1, probeSubjects.max() ?? -1))
    for (entry, subject) in gallerySubjects.enumerated() where subject >= 0 { mates[subject].append(entry) }
    return mates
  }

  /// Takes in a probe whose scores with the whole gallery are there; after the last of the stripe they go.
  private func finish(_ stripe: inout Stripe, row: Int, probe: Int, mates matesOfSubjects: [[Int]]) {
    let size = gallerySubjects.count
    let subject = probeSubjects[probe]
    let mates = subject < 0 ? [] : matesOfSubjects[subject]
    stripe.outcomes[row] = outcome(stripe.scores[row * size..<(row + 1) * size], mates)
    if !mates.isEmpty {
      for entry in 0..<size where gallerySubjects[entry] != subject {
        let score = stripe.scores[row * size + entry]
        stripe.highest?.insert(score)
      }
    }
    if row == stripe.outcomes.count - 1 { stripe.scores = [] }
  }

  private func found(_ stripes: [Stripe]) -> Found {
    var found = Found()
    if highestPairs > 0 { found.highest = HighestScores(capacity: highestPairs) }
    for stripe in stripes {
      for outcome in stripe.outcomes {
        switch outcome {
        case .mated(let search): found.searches.add(search)
        case .nonMated(let best): found.searches.add(nonMated: best)
        }
      }
      if let highest = stripe.highest { found.highest?.merge(highest) }
    }
    return found
  }

  private func outcome(_ scores: ArraySlice<Float>, _ mates: [Int]) -> Outcome {
    guard !mates.isEmpty else { return .nonMated(scores.max() ?? -.infinity) }
    let first = scores.startIndex
    let best = mates.map { scores[first + $0] }.max() ?? -.infinity
    guard best > -.infinity else { return .mated(.init(score: best, rank: nil)) }
    func isAhead(_ score: Float) -> Bool { ties == .pessimistic ? score >= best : score > best }
    let ahead = scores.count(where: isAhead) - mates.count { isAhead(scores[first + $0]) }
    return .mated(.init(score: best, rank: ahead + 1))
  }
}
