import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// Every image compared with every other, and trials of it.
@Suite("All pairs")
struct AllPairsTests {
  /// 70 images of 9 people with coarse features, in three trials of which the images are out of order.
  struct Small {
    let table: EmbeddingTable
    let trials: [[Int]]
    let folder: ListFolder

    init() throws {
      var stream = RandomStream(seed: 31, name: "pairs")
      let elements = (0..<70 * 16).map { _ in stream.integer(below: 2) == 0 ? Float(-0.25) : 0.25 }
      table = try EmbeddingTable(
        source: "store.h5", names: (0..<70).map { "i\($0)" },
        features: Matrix(rows: 70, columns: 16, elements: elements))
      var trials: [[Int]] = []
      for size in [70, 41, 50] {
        var images = Array(0..<70)
        stream.shuffle(&images)
        trials.append(Array(images.prefix(size)))
      }
      self.trials = trials
      folder = try ListFolder(
        Dictionary(
          uniqueKeysWithValues: trials.enumerated().map { number, images in
            ("t\(number + 1).txt", "# trial\n" + images.map { "i\($0).jpg p\($0 % 9)\n" }.joined())
          }))
    }

    func task(_ convention: String = "likeness", trials: Int = 3) throws -> AllPairsTask {
      let definition = try ProtocolDefinition(
        text: """
          name: small
          kind: all-pairs
          lists: {format: labelled-images, images: "t{n}.txt", trials: \(trials)}
          convention: \(convention)
          far: [0.2, 0.01]
          interval: {replicates: 50}
          """, file: "p.yaml")
      return try #require(
        try definition.task(lists: folder.path, names: table.names, source: table.source) as? AllPairsTask)
    }
  }

  @Test(arguments: [1, 13, 64, 2048], [1, 2])
  func `Every pair counts once, whatever the blocks and threads, and rates are those of counting`(
    block: Int, threads: Int
  ) throws {
    let small = try Small()
    let result = try small.task().result(of: small.table, workers: Workers(threads), blockRows: block)
    for (images, trial) in zip(small.trials, result.trials) {
      var genuine: [Double] = []
      var impostor: [Double] = []
      for (place, a) in images.enumerated() {
        for b in images.dropFirst(place + 1) {
          let score = zip(small.table.features.row(a), small.table.features.row(b)).reduce(0.0) {
            $0 + Double($1.0) * Double($1.1)
          }
          if a % 9 == b % 9 { genuine.append(score) } else { impostor.append(score) }
        }
      }
      let roc = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
      #expect(trial.genuine == genuine.count && trial.impostor == impostor.count)
      #expect(trial.images == images.count && trial.people == 9)
      #expect(trial.operatingPoints == [0.2, 0.01].map { roc.operatingPoint(at: $0) })
    }
  }

  @Test func `The figure over trials is the mean less the sample standard deviation`() throws {
    let small = try Small()
    let result = try small.task().result(of: small.table)
    let values = try result.trials.map { try #require($0.operatingPoints[0].tar) }
    let mean = values.reduce(0, +) / 3
    let deviation = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 2).squareRoot()
    #expect(agree(try #require(result.rates[0].meanMinusDeviation), mean - deviation))
    #expect(try small.task(trials: 1).result(of: small.table).rates[0].meanMinusDeviation == nil)
    #expect(try JSONDecoder().decode(AllPairsResult.self, from: result.json()) == result)
    #expect(result.records.allSatisfy { $0.count == result.records[0].count })
    #expect(result.tables.count == 2 && result.curves.count == 6)
  }

  @Test func `People are resampled over all trials at each trial's own threshold`() throws {
    let small = try Small()
    let result = try small.task().result(of: small.table)
    let intervals = try #require(result.intervals.subjects)
    #expect(intervals.subjects == 9 && intervals.thresholds == .kept)
    // Numbered as the lists name them.
    var people: [Int] = []
    for image in small.trials.flatMap(\.self) where !people.contains(image % 9) { people.append(image % 9) }
    for (place, target) in [0.2, 0.01].enumerated() {
      let expected = try (0..<50).map { replicate -> Double? in
        let counts = SubjectIntervalTests.draws(9, replicate)
        var rates: [Double] = []
        for (images, trial) in zip(small.trials, result.trials) {
          let threshold = try #require(trial.operatingPoints[place].threshold)
          var (right, all) = (0, 0)
          for (index, a) in images.enumerated() {
            for b in images.dropFirst(index + 1) where a % 9 == b % 9 {
              let score = zip(small.table.features.row(a), small.table.features.row(b)).reduce(0.0) {
                $0 + Double($1.0) * Double($1.1)
              }
              let weight = Int(counts[try #require(people.firstIndex(of: a % 9))])
              all += weight
              if score >= threshold { right += weight }
            }
          }
          if all > 0 { rates.append(Double(right) / Double(all)) }
        }
        return rates.count == 3 ? rates.reduce(0, +) / 3 : nil
      }
      let number = try #require(intervals["TAR at FAR \(target)"])
      #expect(number.replicates.values == expected)
      #expect(number.estimate == result.rates[place].spread?.mean)
    }
    #expect(try small.task().result(of: small.table, workers: Workers(2)) == result)
    // One trial has the interval at its own row.
    let one = try small.task(trials: 1).result(of: small.table)
    #expect(one.records[1].contains("subjects") && one.tables[0].columns.count == 12)
  }

  @Test func `A list that names an image twice or one that is not there is refused with its place`() throws {
    let small = try Small()
    let file = small.folder.folder.file("t2.txt")
    try Data("i1.jpg a\ni2.jpg b\ni1.png a\n".utf8).write(to: URL(fileURLWithPath: file))
    let twice = try harnessError { try small.task() }
    #expect(twice.place == "line 3" && twice.found == "`i1.png` a second time")
    try Data("i1.jpg a\ni99.jpg b\n".utf8).write(to: URL(fileURLWithPath: file))
    let missing = try harnessError { try small.task() }
    #expect(missing.kind == .missingInput && missing.found.contains("i99"))
    try Data("i1.jpg\n".utf8).write(to: URL(fileURLWithPath: file))
    #expect(try harnessError { try small.task() }.found == "1 columns")
  }
}
