import Foundation
import Synchronization

/// Counters that threads advance and wait for, one for each of several sequences of work.
final class ProgressCounters: Sendable {
  private struct Counter: ~Copyable {
    let value = Atomic<Int>(0)
  }

  nonisolated(unsafe) private let counters: UnsafeMutablePointer<Counter>
  private let count: Int

  /// All 0.
  init(count: Int) {
    self.count = count
    counters = .allocate(capacity: count)
    for index in 0..<count { (counters + index).initialize(to: Counter()) }
  }

  deinit {
    counters.deinitialize(count: count)
    counters.deallocate()
  }

  /// Returns when counter `index` is `value` or more; what was done before it became so is seen from then on. Some running thread must bring it there.
  func wait(_ index: Int, for value: Int) {
    while counters[index].value.load(ordering: .acquiring) < value { sched_yield() }
  }

  /// Adds 1 to counter `index`.
  func advance(_ index: Int) {
    counters[index].value.wrappingAdd(1, ordering: .releasing)
  }
}
