import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Evaluation

@Suite("Intervals over people")
struct SubjectIntervalTests {
  /// Two folds of genuine and impostor pairs of twelve people with three images each, at random on the circle around an angle of the person.
  private struct People {
    let lists: ListFolder
    let table: EmbeddingTable

    init(list: String? = nil) throws {
      var stream = RandomStream(seed: 5, name: "people")
      var angles: [(name: String, degrees: Double)] = []
      for person in 0..<12 {
        let centre = stream.uniform() * 360
        for image in 1...3 {
          angles.append(("P\(person)/P\(person)_000\(image)", centre + 25 * stream.normal()))
        }
      }
      table = try circle(angles)
      var text = "2\t9\n"
      for fold in 0..<2 {
        for person in 0..<3 {
          for (a, b) in [(1, 2), (1, 3), (2, 3)] { text += "P\(fold * 6 + person)\t\(a)\t\(b)\n" }
        }
        for pair in 0..<9 {
          text += "P\(fold * 6 + pair % 6)\t1\tP\(fold * 6 + (pair + 1 + pair / 6) % 6)\t2\n"
        }
      }
      lists = try ListFolder(["pairs.txt": list ?? text])
    }

    func definition(_ interval: String) throws -> ProtocolDefinition {
      try EvaluationTests.definition("{format: lfw}", interval, far: "[0.5, 0.2, 0.1]")
    }

    func task(_ interval: String = "") throws -> VerificationTask {
      try VerificationTask(definition(interval), lists: lists.path, names: table.names, source: table.source)
    }
  }

  /// The multiplicities that the intervals draw.
  static func draws(_ subjects: Int, _ replicate: Int) -> [Int32] {
    var stream = RandomStream(seed: 0, name: "bootstrap.subjects.\(replicate)")
    var counts = [Int32](repeating: 0, count: subjects)
    for _ in 0..<subjects { counts[stream.integer(below: subjects)] += 1 }
    return counts
  }

  @Test
  func
    `Every replicate is what the rules give on the list in which pairs stand as often as their people were drawn`()
    throws
  {
    let people = try People()
    let task = try people.task("interval: {replicates: 60, level: 0.9}")
    let result = try task.evaluate(people.table)
    let intervals = try #require(result.intervals.subjects)
    #expect(result.intervals.method == .subjects && result.intervals.reason == nil)
    #expect(intervals.subjects == 12 && intervals.replicates == 60 && intervals.thresholds == .chosenAnew)
    #expect(
      intervals.numbers.map(\.name)
        == ["accuracy", "AUC", "EER", "TAR at FAR 0.5", "TAR at FAR 0.2", "TAR at FAR 0.1"])
    var names: [String] = []
    for pair in task.pairs {
      for name in [pair.listed.firstIdentity, pair.listed.secondIdentity].compactMap(\.self)
      where !names.contains(name) { names.append(name) }
    }
    let accuracy = try #require(result.accuracy)
    var replicates: [String: [Double?]] = [:]
    for replicate in 0..<60 {
      let counts = Self.draws(12, replicate)
      var all = LabelledScores()
      var perFold: [Double] = []
      for fold in 0..<2 {
        let scores = try task.scores(people.table.features, fold: fold)
        var (right, total) = (0, 0)
        for (place, index) in task.scoredPairs(fold: fold).enumerated() {
          let listed = task.pairs[index].listed
          let a = try #require(names.firstIndex(of: listed.firstIdentity ?? ""))
          let b = try #require(names.firstIndex(of: listed.secondIdentity ?? ""))
          let weight = Int(listed.isGenuine ? counts[a] : counts[a] * counts[b])
          all.append(
            contentsOf: LabelledScores(
              scores: [Double](repeating: scores.scores[place], count: weight),
              isGenuine: [Bool](repeating: listed.isGenuine, count: weight)))
          total += weight
          if (scores.scores[place] >= accuracy.thresholds[fold]) == listed.isGenuine { right += weight }
        }
        if total > 0 { perFold.append(Double(right) / Double(total)) }
      }
      replicates["accuracy", default: []].append(
        perFold.count == 2 ? (perFold[0] + perFold[1]) / 2 : nil)
      replicates["AUC", default: []].append(all.roc.auc)
      replicates["EER", default: []].append(all.roc.equalErrorRate()?.value)
      for target in [0.5, 0.2, 0.1] {
        replicates["TAR at FAR \(target)", default: []].append(all.roc.reading(at: target)?.tar)
      }
    }
    for number in intervals.numbers {
      #expect(number.replicates.values == replicates[number.name], "\(number.name)")
      #expect(number.interval == PercentileInterval(replicates[number.name] ?? [], level: 0.9))
    }
    #expect(intervals["accuracy"]?.estimate == accuracy.mean)
    #expect(intervals["TAR at FAR 0.2"]?.estimate == result.operatingPoints[1].tar)
  }

  @Test func `Threads change nothing, and a result with its replicates survives JSON`() throws {
    let people = try People()
    let task = try people.task("interval: {replicates: 50}")
    let one = try task.evaluate(people.table)
    let many = try task.evaluate(people.table, workers: Workers(3))
    #expect(one == many)
    #expect(try one.json() == many.json())
    #expect(try JSONDecoder().decode(VerificationResult.self, from: one.json()) == one)
    let gaps = ReplicateValues(values: [0.5, nil, -0.0, 1e-300])
    #expect(try JSONDecoder().decode(ReplicateValues.self, from: JSONEncoder().encode(gaps)) == gaps)
  }

  @Test func `A fold-wise result averages each replicate over folds`() throws {
    let people = try People()
    let task = try people.task("interval: {replicates: 40}")
    let result = try task.foldwiseResult(of: people.table.features)
    let intervals = try #require(result.intervals.subjects)
    #expect(intervals["accuracy"]?.estimate == result.accuracy?.mean)
    #expect(intervals["AUC"]?.estimate == result.auc?.mean)
    let folds = try (0..<2).map { try task.scores(people.table.features, fold: $0) }
    let parts = (0..<2).map { fold -> SubjectComparisons in
      guard case .known(_, let subjects) = task.subjects else {
        Issue.record("people are named")
        return SubjectComparisons(LabelledScores(), first: [], second: [], subjects: 12)
      }
      let places = task.scoredPairs(fold: fold)
      return SubjectComparisons(
        folds[fold], first: places.map { subjects.first[$0] }, second: places.map { subjects.second[$0] },
        subjects: 12)
    }
    for replicate in 0..<40 {
      let counts = Self.draws(12, replicate)
      let values = parts.compactMap { $0.curve(counts).auc }
      let expected = values.count == 2 ? (values[0] + values[1]) / 2 : nil
      #expect(intervals["AUC"]?.replicates.values[replicate] == expected)
    }
    let without = task.foldwiseResult(
      try (0..<2).map { try task.foldModel(people.table.features, fold: $0) },
      interval: IntervalSettings(method: .none))
    #expect(without.intervals.subjects == nil && without.accuracy == result.accuracy)
  }

  @Test func `Unknown people leave the binomial interval, and the result says why`() throws {
    let lists = try ListFolder(["p.txt": "1 a b 1\n1 a c 0\n2 c d 1\n2 a d 0\n"])
    let table = try circle([("a", 0), ("b", 10), ("c", 90), ("d", 100)])
    let result = try definition("{format: split-pairs, pairs: p.txt}").result(table, lists)
    #expect(result.intervals.method == .binomial && result.intervals.subjects == nil)
    #expect(result.intervals.reason == "the list does not tell who is compared")
    #expect(
      result.warnings.contains { $0.hasPrefix("no interval over people, because the list does not tell") })
    let columns = result.tables[1].columns.map(\.title)
    #expect(columns.filter { $0.contains("%") } == ["95 % binomial, pairs taken as independent"])
  }

  @Test func `Tables set the interval over people first and name the binomial one's assumption`() throws {
    let people = try People()
    let result = try people.task("interval: {replicates: 50, level: 0.9}").evaluate(people.table)
    let points = result.tables[1]
    #expect(
      points.columns.map(\.title).filter { $0.contains("%") }
        == ["90 % interval", "90 % binomial, pairs taken as independent"])
    let interval = try #require(result.intervals.subjects?["TAR at FAR 0.5"]?.interval)
    #expect(
      points.rows[0][2]
        == String(format: "%.4f", interval.lower) + "–" + String(format: "%.4f", interval.upper))
    #expect(result.operatingPoints[0].interval?.confidence == 0.9)
    #expect(result.tables[0].title.contains("12 people resampled 50 times, thresholds chosen anew"))
    let header = result.records[0]
    let lower = try #require(header.firstIndex(of: "lower"))
    let tar = try #require(result.records.first { $0[1] == "tar" })
    #expect(tar[lower] == "\(interval.lower)" && tar[lower + 3] == "subjects")
    #expect(result.records.allSatisfy { $0.count == header.count })
  }

  @Test func `The protocol asks for binomial intervals or none, and for nothing else`() throws {
    let people = try People()
    let binomial = try people.task("interval: binomial").evaluate(people.table)
    #expect(binomial.intervals.subjects == nil && binomial.intervals.method == .binomial)
    #expect(binomial.intervals.warnings.isEmpty)
    let none = try people.task("interval: none").evaluate(people.table)
    #expect(!none.tables[1].columns.contains { $0.title.contains("%") })
    #expect(none.roc == binomial.roc)
    let defaults = try people.definition("").pairVerification?.interval
    #expect(defaults == IntervalSettings(method: .subjects, replicates: 1000, level: 0.95))
    let error = try harnessError { try people.definition("interval: {method: subject}") }
    #expect(error.found.contains("subject"))
    let key = try harnessError { try people.definition("interval: {replicate: 100}") }
    #expect(key.advice?.contains("replicates") == true)
    _ = try harnessError { try people.definition("interval: {replicates: 5}") }
    _ = try harnessError { try people.definition("interval: {level: 1.5}") }
  }

  @Test func `A list too long to walk keeps its thresholds: exact rates there, and no AUC`() throws {
    let people = try People()
    let task = try people.task("interval: {replicates: 40}")
    guard case .known(let numbering, let subjects) = task.subjects else {
      Issue.record("people are named")
      return
    }
    let scores = try task.scores(people.table.features, fold: 0)
    let places = task.scoredPairs(fold: 0)
    let (first, second) = (places.map { subjects.first[$0] }, places.map { subjects.second[$0] })
    let curve = scores.roc
    let point = curve.operatingPoint(at: 0.5)
    let kept = PairResampling(
      subjects: numbering, settings: task.settings.interval,
      parts: [.init(scores: scores, first: first, second: second, thresholds: [point.threshold, nil])],
      thresholds: .kept, targets: [0.5, 0.2], rule: .atMost, interpolation: .linear
    ).intervals(accuracy: nil, auc: curve.auc, eer: nil, tar: [point.tar, 0.5], workers: .one)
    #expect(kept.numbers.map(\.name) == ["TAR at FAR 0.5", "TAR at FAR 0.2"])
    let threshold = try #require(point.threshold)
    for replicate in 0..<40 {
      let counts = Self.draws(12, replicate)
      var (accepted, genuine) = (0, 0)
      for index in scores.scores.indices where scores.isGenuine[index] {
        genuine += Int(counts[Int(first[index])])
        if scores.scores[index] >= threshold { accepted += Int(counts[Int(first[index])]) }
      }
      let expected = genuine == 0 ? nil : Double(accepted) / Double(genuine)
      #expect(kept.numbers[0].replicates.values[replicate] == expected)
    }
    // A rule that interpolates has no threshold to keep.
    #expect(kept.numbers[1].interval == nil)
    #expect(SubjectIntervals.thresholds(comparisons: 20_000, IntervalSettings()) == .chosenAnew)
    #expect(SubjectIntervals.thresholds(comparisons: 15_658_489, IntervalSettings()) == .kept)
  }

  @Test func `Templates that genuine pairs join are one person`() {
    var pairs = TemplatePairs()
    for (a, b, same) in [(4, 2, true), (0, 1, false), (2, 0, true), (3, 5, true), (1, 5, false)] {
      pairs.append(Int32(a), Int32(b), isGenuine: same)
    }
    guard case .known(let numbering, let people) = TemplateSubjects.joined(by: pairs, templates: 6) else {
      Issue.record("people are known")
      return
    }
    #expect(numbering.count == 3)
    #expect(people.ofTemplates == [[0, 1, 0, 2, 0, 2]])
    guard case .unknown = TemplateSubjects.joined(by: TemplatePairs(), templates: 1) else {
      Issue.record("one person cannot be resampled")
      return
    }
  }

  @Test func `Searches are resampled by the people of the probes, the gallery as it is`() throws {
    let settings = try #require(
      try ProtocolDefinition(
        text: """
          name: search
          kind: template-identification
          lists: {format: labelled-images, galleries: [g.txt], probes: p.txt}
          convention: {flip: none, detector-score: false}
          ranks: [1, 2]
          fpir: [0.5]
          interval: {replicates: 30}
          """, file: "search.yaml"
      ).kind as? TemplateIdentification)
    var searches = IdentificationSearches()
    let mated: [(score: Float, rank: Int?)] = [(0.9, 1), (0.4, 2), (0.7, 1), (0.2, 3), (0.8, 1)]
    for search in mated { searches.add(.init(score: search.score, rank: search.rank)) }
    for score in [0.6, 0.3, 0.5] as [Float] { searches.add(nonMated: score) }
    let probes: [Int32] = [0, 0, 1, 2, 3, 3, 1, 4]
    let isMated = [true, true, true, false, false, true, true, false]
    let intervals = SearchResampling(
      settings, subjects: SubjectNumbering(count: 5, source: "test"), probes: probes, isMated: [isMated],
      searches: [searches]
    ).intervals([0.6, 0.8, 0.6, 0.8], closedSet: nil, workers: .one)
    #expect(
      intervals.numbers.map(\.name) == [
        "rank 1", "rank 2", "TPIR at FPIR 0.5, rank 1", "TPIR at FPIR 0.5, rank 2",
      ])
    let matedPeople = [0, 0, 1, 3, 1]
    let nonMatedPeople = [2, 3, 4]
    for replicate in 0..<30 {
      let counts = Self.draws(5, replicate).map { Int($0) }
      var resampled = IdentificationSearches()
      for (search, person) in zip(searches.mated, matedPeople) {
        for _ in 0..<counts[person] { resampled.add(search) }
      }
      for (score, person) in zip(searches.nonMated, nonMatedPeople) {
        for _ in 0..<counts[person] { resampled.add(nonMated: score) }
      }
      let match = resampled.match(maximumRank: 2, ties: .pessimistic)
      #expect(intervals["rank 1"]?.replicates.values[replicate] == match.rate(rank: 1))
      #expect(intervals["rank 2"]?.replicates.values[replicate] == match.rate(rank: 2))
      for rank in 1...2 {
        #expect(
          intervals["TPIR at FPIR 0.5, rank \(rank)"]?.replicates.values[replicate]
            == resampled.curve(rank: rank).reading(at: 0.5)?.tar)
      }
    }
  }

  @Test func `Two embeddings are compared on the same people, and unlike resamples are refused`() throws {
    let people = try People()
    let task = try people.task("interval: {replicates: 50}")
    let a = try #require(try task.evaluate(people.table).intervals.subjects)
    let itself = try #require(PairedBootstrap(of: "accuracy", [a], minus: [a], level: 0.95))
    #expect(itself.difference == 0 && itself.p == 1)
    let other = try #require(
      try people.task("interval: {replicates: 60}").evaluate(people.table).intervals.subjects)
    #expect(PairedBootstrap(of: "accuracy", [a], minus: [other], level: 0.95) == nil)
    #expect(PairedBootstrap(of: "rank 1", [a], minus: [a], level: 0.95) == nil)
    #expect(PairedBootstrap(of: "accuracy", [], minus: [], level: 0.95) == nil)
  }
}
