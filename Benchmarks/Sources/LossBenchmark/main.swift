// What a loss costs beside plain NormFace. See Benchmarks/README.md.

import Foundation

do {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
  if arguments.showsHelp {
    print(Arguments.help)
  } else {
    try LossBenchmark(arguments).run()
  }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(64)
}
