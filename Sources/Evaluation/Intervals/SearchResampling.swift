import LinearAlgebra
import Metrics

/// Resamples the people of the probes of searches of galleries: a search counts as often as its person was drawn, the galleries stay.
struct SearchResampling: Sendable {
  /// The searches of one gallery with the person of each.
  private struct Gallery: Sendable {
    var searches = IdentificationSearches()
    var mated: [Int32] = []
    var nonMated: [Int32] = []
  }

  let settings: TemplateIdentification
  let subjects: SubjectNumbering
  private let galleries: [Gallery]

  /// - Parameters:
  ///   - probes: the person of each probe.
  ///   - isMated: of each gallery whether each probe's search is a mated one.
  ///   - searches: of each gallery, in the order of the probes.
  init(
    _ settings: TemplateIdentification, subjects: SubjectNumbering, probes: [Int32], isMated: [[Bool]],
    searches: [IdentificationSearches]
  ) {
    self.settings = settings
    self.subjects = subjects
    galleries = zip(isMated, searches).map { isMated, searches in
      let mated = probes.indices.filter { isMated[$0] }.map { probes[$0] }
      let nonMated = probes.indices.filter { !isMated[$0] }.map { probes[$0] }
      precondition(
        mated.count == searches.mated.count && nonMated.count == searches.nonMated.count,
        "searches of other probes")
      return Gallery(searches: searches, mated: mated, nonMated: nonMated)
    }
  }

  /// The intervals of `values`, the rates of `rateNames`; of the old rule, the identification rates, and those of `closedSet` at their thresholds.
  func intervals(
    _ values: [Double?], closedSet: [IdentificationResult.ClosedSetRate]?, workers: Workers
  ) -> SubjectIntervals {
    let identification = galleries.map { gallery in settings.ranks.map { tally(gallery, rank: $0) } }
    let isOpen = closedSet == nil && !settings.targetFPIRs.isEmpty
    let perReplicate =
      isOpen ? galleries.reduce(0) { $0 + $1.searches.mated.count + $1.searches.nonMated.count } : 0
    let chosen = SubjectIntervals.thresholds(
      comparisons: perReplicate * settings.ranks.count, settings.interval)
    let rates: @Sendable ([Int32]) -> [Double?]
    if let closedSet {
      let shares = closedSet.map { rate in
        galleries.map { gallery in accepted(gallery, rank: nil) { $0 > rate.threshold } }
      }
      rates = { counts in shares.map { Self.mean($0.map { $0.rate(counts) }) } }
    } else if chosen == .chosenAnew {
      let curves = (isOpen ? settings.ranks : []).map { rank in galleries.map { comparisons($0, rank: rank) }
      }
      let (targets, rule) = (settings.targetFPIRs, settings.convention.fpirRule)
      rates = { counts in
        curves.flatMap { curves in
          let resampled = curves.map { $0.curve(counts) }
          return targets.map { target in
            Self.mean(resampled.map { $0.reading(at: target, rule: rule)?.tar })
          }
        }
      }
    } else {
      let kept = settings.ranks.flatMap { rank in
        settings.targetFPIRs.map { target in galleries.map { keptTally($0, rank: rank, target: target) } }
      }
      rates = { counts in kept.map { Self.mean($0.map { $0?.rate(counts) }) } }
    }
    var estimates = zip(settings.rateNames, values).map { (name: $0, value: $1) }
    estimates += (closedSet ?? []).map { ($0.name, $0.rate) }
    return SubjectIntervals(
      subjects: subjects, settings: settings.interval, thresholds: closedSet == nil ? chosen : .kept,
      estimates: estimates, workers: workers
    ) { counts in
      settings.ranks.indices.map { rank in Self.mean(identification.map { $0[rank].rate(counts) }) }
        + rates(counts)
    }
  }

  private static func mean(_ values: [Double?]) -> Double? {
    let known = values.compactMap(\.self)
    return known.count == values.count ? Spread(known)?.mean : nil
  }

  /// Whose mated searches have their mate among the first `rank`.
  private func tally(_ gallery: Gallery, rank: Int) -> SubjectTally {
    accepted(gallery, rank: rank) { _ in true }
  }

  /// Whose mated searches find their mate among the first `rank` (nil: wherever) with an accepted score.
  private func accepted(_ gallery: Gallery, rank: Int?, _ accepts: (Double) -> Bool) -> SubjectTally {
    var tally = SubjectTally(subjects: subjects.count)
    for (search, person) in zip(gallery.searches.mated, gallery.mated) {
      let isRanked = rank.map { limit in search.rank.map { $0 <= limit } ?? false } ?? true
      tally.add(Int(person), isRight: isRanked && accepts(Double(search.score)))
    }
    return tally
  }

  /// The searches as the comparisons of one person each, as `IdentificationSearches.curve(rank:)` counts them.
  private func comparisons(_ gallery: Gallery, rank: Int) -> SubjectComparisons {
    let genuine = gallery.searches.mated.map { search in
      search.rank.map { $0 <= rank } ?? false ? Double(search.score) : -.infinity
    }
    let impostor = gallery.searches.nonMated.map { Double($0) }
    let people = gallery.mated + gallery.nonMated
    return SubjectComparisons(
      LabelledScores(
        scores: genuine + impostor,
        isGenuine: genuine.map { _ in true } + impostor.map { _ in false }), first: people, second: people,
      subjects: subjects.count)
  }

  /// At the threshold of all searches; nil for a rule without one.
  private func keptTally(_ gallery: Gallery, rank: Int, target: Double) -> SubjectTally? {
    let point = gallery.searches.curve(rank: rank).operatingPoint(
      at: target, rule: settings.convention.fpirRule)
    guard let threshold = point.threshold else { return nil }
    return accepted(gallery, rank: rank) { $0 >= threshold }
  }
}
