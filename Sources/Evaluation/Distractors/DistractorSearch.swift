import FeatureStores
import LinearAlgebra
import Metrics

/// One pass over a stream of candidates against searches that stay in memory: what is kept are the best scores of each search, the best of
/// all and, without screening, the histogram of all, exact.
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

  private enum Products {
    /// All are looked at.
    case all(ScoreTiles)
    /// Those that may matter are.
    case screened(ScreenedTiles)
  }

  private var products: Products
  private let workers: Workers
  private var stripes: [Stripe]
  private let searches: Int
  /// Scores of −∞.
  private var missing = 0
  /// The highest scores of all searches with all candidates.
  private(set) var highest: HighestScores

  /// - Parameters:
  ///   - searches: one row each.
  ///   - ranks: how many of the best candidates of each search are kept.
  ///   - highest: how many of the highest scores of all are kept.
  init(
    _ searches: Matrix<Float>, ranks: Int, highest count: Int, screening: DistractorScreening?,
    workers: Workers
  ) throws {
    self.workers = workers
    self.searches = searches.rows
    if screening == .eightBit {
      guard let tiles = ScreenedTiles(searches, workers: workers) else {
        throw HarnessError(
          .badInput, place: "screening", found: "embeddings of \(searches.columns) numbers",
          expected: "at most 65536 for 8-bit screening", advice: "Use `screening: none`.")
      }
      products = .screened(tiles)
    } else {
      products = .all(ScoreTiles(searches))
    }
    stripes = stride(from: 0, to: searches.rows, by: ScoreTiles.stripeRows).map { first in
      let count = min(ScoreTiles.stripeRows, searches.rows - first)
      return Stripe(best: [RankHeap](repeating: RankHeap(capacity: ranks), count: count))
    }
    highest = HighestScores(capacity: count)
  }

  /// Takes in candidates, one row each. Those in `farthest` score −∞: they are counted, and no more. `alongside` is called once, by one
  /// of the threads that work.
  mutating func add(
    _ candidates: Matrix<Float>, farthest: Set<Int> = [], alongside: @Sendable () -> Void = {}
  ) {
    if !farthest.isEmpty {
      highest.skip(searches * farthest.count)
      missing += searches * farthest.count
      add(
        candidates.gathering(rows: (0..<candidates.rows).filter { !farthest.contains($0) }),
        alongside: alongside)
      return
    }
    switch products {
    case .all(let tiles): addAll(of: tiles, candidates, alongside: alongside)
    case .screened(var tiles):
      addScreened(by: &tiles, candidates, alongside: alongside)
      products = .screened(tiles)
    }
    highest.skip(searches * candidates.rows)
    for stripe in stripes.indices {
      for score in stripes[stripe].candidates { highest.keep(score) }
      stripes[stripe].candidates.removeAll(keepingCapacity: true)
    }
  }

  private mutating func addAll(
    of tiles: ScoreTiles, _ candidates: Matrix<Float>, alongside: @Sendable () -> Void
  ) {
    let floor = highest.floor
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
  }

  private mutating func addScreened(
    by tiles: inout ScreenedTiles, _ candidates: Matrix<Float>, alongside: @Sendable () -> Void
  ) {
    let floor = highest.floor
    @Sendable func least(_ stripe: borrowing Stripe, _ row: Int) -> Float {
      min(floor, stripe.best[row % ScoreTiles.stripeRows].floor)
    }
    tiles.forEachScore(
      with: candidates, states: &stripes, workers: workers, alongside: alongside, floor: least
    ) { stripe, row, _, score in
      if score >= floor { stripe.candidates.append(score) }
      stripe.best[row % ScoreTiles.stripeRows].insert(score)
    }
  }

  /// All scores so far; nil with screening, which does not see all.
  var histogram: ScoreHistogram? {
    guard case .all = products else { return nil }
    var all = ScoreHistogram()
    if missing > 0 { all.insert(-.infinity, count: missing) }
    for stripe in stripes { all.merge(stripe.histogram) }
    return all
  }

  /// How the scores so far were decided; nil without screening.
  var tally: ScreeningTally? {
    guard case .screened(let tiles) = products else { return nil }
    return tiles.tally
  }

  /// The best scores of one search so far, descending.
  func best(ofSearch row: Int) -> [Float] {
    stripes[row / ScoreTiles.stripeRows].best[row % ScoreTiles.stripeRows].descending
  }
}
