import BenchmarkSupport
import Foundation

/// What the command line asks for.
struct Arguments {
  /// What one process does; each is measured in a process of its own, because a process's peak memory never falls.
  enum Task: String {
    case ijbc, megaface, help
    case makeIJBC = "make-ijbc"
    case evaluateIJBC = "evaluate-ijbc"
    case makeMegaFace = "make-megaface"
    case evaluateMegaFace = "evaluate-megaface"
    case screenMegaFace = "screen-megaface"
    case productMegaFace = "product-megaface"
  }

  static let help = """
    Evaluates stores of the full size of IJB-C or MegaFace with the product's own code, and compares time and memory.

    USAGE: ScaleBenchmark ijbc|megaface [OPTIONS]

      --folder DIR   where stores and lists are made (likeness-scale in the system's temporary folder): 1 GB for IJB-C, 2 GB for MegaFace
      --fraction F   of the full size (1)
      --threads N    threads of the evaluation and of the bare product (2)
      --rounds N     rounds in turn with the peer (2)
      --python FILE  a Python with numpy, h5py and scikit-learn, for IJB-C's peer (that of peers/setup.sh; without one that ratio is left out)
      --record FILE  keep the tables in a section of this file
      --keep         do not remove the folder afterwards
    """

  let task: Task
  let folder: String
  let fraction: Double
  let threads: Int
  let rounds: Int
  let python: String?
  let record: String?
  let keeps: Bool

  init(_ words: [String]) throws {
    guard let first = words.first, let task = Task(rawValue: first == "--help" ? "help" : first) else {
      throw Failure(Self.help)
    }
    let options = try CommandOptions(
      words.dropFirst(), options: ["folder", "fraction", "threads", "rounds", "python", "record"],
      flags: ["help", "keep"], help: Self.help)
    self.task = options.has("help") ? .help : task
    folder = options.text("folder") ?? NSTemporaryDirectory() + "likeness-scale"
    fraction = try options.share("fraction", default: 1)
    threads = try options.count("threads", default: 2)
    rounds = try options.count("rounds", default: 2)
    python = options.text("python") ?? PeerFolder.python
    record = options.text("record")
    keeps = options.has("keep")
  }

  /// What one of this program's other tasks took, in a process of its own.
  func measure(_ task: Task) throws -> Measurement {
    let process = try ChildProcess(
      CommandLine.arguments[0],
      [task.rawValue, "--folder", folder, "--fraction", "\(fraction)", "--threads", "\(threads)"])
    guard process.status == 0 else {
      throw Failure("\(task.rawValue) failed with status \(process.status)")
    }
    return try JSONDecoder().decode(Measurement.self, from: process.output)
  }

  /// Makes stores and lists by `task`, unless they lie in the folder already.
  func prepare(_ task: Task) throws {
    if !FileManager.default.fileExists(atPath: "\(folder)/\(task.rawValue).done") {
      _ = try measure(task)
      try Data().write(to: URL(fileURLWithPath: "\(folder)/\(task.rawValue).done"))
    }
  }

  /// Removes the folder, unless it is to be kept.
  func clean() {
    if !keeps { try? FileManager.default.removeItem(atPath: folder) }
  }
}
