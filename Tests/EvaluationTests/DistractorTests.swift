import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Evaluation

/// Identification among distractors: searches, ranks, rates, lists and errors.
@Suite("Identification among distractors")
struct DistractorTests {
  /// 11 photos of 4 identities, one of them alone, and 40 distractors, with many equal scores.
  struct Small {
    let table: EmbeddingTable
    let identities: [String]
    let folder: ListFolder

    init() throws {
      var stream = RandomStream(seed: 9, name: "distractors")
      // Corners of a cube: few distinct cosines, so that ties are everywhere.
      let features = Matrix<Float>(
        rows: 51, columns: 16,
        elements: (0..<51 * 16).map { _ in stream.integer(below: 2) == 0 ? -0.25 : 0.25 })
      let identities = ["A", "A", "A", "B", "B", "C", "B", "D", "D", "D", "D"]
      let probes = identities.enumerated().map { "\($1)/\($1)_\($0).jpg" }
      let distractors = (0..<40).map { "\($0 % 7)/\($0)@N0/\($0)_1.jpg" }
      self.identities = identities
      table = try EmbeddingTable(
        source: "store.h5", names: (probes + distractors).map { String($0.dropLast(4)) }, features: features)
      func json(_ object: [String: [String]]) throws -> String {
        String(
          decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
      }
      folder = try ListFolder([
        "probes.json": json(["path": probes, "id": identities]),
        "distractors.json_5_2": json(["path": Array(distractors.prefix(5))]),
        "distractors.json_33_2": json(["path": Array(distractors.prefix(33))]),
        "distractors.json_40_2": json(["path": distractors]),
        "pn.txt": "# mislabelled\nD_8.png\n3\tZ_1.jpg\n", "dn.txt": "3\t3/3@N0/3_1.jpg\n4/32@N0/32_1.png\n",
      ])
    }

    func task(_ convention: String = "likeness", _ further: String = "") throws -> DistractorTask {
      try #require(
        try DistractorTests.definition(convention, further).task(
          lists: folder.path, names: table.names, source: table.source) as? DistractorTask)
    }
  }

  static func definition(_ convention: String, _ further: String = "") throws -> ProtocolDefinition {
    try ProtocolDefinition(
      text: """
        name: small
        kind: distractor-identification
        lists: {format: megaface, probes: probes.json, distractors: distractors.json, set: 2, probe-noise: pn.txt, distractor-noise: dn.txt}
        sizes: [40, 5, 33]
        ranks: [3, 1, 12]
        convention: \(convention)
        far: [0.1, 0.01]
        \(further)
        """, file: "test.yaml")
  }

  @Test(arguments: CumulativeMatch.Ties.allCases, [false, true])
  func `Ranks and rates are those of counting, at every size`(ties: CumulativeMatch.Ties, exclude: Bool)
    throws
  {
    let small = try Small()
    let result = try small.task("{ties: \(ties), noise: \(exclude ? "exclude" : "keep")}").result(
      of: small.table)
    #expect(result.sizes.map(\.listed) == [5, 33, 40] && result.ranks == [1, 3, 12])
    #expect(result.emptyRates == ["rank 12 of 5"])
    let probes = (0..<11).filter { !exclude || $0 != 8 }
    func score(_ i: Int, _ j: Int) -> Double {
      zip(small.table.features.row(i), small.table.features.row(j)).reduce(0) {
        $0 + Double($1.0) * Double($1.1)
      }
    }
    for size in result.sizes {
      let distractors = (0..<size.listed).filter { !exclude || ($0 != 3 && $0 != 32) }.map { 11 + $0 }
      #expect(size.distractors == distractors.count)
      var hits = [Int](repeating: 0, count: 12)
      var genuine: [Double] = []
      for probe in probes {
        for mate in probes where mate != probe && small.identities[mate] == small.identities[probe] {
          genuine.append(score(probe, mate))
          let ahead = distractors.count {
            ties == .pessimistic
              ? score(probe, $0) >= score(probe, mate) : score(probe, $0) > score(probe, mate)
          }
          for rank in 1...12 where ahead < rank { hits[rank - 1] += 1 }
        }
      }
      #expect(size.match.hits == hits && size.match.searches == genuine.count)
      let roc = ROCCurve(
        ScoreCounts(
          genuine: genuine, impostor: probes.flatMap { probe in distractors.map { score(probe, $0) } }))
      #expect(size.operatingPoints == [0.1, 0.01].map { roc.operatingPoint(at: $0) })
      #expect(size.intervals[1] == BinomialInterval(successes: hits[2], trials: genuine.count))
    }
    #expect(result.warnings.contains { $0.hasPrefix("1 identity has one photo only") })
    #expect(try JSONDecoder().decode(DistractorResult.self, from: result.json()) == result)
    #expect(result.records.allSatisfy { $0.count == result.records[0].count })
  }

  @Test func `In a resample searches and genuine comparisons stand as often as their identity was drawn`()
    throws
  {
    let small = try Small()
    let result = try small.task("{noise: keep}", "interval: {replicates: 25}").result(of: small.table)
    let intervals = try #require(result.intervals.subjects)
    #expect(intervals.subjects == 4 && intervals.thresholds == .kept)
    #expect(intervals.subjectsFrom == "the identities of the probes")
    let people = ["A", "B", "C", "D"]
    func score(_ i: Int, _ j: Int) -> Double {
      zip(small.table.features.row(i), small.table.features.row(j)).reduce(0) {
        $0 + Double($1.0) * Double($1.1)
      }
    }
    for size in result.sizes {
      let threshold = try #require(size.operatingPoints[0].threshold)
      for replicate in 0..<25 {
        let counts = SubjectIntervalTests.draws(4, replicate)
        var (hits, accepted, all) = (0, 0, 0)
        for probe in 0..<11 {
          let weight = Int(counts[try #require(people.firstIndex(of: small.identities[probe]))])
          for mate in 0..<11 where mate != probe && small.identities[mate] == small.identities[probe] {
            let ahead = (0..<size.listed).count { score(probe, 11 + $0) >= score(probe, mate) }
            all += weight
            if ahead < 3 { hits += weight }
            if score(probe, mate) >= threshold { accepted += weight }
          }
        }
        func rate(_ count: Int) -> Double? { all == 0 ? nil : Double(count) / Double(all) }
        let found = { intervals[$0]?.replicates.values[replicate] }
        #expect(found("rank 3 of \(size.listed)") == rate(hits))
        #expect(found("TPR at FAR 0.1 of \(size.listed)") == rate(accepted))
      }
      #expect(intervals["rank 3 of \(size.listed)"]?.estimate == size.match.rate(rank: 3))
    }
    #expect(intervals.numbers.map(\.name) == result.comparedNumbers.map(\.name))
  }

  @Test func `Every rule reads from the highest scores what it reads from all`() throws {
    let small = try Small()
    let scores = (0..<11).flatMap { i in
      (11..<51).map { j in
        zip(small.table.features.row(i), small.table.features.row(j)).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      }
    }
    for rule in DistractorConvention.farRules {
      let result = try small.task("{noise: keep, far-rule: \(rule)}").result(of: small.table)
      let genuine = (0..<11).flatMap { i in
        (0..<11).filter { $0 != i && small.identities[$0] == small.identities[i] }.map { j in
          zip(small.table.features.row(i), small.table.features.row(j)).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        }
      }
      let roc = ROCCurve(ScoreCounts(genuine: genuine, impostor: scores))
      #expect(
        result.sizes[2].operatingPoints == [0.1, 0.01].map { roc.operatingPoint(at: $0, rule: rule) },
        "\(rule)")
    }
  }

  @Test(arguments: [1, 7, 512, 4096])
  func `The result depends neither on the size of batches nor on threads`(block: Int) throws {
    let small = try Small()
    var features = Matrix<Float>(rows: 51, columns: 16)
    var stream = RandomStream(seed: 10, name: "normal")
    stream.fillNormal(&features)
    let table = try EmbeddingTable(source: "s", names: small.table.names, features: features)
    let task = try small.task()
    let expected = try task.result(of: table)
    #expect(try task.result(of: table, blockRows: block) == expected)
    #expect(try task.result(of: table, workers: Workers(2), blockRows: block) == expected)
  }

  @Test func `The order of the store has no influence`() throws {
    let small = try Small()
    var order = Array(0..<51)
    var stream = RandomStream(seed: 11, name: "order")
    stream.shuffle(&order)
    let table = try EmbeddingTable(
      source: "s", names: order.map { small.table.names[$0] },
      features: small.table.features.gathering(rows: order))
    let task = try #require(
      try Self.definition("likeness").task(lists: small.folder.path, names: table.names, source: "s")
        as? DistractorTask)
    #expect(try task.result(of: table).sizes == small.task().result(of: small.table).sizes)
  }

  @Test func `Noise lists are not read where noise is kept, and replaced images take part`() throws {
    let small = try Small()
    let kept = try small.task("{noise: keep}")
    #expect(kept.listDigests.map(\.file).allSatisfy { !$0.hasSuffix(".txt") })
    let task = try small.task("facexzoo")
    #expect(task.noise.listedProbes == 2 && task.noise.foundProbes == 1 && task.noise.foundDistractors == 2)
    let result = try task.result(of: small.table)
    let kept40 = try kept.result(of: small.table)
    #expect(result.sizes.map(\.match.searches) == kept40.sizes.map(\.match.searches))
    #expect(result.sizes[2].distractors == 40 && result.sizes[2].match != kept40.sizes[2].match)
  }

  @Test func `Missing images are a hard error that lists the first ten`() throws {
    let small = try Small()
    let names = small.table.names.enumerated().map { $0 >= 30 && $0 < 45 ? "gone \($0)" : $1 }
    let error = try harnessError {
      try Self.definition("likeness").task(lists: small.folder.path, names: names, source: "store.h5")
    }
    #expect(error.kind == .missingInput && error.file.hasSuffix("distractors.json_40_2"))
    #expect(
      error.found.hasPrefix("15 images are missing (") || error.found.hasPrefix("14 images are missing ("))
    #expect(error.found.hasSuffix(", …), not in store.h5"))
  }

  @Test func `Embeddings without a direction name the image`() throws {
    let small = try Small()
    for (row, value) in [(2, Float.nan), (30, 0), (5, .infinity)] {
      var features = small.table.features
      for column in 0..<16 { features[row, column] = value }
      let table = try EmbeddingTable(source: "s.h5", names: small.table.names, features: features)
      let error = try harnessError { try small.task("{noise: keep}").result(of: table) }
      #expect(error.place == "features, row \(row)" && error.found.contains(small.table.names[row]))
    }
  }

  @Test(arguments: [
    ("probes.json", #"{"path": ["a/a_1.jpg"]}"#, "id", "no such key"),
    ("probes.json", #"{"path": ["a/a_1.jpg"], "id": []}"#, "id", "0 identities for 1 images"),
    (
      "probes.json", #"{"path": ["A/A_0.jpg", "A/A_0.jpg"], "id": ["A", "A"]}"#, "path[1]",
      "`A/A_0.jpg` a second time"
    ),
    (
      "probes.json", #"{"path": ["A/A_0.jpg", "B/B_3.jpg"], "id": [1, 2]}"#, nil,
      "no identity with two photos that can be searched for"
    ),
    ("distractors.json_5_2", #"{"path": ["0/0@N0/0_1.jpg"]}"#, "path", "1 images"),
    ("distractors.json_5_2", #"{"path": ["0/0@N0/0_1.jpg", "x", "x", "x", "x"]}"#, "path[1]", "`x`"),
    ("distractors.json_40_2", #"{"paths": []}"#, nil, "no list of images (the key ‘path’ is not there)"),
    ("dn.txt", "1 2 3\n", "line 1", "3 columns"),
  ])
  func `A wrong list is named with the place in it`(file: String, text: String, place: String?, found: String)
    throws
  {
    let small = try Small()
    try Data(text.utf8).write(to: URL(fileURLWithPath: small.folder.folder.file(file)))
    let error = try harnessError { try small.task() }
    #expect(
      error.file == "\(small.folder.path)/\(file)" && error.place == place && error.found == found, "\(error)"
    )
  }

  @Test func `OpenCV matrices of another kind are refused`() throws {
    let folder = try TemporaryFolder()
    func file(_ header: [Int32], _ values: [Float]) throws -> String {
      var data = Data()
      for value in header { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
      for value in values {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
      }
      try data.write(to: URL(fileURLWithPath: folder.file("m.bin")))
      return folder.file("m.bin")
    }
    #expect(
      try OpenCVMatrix.read(file([2, 3, 12, 5], [1, 2, 3, 4, 5, 6])) == Matrix([[1, 2, 3], [4, 5, 6]]))
    for (header, count) in [
      ([2, 3, 12, 6], 6), ([2, 3, 16, 5], 6), ([2, 3, 12, 5], 5), ([-1, 1, 4, 5], 1),
      ([Int32.max, 1, 4, 5], 1), ([1, 1], 0),
    ] {
      let path = try file(header.map { Int32($0) }, [Float](repeating: 0, count: count))
      #expect(try harnessError { try OpenCVMatrix.read(path) }.file == path)
    }
  }
}
