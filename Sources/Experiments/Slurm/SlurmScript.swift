import FeatureStores
import Foundation

/// What batch scripts have in common: what they ask of the cluster, the folder that they work in, and the folder of scripts and output.
struct SlurmScript: Sendable {
  /// What the jobs are called after `likeness-`.
  let name: String
  /// The folder in which tasks work, absolute.
  let folder: String
  /// The folder of scripts and output.
  let path: String
  let resources: SlurmArray.Resources

  /// Options of sbatch that scripts set themselves.
  private static let reserved = [
    "array", "chdir", "output", "open-mode", "signal", "requeue", "no-requeue", "dependency",
  ]

  /// Options that are none or that the scripts need, and a line break in anything or in `words`, are wrong usage.
  init(name: String, folder: String, path: String, resources: SlurmArray.Resources, words: [String]) throws {
    self.name = name
    self.folder = folder
    self.path = path
    self.resources = resources
    for option in resources.options {
      let key = String(option.prefix { $0 != "=" })
      guard let match = option.wholeMatch(of: /[a-z][a-z0-9-]*(=.*)?/), !match.output.0.isEmpty else {
        throw HarnessError(
          .usage, place: "--sbatch", found: "‘\(option)’",
          expected: "an option of sbatch without its dashes, such as account=name or exclusive")
      }
      guard !Self.reserved.contains(key) else {
        throw HarnessError(
          .usage, place: "--sbatch", found: "‘\(key)’, which the script sets itself",
          expected: "another option of sbatch")
      }
    }
    for text in words + [folder, path] + resources.options where text.contains(where: \.isNewline) {
      throw HarnessError(.usage, found: "a line break in ‘\(text)’", expected: "a name that fits in one line")
    }
  }

  /// A script that does `body`.
  ///
  /// - Parameters:
  ///   - suffix: of the job's name.
  ///   - array: the numbers of the tasks of an array; nil for one job.
  ///   - signal: the signal that comes before the time is up, as `sbatch --signal` takes it.
  func text(suffix: String = "", array: String? = nil, signal: String? = nil, _ body: String) -> String {
    var options = ["job-name=likeness-\(name)\(suffix)"]
    if let array { options.append("array=\(array)\(resources.arrayLimit.map { "%\($0)" } ?? "")") }
    // Patterns begin with %, so a % in the name of the folder is written twice.
    let output = path.replacingOccurrences(of: "%", with: "%%") + (array == nil ? "/%j.log" : "/%A_%a.log")
    options += [
      "chdir=\(folder)", "output=\(output)", "open-mode=append", "ntasks=1",
      "cpus-per-task=\(resources.cpusPerTask)", "requeue",
    ]
    if let signal { options.append("signal=\(signal)") }
    if let partition = resources.partition { options.append("partition=\(partition)") }
    if let time = resources.time { options.append("time=\(time)") }
    if let memory = resources.memoryPerCPU { options.append("mem-per-cpu=\(memory)") }
    options += resources.options
    return """
      #!/bin/bash
      \(options.map { "#SBATCH --\(Self.directive($0))" }.joined(separator: "\n"))

      \(body)
      """
  }

  /// Writes a script into the folder, which is made where it is missing, and returns its file. `option` is the one that chooses the folder.
  func write(_ text: String, as name: String, option: String) throws -> String {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw HarnessError(
        .cannotWrite, file: path, found: "the folder cannot be made (\(error.localizedDescription))",
        advice: "Check permissions and free space, or choose another folder with \(option).")
    }
    try AtomicFile.write(text, to: "\(path)/\(name)")
    return "\(path)/\(name)"
  }

  /// An option as sbatch reads it in a script: a value that might be taken for something else stands in quotes.
  private static func directive(_ option: String) -> String {
    guard let sign = option.firstIndex(of: "=") else { return option }
    let value = option[option.index(after: sign)...]
    if value.wholeMatch(of: /[A-Za-z0-9_.,:=@%+\/-]*/) != nil { return option }
    let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\(option[...sign])\"\(escaped)\""
  }
}
