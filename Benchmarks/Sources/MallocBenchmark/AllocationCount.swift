import CMallocCounter

/// What a piece of work has allocated, on all threads.
struct AllocationCount {
  /// Calls of malloc and its kin, and the bytes that they asked for.
  let calls: Int
  let bytes: Int
  /// The calls that led to the first of them.
  let stacks: [Stack]

  /// Return addresses, the innermost first.
  struct Stack {
    let addresses: [UInt]
    let bytes: Int
  }

  /// Whether this program counts at all: only with glibc.
  static var isAvailable: Bool { mc_is_available() != 0 }

  init(of work: () throws -> Void) rethrows {
    mc_start()
    defer { mc_stop() }
    try work()
    mc_stop()
    calls = Int(mc_allocations())
    bytes = Int(mc_bytes())
    stacks = (0..<mc_kept()).map(Self.stack)
  }

  private static func stack(_ index: Int32) -> Stack {
    let deepest = 32
    var bytes = 0
    let frames = [UnsafeMutableRawPointer?](unsafeUninitializedCapacity: deepest) { buffer, count in
      count = Int(mc_stack(index, buffer.baseAddress, Int32(deepest), &bytes))
    }
    return Stack(addresses: frames.map { UInt(bitPattern: $0) }, bytes: bytes)
  }
}
