import BenchmarkSupport
import Foundation

/// The options of all tasks.
struct Settings {
  let threads: Int
  let rounds: Int
  /// Measurements of one kind in one process.
  let repetitions: Int
  /// Of the full size; nil where the task is to choose.
  let fraction: Double?
  let folder: String
  let record: String?
  let python: String?
  /// Where figures go.
  let figures: String
  /// What `threaded-work` does.
  let work: String?
  /// Whether a search among distractors screens them in 8 bits.
  let screens: Bool
  let keeps: Bool

  init(_ words: some Sequence<String>) throws {
    let options = try CommandOptions(
      words,
      options: [
        "threads", "rounds", "repetitions", "fraction", "folder", "record", "python", "figures", "work",
      ],
      flags: ["keep", "screen"],
      help: BenchmarkTask.usage)
    threads = try options.count("threads", default: 2)
    rounds = try options.count("rounds", default: 5)
    repetitions = try options.count("repetitions", default: 5)
    fraction = options.text("fraction") == nil ? nil : try options.share("fraction", default: 1)
    folder = options.text("folder") ?? NSTemporaryDirectory() + "likeness-evaluation"
    record = options.text("record")
    python = options.text("python")
    figures = options.text("figures") ?? "results/benchmarks"
    work = options.text("work")
    screens = options.has("screen")
    keeps = options.has("keep")
  }

  /// Removes the folder, unless it is to be kept.
  func clean() {
    if !keeps { try? FileManager.default.removeItem(atPath: folder) }
  }

  /// What another process of this program prints, as JSON.
  func measured<Output: Decodable>(
    _ task: BenchmarkTask, threads: Int? = nil, _ more: [String] = [], as type: Output.Type = Output.self
  ) throws -> Output {
    let words = [
      task.rawValue, "--folder", folder, "--threads", "\(threads ?? self.threads)", "--repetitions",
      "\(repetitions)",
    ]
    let process = try ChildProcess(CommandLine.arguments[0], words + more)
    guard process.status == 0 else {
      throw Failure("\(task.rawValue) failed with status \(process.status)")
    }
    return try JSONDecoder().decode(Output.self, from: process.output)
  }
}

/// Prints `value` as one line of JSON, for the process that waits for it.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
