/// The highest scores of one search, as many as there are ranks to be told apart: exact, in fixed memory.
public struct RankHeap: Sendable {
  /// The highest rank that can be told.
  public let capacity: Int
  /// A binary heap with the lowest kept score first.
  private var heap: [Float] = []

  /// Tells ranks up to `capacity`, at least 1.
  public init(capacity: Int) {
    precondition(capacity > 0, "a search without ranks")
    self.capacity = capacity
    heap.reserveCapacity(capacity)
  }

  /// A score must be above this to change anything; −∞ while there is room.
  public var floor: Float { heap.count < capacity ? -.infinity : heap[0] }

  /// Takes in the score of a candidate, which is not NaN.
  public mutating func insert(_ score: Float) {
    if heap.count < capacity {
      var child = heap.count
      heap.append(score)
      while child > 0 {
        let parent = (child - 1) / 2
        if heap[parent] <= heap[child] { break }
        heap.swapAt(parent, child)
        child = parent
      }
      return
    }
    guard score > heap[0] else { return }
    heap[0] = score
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= capacity { break }
      if child + 1 < capacity, heap[child + 1] < heap[child] { child += 1 }
      if heap[parent] <= heap[child] { break }
      heap.swapAt(parent, child)
      parent = child
    }
  }

  /// The kept scores, descending.
  public var descending: [Float] { heap.sorted(by: >) }
}
