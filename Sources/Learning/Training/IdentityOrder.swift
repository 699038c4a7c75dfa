import LinearAlgebra

/// How identities follow each other from epoch to epoch, for queues that must not hold an identity twice.
///
/// The queue length counts the last identities drawn; it is a whole number of batches.
public enum IdentityRule: Hashable, Sendable {
  /// Each epoch holds all identities in a new random order, whatever came before.
  case free
  /// An epoch leaves out the identities that are in the queue when it begins (FaceX-Zoo: `ImageDataset_SST`).
  case exclude(queue: Int)
  /// An epoch holds all identities, and its first `queue` are none of the last `queue` of the one before (dituu: `train_sample`).
  case order(queue: Int)

  var queue: Int {
    switch self {
    case .free: 0
    case .exclude(let queue), .order(let queue): queue
    }
  }

  /// Why `identities` identities, `perBatch` in a batch, cannot be drawn so; nil where they can.
  func unsupportedReason(identities: Int, perBatch: Int) -> String? {
    let needed: Int
    switch self {
    case .free: needed = perBatch
    case .exclude(let queue): needed = queue + perBatch
    case .order(let queue): needed = max(2 * queue, perBatch)
    }
    if identities >= needed { return nil }
    if queue == 0 {
      return "a batch of \(perBatch) identities from \(identities): it would hold one twice"
    }
    let largest: Int
    switch self {
    case .order: largest = identities / 2 / perBatch * perBatch
    default: largest = (identities / perBatch - 1) * perBatch
    }
    return
      "a queue of \(queue) identities and batches of \(perBatch) need \(needed) identities, so that none is twice in the "
      + "queue; there are \(identities)"
      + (largest > 0 ? ". The longest queue for them is \(largest)" : ". A smaller batch is needed")
  }
}

/// The endless sequence of identities by a rule: epochs of whole batches, each identity at most once an epoch.
///
/// What is left of an epoch after its last whole batch is dropped, as the published loaders do.
struct IdentityOrder: Sendable {
  /// What the rest of the sequence depends on.
  struct State: Hashable, Sendable, Codable {
    var epoch = 0
    /// Identities drawn in this epoch.
    var place = 0
    /// The last identities drawn before this epoch, oldest first: as many as the queue holds, or fewer where no more were drawn.
    var queue: [Int] = []
  }

  private let identities: Int
  private let perBatch: Int
  private let rule: IdentityRule
  private let seed: UInt64
  private(set) var state = State()
  /// The identities of the present epoch; empty where it is not laid out yet.
  private var order: [Int] = []
  /// Working memory: which identities are in the queue, or have a place already, and all in random order.
  private var isTaken: [Bool]
  private var shuffled: [Int] = []

  /// The identities 0..<identities, of which the rule's reason must be nil.
  init(identities: Int, perBatch: Int, rule: IdentityRule, seed: UInt64) {
    precondition(
      rule.unsupportedReason(identities: identities, perBatch: perBatch) == nil, "too few identities")
    self.identities = identities
    self.perBatch = perBatch
    self.rule = rule
    self.seed = seed
    isTaken = Array(repeating: false, count: identities)
    order.reserveCapacity(identities)
    state.queue.reserveCapacity(min(rule.queue, identities))
    if case .order = rule { shuffled.reserveCapacity(identities) }
  }

  /// Goes on from a state of the same sequence; false, with nothing changed, for one that cannot be of it.
  mutating func restore(_ state: State) -> Bool {
    guard state.epoch >= 0, state.place >= 0, state.place <= identities, state.queue.count <= rule.queue,
      Set(state.queue).count == state.queue.count, state.queue.allSatisfy({ (0..<identities).contains($0) })
    else { return false }
    self.state = state
    order = []
    return true
  }

  /// The next identity.
  mutating func next() -> Int {
    if order.isEmpty { layOutEpoch() }
    if state.place >= order.count {
      let kept = max(0, min(state.queue.count, rule.queue - order.count))
      state.queue.removeFirst(state.queue.count - kept)
      state.queue.append(contentsOf: order.suffix(rule.queue))
      state.epoch += 1
      state.place = 0
      layOutEpoch()
    }
    defer { state.place += 1 }
    return order[state.place]
  }

  private mutating func layOutEpoch() {
    var stream = RandomStream(seed: seed, name: "sampler.identities", state.epoch)
    for identity in isTaken.indices { isTaken[identity] = false }
    for identity in state.queue { isTaken[identity] = true }
    switch rule {
    case .free: stream.fillPermutation(&order, identities)
    case .exclude:
      order.removeAll(keepingCapacity: true)
      for identity in 0..<identities where !isTaken[identity] { order.append(identity) }
      stream.shuffle(&order)
    case .order(let queue):
      // The first that are not in the queue come first; what is left keeps its random order.
      stream.fillPermutation(&shuffled, identities)
      order.removeAll(keepingCapacity: true)
      for identity in shuffled where order.count < queue && !isTaken[identity] { order.append(identity) }
      for identity in isTaken.indices { isTaken[identity] = false }
      for identity in order { isTaken[identity] = true }
      for identity in shuffled where !isTaken[identity] { order.append(identity) }
    }
    order.removeLast(order.count % perBatch)
  }
}
