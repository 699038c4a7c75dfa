import ArgumentParser
import Foundation
import TextTable

/// `likeness doctor`: what this machine offers, how fast it is, and what is wrong.
struct Doctor: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, json
  }

  static let configuration = CommandConfiguration(
    abstract: "Show kernels, speed and libraries, and what is wrong with them.",
    discussion: """
      Measures for about a second how fast matrix products are beside the CPU's peak, and looks at the libraries, the figures' \
      font and the folders that results go to. Warnings leave the exit status 0; an error gives that of the failure it would \
      lead to, such as 73 for a folder that cannot be written.
      """)

  @Option(help: ArgumentHelp("The folder of results to check.", valueName: "dir"))
  var results: String = "results"

  @Option(help: ArgumentHelp("The folder of figures to check.", valueName: "dir"))
  var figures: String = "paper-figures"

  @Option(help: "table or json.")
  var format: Format = .table

  func run() throws {
    let diagnosis = Diagnosis(folders: [results, figures])
    switch format {
    case .table: print(Self.text(diagnosis), terminator: "")
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(diagnosis), as: UTF8.self))
    }
    if let error = diagnosis.problems.first(where: { $0.severity == .error }) {
      throw ExitCode(error.kind.exitStatus)
    }
  }

  /// The diagnosis as a table for a terminal, its problems below.
  static func text(_ diagnosis: Diagnosis) -> String {
    var rows: [(String, String)] = [
      ("Likeness", "\(diagnosis.version) (commit \(diagnosis.commit))"),
      ("processor", diagnosis.machine.processor),
      ("cores", "\(diagnosis.machine.cores)"),
      ("memory", String(format: "%.1f GiB", Double(diagnosis.machine.memoryBytes) / 0x1p30)),
      ("BLAS core", core(diagnosis.kernels)),
    ]
    for speed in diagnosis.speed {
      rows.append(
        (
          speed.threads == 1 ? "products, 1 thread" : "products, \(speed.threads) threads",
          String(
            format: "%.1f GFLOP/s of a peak of %.1f (%.0f %%)", speed.productsGFLOPS, speed.peakGFLOPS,
            speed.share * 100)
        ))
    }
    for library in diagnosis.libraries {
      let note = library.name == "HDF5" && diagnosis.hdf5IsThreadSafe ? " (thread-safe)" : ""
      rows.append((library.name, library.version + note))
    }
    for folder in diagnosis.folders {
      rows.append(("folder \(folder.path)", folder.isWritable ? "writable" : "cannot be written"))
    }
    rows.append(
      ("font \(diagnosis.figureFont)", diagnosis.figureFontIsInstalled ? "installed" : "not installed"))
    let table = TextTable<(String, String)> {
      [Column(title: "what", value: $0.0), Column(title: "found", value: $0.1)]
    }
    var text = table.string(for: rows) ?? ""
    if diagnosis.problems.isEmpty { text += "Nothing is wrong.\n" }
    for problem in diagnosis.problems {
      text += "\(problem.severity.rawValue): \(problem.found)\n  \(problem.advice)\n"
    }
    return text
  }

  private static func core(_ kernels: Diagnosis.Kernels) -> String {
    var text = kernels.core
    if let replaced = kernels.replaced { text += " (OpenBLAS had chosen \(replaced))" }
    if let requested = kernels.requested { text += " (OPENBLAS_CORETYPE asks for \(requested))" }
    return text
  }
}
