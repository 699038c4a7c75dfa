import CKernels
import Synchronization

/// How fast this machine is: measured floating-point rates, in GFLOP/s (10⁹ additions or multiplications a second).
///
/// Each is the best of the repetitions that fit into the given time: what the machine can do, not what it does beside
/// other work. The first repetition warms up and does not count.
public enum Throughput {
  /// Float products of the shape that training uses, tiles of 128 × 512 × 512, spread over `workers`.
  public static func products(workers: Workers, seconds: Double) -> Double {
    // Two tiles a worker, so that no one waits for long.
    let rows = 2 * ProductTile.rows * workers.count
    let a = Matrix<Float>(rows: rows, columns: ProductTile.inner, repeating: 0.5)
    let b = Matrix<Float>(rows: ProductTile.inner, columns: ProductTile.columns, repeating: 0.25)
    var c = Matrix<Float>(rows: rows, columns: ProductTile.columns)
    return best(seconds: seconds) {
      gemm(a, .asIs, b, into: &c, workers: workers)
      return Double(2 * rows * ProductTile.inner * ProductTile.columns)
    }
  }

  /// The CPU's peak: independent fused multiply-adds in registers, with the widest unit that the kernels use (separate
  /// multiplications and additions on an x86 CPU without AVX2), on each of `workers`.
  public static func multiplyAddPeak(workers: Workers, seconds: Double) -> Double {
    let iterations: UInt64 = 100_000
    return best(seconds: seconds) {
      let operations = Atomic<UInt64>(0)
      workers.forEach(workers.count) { _ in
        var sink: Float = 0
        operations.wrappingAdd(ck_fma_burn(iterations, &sink), ordering: .relaxed)
      }
      return Double(operations.load(ordering: .relaxed))
    }
  }

  private static func best(seconds: Double, _ operations: () -> Double) -> Double {
    let clock = ContinuousClock()
    _ = operations()
    let start = clock.now
    var best = 0.0
    repeat {
      let begin = clock.now
      let count = operations()
      best = max(best, count / ((clock.now - begin) / .seconds(1)) * 1e-9)
    } while clock.now - start < .seconds(seconds)
    return best
  }
}
