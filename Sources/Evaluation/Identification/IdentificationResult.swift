import LinearAlgebra
import Metrics

/// What one set of embeddings scores on an identification protocol.
public struct IdentificationResult: EvaluationResult, Equatable {
  public static let kind = TemplateIdentification.name

  public let header: EvaluationHeader
  public let convention: IdentificationConvention
  public let missing: AbsentImages
  public let ranks: [Int]
  /// In the order of the protocol.
  public let galleries: [Gallery]
  /// Rates averaged over galleries, each counting once.
  public let mean: Mean
  /// By the rule that takes a threshold on pairs of a closed set for one at an FPIR; nil for all others.
  public let closedSet: [ClosedSetRate]?
  /// Over the people of the probes: of the rates averaged over galleries, called as `TemplateIdentification.rateNames` says.
  public let intervals: ResultIntervals
  public let warnings: [String]

  /// The names of the rates that say nothing, by `TemplateIdentification.rateNames`: 1 at a rank that takes in the whole of every gallery. Below 1 there are
  /// failures to enrol, and the rate counts them.
  public var emptyRates: [String] {
    guard let most = galleries.map(\.size).max() else { return [] }
    return zip(ranks, mean.identification).filter { $0 >= most && $1 == 1 }.map {
      TemplateIdentification.rankName($0.0)
    }
  }

  /// What the searches of one gallery gave.
  public struct Gallery: Codable, Equatable, Sendable {
    public let name: String
    /// The entries of the gallery: N.
    public let size: Int
    public let subjects: Int
    public let matedSearches: Int
    public let nonMatedSearches: Int
    /// Up to the highest rank of the protocol.
    public let match: CumulativeMatch
    /// At the protocol's ranks.
    public let intervals: [BinomialInterval?]
    /// One a rank of the protocol, of which each has one point a target, descending: TPIR(N, R, T) as TAR at FPIR(N, T) as FAR. FNIR(N, R, T) is 1 − TPIR.
    public let openSet: [OpenSet]
    /// TPIR at rank 1 against FPIR, at the scores of mates: the identification DET is 1 − TPIR over FPIR.
    public let curve: ROCCurve
    /// The scores of mates, whatever their ranks, and the best scores of non-mated searches.
    public let scores: ScoreHistograms

    init(
      _ name: String, _ gallery: [IdentificationLists.Member], _ searches: IdentificationSearches,
      settings: TemplateIdentification
    ) {
      let convention = settings.convention
      self.name = name
      size = gallery.count
      subjects = Set(gallery.compactMap(\.subject)).count
      matedSearches = searches.mated.count
      nonMatedSearches = searches.nonMated.count
      let match = searches.match(maximumRank: settings.ranks.last ?? 1, ties: convention.ties)
      self.match = match
      intervals = settings.ranks.map {
        match.interval(rank: $0, confidence: convention.confidence, method: convention.interval)
      }
      let isOpen = convention.threshold == .nonMatedSearches
      openSet = (isOpen ? settings.ranks : []).map { rank in
        let curve = searches.curve(rank: rank)
        return OpenSet(
          rank: rank,
          points: settings.targetFPIRs.map {
            curve.operatingPoint(
              at: $0, rule: convention.fpirRule, confidence: convention.confidence,
              intervalMethod: convention.interval)
          })
      }
      curve = searches.curve(rank: 1).thinned(.genuineScores)
      scores = ScoreHistograms(
        genuine: ScoreHistogram(searches.mated.lazy.map(\.score)), impostor: ScoreHistogram(searches.nonMated)
      )
    }
  }

  /// The open-set rates with `rank` candidates a search.
  public struct OpenSet: Codable, Equatable, Sendable {
    public let rank: Int
    public let points: [OperatingPoint]
  }

  /// Rates averaged over galleries; nil where a gallery has none.
  public struct Mean: Codable, Equatable, Sendable {
    /// At the protocol's ranks.
    public let identification: [Double?]
    /// One list a rank, of one TPIR a target.
    public let tpir: [[Double?]]
  }

  /// The share of mated searches whose mate's score exceeds a threshold of the old rule, whatever its rank.
  public struct ClosedSetRate: Codable, Equatable, Sendable {
    public let target: Double
    public let threshold: Double
    public let accepted: Int
    public let searches: Int

    public var rate: Double { Double(accepted) / Double(searches) }

    var name: String { Self.name(target) }
    static func name(_ target: Double) -> String { "closed-set share at \(target)" }
  }

  init(
    _ task: IdentificationTask, galleries: [Gallery],
    searches: [(gallery: [IdentificationLists.Member], found: IdentificationSearches)],
    closedSet: [ClosedSetRate]?, embeddingDigest: String?, workers: Workers
  ) {
    header = EvaluationHeader(task, embeddingDigest: embeddingDigest)
    convention = task.settings.convention
    missing = task.missing
    let ranks = task.settings.ranks
    self.ranks = ranks
    self.galleries = galleries
    self.closedSet = closedSet
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap(\.self)
      return known.count == values.count ? Spread(known)?.mean : nil
    }
    let averages = Mean(
      identification: ranks.map { rank in mean(galleries.map { $0.match.rate(rank: rank) }) },
      tpir: (galleries.first?.openSet ?? []).indices.map { rank in
        task.settings.targetFPIRs.indices.map { target in
          mean(galleries.map { $0.openSet[rank].points[target].tar })
        }
      })
    self.mean = averages
    let values = averages.identification + averages.tpir.flatMap(\.self)
    intervals = ResultIntervals(task.settings.interval, task.probeSubjects) { subjects, probes in
      SearchResampling(
        task.settings, subjects: subjects, probes: probes,
        isMated: searches.map { task.isMated(in: $0.gallery) }, searches: searches.map(\.found)
      ).intervals(values, closedSet: closedSet, workers: workers)
    }
    var warnings = task.warnings + intervals.warnings
    for gallery in galleries {
      warnings += (gallery.openSet.first?.points ?? []).filter { !$0.attainable }.map {
        "FPIR \(Cell.short($0.targetFAR)) is not attainable with \($0.impostorCount) non-mated searches (\(gallery.name))"
      }
    }
    self.warnings = warnings
  }
}
