public import FeatureStores
import LinearAlgebra

/// How rows are drawn for batches.
public enum SamplerConfiguration: String, CaseIterable, Hashable, Sendable, Codable {
  /// Every row once an epoch, in a new random order each epoch.
  case uniform
  /// Every identity once a pass, in a new random order each pass, with each of its rows once in as many of its turns as it
  /// has rows.
  case classBalanced = "class-balanced"

  public init(_ node: ConfigurationNode) throws { self = try node.choice(SamplerConfiguration.self) }
}

/// Draws rows for batches. Batches follow each other without a gap, so one may end an epoch and begin the next.
///
/// What is drawn depends on the seed and on how many draws came before, `position`, which alone is its state.
public struct Sampler: Sendable {
  /// The number of draws so far.
  public private(set) var position = 0

  private let configuration: SamplerConfiguration
  private let seed: UInt64
  /// The rows of each class, in their order.
  private let members: [[Int]]
  private let classes: [Int]
  /// The order of the current epoch or pass, and which one it is.
  private var order: [Int] = []
  private var epoch = -1
  /// The order of each class's rows in its current cycle, and which one that is.
  private var memberOrder: [[Int]]
  private var memberCycle: [Int]

  /// A sampler of rows with these classes (0 up to the largest, each with at least one row), which must not be empty.
  public init(_ configuration: SamplerConfiguration, classes: [Int], seed: UInt64) {
    precondition(!classes.isEmpty, "nothing to draw from")
    self.configuration = configuration
    self.seed = seed
    var members = [[Int]](repeating: [], count: (classes.max() ?? 0) + 1)
    for (row, label) in classes.enumerated() { members[label].append(row) }
    self.members = members
    self.classes = classes
    memberOrder = Array(repeating: [], count: members.count)
    memberCycle = Array(repeating: -1, count: members.count)
  }

  /// Draws a batch: `views` holds one array of rows a view, all of the batch's length.
  ///
  /// View 0 is what the configuration says. Each other view is a random row of the same identity, another one than in view 0
  /// where there is another.
  public mutating func fill(_ views: inout [[Int]]) {
    for index in views[0].indices {
      let draw = position
      let row = next()
      views[0][index] = row
      for view in 1..<max(views.count, 1) {
        var stream = RandomStream(seed: seed, name: "sampler.view.\(view).\(draw)")
        let rows = members[classes[row]]
        let other = rows[stream.integer(below: max(rows.count - 1, 1))]
        views[view][index] = other == row ? rows[rows.count - 1] : other
      }
    }
  }

  /// Goes on as if `position` draws had been made.
  public mutating func move(to position: Int) { self.position = position }

  private mutating func next() -> Int {
    defer { position += 1 }
    switch configuration {
    case .uniform: return entry(position, count: classes.count)
    case .classBalanced:
      let label = entry(position, count: members.count)
      let (cycle, turn) = epoch.quotientAndRemainder(dividingBy: members[label].count)
      if memberCycle[label] != cycle {
        var stream = RandomStream(seed: seed, name: "sampler.class.\(label).\(cycle)")
        memberOrder[label] = members[label]
        stream.shuffle(&memberOrder[label])
        memberCycle[label] = cycle
      }
      return memberOrder[label][turn]
    }
  }

  /// Element `position` of the endless sequence of random orders of 0..<count.
  private mutating func entry(_ position: Int, count: Int) -> Int {
    let (wanted, place) = position.quotientAndRemainder(dividingBy: count)
    if wanted != epoch {
      var stream = RandomStream(seed: seed, name: "sampler.\(wanted)")
      order = stream.permutation(count)
      epoch = wanted
    }
    return order[place]
  }
}
