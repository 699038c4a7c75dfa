// A whole grid of runs beside the same grid in PyTorch. See Benchmarks/README.md.

import BenchmarkSupport
import Foundation

do {
  try GridBenchmark(Array(CommandLine.arguments.dropFirst())).run()
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(64)
}
