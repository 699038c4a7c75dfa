import LinearAlgebra

/// Reads the blocks of a stream one ahead: while one is worked on, `readNext` can be called on another thread.
///
/// At most one call at a time, of any method.
final class BlockReader: @unchecked Sendable {
  private let blocks: [Range<Int>]
  private let read: (Range<Int>) throws -> Matrix<Float>
  private var index = 0
  /// The present block, where it was read ahead.
  private var present: Result<Matrix<Float>, any Error>?
  private var next: Result<Matrix<Float>, any Error>?

  init(_ blocks: [Range<Int>], read: @escaping (Range<Int>) throws -> Matrix<Float>) {
    self.blocks = blocks
    self.read = read
  }

  /// The present block; nil after the last.
  var block: Range<Int>? { index < blocks.count ? blocks[index] : nil }

  /// What the present block holds. There must be one.
  func content() throws -> Matrix<Float> {
    let block = blocks[index]
    return try (present ?? Result { try read(block) }).get()
  }

  /// Reads the block after the present one, if there is one. An error of that comes when its content is asked for.
  @Sendable func readNext() {
    guard index + 1 < blocks.count else { return }
    next = Result { try read(blocks[index + 1]) }
  }

  /// Makes the next block the present one.
  func advance() {
    index += 1
    present = next
    next = nil
  }
}
