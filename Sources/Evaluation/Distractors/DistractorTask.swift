import FeatureStores
import LinearAlgebra
import Metrics

/// The lists of a protocol of identification among distractors, resolved to rows.
public struct DistractorTask: EvaluationTask {
  public let definition: ProtocolDefinition
  public let settings: DistractorIdentification
  public let listDigests: [ListDigest]
  public let warnings: [String]
  public let noise: NoiseCounts
  /// The row and the identity of each probe photo, in the order of the list.
  let probes: [(row: Int, identity: Int)]
  /// Probes whose embedding is replaced.
  let replacedProbes: [Int]
  /// The row of each distractor, in the order of the list.
  let distractors: [Int32]
  /// Distractors whose embedding is replaced, ascending.
  let replacedDistractors: [Int]
  /// How many of `distractors` belong to each size.
  let counts: [Int]

  /// What the noise lists hold, and what was found of it.
  public struct NoiseCounts: Codable, Equatable, Sendable {
    public let rule: DistractorConvention.Noise
    public let listedProbes: Int
    public let foundProbes: Int
    public let listedDistractors: Int
    /// In the largest list of distractors.
    public let foundDistractors: Int
  }

  init(
    _ definition: ProtocolDefinition, _ settings: DistractorIdentification, lists folder: String,
    names: [String], source: String
  ) throws {
    self.definition = definition
    self.settings = settings
    let lists = settings.lists
    let rule = settings.convention.noise
    listDigests = try settings.listDigests(folder: folder)
    let index = try ImageIndex(names, source: source)
    let photos = try lists.readProbes(folder: folder)
    let images = try lists.readDistractors(folder: folder, sizes: settings.sizes)
    func noise(_ file: String?, among images: [String]) throws -> (indices: [Int], listed: Int) {
      guard rule != .keep, let file else { return ([], 0) }
      return try MegaFaceLists.noise("\(folder)/\(file)", among: images)
    }
    let probeNoise = try noise(lists.probeNoise, among: photos.map { $0.image })
    let distractorNoise = try noise(lists.distractorNoise, among: images)
    self.noise = NoiseCounts(
      rule: rule, listedProbes: probeNoise.listed, foundProbes: probeNoise.indices.count,
      listedDistractors: distractorNoise.listed, foundDistractors: distractorNoise.indices.count)
    var identities: [String: Int] = [:]
    let numbers = photos.map { photo in
      let number = identities[photo.identity] ?? identities.count
      identities[photo.identity] = number
      return number
    }
    let excludedProbes = Set(rule == .exclude ? probeNoise.indices : [])
    let excludedDistractors = Set(rule == .exclude ? distractorNoise.indices : [])
    let keptPhotos = photos.indices.filter { !excludedProbes.contains($0) }
    let keptImages = images.indices.filter { !excludedDistractors.contains($0) }
    let probeRows = try Self.rows(
      keptPhotos.map { settings.probeNaming.storeName(photos[$0].image) }, index,
      list: "\(folder)/\(lists.probes)")
    distractors = try Self.rows(
      keptImages.map { settings.distractorNaming.storeName(images[$0]) }, index,
      list: "\(folder)/\(lists.distractorFile(size: settings.sizes.last ?? 0))"
    ).map { Int32($0) }
    probes = zip(probeRows, keptPhotos).map { ($0, numbers[$1]) }
    let replaces = rule == .replace || rule == .insightface
    replacedProbes = replaces ? probeNoise.indices : []
    replacedDistractors = replaces ? distractorNoise.indices : []
    counts = settings.sizes.map { size in
      size - (rule == .exclude ? distractorNoise.indices.count { $0 < size } : 0)
    }
    warnings = try Self.check(
      probes.map { $0.identity }, list: "\(folder)/\(lists.probes)", listed: photos.count)
  }

  /// The rows of images, all of which must be there.
  private static func rows(_ names: [String], _ index: ImageIndex, list: String) throws -> [Int] {
    let rows = names.map { index[$0] }
    let missing = rows.indices.filter { rows[$0] == nil }.map { names[$0] }
    _ = try AbsentImages(missing, policy: .error, list: list, index: index)
    return rows.compactMap(\.self)
  }

  private static func check(_ identities: [Int], list: String, listed: Int) throws -> [String] {
    var photos: [Int: Int] = [:]
    for identity in identities { photos[identity, default: 0] += 1 }
    guard photos.values.contains(where: { $0 > 1 }) else {
      throw HarnessError(
        .badInput, file: list, found: "no identity with two photos that can be searched for",
        expected: "at least one")
    }
    let alone = photos.values.count { $0 == 1 }
    return alone == 0
      ? []
      : [
        "\(alone) \(alone == 1 ? "identity has" : "identities have") one photo only: it is no mate, but counts as an impostor of every distractor"
      ]
  }

  public var rowsRead: Int { probes.count + distractors.count }

  public func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try result(of: embeddings, workers: workers)
  }

  /// Distractors read at a time: a multiple of a tile's columns, so that no tile is padded.
  public static let blockRows = 8 * ScoreTiles.tileColumns

  /// The result of `embeddings`, whose rows have the names that the task was made with. One pass over the distractors, of which `blockRows`
  /// are read at a time: that changes nothing but memory. With screening `screened` learns how the scores were decided, which does depend on that.
  public func result(
    of embeddings: any EmbeddingSource, workers: Workers = .one, blockRows: Int = Self.blockRows,
    screened: (ScreeningTally) -> Void = { _ in }
  ) throws -> DistractorResult {
    let digest = ContentDigest(of: embeddings, workers: workers)
    let probes = try probeEmbeddings(embeddings)
    return try result(
      searches: probes, mates: probes, digest: digest.value, workers, blockRows, screened: screened
    ) { try distractorEmbeddings(embeddings, $0) }
  }

  /// An oracle knows nothing of embeddings that are replaced.
  public func hasCeiling(by oracle: WorldOracle) -> Bool {
    !oracle.knowsAttributes && replacedProbes.isEmpty && replacedDistractors.isEmpty
  }

  public func ceiling(by oracle: WorldOracle, workers: Workers) throws -> (any EvaluationResult)? {
    let rows = probes.map { $0.row }
    guard hasCeiling(by: oracle), let searches = oracle.vectors(of: rows, .search),
      let mates = oracle.vectors(of: rows, .candidate)
    else { return nil }
    let digest = { oracle.digest as String? }
    return try result(searches: searches, mates: mates, digest: digest, workers, Self.blockRows) { block in
      oracle.vectors(of: distractors[block].map { Int($0) }, .candidate) ?? Matrix(rows: 0, columns: 0)
    }
  }

  /// The result where the score of a probe with another or with a distractor is the inner product of a row of `searches` with one of `mates`
  /// or of `candidates`.
  private func result(
    searches: Matrix<Float>, mates others: Matrix<Float>, digest: () throws -> String?, _ workers: Workers,
    _ blockRows: Int, screened: (ScreeningTally) -> Void = { _ in },
    candidates: @escaping (_ block: Range<Int>) throws -> Matrix<Float>
  ) throws -> DistractorResult {
    var pass = try DistractorPass(
      self, among: 0..<distractors.count, searches: searches, workers: workers, blockRows: blockRows,
      candidates: candidates)
    let result = try result(
      mates: mateScores(searches, others, workers), digest: digest, workers,
      found: { try pass.found(amongFirst: counts[$0]) }, histogram: { pass.histogram })
    if let tally = pass.tally { screened(tally) }
    return result
  }

  /// The result where probes have the scores `mates` with the others of their identities. `found` is asked for what they find among the distractors of
  /// each size in turn, then `histogram` for that of all scores.
  func result(
    mates: [[Float]], digest: () throws -> String?, _ workers: Workers,
    found: (_ size: Int) throws -> DistractorPart.Found, histogram: () -> ScoreHistogram?
  ) throws -> DistractorResult {
    var genuine = mates.flatMap(\.self)
    var sizes: [DistractorResult.Size] = []
    var tallies = DistractorTallies(probes: probes.map { $0.identity }, mates: mates)
    for (index, size) in settings.sizes.enumerated() {
      let found = try found(index)
      sizes.append(
        DistractorResult.Size(
          listed: size, distractors: counts[index], settings: settings,
          match: match(found.best, mates, &tallies),
          curve: ROCCurve(genuine: &genuine, highestImpostors: found.highest)))
      tallies.addRates(sizes[index].operatingPoints)
    }
    let scores = histogram().map { ScoreHistograms(genuine: ScoreHistogram(genuine), impostor: $0) }
    return DistractorResult(
      self, sizes: sizes, tallies: tallies, scores: scores, embeddingDigest: try digest(), workers: workers
    )
  }

  /// The searches, of each of which `best` has the best scores among the distractors; `tallies` learns of each, too.
  private func match(_ best: [[Float]], _ mates: [[Float]], _ tallies: inout DistractorTallies)
    -> CumulativeMatch
  {
    var match = CumulativeMatch(maximumRank: highestRank, ties: settings.convention.ties)
    for (row, scores) in mates.enumerated() where !scores.isEmpty {
      let best = best[row]
      var own = CumulativeMatch(maximumRank: match.hits.count, ties: match.ties)
      for score in scores { own.add(mate: score, others: best) }
      tallies.add(own, probe: row, ranks: settings.ranks)
      match.merge(own)
    }
    return match
  }

  /// The highest rank that is told apart.
  var highestRank: Int { settings.ranks.last ?? 1 }

  /// How many of the highest impostor scores every target needs, with the next beyond it.
  var neededImpostors: Int {
    get throws {
      let all = probes.count * distractors.count
      let needed =
        allowedFalseAccepts(targetFAR: settings.targetFARs.first ?? 0, impostors: all) + 2
      guard needed <= 1 << 28 else {
        throw HarnessError(
          .badInput, place: "protocol \(definition.name), far",
          found:
            "\(settings.targetFARs.first ?? 0) of \(all) impostor comparisons, \(needed - 2) scores to be kept",
          expected: "at most \(1 << 28)", advice: "Leave out the largest target, or the largest size.")
      }
      return needed
    }
  }

  /// For each probe photo the scores of the other photos of its identity, in the order of the list.
  func mateScores(_ searches: Matrix<Float>, _ others: Matrix<Float>, _ workers: Workers) -> [[Float]] {
    let tiles = ScoreTiles(searches)
    var stripes = [[[Float]]](repeating: [], count: tiles.stripes)
    for stripe in stripes.indices {
      stripes[stripe] = [[Float]](repeating: [], count: tiles.rows(ofStripe: stripe).count)
    }
    let identities = probes.map { $0.identity }
    tiles.forEachRow(with: others, states: &stripes, workers: workers) { stripe, row, columns, scores in
      for column in columns where column != row && identities[column] == identities[row] {
        stripe[row % ScoreTiles.stripeRows].append(scores[column - columns.lowerBound])
      }
    }
    return stripes.flatMap(\.self)
  }
}
