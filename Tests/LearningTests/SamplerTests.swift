import FeatureStores
import Foundation
import Testing

@testable import Learning

@Suite struct SamplerTests {
  func draws(_ sampler: inout Sampler, _ count: Int) -> [Int] {
    var views = [[Int](repeating: 0, count: count)]
    sampler.fill(&views)
    return views[0]
  }

  func restores(_ sampler: inout Sampler, _ state: Sampler.State) -> Bool { sampler.restore(state) }

  @Test func uniformDrawsEveryRowOnceAnEpochInAnotherOrder() {
    let classes = (0..<23).map { $0 % 4 }
    var sampler = Sampler(.uniform, classes: classes, seed: 1)
    var all: [Int] = []
    for _ in 0..<23 { all += draws(&sampler, 5) }
    let epochs = (0..<5).map { Array(all[$0 * 23..<($0 + 1) * 23]) }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<23)) }
    #expect(Set(epochs).count == 5)
    #expect(sampler.state.position == 115)
  }

  @Test func classBalancedDrawsEveryIdentityOnceAPassAndItsRowsInTurn() {
    // Identity k has k + 1 rows.
    let classes = (0..<4).flatMap { Array(repeating: $0, count: $0 + 1) }
    var sampler = Sampler(.classBalanced, classes: classes, seed: 2)
    let all = draws(&sampler, 4 * 12)
    for pass in 0..<12 {
      #expect(all[pass * 4..<(pass + 1) * 4].map { classes[$0] }.sorted() == [0, 1, 2, 3])
    }
    for (label, size) in [1, 2, 3, 4].enumerated() {
      let rows = all.filter { classes[$0] == label }
      #expect(rows.count == 12)
      for cycle in 0..<12 / size {
        #expect(Set(rows[cycle * size..<(cycle + 1) * size]).count == size)
      }
    }
  }

  @Test(arguments: [
    SamplerConfiguration.uniform, .classBalanced, .perIdentity(images: 2), .perIdentity(images: 4),
  ])
  func goesOnFromItsStateAlone(configuration: SamplerConfiguration) throws {
    let classes = (0..<37).map { min($0 % 9, 4) }
    func make(_ seed: UInt64) -> Sampler { Sampler(configuration, classes: classes, seed: seed, batch: 4) }
    var whole = make(3)
    let all = draws(&whole, 200)
    for position in [0, 4, 36, 40, 152, 196] {
      var first = make(3)
      _ = draws(&first, position)
      let state = try JSONDecoder().decode(Sampler.State.self, from: JSONEncoder().encode(first.state))
      #expect(state == first.state)
      var part = make(3)
      #expect(restores(&part, state))
      #expect(draws(&part, 200 - position) == Array(all[position...]))
    }
    var other = make(4)
    #expect(draws(&other, 200) != all)
  }

  @Test func statesOfOtherSamplersAreRefused() throws {
    let classes = (0..<20).map { $0 / 2 }
    var uniform = Sampler(.uniform, classes: classes, seed: 1)
    var pairs = Sampler(.perIdentity(images: 2), classes: classes, seed: 1, batch: 4)
    let before = pairs.state
    #expect(!restores(&uniform, pairs.state))
    #expect(!restores(&pairs, uniform.state))
    for text in [
      #"{"position":-1,"identities":{"epoch":0,"place":0,"queue":[]}}"#,
      #"{"position":4,"identities":{"epoch":0,"place":11,"queue":[]}}"#,
      #"{"position":4,"identities":{"epoch":-1,"place":0,"queue":[]}}"#,
      #"{"position":4,"identities":{"epoch":0,"place":0,"queue":[1]}}"#,
    ] {
      #expect(!restores(&pairs, try JSONDecoder().decode(Sampler.State.self, from: Data(text.utf8))))
    }
    #expect(pairs.state == before)
  }

  @Test(arguments: [1, 2])
  func imagesOfAnIdentityComeTogetherAndDifferWhereThereAreEnough(views: Int) {
    // Identity k has k + 1 rows.
    let classes = (0..<7).flatMap { Array(repeating: $0, count: $0 + 1) }
    let batch = 12 / views
    var sampler = Sampler(.perIdentity(images: 4), classes: classes, seed: 9, batch: batch, views: views)
    var seen = Set<Int>()
    for step in 0..<40 {
      var rows = Array(repeating: Array(repeating: 0, count: batch), count: views)
      sampler.fill(&rows)
      var identities: [Int] = []
      for identity in 0..<3 {
        let samples = identity * 4 / views..<(identity + 1) * 4 / views
        let images = samples.flatMap { sample in (0..<views).map { rows[$0][sample] } }
        #expect(Set(images.map { classes[$0] }).count == 1)
        let label = classes[images[0]]
        identities.append(label)
        // Four images of k + 1 rows, each as often as any other, give or take one.
        let counts = Dictionary(grouping: images) { $0 }.values.map(\.count)
        #expect(counts.count == min(4, label + 1))
        #expect(counts.max()! - counts.min()! <= 1)
        seen.formUnion(images)
      }
      #expect(Set(identities).count == 3, "step \(step)")
    }
    #expect(seen == Set(classes.indices))
  }

  @Test func anEpochOfIdentitiesHoldsEachAtMostOnceAndDropsTheRest() {
    let classes = (0..<22).map { $0 % 11 }
    var sampler = Sampler(.perIdentity(images: 2), classes: classes, seed: 9, batch: 4, views: 2)
    for _ in 0..<6 {
      // 11 identities: two batches of 4, and 3 are left out.
      var epoch: [Int] = []
      for _ in 0..<2 {
        var rows = Array(repeating: Array(repeating: 0, count: 4), count: 2)
        sampler.fill(&rows)
        #expect(zip(rows[0], rows[1]).allSatisfy { classes[$0] == classes[$1] && $0 != $1 })
        epoch += rows[0].map { classes[$0] }
      }
      #expect(Set(epoch).count == 8)
    }
    #expect(sampler.state.identities?.epoch == 5)
  }

  @Test func configurationsAreReadAndWrittenByName() throws {
    for (text, value) in [
      ("uniform", .uniform), ("class-balanced", .classBalanced),
      ("two-per-identity", .perIdentity(images: 2)),
      ("2-per-identity", .perIdentity(images: 2)), ("64-per-identity", .perIdentity(images: 64)),
    ] as [(String, SamplerConfiguration)] {
      #expect(try SamplerConfiguration(yaml("x: \(text)").mapping(keys: ["x"]).required("x")) == value)
      #expect(try JSONDecoder().decode(SamplerConfiguration.self, from: JSONEncoder().encode(value)) == value)
    }
    #expect(SamplerConfiguration.perIdentity(images: 2).rawValue == "two-per-identity")
    #expect(SamplerConfiguration.perIdentity(images: 5).rawValue == "5-per-identity")
    for text in ["1-per-identity", "65-per-identity", "x-per-identity", "-per-identity", "uniformly"] {
      #expect(SamplerConfiguration(rawValue: text) == nil)
    }
    let error = #expect(throws: HarnessError.self) {
      try SamplerConfiguration(yaml("x: unifrom").mapping(keys: ["x"]).required("x"))
    }
    #expect(error?.advice == "Did you mean ‘uniform’?")
  }

  @Test func batchesThatDoNotFitHaveAReason() {
    let four = SamplerConfiguration.perIdentity(images: 4)
    #expect(four.unsupportedReason(batch: 8, views: 1) == nil)
    #expect(
      four.unsupportedReason(batch: 6, views: 1)
        == "batches of 6 samples hold no whole number of identities of 4 images (sampler 4-per-identity)")
    #expect(four.unsupportedReason(batch: 6, views: 2) == nil)
    #expect(
      SamplerConfiguration.perIdentity(images: 3).unsupportedReason(batch: 6, views: 2)
        == "3 images an identity do not make samples of 2 images (sampler 3-per-identity)")
    #expect(SamplerConfiguration.uniform.unsupportedReason(batch: 7, views: 2) == nil)
    #expect(four.identitiesPerBatch(batch: 8, views: 1) == 2)
    #expect(four.identitiesPerBatch(batch: 8, views: 2) == 4)
    #expect(SamplerConfiguration.classBalanced.identitiesPerBatch(batch: 8, views: 1) == nil)
  }

  @Test func otherViewsAreOtherRowsOfTheSameIdentityWhereThereAreAny() {
    let classes = [0, 1, 1, 2, 2, 2, 2]
    var sampler = Sampler(.classBalanced, classes: classes, seed: 5)
    var pairs = Set<[Int]>()
    for _ in 0..<60 {
      var views = Array(repeating: Array(repeating: 0, count: 6), count: 2)
      sampler.fill(&views)
      for (first, second) in zip(views[0], views[1]) {
        #expect(classes[first] == classes[second])
        #expect(first != second || classes[first] == 0)
        pairs.insert([first, second])
      }
    }
    // All ordered pairs occur: 1 + 2 + 12.
    #expect(pairs.count == 15)
  }
}
