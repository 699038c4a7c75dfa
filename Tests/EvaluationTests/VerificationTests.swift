import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@Suite("Pair verification")
struct VerificationTests {
  /// Two folds of two genuine and two impostor pairs on the unit circle.
  static let list =
    "2\t2\nAnn\t1\t2\nBo\t1\t2\nAnn\t1\tBo\t1\nAnn\t2\tBo\t2\nCy\t1\t2\nDi\t1\t2\nCy\t1\tDi\t1\nCy\t2\tDi\t2\n"
  static let angles: [(name: String, degrees: Double)] = [
    ("Ann/Ann_0001", 0), ("Ann/Ann_0002", 20), ("Bo/Bo_0001", 90), ("Bo/Bo_0002", 70), ("Cy/Cy_0001", 180),
    ("Cy/Cy_0002", 210), ("Di/Di_0001", 250), ("Di/Di_0002", 290),
  ]
  static func cosine(_ degrees: Double) -> Double { cos(degrees * .pi / 180) }

  @Test func `Scores, folds, accuracy and operating points are those worked out by hand`() throws {
    // Angles of the pairs: fold 1 genuine 20, 20, impostor 90, 50; fold 2 genuine 30, 40, impostor 70, 80.
    let lists = try ListFolder(["pairs.txt": Self.list])
    let result = try definition("{format: lfw}", far: "[0.5, 0.25, 0.1]").result(circle(Self.angles), lists)
    let accuracy = try #require(result.accuracy)
    // On fold 2 the best threshold is between 40° and 70°, on fold 1 between 20° and 50°.
    #expect(agree(accuracy.thresholds[0], (Self.cosine(40) + Self.cosine(70)) / 2, 1e-7))
    #expect(agree(accuracy.thresholds[1], (Self.cosine(20) + Self.cosine(50)) / 2, 1e-7))
    // 55.7° accepts the impostor at 50°; 37.7° rejects the genuine pair at 40°.
    #expect(accuracy.perFold == [0.75, 0.75])
    #expect(result.auc == 1)
    #expect(result.eer?.value == 0)
    #expect(result.header.pairs == .init(folds: 2, listed: 8, genuine: 4, impostor: 4))
    #expect(result.header.identitiesInSeveralFolds == 0)
    let points = result.operatingPoints
    #expect(points.map(\.targetFAR) == [0.5, 0.25, 0.1])
    #expect(points.map(\.attainable) == [true, true, false])
    #expect(points.map(\.tar) == [1, 1, nil])
    #expect(points[0].acceptedImpostor == 2)
    #expect(agree(try #require(points[0].threshold), Self.cosine(70), 1e-7))
    #expect(result.roc.genuineCount == 4 && result.roc.thinning == nil)
    #expect(result.distanceThresholds == nil)
    #expect(result.warnings == ["FAR 0.1 is not attainable with 4 impostor pairs"])
  }

  @Test func `A result survives JSON, and equal evaluations have equal bytes`() throws {
    let lists = try ListFolder(["pairs.txt": Self.list])
    for (similarity, convention) in zip(Similarity.allCases, VerificationConvention.presets) {
      let protocolDefinition = try definition(
        "{format: lfw}",
        "similarity: \(similarity.rawValue)\nconvention: \(convention.name)\nmissing: score-minimum",
        far: "[0.5, 0.1]")
      let table = try circle(Self.angles.dropLast())
      let result = try protocolDefinition.result(table, lists)
      let data = try result.json()
      #expect(try JSONDecoder().decode(VerificationResult.self, from: data) == result)
      #expect(try protocolDefinition.result(table, lists).json() == data)
    }
  }

  @Test func `A distance is negated for scoring and given back in its own unit`() throws {
    let lists = try ListFolder(["pairs.txt": Self.list])
    let result = try definition("{format: lfw}", "similarity: negative-l2", far: "[0.25]")
      .result(circle(Self.angles), lists)
    let point = try #require(result.operatingPoints.first)
    let threshold = try #require(point.threshold)
    // The chord of 50°: the one impostor that a quarter of four allows.
    #expect(agree(threshold, -2 * sin(25 * .pi / 180), 1e-6))
    #expect(result.header.naturalThreshold(threshold) == -threshold)
    let distances = try #require(result.distanceThresholds)
    #expect(distances.operatingPoints == [ExtendedReal(wrappedValue: -threshold)])
    #expect(distances.perFold == result.accuracy?.thresholds.map { -$0 })
    #expect(result.header.thresholdsAreNegatedDistances && result.header.measure == "L2 distance")
  }

  @Test func `Each similarity is its formula in double precision`() throws {
    let features = Matrix<Float>([[3, 4], [-6, 8], [0.6, 0.8]])
    func score(_ similarity: Similarity, _ i: Int = 0, _ j: Int = 1) -> Double {
      similarity.score(features, i, j)
    }
    #expect(score(.cosine) == 14.0 / 50)
    #expect(score(.innerProduct) == 14)
    #expect(score(.negativeSquaredL2) == -97)
    #expect(score(.negativeL2) == -97.0.squareRoot())
    #expect(agree(score(.negativeSquaredL2Normalised), -(2 - 2 * 0.28), 1e-15))
    #expect(agree(score(.negativeAngle), -acos(0.28) / .pi, 1e-15))
    // The same direction, up to the rounding of 0.6 and 0.8 to single precision.
    #expect(agree(score(.cosine, 0, 2), 1, 1e-12))
    #expect(score(.negativeAngle, 0, 0) == 0)
    for similarity in Similarity.allCases {
      #expect(score(similarity, 0, 1) == score(similarity, 1, 0))
    }
  }

  @Test func `A score does not depend on which other pairs and rows are there`() throws {
    let lists = try ListFolder(["pairs.txt": Self.list])
    let small = try circle(Self.angles)
    let padded = try circle([("x", 33)] + Self.angles.reversed() + [("y", 44)])
    let a = try definition("{format: lfw}").result(small, lists)
    let b = try definition("{format: lfw}").result(padded, lists)
    #expect(a.roc == b.roc)
    #expect(a.accuracy == b.accuracy)
    let task = try VerificationTask(
      definition("{format: lfw}"), lists: lists.path, names: small.names, source: small.source)
    var pooled = LabelledScores()
    for fold in 0..<2 { pooled.append(contentsOf: try task.scores(small.features, fold: fold)) }
    #expect(pooled.roc == a.roc)
  }

  @Test func `Missing images are an error that lists the first ten and says how many`() throws {
    let people = (0..<12).map { "P\($0)\t1\t2\n" }.joined()
    let others = (0..<12).map { "P\($0)\t1\tP\(($0 + 1) % 12)\t1\n" }.joined()
    let lists = try ListFolder(["pairs.txt": "1\t12\n" + people + others])
    let table = try circle([("P0/P0_0001", 0), ("P0/P0_0002", 10)])
    let error = try harnessError {
      try definition("{format: lfw}", folds: 1).evaluate(table, lists: lists.path)
    }
    #expect(error.kind == .missingInput)
    #expect(error.file == lists.path + "/pairs.txt")
    #expect(error.found.hasPrefix("22 images of 23 pairs are not in circle.h5: P1/P1_0001, P1/P1_0002, "))
    #expect(error.found.hasSuffix("P5/P5_0001, P5/P5_0002, …"))
    #expect(error.advice?.contains("Names there look like ‘P0/P0_0001’.") == true)
  }

  @Test func `Missing images are left out or score below all others where the protocol says so`() throws {
    let lists = try ListFolder(["pairs.txt": Self.list])
    let table = try circle(Self.angles.filter { $0.name != "Ann/Ann_0002" })
    let rejected = try definition("{format: lfw}", "missing: reject-pair").result(table, lists)
    #expect(rejected.header.missing.pairs == 2)
    #expect(rejected.header.missing.images == ["Ann/Ann_0002"])
    #expect(rejected.header.pairs == .init(folds: 2, listed: 8, genuine: 3, impostor: 3))
    #expect(
      rejected.warnings.first
        == "1 image of 2 pairs missing (reject-pair): these pairs are left out. Ann/Ann_0002")
    let lowest = try definition("{format: lfw}", "missing: score-minimum", far: "[1]").result(table, lists)
    #expect(lowest.header.pairs == .init(folds: 2, listed: 8, genuine: 4, impostor: 4))
    #expect(lowest.roc.thresholds.last == -.infinity)
    // The genuine pair can only be accepted together with everything.
    #expect(lowest.operatingPoints[0].threshold == -.infinity)
    #expect(try #require(lowest.eer).value == 0.25)
  }

  @Test func `An unbalanced fold is refused unless the protocol allows it`() throws {
    let lists = try ListFolder(["p.txt": "1 a b 1\n1 a c 0\n2 a b 1\n2 c d 1\n"])
    let format = "{format: split-pairs, pairs: p.txt}"
    let table = try circle([("a", 0), ("b", 10), ("c", 90), ("d", 100)])
    let error = try harnessError { try definition(format).evaluate(table, lists: lists.path) }
    #expect(error.place == "fold 2")
    #expect(error.found == "2 genuine and 0 impostor pairs")
    #expect(try definition(format, "balanced: false").result(table, lists).accuracy != nil)
    let empty = try harnessError {
      try definition(format, "balanced: false", folds: 3).evaluate(table, lists: lists.path)
    }
    #expect(empty.place == "fold 3" && empty.found == "no pairs")
    let short = try harnessError { try definition(format, "pairs: 6").evaluate(table, lists: lists.path) }
    #expect(short.found == "4 pairs" && short.expected == "6")
  }

  @Test func `People in several folds, contradictions and self-comparisons are reported`() throws {
    let lists = try ListFolder([
      "p.txt": "1 A_1 A_2 1\n1 A_1 B_1 0\n2 A_1 A_1 1\n2 B_1 B_2 0\n"
    ])
    let table = try circle([("A_1", 0), ("A_2", 10), ("B_1", 90), ("B_2", 100)])
    let result = try definition("{format: split-pairs, pairs: p.txt, identities: numbered-name}", far: "[1]")
      .result(table, lists)
    #expect(result.header.identitiesInSeveralFolds == 2)
    #expect(result.warnings.count == 3)
    #expect(result.warnings[0].hasPrefix("2 people are in more than one fold"))
    #expect(result.warnings[1] == "1 pair's label contradicts the names of the people")
    #expect(result.warnings[2] == "1 pair compares an image with itself")
  }

  @Test func `Features that give no finite score are refused with their row`() throws {
    let lists = try ListFolder(["pairs.txt": Self.list])
    for (value, expected) in [(Float.nan, "nan"), (.infinity, "nan"), (0, "nan")] {
      var features = try circle(Self.angles).features
      for column in 0..<2 { features[5, column] = value }
      let table = try EmbeddingTable(source: "run", names: Self.angles.map(\.name), features: features)
      let error = try harnessError { try definition("{format: lfw}").evaluate(table, lists: lists.path) }
      #expect(error.place == "features, row 5")
      #expect(error.found.hasPrefix("`Cy/Cy_0002` gives the cosine"))
      #expect(error.found.lowercased().hasSuffix(expected))
    }
  }

  @Test func `Names of a store may stand around the ids of a list`() throws {
    let lists = try ListFolder(["pairs.txt": Self.list])
    let table = try circle(Self.angles.map { ("lfw/\($0.name).png", $0.degrees) })
    let result = try definition("{format: lfw}", "names: {prefix: lfw/, suffix: .png}").result(table, lists)
    #expect(result.auc == 1)
    let error = try harnessError { try definition("{format: lfw}").evaluate(table, lists: lists.path) }
    #expect(error.advice?.contains("lfw/Ann/Ann_0001.png") == true)
  }

  @Test func `Repeated names and wrong counts are refused`() throws {
    let features = Matrix<Float>([[1], [2]])
    #expect(throws: HarnessError.self) {
      try EmbeddingTable(source: "s", names: ["a", "a"], features: features)
    }
    #expect(throws: HarnessError.self) { try EmbeddingTable(source: "s", names: ["a"], features: features) }
  }

  @Test func `One fold has no accuracy, but everything else`() throws {
    let lists = try ListFolder(["pairs.txt": "1\nAnn\t1\t2\nAnn\t1\tBo\t1\n"])
    let result = try definition("{format: lfw}", folds: 1, far: "[1]").result(circle(Self.angles), lists)
    #expect(result.accuracy == nil)
    #expect(result.auc == 1)
    #expect(result.warnings.contains { $0.hasPrefix("accuracy needs two folds") })
    let optimistic = try definition("{format: lfw}", "convention: opensphere", folds: 1, far: "[1]")
      .result(circle(Self.angles), lists)
    #expect(optimistic.accuracy?.mean == 1)
  }

  @Test func `Tables and CSV carry the counts and say what is not attainable`() throws {
    let lists = try ListFolder(["pairs.txt": Self.list])
    let result = try definition("{format: lfw}", far: "[0.5, 0.1]").result(circle(Self.angles), lists)
    #expect(result.tables.count == 2)
    #expect(
      result.tables[0].rows == [
        [
          "0.7500", "0.0000", "0.0000", "0.0000", "0.3571–1.0000", "1.00000", "1.0000–1.0000", "0.0000",
          "0.0000–0.0000", "4 + 4", "2",
        ]
      ])
    #expect(
      result.tables[1].rows[0]
        == ["0.5", "1.0000", "1.0000–1.0000", "0.3976–1.0000", "0.5", "0.34202", "4 of 4", "2 of 4", "0.25"])
    #expect(
      result.tables[1].rows[1] == [
        "0.1", "not attainable (needs FAR ≥ 0.25)", "", "", "", "", "", "", "0.25",
      ])
    let rows = result.csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows.allSatisfy { $0.count == rows[0].count })
    #expect(rows.contains { $0[1] == "tar" && $0[2] == "0.1" && $0[3].isEmpty && $0.last == "false" })
  }
}

extension VerificationTests {
  @Test func `Centring subtracts from each fold the mean of the other fold's images`() throws {
    let lists = try ListFolder(["pairs.txt": Self.list])
    let result = try definition("{format: lfw}", "convention: {centring: other-folds}", far: "[0.5]")
      .result(circle(Self.angles), lists)
    // Every image is in two pairs of its fold, so the mean is that of the fold's four images.
    let points = Self.angles.map { (cos($0.degrees * .pi / 180), sin($0.degrees * .pi / 180)) }
    func scores(_ fold: Int, centre: Int) -> LabelledScores {
      let others = points[4 * centre..<4 * centre + 4]
      let mean = (others.map { $0.0 }.reduce(0, +) / 4, others.map { $0.1 }.reduce(0, +) / 4)
      let values = [(0, 1), (2, 3), (0, 2), (1, 3)].map { pair -> Double in
        let (a, b) = (points[4 * fold + pair.0], points[4 * fold + pair.1])
        let (x, y) = ((a.0 - mean.0, a.1 - mean.1), (b.0 - mean.0, b.1 - mean.1))
        return (x.0 * y.0 + x.1 * y.1)
          / ((x.0 * x.0 + x.1 * x.1) * (y.0 * y.0 + y.1 * y.1)).squareRoot()
      }
      return LabelledScores(scores: values, isGenuine: [true, true, false, false])
    }
    let tests = [scores(0, centre: 1), scores(1, centre: 0)]
    let expected = try #require(
      ThresholdConvention.likeness.accuracy(
        tests, choosingOn: [scores(1, centre: 1), scores(0, centre: 0)]))
    let accuracy = try #require(result.accuracy)
    #expect(accuracy.perFold == expected.perFold)
    for (a, b) in zip(accuracy.thresholds, expected.thresholds) { #expect(agree(a, b, 1e-6)) }
    let sorted = (tests[0].scores + tests[1].scores).sorted(by: >)
    for (a, b) in zip(result.roc.thresholds, sorted) { #expect(agree(a, b, 1e-6)) }
  }
}
