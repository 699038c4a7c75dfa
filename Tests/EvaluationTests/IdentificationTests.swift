import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// Searches of galleries: mated and non-mated ones, ranks, lists and errors.
@Suite("Template identification")
struct IdentificationTests {
  /// 60 images of 20 people; those below 8 are in the first gallery, 8 to 13 in the second, the others in none. Coarse features, so that
  /// scores are often equal; person 3 has two entries in its gallery.
  struct Small {
    let table: EmbeddingTable
    let folder: ListFolder
    let galleries: [[(image: Int, person: Int)]]
    let probes: [(image: Int, person: Int)]

    init() throws {
      var stream = RandomStream(seed: 21, name: "identification")
      let people = (0..<20).map { _ in (0..<12).map { _ in stream.integer(below: 3) - 1 } }
      let rows = (0..<60).map { image in
        people[image % 20].map { Float($0 + stream.integer(below: 3) - 1) + 0.125 }
      }
      var first = (0..<8).map { (image: $0, person: $0) }
      first.append((image: 23, person: 3))
      let galleries = [first, (8..<14).map { (image: $0, person: $0) }]
      let probes = (20..<60).filter { $0 != 23 }.map { (image: $0, person: $0 % 20) }
      self.galleries = galleries
      self.probes = probes
      table = try EmbeddingTable(
        source: "store.h5", names: (0..<60).map { "f/\($0)" }, features: Matrix(rows))
      func list(_ entries: [(image: Int, person: Int)]) -> String {
        entries.map { "f/\($0.image).png id\($0.person)\n" }.joined()
      }
      folder = try ListFolder([
        "g1.txt": "# image identity\n" + list(galleries[0]), "g2.txt": list(galleries[1]),
        "p.txt": list(probes),
        "d.txt": "f/17.png\nf/18.png -100\n",
      ])
    }

    func task(_ convention: String, _ further: String = "", distractors: Bool = false, names: [String]? = nil)
      throws
      -> IdentificationTask
    {
      let definition = try ProtocolDefinition(
        text: """
          name: small
          kind: template-identification
          lists: {format: labelled-images, galleries: [g1.txt, g2.txt], probes: p.txt\(distractors ? ", distractors: d.txt" : "")}
          ranks: [1, 3, 5]
          fpir: [0.3, 0.1]
          convention: \(convention)
          \(further)
          """, file: "test.yaml")
      return try #require(
        try definition.task(lists: folder.path, names: names ?? table.names, source: table.source)
          as? IdentificationTask)
    }

    func cosine(_ i: Int, _ j: Int) -> Double {
      let (a, b) = (table.features.row(i).map(Double.init), table.features.row(j).map(Double.init))
      func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).map(*).reduce(0, +) }
      return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
  }

  /// Two cosines that are equal in exact arithmetic may differ in their last digits in either precision.
  private let close = 1e-6

  @Test(arguments: CumulativeMatch.Ties.allCases, [false, true])
  func `Mated and non-mated searches are those of the definition`(
    ties: CumulativeMatch.Ties, distractors: Bool
  ) throws {
    let small = try Small()
    let task = try small.task("{detector-score: false, ties: \(ties)}", distractors: distractors)
    for index in 0..<2 {
      let strangers = distractors ? [(image: 17, person: -1), (image: 18, person: -1)] : []
      let gallery = small.galleries[index] + strangers
      let found = try task.searches(gallery: index, of: small.table)
      let enrolled = Set(small.galleries[index].map { $0.person })
      let mated = small.probes.filter { enrolled.contains($0.person) }
      let others = small.probes.filter { !enrolled.contains($0.person) }
      #expect(found.mated.count == mated.count && found.nonMated.count == others.count)
      for (search, probe) in zip(found.mated, mated) {
        let mate =
          gallery.filter { $0.person == probe.person }.map { small.cosine(probe.image, $0.image) }.max() ?? 0
        #expect(abs(Double(search.score) - mate) < close)
        let others = gallery.filter { $0.person != probe.person }.map {
          small.cosine(probe.image, $0.image)
        }
        let surelyAhead = others.count { $0 > mate + close }
        let maybeAhead = others.count { $0 > mate - close }
        let rank = try #require(search.rank)
        // With no near tie the rank is exact.
        #expect(rank > surelyAhead && rank <= maybeAhead + 1)
        if surelyAhead == maybeAhead { #expect(rank == surelyAhead + 1) }
      }
      for (best, probe) in zip(found.nonMated, others) {
        let expected = gallery.map { small.cosine(probe.image, $0.image) }.max() ?? 0
        #expect(abs(Double(best) - expected) < close)
      }
    }
  }

  @Test func `FNIR and FPIR are the shares that ISO 19795-1 defines`() {
    var searches = IdentificationSearches()
    for (score, rank) in [(Float(0.875), 1), (0.8125, 2), (0.6875, 1), (0.375, 3)] {
      searches.add(.init(score: score, rank: rank))
    }
    searches.add(.init(score: -.infinity, rank: nil))
    for best in [Float(0.84375), 0.75, 0.25, 0.125] { searches.add(nonMated: best) }
    #expect(searches.fnir(rank: 1, threshold: 0.6875) == 3.0 / 5)
    #expect(searches.fnir(rank: 2, threshold: 0.6875) == 2.0 / 5)
    #expect(searches.fnir(rank: 3, threshold: -.infinity) == 1.0 / 5)
    #expect(searches.fpir(threshold: 0.75) == 0.5)
    #expect(searches.fpir(threshold: 0.76) == 0.25)
    // At most one false positive in four: above 0.75, where 0.8125 is found at rank 2 and not at rank 1.
    let first = searches.curve(rank: 1).operatingPoint(at: 0.25)
    #expect(first.tar == 1.0 / 5 && first.realisedFAR == 0.25)
    #expect(searches.curve(rank: 2).operatingPoint(at: 0.25).tar == 2.0 / 5)
    #expect(searches.curve(rank: 2).operatingPoint(at: 0.2).attainable == false)
    #expect(searches.match(maximumRank: 3, ties: .pessimistic).hits == [2, 3, 4])
    #expect(IdentificationSearches().fnir(rank: 1, threshold: 0) == nil)
    #expect(IdentificationSearches().fpir(threshold: 0) == nil)
  }

  @Test func `Results hold each gallery and the mean, and do not depend on threads`() throws {
    let small = try Small()
    let task = try small.task("{detector-score: false}")
    let result = try task.result(of: small.table)
    #expect(try task.result(of: small.table, workers: Workers(2)) == result)
    for (index, gallery) in result.galleries.enumerated() {
      let searches = try task.searches(gallery: index, of: small.table)
      #expect(gallery.name == "g\(index + 1).txt" && gallery.size == small.galleries[index].count)
      #expect(gallery.match == searches.match(maximumRank: 5, ties: .pessimistic))
      #expect(gallery.openSet.map(\.rank) == [1, 3, 5])
      for openSet in gallery.openSet {
        #expect(
          openSet.points == [0.3, 0.1].map { searches.curve(rank: openSet.rank).operatingPoint(at: $0) })
        for point in openSet.points {
          let threshold = try #require(point.threshold)
          #expect(
            agree(
              1 - (try #require(point.tar)),
              try #require(searches.fnir(rank: openSet.rank, threshold: threshold))))
          #expect(point.realisedFAR == searches.fpir(threshold: threshold))
        }
      }
    }
    let rates = try result.galleries.map { try #require($0.match.rate(rank: 3)) }
    #expect(agree(try #require(result.mean.identification[1]), (rates[0] + rates[1]) / 2))
    #expect(result.emptyRates == [], "the galleries have more entries than the highest rank")
    #expect(result.warnings.contains { $0.hasSuffix("of people in no gallery") })
    #expect(try JSONDecoder().decode(IdentificationResult.self, from: result.json()) == result)
    #expect(result.records.allSatisfy { $0.count == result.records[0].count })
    #expect(result.tables.count == 2)
  }

  @Test
  func
    `Images that are not there are failures to enrol: a mated search that fails, a candidate that is never found`()
    throws
  {
    let small = try Small()
    let names = small.table.names.enumerated().map { [20, 5, 59].contains($0) ? "gone \($0)" : $1 }
    #expect(
      try harnessError { try small.task("{detector-score: false}", names: names) }.found.hasPrefix(
        "3 images are missing"))
    let task = try small.task("{detector-score: false}", "missing: score-minimum", names: names)
    let table = try EmbeddingTable(source: "s", names: names, features: small.table.features)
    let found = try task.searches(gallery: 0, of: table)
    let mated = small.probes.filter { $0.person < 8 }
    for (search, probe) in zip(found.mated, mated) {
      #expect((search.rank == nil) == (probe.image == 20 || probe.person == 5))
    }
    #expect(found.nonMated.count { $0 == -.infinity } == 1)
    let result = try task.result(of: table)
    #expect(result.missing.count == 3 && result.galleries[0].matedSearches == mated.count)
  }

  @Test(arguments: [
    ("g1.txt", "f/0.png id0\nf/1.png\n", "line 2", "1 columns"),
    ("p.txt", "f/20.png a b\n", "line 1", "3 columns"),
    ("g2.txt", "", nil, "an empty file"),
  ])
  func `A malformed line is named with its file`(file: String, text: String, place: String?, found: String)
    throws
  {
    let small = try Small()
    try Data(text.utf8).write(to: URL(fileURLWithPath: small.folder.folder.file(file)))
    let error = try harnessError { try small.task("{detector-score: false}") }
    #expect(
      error.file == "\(small.folder.path)/\(file)" && error.place == place && error.found == found, "\(error)"
    )
  }

  @Test(arguments: [
    ("1,10,x\n1,11,y\n", "line 2", "subject 11 for template 1"),
    ("1,10\n9,3\n", "line 2", "template 9, which has no images"),
    ("TEMPLATE_ID,SUBJECT_ID\n", nil, "no templates"), ("1\n", "line 1", "1 columns"),
  ])
  func `A malformed gallery of templates is named with its line`(text: String, place: String?, found: String)
    throws
  {
    let folder = try ListFolder(["m.txt": "a.jpg 1 1\nb.jpg 2 1\n", "g.csv": text, "p.csv": "2,10\n"])
    let definition = try ProtocolDefinition(
      text: """
        name: small
        kind: template-identification
        lists: {format: ijb, media: m.txt, galleries: [g.csv], probes: p.csv}
        ranks: [1]
        convention: {detector-score: false}
        """, file: "test.yaml")
    let error = try harnessError { try definition.task(lists: folder.path, names: ["a", "b"], source: "s") }
    #expect(error.file == "\(folder.path)/g.csv" && error.place == place && error.found == found, "\(error)")
  }
}
