import CKernels
import Dispatch
import Foundation
import LinearAlgebra
import Synchronization
import Testing

@Suite struct WorkersTests {
  @Test(arguments: [1, 2, 3, 5], [0, 1, 2, 7, 1000])
  func everyPieceIsDoneOnce(workers: Int, pieces: Int) {
    let done = Mutex([Int](repeating: 0, count: pieces))
    Workers(workers).forEach(pieces) { piece in done.withLock { $0[piece] += 1 } }
    #expect(done.withLock { $0 } == [Int](repeating: 1, count: pieces))
  }

  @Test(arguments: [1, 2, 3], [0, 1, 7, 64, 100]) func resultsComeInTheOrderOfTheirIndices(
    workers: Int, count: Int
  ) {
    // Of a type that is counted, so that what is made is also given back.
    let results = Workers(workers).map(count, inPiecesOf: 8) { [String(repeating: "x", count: $0), "\($0)"] }
    #expect(results.map { $0[1] } == (0..<count).map { "\($0)" })
    #expect(results.map { $0[0].count } == Array(0..<count))
  }

  @inline(never) static func half(_ x: Float) -> Float { x / 2 }

  static let flushes: Bool = ck_with_flushed_denormals(0) != 0

  @Test(.enabled(if: flushes, "needs a CPU that can flush denormals"), arguments: [1, 2, 3])
  func denormalsAreZeroWithinPiecesAndAsBeforeAfterwards(workers: Int) {
    let before = ck_get_float_control()
    let least = Float.leastNormalMagnitude
    let results = Mutex([Float]())
    Workers(workers).forEach(8) { piece in
      let tiny = Self.half(least * Float(piece + 1) / Float(piece + 1))
      results.withLock { $0.append(tiny) }
    }
    #expect(results.withLock { $0 } == [Float](repeating: 0, count: 8))
    #expect(ck_get_float_control() == before)
    #expect(Self.half(1.5 * least) == 0.75 * least && Self.half(1.5 * least) > 0)
  }

  @Test(.enabled(if: flushes, "needs a CPU that can flush denormals"))
  func threadsThatHaveWorkedAreLeftAsTheyWere() {
    let before = ck_get_float_control()
    Workers(5).forEach(100) { _ in }
    let different = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 64) { _ in
      if ck_get_float_control() & ck_with_flushed_denormals(0) != before & ck_with_flushed_denormals(0) {
        different.wrappingAdd(1, ordering: .relaxed)
      }
    }
    #expect(different.load(ordering: .relaxed) == 0)
  }

  @Test func theModeIsRestoredWhenTheBodyThrows() {
    struct Failure: Error {}
    let before = ck_get_float_control()
    #expect(throws: Failure.self) { try Workers.flushingDenormals { throw Failure() } }
    #expect(ck_get_float_control() == before)
  }

  @Test func nestedWorkEndsInTheOutersMode() {
    let before = ck_get_float_control()
    let inner = Mutex<[UInt64]>([])
    Workers.one.forEach(1) { _ in
      Workers.one.forEach(1) { _ in }
      inner.withLock { $0.append(ck_get_float_control()) }
    }
    let control = ck_with_flushed_denormals(before)
    #expect(inner.withLock { $0.allSatisfy { $0 & control == control } })
    #expect(ck_get_float_control() == before)
  }

  @Test(arguments: [1, 2, 3, 5], [1, 2, 3]) func workWithinAPieceIsDoneOnce(outer: Int, inner: Int) {
    let done = Mutex([Int](repeating: 0, count: 12 * 50))
    Workers(outer).forEach(12) { piece in
      Workers(inner).forEach(50) { part in
        Workers(inner).forEach(1) { _ in done.withLock { $0[piece * 50 + part] += 1 } }
      }
    }
    #expect(done.withLock { $0 } == [Int](repeating: 1, count: 12 * 50))
  }

  @Test func callersAtOnceEachGetTheirOwnPieces() {
    let wrong = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 6) { caller in
      for turn in 0..<300 {
        let pieces = (caller + turn) % 9
        let sum = Atomic<Int>(0)
        let calls = Atomic<Int>(0)
        Workers(2 + caller % 3).forEach(pieces) { piece in
          sum.wrappingAdd(piece + 1, ordering: .relaxed)
          calls.wrappingAdd(1, ordering: .relaxed)
        }
        // All are done when the call returns.
        let total = sum.load(ordering: .relaxed)
        if total != pieces * (pieces + 1) / 2 || calls.load(ordering: .relaxed) != pieces {
          wrong.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  @Test func threadsThatWentToSleepWorkAgain() {
    for pause in [0, 50, 500, 5_000, 20_000] {
      usleep(UInt32(pause))
      let done = Atomic<Int>(0)
      Workers(4).forEach(40) { _ in done.wrappingAdd(1, ordering: .relaxed) }
      #expect(done.load(ordering: .relaxed) == 40)
    }
  }

  /// Pieces that take long enough for a second thread to join in.
  @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1, "needs two CPUs"))
  func severalThreadsWorkAndAllFlushDenormals() {
    let least = Float.leastNormalMagnitude
    let threads = Mutex(Set<UInt>())
    let tiny = Mutex([Float]())
    // The others may be busy with other tests for a while.
    for _ in 0..<10_000 {
      Workers(2).forEach(2) { piece in
        threads.withLock { _ = $0.insert(UInt(bitPattern: ObjectIdentifier(Thread.current))) }
        tiny.withLock { $0.append(Self.half(least * Float(piece + 1) / Float(piece + 1))) }
        usleep(200)
      }
      if threads.withLock({ $0.count }) > 1 { break }
    }
    #expect(threads.withLock { $0.count } > 1)
    if Self.flushes { #expect(tiny.withLock { $0.allSatisfy { $0 == 0 } }) }
    let count = ck_started_threads()
    #expect(count >= 1 && count < ProcessInfo.processInfo.processorCount)
  }

  @Test func theSumOfRowsHasTheSameBytesHoweverOftenItIsTaken() {
    let x = randomMatrix(Float.self, 300, 130, "worker.sums")
    var expected = Matrix<Float>(rows: 1, columns: 130)
    ColumnKernels.addSums(of: x, to: &expected)
    for turn in 0..<200 {
      var sum = Matrix<Float>(rows: 1, columns: 130)
      ColumnKernels.addSums(of: x, to: &sum, workers: Workers(1 + turn % 5))
      #expect(sameBits(sum, expected))
    }
  }
}
