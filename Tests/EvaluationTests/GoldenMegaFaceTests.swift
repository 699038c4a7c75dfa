import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// Identification among distractors on small sets in MegaFace's formats against FaceX-Zoo's code and brute force.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenMegaFaceTests {
  static func lists(_ set: String) -> String { (SharedData.golden ?? "") + "/megaface_lists/\(set)" }

  /// Probes and distractors under the names of their lists.
  static func embeddings(_ set: String, _ group: GoldenGroup) throws -> EmbeddingTable {
    let probes = try group.matrix("probe_features")
    let distractors = try group.matrix("distractor_features")
    let size = distractors.rows
    func paths(_ file: String) throws -> [String] {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(lists(set))/\(file)"))
      let list = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      return try #require(list["path"] as? [String]).map { String($0.dropLast(4)) }
    }
    return try EmbeddingTable(
      source: "megaface.h5",
      names: paths("facescrub_features_list.json").map { "facescrub/\($0)" }
        + paths("megaface_features_list.json_\(size)_1").map { "megaface/\($0)" },
      features: Matrix(
        rows: probes.rows + size, columns: probes.columns, elements: probes.elements + distractors.elements
      ).converted(to: Float.self))
  }

  static func task(
    _ set: String, _ group: GoldenGroup, _ table: EmbeddingTable, _ convention: String,
    far: String = "[0.01]",
    probeNoise: Bool = true
  ) throws -> DistractorTask {
    let sizes = try group.integers("sizes")
    let ranks = try group.integers("ranks")
    let noise =
      set == "main"
      ? (probeNoise ? ", probe-noise: facescrub_noises.txt" : "") + ", distractor-noise: megaface_noises.txt"
      : ""
    let definition = try ProtocolDefinition(
      text: """
        name: megaface-small
        kind: distractor-identification
        lists: {format: megaface, probes: facescrub_features_list.json, distractors: megaface_features_list.json\(noise)}
        sizes: \(sizes)
        ranks: \(ranks)
        names: {probes: {prefix: facescrub/}, distractors: {prefix: megaface/}}
        convention: \(convention)
        far: \(far)
        """, file: "test.yaml")
    return try #require(
      try definition.task(lists: lists(set), names: table.names, source: table.source) as? DistractorTask)
  }

  private func expectRates(
    _ match: CumulativeMatch, _ group: GoldenGroup, _ name: String, count: String = "count"
  ) throws {
    #expect(try match.searches == group.integer(count), "\(group.path)")
    // Fewer ranks than asked for where there are fewer distractors.
    let expected = try group.vector(name)
    for (rank, rate) in expected.enumerated() {
      #expect(
        agree(try #require(match.rate(rank: rank + 1)), rate), "\(group.path)/\(name), rank \(rank + 1)")
    }
  }

  private func expectRates(_ match: CumulativeMatch, _ group: GoldenGroup, _ rates: [Double]) throws {
    #expect(try match.searches == group.integer("count"), "\(group.path)")
    for (rank, rate) in rates.enumerated() {
      #expect(agree(try #require(match.rate(rank: rank + 1)), rate), "\(group.path), rank \(rank + 1)")
    }
  }

  @Test(arguments: ["main", "ties"])
  func `CMC at every size is FaceX-Zoo's with optimistic ties and brute force's with pessimistic ones`(
    _ set: String
  ) throws {
    let group = try GoldenFile("megaface").group(set)
    let table = try Self.embeddings(set, group)
    for ties in ["optimistic", "pessimistic"] {
      let task = try Self.task(set, group, table, "{ties: \(ties), noise: keep}")
      let result = try task.result(of: table)
      #expect(try result.sizes.map(\.listed) == group.integers("sizes"))
      for size in result.sizes {
        let golden = try group.group("size_\(size.listed)")
        try expectRates(size.match, golden, "cmc_\(ties)")
        #expect(
          size.operatingPoints[0].genuineCount == (try golden.group("verification").integer("genuine_count")))
        #expect(
          size.operatingPoints[0].impostorCount
            == (try golden.group("verification").integer("impostor_count")))
      }
    }
  }

  @Test(arguments: [
    ("atMost", "atMost_largest_set"), ("atMostImpostorScore", "atMost_bob"),
    ("next", "next"), ("rounded", "rounded"), ("logLinear", "logLinear"),
  ])
  func `TPR at FAR is exact at every size, from the highest scores alone`(_ rule: String, _ name: String)
    throws
  {
    for set in ["main", "ties"] {
      let group = try GoldenFile("megaface").group(set)
      let table = try Self.embeddings(set, group)
      let task = try Self.task(
        set, group, table, "{noise: keep, far-rule: \(rule)}", far: "[1.0e-2, 1.0e-3, 1.0e-4, 1.0e-5]")
      for size in try task.result(of: table).sizes {
        let golden = try group.group("size_\(size.listed)").group("verification")
        let targets = try golden.vector("target_far")
        #expect(size.operatingPoints.map(\.targetFAR) == targets)
        let rates = try golden.vector("\(name)_tar")
        for (point, expected) in zip(size.operatingPoints, rates) {
          // Below 1/N there is nothing to compare: such a target is not attainable here.
          guard point.attainable else {
            #expect(point.tar == nil && point.targetFAR * Double(point.impostorCount) < 1)
            continue
          }
          #expect(agree(try #require(point.tar), expected), "\(golden.path), \(rule) at \(point.targetFAR)")
        }
        guard rule.hasPrefix("atMost") || rule == "rounded" else { continue }
        for (point, expected) in zip(size.operatingPoints, try golden.vector("\(name)_far"))
        where point.attainable {
          #expect(agree(try #require(point.realisedFAR), expected), "\(golden.path), \(rule)")
        }
      }
    }
  }

  @Test func `Listed noise is excluded from probes, mates and distractors by default`() throws {
    let group = try GoldenFile("megaface").group("main")
    let table = try Self.embeddings("main", group)
    let noise = try group.group("noise")
    for ties in ["optimistic", "pessimistic"] {
      let result = try Self.task("main", group, table, "{ties: \(ties)}").result(of: table)
      #expect(result.noise.rule == .exclude)
      #expect(try result.noise.foundProbes == noise.integers("noisy_probes").count)
      #expect(try result.noise.foundDistractors == noise.integers("noisy_distractors").count)
      // One name of the list is of no probe.
      #expect(result.noise.listedProbes == result.noise.foundProbes + 1)
      for size in result.sizes {
        let golden = try noise.group("size_\(size.listed)")
        #expect(try size.distractors == golden.integer("excluded_distractors"))
        try expectRates(size.match, golden, "excluded_cmc_\(ties)", count: "excluded_count")
      }
    }
  }

  @Test func `FaceX-Zoo's replacement of noise is reproduced under its name`() throws {
    let group = try GoldenFile("megaface").group("main")
    let table = try Self.embeddings("main", group)
    let result = try Self.task("main", group, table, "facexzoo").result(of: table)
    #expect(result.convention.noise == .replace)
    for size in result.sizes {
      let match = size.match
      let expected = try group.group("noise").group("size_\(size.listed)").vector("facexzoo_cmc")
      for (rank, rate) in expected.enumerated() {
        #expect(agree(try #require(match.rate(rank: rank + 1)), rate))
      }
    }
  }

  /// Targets at which the golden `nearest` is read from scikit-learn's thinned curve (`drop_intermediate`), which left out the nearest point: the nearest
  /// point that is left may be any number of impostors away, beyond every head of a stream. So the rule `nearestThinned` is not offered among
  /// distractors, and these values are not reproduced there; on whole curves in memory they are (`GoldenROCTests`).
  static let readFromThinnedCurves: Set<String> = ["main 1000 0.01", "main 2000 0.01", "main 2000 0.001"]

  @Test(arguments: ["main", "ties"])
  func `Nearest is that of the golden values but where these were read from a thinned curve`(_ set: String)
    throws
  {
    let group = try GoldenFile("megaface").group(set)
    let table = try Self.embeddings(set, group)
    let far = "[1.0e-2, 1.0e-3, 1.0e-4, 1.0e-5]"
    let task = try Self.task(set, group, table, "{noise: keep, far-rule: nearest}", far: far)
    var omitted: Set<String> = []
    for size in try task.result(of: table).sizes {
      let golden = try group.group("size_\(size.listed)").group("verification")
      for (point, expected) in zip(size.operatingPoints, try golden.vector("nearest_tar"))
      where point.attainable {
        if !agree(try #require(point.tar), expected) {
          omitted.insert("\(set) \(size.listed) \(point.targetFAR)")
          // The point that was left out lies nearer to the target.
          let goldenFAR = try golden.vector("nearest_far")[size.operatingPoints.firstIndex(of: point) ?? 0]
          #expect(abs(try #require(point.realisedFAR) - point.targetFAR) < abs(goldenFAR - point.targetFAR))
        }
      }
    }
    #expect(omitted == Self.readFromThinnedCurves.filter { $0.hasPrefix(set) })
  }

  @Test(arguments: CumulativeMatch.Ties.allCases)
  func `Distractors that insightface moves away are in no rank and count as impostors`(
    _ ties: CumulativeMatch.Ties
  )
    throws
  {
    let group = try GoldenFile("megaface").group("main")
    let noise = try group.group("noise")
    let original = try Self.embeddings("main", group)
    // The probes with the draw of the golden run, whose noise has no seed; distractors by the rule.
    let probes = try noise.matrix("insightface_probe_features_noisy")
    var features = original.features
    for (place, row) in try noise.integers("noisy_probes").enumerated() {
      features.withMutableRow(row) { values in
        for column in values.indices { values[column] = Float(probes[place, column]) }
      }
    }
    let table = try EmbeddingTable(source: original.source, names: original.names, features: features)
    let result = try Self.task("main", group, table, "{ties: \(ties), noise: insightface}", probeNoise: false)
      .result(
        of: table)
    #expect(result.convention.noise == .insightface && result.noise.foundProbes == 0)
    for size in result.sizes {
      let golden = try noise.group("size_\(size.listed)")
      try expectRates(
        size.match, group.group("size_\(size.listed)"), golden.vector("insightface_l2_cmc_\(ties)"))
      #expect(size.distractors == size.listed)
      #expect(size.operatingPoints[0].impostorCount == size.listed * result.probes)
    }
    let moved = try noise.integers("noisy_distractors").count
    let scores = try #require(result.scores)
    #expect(scores.impostor.missing == moved * result.probes)
    #expect(
      scores.impostor.total == (result.sizes.last?.listed ?? 0) * result.probes - moved * result.probes
    )
  }

  @Test
  func
    `Probes that insightface replaces are their identity's others but for a small noise that is always the same`()
    throws
  {
    let group = try GoldenFile("megaface").group("main")
    let table = try Self.embeddings("main", group)
    func match(_ noise: String) throws -> DistractorResult {
      try Self.task("main", group, table, "{noise: \(noise), ties: optimistic}").result(of: table)
    }
    let replaced = try match("insightface")
    #expect(try replaced == match("insightface"))
    // The noise of at most 0.001 a component moves hardly a rank: FaceX-Zoo's rates without it, distractors of score 0 aside.
    for (size, other) in zip(replaced.sizes, try match("replace").sizes) {
      let (a, b) = (try #require(size.match.rate(rank: 1)), try #require(other.match.rate(rank: 1)))
      #expect(abs(a - b) < 0.05)
    }
    #expect(replaced.noise.foundProbes == 4)
  }

  @Test func `The preset megaface-next reads the first point above the target, on all images`() throws {
    let group = try GoldenFile("megaface").group("main")
    let table = try Self.embeddings("main", group)
    let result = try Self.task("main", group, table, "megaface-next", far: "[1.0e-2, 1.0e-3]").result(
      of: table)
    for size in result.sizes {
      try expectRates(size.match, group.group("size_\(size.listed)"), "cmc_optimistic")
      let rates = try group.group("size_\(size.listed)").group("verification").vector("next_tar")
      for (point, rate) in zip(size.operatingPoints, rates) where point.attainable {
        #expect(agree(try #require(point.tar), rate))
      }
    }
  }

  @Test func `Features in OpenCV's form are those of the store`() throws {
    let group = try GoldenFile("megaface").group("main")
    let table = try Self.embeddings("main", group)
    let bin = Self.lists("main") + "/bin"
    let files = try FileManager.default.subpathsOfDirectory(atPath: bin).filter { $0.hasSuffix(".bin") }
      .sorted()
    #expect(files.count == 7)
    for file in files {
      let matrix = try OpenCVMatrix.read("\(bin)/\(file)")
      let rewritten = file.hasPrefix("clean/")
      let name = String((rewritten ? file.dropFirst(6) : file[...]).prefix { $0 != "." })
      let row = try #require(table.names.firstIndex(of: name))
      #expect(matrix.columns == 1 && matrix.rows == table.dimension + (rewritten ? 1 : 0))
      #expect(Array(matrix.elements.prefix(table.dimension)) == table.features.row(row))
      // What insightface's noise remover adds to a listed distractor.
      if rewritten { #expect(matrix.elements.last == 100) }
    }
  }
}
