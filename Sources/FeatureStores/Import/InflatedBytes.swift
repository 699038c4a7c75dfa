import CZlib

/// What deflated bytes were before, in memory that does not grow with them. Reading back begins anew.
final class InflatedBytes: ByteSource {
  let name: String
  let count: Int
  private let deflated: any ByteSource
  private let stream: UnsafeMutablePointer<z_stream>
  private var isOpen = false
  /// How many bytes of `deflated` were taken, and how many came out.
  private var taken = 0
  private var position = 0
  private var input: [UInt8] = []
  private var used = 0

  /// `count` is the number of bytes that the archive promises.
  init(_ deflated: any ByteSource, count: Int, name: String) {
    self.deflated = deflated
    self.count = count
    self.name = name
    // zlib keeps the address of the stream, which must not move.
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
  }

  deinit {
    if isOpen { inflateEnd(stream) }
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try check(offset, count)
    if !isOpen || offset < position { try begin() }
    while position < offset { _ = try inflated(min(offset - position, 1 << 18)) }
    return try inflated(count)
  }

  private func begin() throws {
    if isOpen { inflateEnd(stream) }
    stream.pointee = z_stream()
    guard czlib_begin_raw_inflate(stream) == Z_OK else {
      isOpen = false
      throw HarnessError(.fault, file: name, found: "zlib cannot begin")
    }
    isOpen = true
    taken = 0
    position = 0
    input = []
    used = 0
  }

  private func inflated(_ count: Int) throws -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      if used == input.count {
        input = try deflated.bytes(at: taken, count: min(1 << 18, deflated.count - taken))
        taken += input.count
        used = 0
      }
      // zlib counts in 32 bits.
      let room = min(count - done, 1 << 30)
      let (status, consumed, produced) = input.withUnsafeMutableBufferPointer { source in
        result.withUnsafeMutableBufferPointer { target in
          stream.pointee.next_in = source.baseAddress.map { $0 + used }
          stream.pointee.avail_in = UInt32(source.count - used)
          stream.pointee.next_out = target.baseAddress.map { $0 + done }
          stream.pointee.avail_out = UInt32(room)
          let status = inflate(stream, Z_NO_FLUSH)
          let left = source.count - used - Int(stream.pointee.avail_in)
          return (status, left, room - Int(stream.pointee.avail_out))
        }
      }
      used += consumed
      done += produced
      position += produced
      let isStuck = status == Z_BUF_ERROR && taken == deflated.count
      guard status == Z_OK || (status == Z_STREAM_END && done == count) || (status == Z_BUF_ERROR && !isStuck)
      else {
        throw error(
          at: position,
          found: status == Z_STREAM_END || isStuck
            ? "the end of the compressed data after \(position) bytes" : "damaged compressed data",
          expected: "\(self.count) bytes in all", advice: "The file is damaged; copy or write it again.")
      }
    }
    return result
  }
}
