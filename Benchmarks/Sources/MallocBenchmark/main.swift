// What the steady state of a training step allocates: it should be nothing. See Benchmarks/README.md.

import BenchmarkSupport
import Foundation

do {
  try MallocBenchmark(Array(CommandLine.arguments.dropFirst())).run()
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(64)
}
