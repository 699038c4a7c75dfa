// Evaluations at the full size of IJB-C and MegaFace: time, memory, and how they stand to their peers. See Benchmarks/README.md.

import BenchmarkSupport
import Foundation

do {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
  let ijbc = IJBCScale(arguments)
  let megaFace = MegaFaceScale(arguments)
  switch arguments.task {
  case .ijbc: try IJBCComparison(arguments).run()
  case .megaface: try MegaFaceComparison(arguments).run()
  case .makeIJBC: try ijbc.make()
  case .evaluateIJBC: try ijbc.evaluate()
  case .makeMegaFace: try megaFace.make()
  case .evaluateMegaFace: try megaFace.evaluate()
  case .screenMegaFace: try megaFace.evaluate(screening: true)
  case .productMegaFace: try megaFace.multiply()
  case .help: print(Arguments.help)
  }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(64)
}
