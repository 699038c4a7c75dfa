// What evaluation takes, beside NumPy, scikit-learn and faiss, and how it grows. See Benchmarks/README.md.

import BenchmarkSupport
import Foundation

do {
  try BenchmarkTask.run(Array(CommandLine.arguments.dropFirst()))
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(64)
}
