import FeatureStores
import LinearAlgebra
import Metrics

/// The trials of a protocol of all pairs, resolved to rows.
public struct AllPairsTask: EvaluationTask {
  /// The images of one trial, person by person.
  struct Trial: Sendable {
    /// The row of each image.
    let rows: [Int]
    /// The number of each image's person among those of all trials.
    let persons: [Int32]
    /// For each image the end of its person's images.
    let personEnds: [Int]
    let people: Int

    var impostorCount: Int { impostorCount(of: 0..<rows.count) }

    /// The pairs of images `range` with the images after them that are of another person.
    func impostorCount(of range: Range<Int>) -> Int { range.reduce(0) { $0 + rows.count - personEnds[$1] } }
    func genuineCount(of range: Range<Int>) -> Int { range.reduce(0) { $0 + personEnds[$1] - $1 - 1 } }
  }

  public let definition: ProtocolDefinition
  public let settings: AllPairs
  public let listDigests: [ListDigest]
  public let warnings: [String]
  let trials: [Trial]
  /// The people of all trials.
  let subjects: KnownSubjects<Void>

  init(
    _ definition: ProtocolDefinition, _ settings: AllPairs, lists folder: String, names: [String],
    source: String
  ) throws {
    self.definition = definition
    self.settings = settings
    listDigests = try settings.listDigests(folder: folder)
    let index = try ImageIndex(names, source: source)
    var numbers: [String: Int32] = [:]
    trials = try (1...settings.lists.trials).map { try Self.trial($0, folder, settings, index, &numbers) }
    subjects = .checked(SubjectNumbering(count: numbers.count, source: "the list's names"), ())
    warnings = []
  }

  private static func trial(
    _ number: Int, _ folder: String, _ settings: AllPairs, _ index: ImageIndex,
    _ numbers: inout [String: Int32]
  ) throws -> Trial {
    var entries: [(person: Int32, row: Int)] = []
    var people: Set<Int32> = []
    var missing: [String] = []
    var seen: Set<String> = []
    let file = "\(folder)/\(settings.lists.file(trial: number))"
    for listed in try settings.lists.images(trial: number, folder: folder) {
      let name = settings.naming.storeName(listed.image)
      guard seen.insert(name).inserted else {
        throw HarnessError(
          .badInput, file: listed.place.file, place: "line \(listed.place.line)",
          found: "`\(listed.image)` a second time", expected: "each image once")
      }
      let person = numbers[listed.identity] ?? Int32(numbers.count)
      numbers[listed.identity] = person
      people.insert(person)
      if let row = index[name] { entries.append((person, row)) } else { missing.append(name) }
    }
    _ = try AbsentImages(missing, policy: .error, list: file, index: index)
    // Images of a person side by side, in the order of the list: sorting by two keys keeps it.
    let order = entries.indices.sorted { (entries[$0].person, $0) < (entries[$1].person, $1) }
    var ends = [Int](repeating: order.count, count: order.count)
    for place in order.indices.dropLast().reversed() {
      let isLast = entries[order[place]].person != entries[order[place + 1]].person
      ends[place] = isLast ? place + 1 : ends[place + 1]
    }
    return Trial(
      rows: order.map { entries[$0].row }, persons: order.map { entries[$0].person }, personEnds: ends,
      people: people.count)
  }

  public var rowsRead: Int { trials.reduce(0) { $0 + $1.rows.count } }

  public func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try result(of: embeddings, workers: workers)
  }

  /// The result of `embeddings`, whose rows have the names that the task was made with. The embeddings of one trial are in memory; scores are not:
  /// `blockRows` of the images are compared with the others at a time, which changes nothing but memory.
  public func result(of embeddings: any EmbeddingSource, workers: Workers = .one, blockRows: Int = 2048)
    throws
    -> AllPairsResult
  {
    let digest = ContentDigest(of: embeddings, workers: workers)
    return try result(digest: digest.value, workers) { trial in
      try scores(trials[trial], 0..<trials[trial].rows.count, of: embeddings, workers, blockRows: blockRows)
    }
  }

  /// The result of the scores of each trial, which `scores` gives in turn.
  func result(
    digest: () throws -> String?, _ workers: Workers, scores: (_ trial: Int) throws -> AllPairsPart.Scores
  ) throws -> AllPairsResult {
    var tallies: [[SubjectTally?]] = []
    let outcomes = try trials.indices.map { index in
      let scores = try scores(index)
      var genuine = scores.genuine
      let outcome = AllPairsResult.Trial(
        trials[index], curve: ROCCurve(genuine: &genuine, highestImpostors: scores.impostor),
        scores: ScoreHistograms(genuine: ScoreHistogram(genuine), impostor: scores.histogram),
        settings: settings)
      tallies.append(
        outcome.operatingPoints.map { tally(of: scores.genuine, of: scores.people, at: $0) })
      return outcome
    }
    return AllPairsResult(
      self, trials: outcomes, tallies: tallies, embeddingDigest: try digest(), workers: workers)
  }

  /// How many of the highest impostor scores of a trial every target needs, with the next beyond it.
  func neededImpostors(_ trial: Trial) throws -> Int {
    let needed = allowedFalseAccepts(
      targetFAR: settings.targetFARs.first ?? 0, impostors: trial.impostorCount)
    guard needed < 1 << 28 else {
      throw HarnessError(
        .badInput, place: "protocol \(definition.name), far",
        found: "\(needed) of \(trial.impostorCount) impostor scores to be kept",
        expected: "at most \(1 << 28)",
        advice: "Leave out the largest target.")
    }
    return needed + 2
  }

  /// The genuine pairs that are accepted at a point's threshold, by person; nil for a point without one.
  private func tally(of genuine: [Float], of people: [Int32], at point: OperatingPoint) -> SubjectTally? {
    guard case .known(let numbering, _) = subjects, point.attainable, let threshold = point.threshold else {
      return nil
    }
    var tally = SubjectTally(subjects: numbering.count)
    for (score, person) in zip(genuine, people) {
      tally.add(Int(person), isRight: Double(score) >= threshold)
    }
    return tally
  }

  /// What belongs to one stripe of rows.
  private struct Stripe {
    var genuine: [Float] = []
    /// The person of each genuine score.
    var people: [Int32] = []
    var candidates: [Float] = []
    var histogram = ScoreHistogram()
  }

  /// The scores of the images `rows` of a trial with all images after them.
  func scores(
    _ trial: Trial, _ rows: Range<Int>, of embeddings: any EmbeddingSource, _ workers: Workers,
    blockRows: Int = 2048
  ) throws -> AllPairsPart.Scores {
    var scores = AllPairsPart.Scores(impostor: HighestScores(capacity: try neededImpostors(trial)))
    guard !rows.isEmpty else { return scores }
    let (count, base) = (trial.rows.count, rows.lowerBound)
    let features = try ComparedRows(similarity: settings.convention.similarity).read(
      Array(trial.rows[base...]), embeddings)
    let ends = trial.personEnds
    for top in stride(from: base, to: rows.upperBound, by: blockRows) {
      let tiles = ScoreTiles(features.rows(in: top - base..<min(rows.upperBound, top + blockRows) - base))
      var stripes = [Stripe](repeating: Stripe(), count: tiles.stripes)
      for left in stride(from: top, to: count, by: blockRows) {
        let floor = scores.impostor.floor
        let block = features.rows(in: left - base..<min(count, left + blockRows) - base)
        tiles.forEachRow(with: block, states: &stripes, workers: workers) { stripe, row, columns, products in
          let image = top + row
          // Each pair once: only images after this one, of which the person's own come first.
          let first = max(columns.lowerBound, image + 1 - left)
          let split = min(columns.upperBound, max(first, ends[image] - left))
          if first < split {
            for column in first..<split {
              stripe.genuine.append(products[column - columns.lowerBound])
              stripe.people.append(trial.persons[image])
            }
          }
          guard split < columns.upperBound else { return }
          stripe.histogram.insert(products, from: split - columns.lowerBound)
          guard VectorKernels.maximum(products) >= floor else { return }
          for column in split..<columns.upperBound where products[column - columns.lowerBound] >= floor {
            stripe.candidates.append(products[column - columns.lowerBound])
          }
        }
        for stripe in stripes.indices {
          for score in stripes[stripe].candidates { scores.impostor.keep(score) }
          stripes[stripe].candidates.removeAll(keepingCapacity: true)
        }
      }
      for stripe in stripes {
        scores.genuine += stripe.genuine
        scores.people += stripe.people
        scores.histogram.merge(stripe.histogram)
      }
    }
    scores.impostor.skip(trial.impostorCount(of: rows))
    return scores
  }
}
