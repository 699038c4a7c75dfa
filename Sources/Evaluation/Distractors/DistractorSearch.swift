import LinearAlgebra
import Metrics

/// One pass over a stream of candidates against searches that stay in memory: what is kept are the best scores of each search, the best of
/// all and the histogram of all, exact.
///
/// No score is ever stored that does not stand among the best, so memory does not grow with the stream. Scores are those of `ScoreTiles`, so nothing
/// depends on the blocks in which candidates come or on the number of threads.
struct DistractorSearch {
  /// What belongs to one stripe of searches.
  private struct Stripe {
    /// One a search.
    var best: [RankHeap]
    /// Scores of the current block that may be among the highest of all.
    var candidates: [Float] = []
    var histogram = ScoreHistogram()
  }

  private let tiles: ScoreTiles
  private let workers: Workers
  private var stripes: [Stripe]
  /// Scores of −∞.
  private var missing = 0
  /// The highest scores of all searches with all candidates.
  private(set) var highest: HighestScores

  /// - Parameters:
  ///   - searches: one row each.
  ///   - ranks: how many of the best candidates of each search are kept.
  ///   - highest: how many of the highest scores of all are kept.
  init(_ searches: Matrix<Float>, ranks: Int, highest count: Int, workers: Workers) {
    let tiles = ScoreTiles(searches)
    self.tiles = tiles
    self.workers = workers
    stripes = (0..<tiles.stripes).map { stripe in
      Stripe(best: tiles.rows(ofStripe: stripe).map { _ in RankHeap(capacity: ranks) })
    }
    highest = HighestScores(capacity: count)
  }

  /// Takes in candidates, one row each. Those in `farthest` score −∞: they are counted, and no more. `alongside` is called once, by one
  /// of the threads that work.
  mutating func add(
    _ candidates: Matrix<Float>, farthest: Set<Int> = [], alongside: @Sendable () -> Void = {}
  ) {
    let floor = highest.floor
    if !farthest.isEmpty {
      highest.skip(tiles.rows * farthest.count)
      missing += tiles.rows * farthest.count
      add(
        candidates.gathering(rows: (0..<candidates.rows).filter { !farthest.contains($0) }),
        alongside: alongside)
      return
    }
    tiles.forEachRow(
      with: candidates, states: &stripes, workers: workers, alongside: alongside
    ) { stripe, row, _, scores in
      let search = row % ScoreTiles.stripeRows
      stripe.histogram.insert(scores)
      // Most tiles have no score that matters, and their maximum tells.
      let least = min(floor, stripe.best[search].floor)
      guard VectorKernels.maximum(scores) >= least else { return }
      for index in scores.indices {
        let score = scores[index]
        guard score >= least else { continue }
        if score >= floor { stripe.candidates.append(score) }
        stripe.best[search].insert(score)
      }
    }
    highest.skip(tiles.rows * candidates.rows)
    for stripe in stripes.indices {
      for score in stripes[stripe].candidates { highest.keep(score) }
      stripes[stripe].candidates.removeAll(keepingCapacity: true)
    }
  }

  /// All scores so far.
  var histogram: ScoreHistogram {
    var all = ScoreHistogram()
    if missing > 0 { all.insert(-.infinity, count: missing) }
    for stripe in stripes { all.merge(stripe.histogram) }
    return all
  }

  /// The best scores of one search so far, descending.
  func best(ofSearch row: Int) -> [Float] {
    stripes[row / ScoreTiles.stripeRows].best[row % ScoreTiles.stripeRows].descending
  }
}
