import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// Groups of people at one threshold.
@Suite("Group verification")
struct GroupVerificationTests {
  /// Two groups of two people with two images each, at the given angles in degrees; pairs in LFW's form without a header, in two folds.
  static let angles: [(name: String, degrees: Double)] = [
    ("A/m.1/m.1_0001", 0), ("A/m.1/m.1_0002", 10), ("A/m.2/m.2_0001", 50), ("A/m.2/m.2_0002", 70),
    ("B/m.3/m.3_0001", 0), ("B/m.3/m.3_0002", 40), ("B/m.4/m.4_0001", 45), ("B/m.4/m.4_0002", 90),
  ]

  static func folder() throws -> ListFolder {
    try ListFolder([
      "a.txt": "m.1 1 2\nm.1 1 m.2 1\nm.2\t1\t2\nm.1\t2\tm.2\t2\n",
      "b.txt": "m.3 1 2\nm.3 2 m.4 1\nm.4 1 2\nm.3 1 m.4 2\n",
    ])
  }

  static func definition(_ further: String = "", far: String = "[0.5, 0.25]", folds: Int = 2) throws
    -> ProtocolDefinition
  {
    try ProtocolDefinition(
      text: """
        name: small
        kind: group-verification
        lists: {format: rfw, groups: {A: a.txt, B: b.txt}}
        names: {extension: keep}
        folds: \(folds)
        far: \(far)
        \(further)
        """, file: "p.yaml")
  }

  @Test func `Groups are judged at the threshold of all pairs together`() throws {
    let folder = try Self.folder()
    let table = try circle(Self.angles)
    let result = try #require(
      try Self.definition().evaluate(table, lists: folder.path) as? GroupResult)
    #expect(result.groups.map(\.name) == ["A", "B"])
    // Genuine angles: A 10, 20; B 40, 45. Impostors: A 50, 60; B 5, 90. At a FAR of 0.25 one of four: 5°, down to 45°.
    let quarter = result.thresholds[1]
    #expect(quarter.overall.acceptedImpostor == 1 && quarter.overall.tar == 1)
    #expect(
      quarter.rates.map(\.acceptedGenuine) == [2, 2] && quarter.rates.map(\.acceptedImpostor) == [0, 1])
    #expect(quarter.tarGap?.difference == 0 && quarter.farGap?.difference == 0.5)
    #expect(quarter.rates[1].far == BinomialInterval(successes: 1, trials: 2))
    #expect(quarter.farGap == DifferenceInterval((1, 2), minus: (0, 2)))
    // A group alone would have another threshold: at none of its two impostors A takes everything above 50°.
    #expect(result.groups[0].auc == 1 && result.groups[1].auc == 0.5)
    let half = result.thresholds[0]
    #expect(half.overall.acceptedImpostor == 2 && half.rates.map(\.acceptedImpostor) == [1, 1])
    #expect(try JSONDecoder().decode(GroupResult.self, from: result.json()) == result)
    #expect(result.records.allSatisfy { $0.count == result.records[0].count })
    #expect(result.tables.count == 3 && result.warnings.isEmpty)
  }

  @Test func `People of all groups are resampled, pairs standing as often as their people were drawn`() throws
  {
    let folder = try Self.folder()
    let result = try #require(
      try Self.definition("interval: {replicates: 60, level: 0.9}").evaluate(
        circle(Self.angles), lists: folder.path) as? GroupResult)
    let intervals = try #require(result.intervals.subjects)
    #expect(intervals.subjects == 4 && intervals.thresholds == .kept && result.intervals.method == .subjects)
    // Angle, people (numbered as the lists name them), group, fold.
    let pairs: [(degrees: Double, first: Int, second: Int, group: Int, fold: Int)] = [
      (10, 0, 0, 0, 0), (50, 0, 1, 0, 0), (20, 1, 1, 0, 1), (60, 0, 1, 0, 1),
      (40, 2, 2, 1, 0), (5, 2, 3, 1, 0), (45, 3, 3, 1, 1), (90, 2, 3, 1, 1),
    ]
    // The largest angles that are accepted: half of the impostors, to 50°, and one of four, to 45°.
    let bounds = [50.5, 45.5]
    var expected: [String: [Double?]] = [:]
    for replicate in 0..<60 {
      let counts = SubjectIntervalTests.draws(4, replicate).map { Double($0) }
      func rate(_ isRight: (Int) -> Bool, where isMeant: (Int) -> Bool) -> Double? {
        var (right, all) = (0.0, 0.0)
        for (index, pair) in pairs.enumerated() where isMeant(index) {
          let weight =
            pair.first == pair.second ? counts[pair.first] : counts[pair.first] * counts[pair.second]
          all += weight
          if isRight(index) { right += weight }
        }
        return all > 0 ? right / all : nil
      }
      var rates: [[[Double?]]] = [[], []]
      for target in 0..<2 {
        for group in 0..<2 {
          rates[target].append(
            [true, false].map { isGenuine in
              rate({ pairs[$0].degrees <= bounds[target] }) {
                pairs[$0].group == group && (pairs[$0].first == pairs[$0].second) == isGenuine
              }
            })
        }
        let name = ["0.5", "0.25"][target]
        for (group, values) in zip(["A", "B"], rates[target]) {
          expected["TAR of \(group) at FAR \(name)", default: []].append(values[0])
          expected["FAR of \(group) at FAR \(name)", default: []].append(values[1])
        }
      }
      // The only gap: FAR at the lower target, of B over A.
      let gap = rates[1][1][1].flatMap { high in rates[1][0][1].map { high - $0 } }
      expected["gap of FAR at FAR 0.25", default: []].append(gap)
      var accuracies: [Double?] = []
      for group in 0..<2 {
        let thresholds = try #require(result.groups[group].accuracy?.thresholds)
        let folds = (0..<2).map { fold in
          rate({ index in
            let pair = pairs[index]
            return (cos(pair.degrees * .pi / 180) >= thresholds[fold] - 1e-6) == (pair.first == pair.second)
          }) { pairs[$0].group == group && pairs[$0].fold == fold }
        }
        let known = folds.compactMap(\.self)
        let mean = known.count == 2 ? (known[0] + known[1]) / 2 : nil
        expected["accuracy of \(["A", "B"][group])", default: []].append(mean)
        accuracies.append(mean)
      }
      let known = accuracies.compactMap(\.self)
      expected["accuracy", default: []].append(known.count == 2 ? (known[0] + known[1]) / 2 : nil)
    }
    for (name, values) in expected {
      let number = try #require(intervals[name], "\(name)")
      #expect(number.replicates.values == values, "\(name)")
      #expect(number.interval == PercentileInterval(values, level: 0.9), "\(name)")
    }
    #expect(intervals["gap of FAR at FAR 0.25"]?.estimate == 0.5)
    #expect(intervals["accuracy"]?.estimate == result.accuracy?.mean)
    #expect(try JSONDecoder().decode(GroupResult.self, from: result.json()) == result)
    #expect(result.records.contains { $0.contains("far_gap") && $0.contains("subjects") })
    let binomial = try #require(
      try Self.definition("interval: binomial").evaluate(circle(Self.angles), lists: folder.path)
        as? GroupResult)
    #expect(binomial.intervals.subjects == nil && binomial.thresholds == result.thresholds)
  }

  @Test func `A group's accuracy is that of the same list by itself`() throws {
    let folder = try Self.folder()
    let table = try circle(Self.angles)
    let result = try #require(
      try Self.definition("convention: {similarity: negative-l2}").evaluate(table, lists: folder.path)
        as? GroupResult)
    for (group, angles) in zip(
      result.groups,
      [
        [(10.0, true), (50, false), (20, true), (60, false)],
        [(40, true), (5, false), (45, true), (90, false)],
      ])
    {
      let folds = [angles[0..<2], angles[2..<4]].map { fold in
        LabelledScores(
          scores: fold.map { -2 * sin($0.0 * .pi / 360) }, isGenuine: fold.map { $0.1 })
      }
      let expected = try #require(ThresholdConvention.likeness.crossValidatedAccuracy(folds))
      #expect(group.accuracy?.perFold == expected.perFold)
    }
    let mean = try result.groups.map { try #require($0.accuracy?.mean) }.reduce(0, +) / 2
    #expect(result.accuracy?.mean == mean)
  }

  @Test func `A target that the impostors cannot support has no threshold and no rates`() throws {
    let folder = try Self.folder()
    let result = try #require(
      try Self.definition(far: "[0.1]").evaluate(circle(Self.angles), lists: folder.path)
        as? GroupResult)
    #expect(result.thresholds[0].rates.isEmpty && result.thresholds[0].tarGap == nil)
    #expect(result.warnings == ["FAR 0.1 is not attainable with 4 impostor pairs"])
  }

  @Test func `People in several groups are reported`() throws {
    let folder = try ListFolder(["a.txt": "m.1 1 2\nm.1 1 m.2 1\n", "b.txt": "m.1 1 2\nm.1 1 m.4 1\n"])
    let table = try circle(
      ["A", "B"].flatMap { group in
        ["m.1/m.1_0001", "m.1/m.1_0002", "m.2/m.2_0001", "m.4/m.4_0001"].enumerated().map {
          ("\(group)/\($1)", Double($0) * 20)
        }
      })
    let task = try Self.definition().task(lists: folder.path, names: table.names, source: "s")
    #expect(task.warnings == ["1 person is in more than one group"])
  }

  @Test func `BFW's table is read by its column names`() throws {
    let header = "fold,p1,p2,label,id1,id2,att1,att2\n"
    let rows =
      "1,x/a.jpg,x/b.jpg,1,0,0,f,f\n1,x/a.jpg,x/c.jpg,0,0,1,f,f\n2,y/a.jpg,y/b.jpg,1.0,2,2,m,m\n2,y/a.jpg,y/c.jpg,0.0,2,3,m,m\n"
    let folder = try ListFolder(["t.csv": header + rows])
    let definition = try ProtocolDefinition(
      text: """
        name: bfw-small
        kind: group-verification
        lists: {format: bfw, table: t.csv}
        folds: 2
        far: [0.5]
        """, file: "p.yaml")
    let table = try circle([("x/a", 0), ("x/b", 10), ("x/c", 60), ("y/a", 0), ("y/b", 70), ("y/c", 30)])
    let result = try #require(try definition.evaluate(table, lists: folder.path) as? GroupResult)
    #expect(result.groups.map(\.name) == ["f", "m"])
    // Of the impostors at 30° and 60° one may be accepted: down to just above 60°, so 70° is rejected.
    #expect(result.thresholds[0].rates.map(\.acceptedGenuine) == [1, 0])
    // A group is in one fold only, so no threshold can be chosen on others.
    #expect(result.groups[0].accuracy == nil && result.accuracy == nil)
    for (line, found) in [
      ("3,x/a.jpg,x/b.jpg,1,0,0,f,f\n", "fold 3"), ("1,x/a.jpg,x/b.jpg,2,0,0,f,f\n", "the label `2`"),
      ("1,x/a.jpg,y/a.jpg,0,0,2,f,m\n", "a pair of `f` and `m`"), ("1,x/a.jpg\n", "2 columns"),
    ] {
      try Data((header + line).utf8).write(to: URL(fileURLWithPath: folder.folder.file("t.csv")))
      let error = try harnessError { try definition.evaluate(table, lists: folder.path) }
      #expect(error.place == "line 2" && error.found == found, "\(error)")
    }
  }

  @Test func `Wrong lists of pairs are named with file and line`() throws {
    let table = try circle(Self.angles)
    for (text, place, found) in [
      ("m.1 1\n", "line 1", "2 columns"), ("m.1 1 x\n", "line 1", "`x`"),
      ("m.1 1 2\nm.1 1 m.2 1\nm.1 1 2\n", nil, "3 pairs"),
    ] as [(String, String?, String)] {
      let folder = try Self.folder()
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.folder.file("b.txt")))
      let error = try harnessError { try Self.definition().evaluate(table, lists: folder.path) }
      #expect(
        error.file == "\(folder.path)/b.txt" && error.place == place && error.found == found, "\(error)")
    }
  }

  @Test func `The interval of a difference is Newcombe's`() throws {
    // Newcombe (1998), table II, method 10: 56/70 − 48/80 and 10/10 − 0/10.
    let first = try #require(DifferenceInterval((56, 70), minus: (48, 80)))
    #expect(abs(first.lower - 0.0524) < 5e-5 && abs(first.upper - 0.3339) < 5e-5)
    let second = try #require(DifferenceInterval((10, 10), minus: (0, 10)))
    #expect(abs(second.lower - 0.6075) < 5e-5 && second.upper == 1)
    #expect(DifferenceInterval((0, 0), minus: (1, 2)) == nil)
  }
}
