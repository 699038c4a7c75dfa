// What a step of training takes, beside PyTorch's and mechanism by mechanism. See Benchmarks/README.md.

import Foundation

do {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
  switch arguments.task {
  case .compare, .late: try PeerComparison(arguments).run()
  case .step: try StepRun(arguments).measurement().report()
  case .export: try StepRun(arguments).export(to: arguments.file)
  case .mechanisms: try MechanismBenchmark(arguments).run()
  case .help: print(Arguments.help)
  }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(64)
}
