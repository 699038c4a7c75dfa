import LinearAlgebra

/// Draws rows for batches.
///
/// What is drawn depends on the seed and on the state, which is small. With `uniform` and `classBalanced` batches follow each other
/// without a gap, so one may end an epoch and begin the next.
public struct Sampler: Sendable {
  /// What the rest of the draws depends on.
  public struct State: Hashable, Sendable, Codable {
    /// The number of samples drawn so far.
    public internal(set) var position = 0
    /// The place in the sequence of identities, for samplers that draw identities.
    var identities: IdentityOrder.State?
  }

  private let configuration: SamplerConfiguration
  private let seed: UInt64
  /// The rows of each class, in their order.
  private let members: [[Int]]
  private let classes: [Int]
  private var position = 0
  /// The order of the current epoch or pass, and which one it is.
  private var order: [Int] = []
  private var epoch = -1
  /// The order of each class's rows in its current cycle, and which one that is.
  private var memberOrder: [[Int]] = []
  private var memberCycle: [Int] = []
  /// For samplers that draw identities: which comes next, and the rows of the last one in random order.
  private var identities: IdentityOrder?
  private var drawn: [Int] = []

  /// A sampler of rows with these classes (0 up to the largest, each with at least one row), which must not be empty.
  ///
  /// `batch` and `views` are those of the batches that will be drawn; they and `rule` matter to samplers that draw identities,
  /// and must be supported.
  public init(
    _ configuration: SamplerConfiguration, classes: [Int], seed: UInt64, batch: Int = 1, views: Int = 1,
    rule: IdentityRule = .free
  ) {
    precondition(!classes.isEmpty, "nothing to draw from")
    self.configuration = configuration
    self.seed = seed
    var members = [[Int]](repeating: [], count: (classes.max() ?? 0) + 1)
    for (row, label) in classes.enumerated() { members[label].append(row) }
    self.members = members
    self.classes = classes
    switch configuration {
    case .uniform: break
    case .classBalanced:
      memberOrder = members.map { rows in
        var order: [Int] = []
        order.reserveCapacity(rows.count)
        return order
      }
      memberCycle = Array(repeating: -1, count: members.count)
    case .perIdentity(let images):
      identities = IdentityOrder(
        identities: members.count, perBatch: batch * views / images, rule: rule, seed: seed)
    }
  }

  /// The state; setting it goes on from there.
  public var state: State { State(position: position, identities: identities?.state) }

  /// Goes on from a state of a sampler of the same settings; false for one that cannot be of such.
  public mutating func restore(_ state: State) -> Bool {
    guard state.position >= 0, (state.identities != nil) == (identities != nil) else { return false }
    if let place = state.identities, identities?.restore(place) != true { return false }
    position = state.position
    return true
  }

  /// Draws a batch: `views` holds one array of rows a view, all of the batch's length.
  ///
  /// With identities drawn, an identity's rows fill the views of its samples, sample after sample. Otherwise view 0 is what the
  /// configuration says, and each other view is a random row of the same identity, another one than in view 0 where there
  /// is another.
  public mutating func fill(_ views: inout [[Int]]) {
    if case .perIdentity(let images) = configuration {
      let samples = images / views.count
      for first in stride(from: 0, to: views[0].count, by: samples) {
        drawImages(images)
        for sample in 0..<samples {
          for view in views.indices { views[view][first + sample] = drawn[sample * views.count + view] }
        }
      }
      position += views[0].count
      return
    }
    for index in views[0].indices {
      let draw = position
      let row = next()
      views[0][index] = row
      for view in 1..<max(views.count, 1) {
        var stream = RandomStream(seed: seed, name: "sampler.view", view, draw)
        let rows = members[classes[row]]
        let other = rows[stream.integer(below: max(rows.count - 1, 1))]
        views[view][index] = other == row ? rows[rows.count - 1] : other
      }
    }
  }

  /// Draws the next identity and `images` of its rows, into `drawn`.
  private mutating func drawImages(_ images: Int) {
    guard let identity = identities?.next(), let epoch = identities?.state.epoch,
      let place = identities?.state.place
    else { return }
    var stream = RandomStream(seed: seed, name: "sampler.images", epoch, place)
    drawn.removeAll(keepingCapacity: true)
    drawn.append(contentsOf: members[identity])
    let count = drawn.count
    for place in 0..<min(images, count) {
      drawn.swapAt(place, place + stream.integer(below: count - place))
    }
    // Too few: the same order again and again.
    while drawn.count < images { drawn.append(drawn[drawn.count - count]) }
  }

  private mutating func next() -> Int {
    defer { position += 1 }
    if configuration == .uniform { return entry(position, count: classes.count) }
    let label = entry(position, count: members.count)
    let (cycle, turn) = epoch.quotientAndRemainder(dividingBy: members[label].count)
    if memberCycle[label] != cycle {
      var stream = RandomStream(seed: seed, name: "sampler.class", label, cycle)
      memberOrder[label].removeAll(keepingCapacity: true)
      memberOrder[label].append(contentsOf: members[label])
      stream.shuffle(&memberOrder[label])
      memberCycle[label] = cycle
    }
    return memberOrder[label][turn]
  }

  /// Element `position` of the endless sequence of random orders of 0..<count.
  private mutating func entry(_ position: Int, count: Int) -> Int {
    let (wanted, place) = position.quotientAndRemainder(dividingBy: count)
    if wanted != epoch {
      var stream = RandomStream(seed: seed, name: "sampler", wanted)
      stream.fillPermutation(&order, count)
      epoch = wanted
    }
    return order[place]
  }
}
