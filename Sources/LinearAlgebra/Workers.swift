import CKernels

/// A number of threads that share work cut into pieces.
///
/// The pieces are fixed by the work, never by the number of threads, and each is done whole by one thread: so results
/// have the same bytes for any number. Denormals are flushed to zero while pieces run, on every thread and also when
/// there is only one, and the caller's floating-point mode is restored afterwards.
///
/// The threads are kept for the whole process, at most one fewer than its CPUs, and shared by all: whoever finds none free, within a piece or beside
/// other work, does more of the pieces itself. They sleep while there is nothing to do and end with the process. No call allocates once they are started.
public struct Workers: Sendable, Hashable {
  /// How many threads, at least 1.
  public let count: Int

  public init(_ count: Int) {
    precondition(count >= 1, "at least one thread is needed")
    self.count = count
  }

  /// The calling thread alone.
  public static let one = Workers(1)

  /// Calls `body` once for each piece, in no particular order, and returns when all are done.
  ///
  /// It may be called from several threads at once, and within a piece.
  public func forEach(_ pieces: Int, _ body: @Sendable (_ piece: Int) -> Void) {
    Self.flushingDenormals {
      if min(count, pieces) > 1 {
        forEachPiece(count, pieces, body)
      } else {
        for piece in 0..<pieces { body(piece) }
      }
    }
  }

  /// The results of `body` for 0, 1, … `count` − 1, in that order; it is called in pieces of `size`.
  public func map<Result: Sendable>(
    _ count: Int, inPiecesOf size: Int, _ body: @Sendable (_ index: Int) -> Result
  ) -> [Result] {
    precondition(count >= 0 && size >= 1, "no pieces of that size")
    return [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
      nonisolated(unsafe) let results = buffer
      forEach((count + size - 1) / size) { piece in
        for index in piece * size..<min(count, (piece + 1) * size) {
          results.initializeElement(at: index, to: body(index))
        }
      }
      initialized = count
    }
  }

  /// Runs `body` with denormals flushed to zero on the calling thread.
  public static func flushingDenormals<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let control = ck_get_float_control()
    ck_set_float_control(ck_with_flushed_denormals(control))
    defer { ck_set_float_control(control) }
    return try body()
  }
}

/// `ck_for_each_piece` of `CKernelsWorkers.h`, which takes a closure as it is.
@_silgen_name("ck_for_each_piece")
private func forEachPiece(_ threads: Int, _ pieces: Int, _ body: @Sendable (_ piece: Int) -> Void)
