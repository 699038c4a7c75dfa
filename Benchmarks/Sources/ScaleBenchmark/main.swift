// Evaluations at the full size of IJB-C and MegaFace: time, memory, and how they stand to their peers. See Benchmarks/README.md.

import Foundation

do {
  try ScaleBenchmark(Arguments(Array(CommandLine.arguments.dropFirst()))).run()
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(64)
}
