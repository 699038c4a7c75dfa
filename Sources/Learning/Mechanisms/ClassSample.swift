import LinearAlgebra

/// The classes that rows are compared with in a step: all of the batch's own, and as many random others as make a given number.
///
/// Every set of others of the right size is equally likely, and depends on the seed and the step alone. Where the batch has more
/// classes than the number, they are taken and no others. Source: An et al., "Partial FC: training 10 million identities on a
/// single machine", 2021; insightface, `partial_fc_v2.py`.
struct ClassSample: Sendable {
  /// How many of `classes` classes a rate stands for: ⌊rate·classes⌋, at least 1 (insightface).
  static func count(rate: Double, classes: Int) -> Int { max(1, Int(rate * Double(classes))) }

  /// The classes of the step, ascending.
  private(set) var chosen: [Int] = []
  /// The place in `chosen` of each row's class.
  private(set) var targets: [Int] = []

  private let count: Int
  private let seed: UInt64
  /// For each class its place in `chosen`; −1 where it is not there, −2 for a class of the batch before it is placed.
  private var places: [Int]

  init(count: Int, classes: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
    places = Array(repeating: -1, count: classes)
  }

  /// Draws the classes of a step for rows of these classes.
  mutating func draw(step: Int, rows: [Int]) {
    var own = 0
    for index in places.indices { places[index] = -1 }
    for label in rows where places[label] == -1 {
      places[label] = -2
      own += 1
    }
    // Selection sampling: each other class with the chance that leaves every set of the size equally likely.
    var wanted = max(0, count - own)
    var left = places.count - own
    var stream = RandomStream(seed: seed, name: "sampled-classes", step)
    chosen.removeAll(keepingCapacity: true)
    for label in places.indices {
      if places[label] != -2 {
        let isChosen = wanted > 0 && stream.integer(below: left) < wanted
        left -= 1
        guard isChosen else { continue }
        wanted -= 1
      }
      places[label] = chosen.count
      chosen.append(label)
    }
    place(rows)
  }

  /// Takes the given classes, ascending, which must hold those of the rows.
  mutating func take(_ classes: [Int], rows: [Int]) {
    for index in places.indices { places[index] = -1 }
    for (index, label) in classes.enumerated() { places[label] = index }
    chosen = classes
    place(rows)
  }

  private mutating func place(_ rows: [Int]) {
    targets.removeAll(keepingCapacity: true)
    for label in rows { targets.append(places[label]) }
  }
}
