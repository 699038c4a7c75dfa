import Testing

@testable import Learning

@Suite struct SamplerTests {
  func draws(_ sampler: inout Sampler, _ count: Int) -> [Int] {
    var views = [[Int](repeating: 0, count: count)]
    sampler.fill(&views)
    return views[0]
  }

  @Test func uniformDrawsEveryRowOnceAnEpochInAnotherOrder() {
    let classes = (0..<23).map { $0 % 4 }
    var sampler = Sampler(.uniform, classes: classes, seed: 1)
    var all: [Int] = []
    for _ in 0..<23 { all += draws(&sampler, 5) }
    let epochs = (0..<5).map { Array(all[$0 * 23..<($0 + 1) * 23]) }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<23)) }
    #expect(Set(epochs).count == 5)
    #expect(sampler.position == 115)
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

  @Test(arguments: SamplerConfiguration.allCases)
  func goesOnFromItsPositionAlone(configuration: SamplerConfiguration) {
    let classes = (0..<37).map { $0 * $0 % 5 % 3 }
    var whole = Sampler(configuration, classes: classes, seed: 3)
    let all = draws(&whole, 200)
    for position in [0, 1, 36, 37, 150, 199] {
      var part = Sampler(configuration, classes: classes, seed: 3)
      part.move(to: position)
      #expect(draws(&part, 200 - position) == Array(all[position...]))
    }
    var other = Sampler(configuration, classes: classes, seed: 4)
    #expect(draws(&other, 200) != all)
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
